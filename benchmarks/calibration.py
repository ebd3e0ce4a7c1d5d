"""Are the probabilities honest? Expected calibration error, Brier skill and the precision at the threshold for 0.9.

    python benchmarks/calibration.py BENCHMARK --scorer score.py FOLDER [FOLDER ...]

FOLDER is what `dawnchorus experiment run` leaves of a seed: submission.csv, calibration.csv, thresholds.csv and
result.json. The calibration was fitted to the partial labels of the training recordings; the truth of the test
recordings, which the scorer reads, only judges it. Prints a Markdown table; the floor of the Brier score is the true
prevalence in the test.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from dawnchorus.calibration import tables
from dawnchorus.calibration.measures import brier_skill, class_mean_calibration_error
from dawnchorus.export import submission
from dawnchorus.files import read_json
from dawnchorus.study.judge import SUBMISSION, ScorerScript


def judged(folder: Path, positives: dict[str, set[int]]) -> dict[str, float]:
    """The figures of one folder."""
    recordings, scores = submission.read(folder / SUBMISSION)
    truth = np.array([[s in positives.get(name, ()) for s in range(scores.shape[1])] for name in recordings])
    found = tables.read(folder, read_json(folder / "result.json")["key"])
    p = found.apply(scores)
    pooled = next(one.threshold for one in found.thresholds if one.species is None)
    called = p >= pooled
    return {
        "ECE, macro": class_mean_calibration_error(p, truth),
        "ECE, scores as they are": class_mean_calibration_error(scores, truth),
        "Brier skill": brier_skill(p, truth, truth.mean(axis=0)),
        "threshold for 0.9": pooled,
        "precision there": float(truth[called].mean()) if called.any() else float("nan"),
        "recall there": float((truth & called).sum() / truth.sum()),
        "prevalence found, mean": float(np.mean([one.prevalence for one in found.species])),
        "prevalence true, mean": float(truth.mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--scorer", type=Path, required=True)
    args = parser.parse_args()
    positives = {name: set(found) for name, found in ScorerScript(args.scorer, args.benchmark).positives().items()}
    rows = {str(folder): judged(folder, positives) for folder in args.folders}
    names = list(next(iter(rows.values())))
    print("| | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    for folder, figures in rows.items():
        print(f"| {folder} | " + " | ".join(f"{figures[name]:.3f}" for name in names) + " |")


if __name__ == "__main__":
    main()
