"""Runs of a study that were never trained, and what sounds in their recordings."""

import csv
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from dawnchorus import memo
from dawnchorus.experiment import changes, to_record
from dawnchorus.study.adapt import Scale
from dawnchorus.study.values import Reported, Study, Variant

SCALE = Scale(budget=0.5, folds=2)
RECORDINGS = [f"r{number:02}" for number in range(40)]
# Species 0 sounds in every second recording, species 1 in every fifth.
POSITIVES = {
    name: {species for species, each in ((0, 2), (1, 5)) if number % each == 0}
    for number, name in enumerate(RECORDINGS)
}
TRUTH = np.array([[species in POSITIVES[name] for species in (0, 1)] for name in RECORDINGS])
PERFECT = TRUTH.astype(float) + np.linspace(0, 0.1, 40)[:, None]
REVERSED = -PERFECT
BRIGHT = memo.with_stage(memo.first, "1", augment=memo.bright_and_gamma)
STUDY = Study(
    Path("experiments/which.py"),
    "Which one?\n\nThe first, it is hoped.",
    "plain",
    {
        "plain": Variant(memo.first, Reported(cv=0.7889, lb=0.842), ("exp0109",)),
        "bright": Variant(BRIGHT, Reported(failed=True), ("exp0105", "a | b"), "read as §2"),
        "planned": Variant(memo.second, Reported(precision=0.4)),
        "words": Variant(None, Reported(lb=0.9)),
    },
)


def submission(folder, scores, recordings=RECORDINGS):
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "submission.csv").open("w", newline="") as file:
        rows = [(name, *row) for name, row in zip(recordings, scores.tolist(), strict=True)]
        csv.writer(file).writerows([("recording_id", "s0", "s1"), *rows])
    return folder


def run(out, variant, seed, scores=None, scale=SCALE, cv=0.5, **more):
    """What study/run.py leaves of a variant of STUDY."""
    folder = out / "which" / variant / f"seed-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    if scores is not None:
        submission(folder, scores)
    experiment = STUDY.variants[variant].experiment
    record = {
        "key": "k",
        "seed": seed,
        "network": "resnet18, none",
        "scale": asdict(scale),
        "comparable": True,
        "saw_test": False,
        "lost": "",
        "changes": changes(memo.first, experiment),
        "cv_faithful": cv,
        "precision_faithful": None,
        "cv": cv / 2,
        "precision": 0.25,
        "pseudo_labels": 3,
        "seconds": 1.0,
        "experiment": to_record(scale(experiment, seed)),
    }
    (folder / "result.json").write_text(json.dumps(record | more))
    return folder


def rows_of(comparison):
    return {row.name: row for row in comparison.rows}
