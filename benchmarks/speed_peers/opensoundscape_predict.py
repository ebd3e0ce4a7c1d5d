"""OpenSoundscape's CNN over a folder of minutes, as fast as it goes there: what dawnchorus is timed against.

Runs in the peer's own environment. ResNet18 with random weights on 128 x 512 pixels: windows of 8.192 s, eight a
minute, at 32 kHz, from a spectrogram of 2048 samples that overlap by 1536. That is linear in frequency and made
smaller, not mel: it is what its preprocessor makes. No worker processes unless asked for, all cores for torch: of 0
and 2 workers on two cores 0 was the faster. Prints seconds of `predict` and windows as JSON.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from opensoundscape import CNN
from opensoundscape.ml import cnn_architectures

RATE_HZ, WINDOW_S, HOP_S, SPECIES = 32_000, 8.192, 7.408, 24


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("audio", type=Path)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--workers", type=int, default=0)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    classes = [str(number) for number in range(SPECIES)]
    network = cnn_architectures.resnet18(SPECIES, weights=None, num_channels=1)
    model = CNN(network, classes, WINDOW_S, RATE_HZ, device="cpu", height=128, width=512, channels=1)
    model.preprocessor.pipeline.to_spec.set(window_samples=2048, overlap_samples=1536)
    windows = [
        (str(path), HOP_S * number, HOP_S * number + WINDOW_S)
        for path in sorted(args.audio.glob("*.flac"))
        for number in range(8)
    ]
    index = pd.MultiIndex.from_tuples(windows, names=["file", "start_time", "end_time"])
    began = time.perf_counter()
    said = model.predict(
        pd.DataFrame(index=index),
        batch_size=args.batch,
        num_workers=args.workers,
        activation_layer="sigmoid",
        progress_bar=False,
    )
    seconds = time.perf_counter() - began
    if not np.isfinite(said.to_numpy()).all():
        raise SystemExit("some windows could not be heard")
    print(json.dumps({"predict_s": seconds, "windows": len(said)}))


if __name__ == "__main__":
    main()
