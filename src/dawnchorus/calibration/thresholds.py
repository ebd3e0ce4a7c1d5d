"""The lowest thresholds that reach a precision on known cells."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawnchorus.evidence import Evidence


@dataclass(frozen=True)
class Threshold:
    """The lowest probability from which on calls reach a precision; infinite if none does.

    `species` is None for one threshold over all. Of the known cells at or above it there are `n`; the 95 % interval of
    the precision among them (Clopper and Pearson 1934) is `precision_low` to `precision_high`, 0 to 1 without any.
    A contradicted cell counts as wrong.
    """

    species: int | None
    threshold: float
    target_precision: float
    n: int
    precision_low: float
    precision_high: float


def thresholds_for_precision(
    p: NDArray[np.floating], target: float, known: Evidence | None = None
) -> tuple[Threshold, ...]:
    """One threshold over all species, then one for each, for calibrated probabilities `(row, species)`.

    The precision from a threshold on is expected to be the mean of the probabilities there: no label is needed.
    `known`, of the same shape, gives the intervals; they are of the known cells, which may be easier or harder than
    the others.
    """
    known = Evidence.unknown(*p.shape) if known is None else known
    each = [_threshold(species, p[:, species], target, known[:, species]) for species in range(p.shape[1])]
    return _threshold(None, p.ravel(), target, Evidence(known.present.ravel(), known.absent.ravel())), *each


def _threshold(species: int | None, p: NDArray[np.floating], target: float, known: Evidence) -> Threshold:
    from scipy.stats import binomtest  # here, because it takes long to import

    values, counts = np.unique(p, return_counts=True)
    values, called = values[::-1], np.cumsum(counts[::-1])
    precision = np.cumsum(values * counts[::-1], dtype=np.float64) / called
    reached = values[precision >= target - 1e-9]  # sums round
    threshold = float(reached[-1]) if len(reached) else math.inf
    judged = known[p >= threshold]
    n, right = int(judged.known.sum()), int((judged.present > judged.absent).sum())
    interval = binomtest(right, n).proportion_ci(0.95, "exact") if n else (0.0, 1.0)
    return Threshold(species, threshold, target, n, float(interval[0]), float(interval[1]))
