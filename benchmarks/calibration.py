"""Are the probabilities honest? Expected calibration error, Brier skill and the precision at the threshold for 0.9.

    python benchmarks/calibration.py BENCHMARK --scorer score.py FOLDER [SAID=MODEL ...]

FOLDER is what `dawnchorus experiment run` leaves of a seed: submission.csv, calibration.csv, thresholds.csv and
result.json; or SAID=MODEL, what `dawnchorus detect --submission SAID/submission.csv` leaves, and its model; or
SAID=BLEND, the blend of several such SAID, and the blend of their runs, from whose probabilities of the training
recordings the threshold is taken. The calibration was fitted to the partial labels of the training recordings; the
truth of the test recordings, which the scorer reads, only judges it. Prints a Markdown table; the floor of the Brier
score is the true prevalence in the test, and that of ECE what perfect probabilities would have in so small a test.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawnchorus import package
from dawnchorus.blend.member import PROBABILITIES, RECORD
from dawnchorus.calibration import tables
from dawnchorus.calibration.measures import brier_skill, class_mean_calibration_error
from dawnchorus.calibration.thresholds import Threshold, thresholds_for_precision
from dawnchorus.export import submission
from dawnchorus.files import read_json
from dawnchorus.study.judge import SUBMISSION, ScorerScript
from dawnchorus.training.calibrate import TARGET_PRECISION


@dataclass(frozen=True)
class Said:
    """Probabilities of test recordings `(recording, species)`, the scores behind them, and what is called."""

    recordings: list[str]
    scores: NDArray[np.float64]
    p: NDArray[np.float64]
    threshold: float
    prevalence: float


def said_in(place: str) -> Said:
    """What a folder of predictions says, by the calibration of the model or models that they come from."""
    said, _, model = place.partition("=")
    folder, source = Path(said), Path(model or said)
    recordings, scores = submission.read(folder / SUBMISSION)
    if (source / RECORD).is_file():
        named, p = submission.read(folder / PROBABILITIES)
        if named != recordings:
            raise SystemExit(f"{folder}: {PROBABILITIES} and {SUBMISSION} have other rows")
        of_training = submission.read(source / PROBABILITIES)[1]
        pooled = thresholds_for_precision(of_training, TARGET_PRECISION)
        return Said(recordings, scores, p, _over_all(pooled), float(of_training.mean()))
    if model:
        found = package.read(source).calibration()
    else:
        found = tables.read(folder, read_json(folder / "result.json")["key"])
    if found is None:
        raise SystemExit(f"{model}: this model has no calibration")
    prevalence = float(np.mean([one.prevalence for one in found.species]))
    return Said(recordings, scores, found.apply(scores), _over_all(found.thresholds), prevalence)


def _over_all(thresholds: Sequence[Threshold]) -> float:
    return next(one.threshold for one in thresholds if one.species is None)


def error_of_chance(p: NDArray[np.float64], draws: int = 200) -> float:
    """The mean ECE of these probabilities `(recording, species)` were they perfect: truths are drawn from them."""
    rng = np.random.default_rng(0)
    return float(np.mean([class_mean_calibration_error(p, rng.random(p.shape) < p) for _ in range(draws)]))


def judged(place: str, positives: dict[str, set[int]]) -> dict[str, float]:
    """The figures of one folder."""
    said = said_in(place)
    p, scores = said.p, said.scores
    truth = np.array([[s in positives.get(name, ()) for s in range(p.shape[1])] for name in said.recordings])
    called = p >= said.threshold
    return {
        "ECE, macro": class_mean_calibration_error(p, truth),
        "ECE, were they perfect": error_of_chance(p),
        "ECE, scores as they are": class_mean_calibration_error(scores, truth),
        "Brier skill": brier_skill(p, truth, truth.mean(axis=0)),
        "threshold for 0.9": said.threshold,
        "precision there": float(truth[called].mean()) if called.any() else float("nan"),
        "recall there": float((truth & called).sum() / truth.sum()),
        "prevalence found, mean": said.prevalence,
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
