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
from honesty import Truths, as_markdown, honesty
from numpy.typing import NDArray

from dawnchorus import package
from dawnchorus.blend.member import PROBABILITIES, RECORD
from dawnchorus.calibration import tables
from dawnchorus.calibration.measures import class_mean_calibration_error
from dawnchorus.calibration.thresholds import Threshold, thresholds_for_precision
from dawnchorus.export import submission
from dawnchorus.files import read_json
from dawnchorus.study.judge import SUBMISSION
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


def judged(place: str, truths: Truths) -> dict[str, float]:
    """The figures of one folder."""
    said = said_in(place)
    truth = truths.of(said.recordings, said.p.shape[1])
    return honesty(said.p, truth, said.threshold) | {
        "ECE, scores as they are": class_mean_calibration_error(said.scores, truth),
        "prevalence found, mean": said.prevalence,
        "prevalence true, mean": float(truth.mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--scorer", type=Path, required=True)
    args = parser.parse_args()
    truths = Truths(args.scorer, args.benchmark)
    print(as_markdown([(folder, judged(folder, truths)) for folder in args.folders], ""))


if __name__ == "__main__":
    main()
