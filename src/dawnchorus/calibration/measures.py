"""How far probabilities are from what they say."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dawnchorus.calibration.odds import Booleans, Floats
from dawnchorus.metrics import nanmean


def expected_calibration_error(p: NDArray[np.floating], truth: Booleans, bins: int = 10) -> float:
    """How far probabilities `(item,)` are from the truth they meet, weighted mean over bins; NaN without items.

    Bins hold equally many items (Nguyen and O'Connor 2015), but equal probabilities are never torn apart. Even perfect
    probabilities have some error in a small sample.
    """
    if not len(p):
        return math.nan
    edges = np.sort(p)[len(p) * np.arange(1, bins) // bins]
    number = np.searchsorted(edges, p, side="right")
    return float(np.abs(np.bincount(number, weights=p - truth)).sum() / len(p))


def class_mean_calibration_error(
    p: NDArray[np.floating], truth: Booleans, known: Booleans | None = None, bins: int = 10
) -> float:
    """Mean over species of their calibration errors over the known rows of arrays `(row, species)`."""
    rows = np.ones_like(truth) if known is None else known
    columns = range(truth.shape[1])
    return nanmean([expected_calibration_error(p[rows[:, s], s], truth[rows[:, s], s], bins) for s in columns])


def error_of_chance(p: NDArray[np.floating], draws: int = 200) -> float:
    """The class-mean calibration error that probabilities `(row, species)` would have were they perfect.

    The floor of that error in so small a sample: the mean over truths that are drawn from them, always the same ones.
    """
    rng = np.random.default_rng(0)
    return float(np.mean([class_mean_calibration_error(p, rng.random(p.shape) < p) for _ in range(draws)]))


def brier_skill(
    p: NDArray[np.floating], truth: Booleans, reference: Floats | float, known: Booleans | None = None
) -> float:
    """How much of the reference's mean squared error is gone: 1 perfect, 0 no better, below 0 worse (Brier 1950).

    Arrays are `(row, species)`, over the known cells. The reference is the floor, each species' prevalence
    `(species,)` in every row; NaN if it has no error.
    """
    cells = np.ones_like(truth) if known is None else known
    error = ((p - truth)[cells] ** 2).sum()
    floor = ((reference - truth.astype(np.float64))[cells] ** 2).sum()
    return float(1 - error / floor) if floor else math.nan
