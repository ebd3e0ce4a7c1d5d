"""OpenSoundscape's CNN, trained as its tutorial trains one ("Train a CNN", docs/tutorials/train_cnn.ipynb).

Recordings that have any box, TP or FP, are cut into 3 s clips side by side. A clip has a species where at least 0.25 s,
or half, of one of its TP boxes lies in the clip; everything else counts as absent, as the tutorial has it: what nobody
judged has a place only in a loss that is not the default. Clips are resampled to 800 a species, and all without a
species stay. Preprocessing and augmentation, AdamW and its schedule, and the loss are the package's defaults.

Not as in the tutorial: ResNet18 for ResNet34, from random weights, because ImageNet's are downloaded at run time;
the number of steps is what fits into `--minutes` of CPU time, and the schedule ends with them. The last step is kept,
and all clips teach: the tutorial keeps the best of its validations on a tenth of the clips, and with some ten labelled
clips in that tenth the best was the first step, which has learnt nothing. Audio is resampled to 22,050 Hz, which keeps
the band up to 11,025 Hz that its preprocessor is documented to keep.
"""

from __future__ import annotations

import argparse
import copy
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from common import Benchmark, Clock, versions, window_starts, write_run
from opensoundscape import CNN, BoxedAnnotations
from opensoundscape.data_selection import resample
from opensoundscape.ml import cnn_architectures
from opensoundscape.utils import set_seed

WINDOW_S, HOP_S = 3.0, 1.5
RATE_HZ = 22_050


def clip_labels(benchmark: Benchmark) -> pd.DataFrame:
    """One row a clip `(file, start_time, end_time)`, one column a species, 0 or 1."""
    boxes = benchmark.boxes()
    names = benchmark.species()
    annotated = pd.DataFrame(
        [
            {
                "audio_file": str(benchmark.audio("train", box.recording)),
                "annotation": names[box.species],
                "start_time": box.start_s,
                "end_time": box.end_s,
            }
            for box in boxes
            if box.present
        ]
    )
    files = sorted({str(benchmark.audio("train", box.recording)) for box in boxes})
    return (
        BoxedAnnotations(annotated, audio_files=files)
        .clip_labels(
            clip_duration=WINDOW_S, min_label_overlap=0.25, min_label_fraction=0.5, class_subset=names, final_clip=None
        )
        .astype(int)
    )


def train(model: Any, clips: pd.DataFrame, steps: int, batch: int) -> None:
    model.lr_scheduler_params["kwargs"]["max_steps"] = steps
    with tempfile.TemporaryDirectory() as home:
        model.train(
            clips,
            steps=steps,
            batch_size=batch,
            log_interval=steps,
            validation_interval=steps,
            reload_best_at_end=False,
            save_path=home,
            invalid_samples_log=None,
            progress_bar=False,
        )


def steps_in(model: Any, clips: pd.DataFrame, batch: int, cpu_s: float) -> int:
    """How many steps fit into a budget, as two steps of a copy say."""
    probe, clock = copy.deepcopy(model), Clock()
    train(probe, clips.sample(batch, random_state=0), 1, batch)  # what only the first step costs
    with clock:
        train(probe, clips.sample(2 * batch, random_state=1), 2, batch)
    return max(1, int((cpu_s - 1.5 * clock.cpu_s) / (clock.cpu_s / 2)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cache", type=Path, help="not used: nothing can be kept")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=60.0, help="CPU minutes for training")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--per-species", type=int, default=800)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    set_seed(args.seed)
    benchmark = Benchmark(args.benchmark)
    training, prediction = Clock(), Clock()
    with training:
        clips = clip_labels(benchmark)
        balanced = resample(clips, n_samples_per_class=args.per_species, random_state=args.seed)
        network = cnn_architectures.resnet18(len(clips.columns), weights=None, num_channels=1)
        model = CNN(network, list(clips.columns), WINDOW_S, RATE_HZ, device="cpu")
        steps = steps_in(model, balanced, args.batch, 60 * args.minutes)
        print(f"{len(clips)} clips, {int((clips.sum(axis=1) > 0).sum())} with a species; {steps} steps", flush=True)
        train(model, balanced, steps, args.batch)
    recordings = benchmark.recordings("test")
    starts = [window_starts(benchmark.seconds("test", one), WINDOW_S, HOP_S) for one in recordings]
    windows = [
        (str(benchmark.audio("test", recording)), float(start_s), float(start_s) + WINDOW_S)
        for recording, its in zip(recordings, starts, strict=True)
        for start_s in its
    ]
    index = pd.MultiIndex.from_tuples(windows, names=["file", "start_time", "end_time"])
    with prediction:
        said = model.predict(pd.DataFrame(index=index), batch_size=16, activation_layer="sigmoid", progress_bar=False)
    assert said.index.equals(index)
    scores = said[benchmark.species()].to_numpy(np.float64)
    if not np.isfinite(scores).all():  # raise_errors=True fails in 0.13.2 ("no attribute 'is_alternative'")
        raise SystemExit(f"{int(np.isnan(scores).any(axis=1).sum())} of {len(scores)} windows could not be heard")
    write_run(
        args.out,
        benchmark,
        np.split(scores, np.cumsum([len(one) for one in starts])[:-1]),
        starts,
        WINDOW_S,
        training,
        prediction,
        seed=args.seed,
        deterministic=False,
        versions=versions("opensoundscape", "torch", "torchvision", "torchaudio", "numpy"),
        settings={
            "architecture": "resnet18, random weights",
            "minutes": args.minutes,
            "steps": steps,
            "batch": args.batch,
            "passes": round(steps * args.batch / len(balanced), 2),
            "per_species": args.per_species,
            "clips": len(clips),
            "clips_with_a_species": int((clips.sum(axis=1) > 0).sum()),
            "sample_rate": RATE_HZ,
            "window_s": WINDOW_S,
            "hop_s": HOP_S,
            "threads": 1,
        },
    )


if __name__ == "__main__":
    main()
