"""Are the probabilities honest? Expected calibration error, Brier skill and the precision at the threshold for 0.9.

    python benchmarks/calibration.py BENCHMARK --scorer score.py FOLDER [SAID=MODEL ...]

FOLDER is what `dawnchorus experiment run` leaves of a seed: submission.csv, calibration.csv, thresholds.csv and
result.json; or SAID=MODEL, what `dawnchorus detect --submission SAID/submission.csv` leaves, and its model. The
calibration was fitted to the partial labels of the training recordings; the truth of the test
recordings, which the scorer reads, only judges it. Prints a Markdown table; the floor of the Brier score is the true
prevalence in the test, and that of ECE what perfect probabilities would have in so small a test.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawnchorus import package
from dawnchorus.calibration import tables
from dawnchorus.calibration.measures import brier_skill, class_mean_calibration_error
from dawnchorus.calibration.tables import Calibration
from dawnchorus.export import submission
from dawnchorus.files import read_json
from dawnchorus.study.judge import SUBMISSION, ScorerScript


def calibration_of(place: str) -> tuple[Path, Calibration]:
    """The folder of predictions, and the calibration of the model that they come from."""
    said, _, model = place.partition("=")
    if not model:
        return Path(said), tables.read(Path(said), read_json(Path(said) / "result.json")["key"])
    found = package.read(Path(model)).calibration()
    if found is None:
        raise SystemExit(f"{model}: this model has no calibration")
    return Path(said), found


def error_of_chance(p: NDArray[np.float64], draws: int = 200) -> float:
    """The mean ECE of these probabilities `(recording, species)` were they perfect: truths are drawn from them."""
    rng = np.random.default_rng(0)
    return float(np.mean([class_mean_calibration_error(p, rng.random(p.shape) < p) for _ in range(draws)]))


def judged(place: str, positives: dict[str, set[int]]) -> dict[str, float]:
    """The figures of one folder."""
    folder, found = calibration_of(place)
    recordings, scores = submission.read(folder / SUBMISSION)
    truth = np.array([[s in positives.get(name, ()) for s in range(scores.shape[1])] for name in recordings])
    p = found.apply(scores)
    pooled = next(one.threshold for one in found.thresholds if one.species is None)
    called = p >= pooled
    return {
        "ECE, macro": class_mean_calibration_error(p, truth),
        "ECE, were they perfect": error_of_chance(p),
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
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--scorer", type=Path, required=True)
    args = parser.parse_args()
    positives = {name: set(found) for name, found in ScorerScript(args.scorer, args.benchmark).positives().items()}
    rows = {folder: judged(folder, positives) for folder in args.folders}
    names = list(next(iter(rows.values())))
    print("| | " + " | ".join(names) + " |")
    print("|---" * (len(names) + 1) + "|")
    for folder, figures in rows.items():
        print(f"| {folder} | " + " | ".join(f"{figures[name]:.3f}" for name in names) + " |")


if __name__ == "__main__":
    main()
