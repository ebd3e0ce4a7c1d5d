"""What the benchmarks of calibration share: the truth, the figures, and their table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawnchorus.calibration.measures import brier_skill, class_mean_calibration_error, error_of_chance
from dawnchorus.study.judge import ScorerScript

Truth = NDArray[np.bool_]


class Truths:
    """Which species are in which test recordings, as the scorer tells; nothing else reads it."""

    def __init__(self, scorer: Path, benchmark: Path) -> None:
        self.positives = {name: set(found) for name, found in ScorerScript(scorer, benchmark).positives().items()}

    def of(self, recordings: Sequence[str], n_species: int) -> Truth:
        """The truth of recordings `(recording, species)`."""
        return np.array([[s in self.positives.get(name, ()) for s in range(n_species)] for name in recordings])


def honesty(p: NDArray[np.float64], truth: Truth, threshold: float) -> dict[str, float]:
    """How honest probabilities `(recording, species)` are, and what is called from the threshold on."""
    called = p >= threshold
    return {
        "ECE, macro": class_mean_calibration_error(p, truth),
        "ECE, were they perfect": error_of_chance(p),
        "Brier skill": brier_skill(p, truth, truth.mean(axis=0)),
        "threshold for 0.9": threshold,
        "precision there": float(truth[called].mean()) if called.any() else float("nan"),
        "recall there": float((truth & called).sum() / truth.sum()),
    }


def as_markdown(rows: Sequence[tuple[str, Mapping[str, float]]], label: str) -> str:
    """A line a row, with the figures of the first."""
    names = list(rows[0][1])
    lines = [f"| {label} | " + " | ".join(names) + " |", "|---" * (len(names) + 1 + label.count("|")) + "|"]
    return "\n".join(
        [*lines, *(f"| {name} | " + " | ".join(f"{of[n]:.3f}" for n in names) + " |" for name, of in rows)]
    )
