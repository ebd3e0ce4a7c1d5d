"""BriteKit with its SED head, through its own steps: extract by CSV, pickle, train, score.

Each TP box gives a segment of its species, centred on the box; each FP box one of the class "Noise", which BriteKit
mixes into other segments. It has no place for what nobody judged: a segment's other species count as absent. All
settings are BriteKit's defaults but for `head_type`, which is "temporal_sed", the number of epochs, which is what fits
into `--minutes` of CPU time and at most `--epochs`, and the overlap of half a segment when it listens. As a user would,
the checkpoints of the last three epochs are used together. Its frames are the system's frames.
"""

from __future__ import annotations

import argparse
import csv
import logging
import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from britekit.commands import extract_by_csv, pickle_train
from britekit.core.config_loader import get_config
from britekit.core.predictor import Predictor
from britekit.core.trainer import Trainer
from common import Benchmark, Box, Clock, versions, write_run

NOISE = "Noise"


def extract(benchmark: Benchmark, home: Path, seconds: float) -> None:
    """The training database: one class a species, and Noise."""
    boxes, names = benchmark.boxes(), benchmark.species()
    of: dict[str, list[Box]] = {name: [] for name in [*names, NOISE]}
    for box in boxes:
        of[names[box.species] if box.present else NOISE].append(box)
    for name, its in of.items():
        table = home / "boxes.csv"
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["recording", "offset"])
            for box in its:
                last = max(0.0, benchmark.seconds("train", box.recording) - seconds)
                writer.writerow([box.recording, round(min(max(0.0, box.centre_s - seconds / 2), last), 3)])
        extract_by_csv(
            db_path=str(home / "training.db"),
            class_name=name,
            class_code=name,
            rec_dir=str(benchmark.home / "train"),
            csv_path=str(table),
        )


def train(cfg: Any, epochs: int, home: Path) -> list[Path]:
    """Train in a folder of its own and give the checkpoints."""
    cfg.train.num_epochs = epochs
    home.mkdir()
    os.chdir(home)
    Trainer().run()
    return sorted(home.glob("logs/**/*.ckpt"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cache", type=Path, help="not used: nothing can be kept")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=60.0, help="CPU minutes for training")
    parser.add_argument("--epochs", type=int, default=100, help="at most so many")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.INFO)
    torch.set_num_threads(1)
    benchmark, out = Benchmark(args.benchmark.resolve()), args.out.resolve()
    cfg = get_config()
    cfg.train.head_type, cfg.train.seed, cfg.train.num_workers = "temporal_sed", args.seed, 0
    cfg.misc.force_cpu = True
    cfg.infer.overlap, cfg.infer.num_threads = cfg.audio.spec_duration / 2, 1
    training, prediction, epoch = Clock(), Clock(), Clock()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with training:
            extract(benchmark, home, cfg.audio.spec_duration)
            cfg.train.train_db, cfg.train.train_pickle = str(home / "training.db"), str(home / "training.pkl")
            pickle_train(db_path=cfg.train.train_db, output_path=cfg.train.train_pickle)
            train(cfg, 1, home / "first")  # what only the first costs
            with epoch:
                train(cfg, 1, home / "probe")
            spent = 2 * epoch.cpu_s
            epochs = max(3, min(args.epochs, int((60 * args.minutes - spent) / epoch.cpu_s)))
            print(f"{epochs} epochs, {epoch.cpu_s:.1f} s each", flush=True)
            checkpoints = train(cfg, epochs, home / "train")
        frames, starts = [], []
        with prediction:
            predictor = Predictor(str(checkpoints[0].parent), device="cpu")
            assert predictor.class_names is not None
            columns = [predictor.class_names.index(name) for name in benchmark.species()]
            for recording in benchmark.recordings("test"):
                _, said, _ = predictor.get_recording_scores(str(benchmark.audio("test", recording)))
                frames.append(np.clip(said[:, columns], 0, 1))
                starts.append(np.arange(len(said)) / cfg.train.sed_fps)
        os.chdir("/")
    write_run(
        out,
        benchmark,
        frames,
        starts,
        1 / cfg.train.sed_fps,
        training,
        prediction,
        seed=args.seed,
        deterministic=False,
        versions=versions("britekit", "torch", "torchvision", "torchaudio", "lightning", "numpy"),
        settings={
            "model_type": cfg.train.model_type,
            "head_type": cfg.train.head_type,
            "minutes": args.minutes,
            "epochs": epochs,
            "batch": cfg.train.batch_size,
            "checkpoints": len(checkpoints),
            "window_s": cfg.audio.spec_duration,
            "overlap_s": cfg.infer.overlap,
            "threads": 1,
        },
    )


if __name__ == "__main__":
    main()
