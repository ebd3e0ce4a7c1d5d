"""Map and prevalence at once, from all recordings: a Gaussian of log odds where a species sounds, one where not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.calibration.odds import EDGE, LEAST_SLOPE, Booleans, Floats, expit, logits
from dawnchorus.calibration.platt import Platt, nearest
from dawnchorus.evidence import Evidence


@dataclass(frozen=True)
class Mixture:
    """How one species' logits fall without it and with it: two Gaussians, its prevalence, and the map that follows.

    Presence spreads at least as wide as absence: calls are near and far, one or many. So the odds of presence rise from
    the mean of absence on; below it `platt`, the straight line that comes nearest to the odds where scores are,
    takes them for what they are there: the two parabolas would let them rise again.

    The price: where absence has a long upper tail, the prevalence comes out high.
    """

    absent_mean: float
    present_mean: float
    absent_variance: float
    present_variance: float
    prevalence: float
    platt: Platt


def mixture(
    scores: NDArray[np.floating],
    known: Evidence,
    unlabelled: Booleans | None = None,
    strength: float = 8.0,
    most_rounds: int = 1000,
    tolerance: float = 1e-6,
) -> tuple[Mixture, ...]:
    """Fit each species' Mixture to all its scores by EM, known cells held where they belong (Dempster et al. 1977).

    `scores` `(row, species)` are in [0, 1]; `known` and `unlabelled` have the same shape. Without `unlabelled`, every
    cell that is not known is unlabelled; rows that are boxes need it, because they say nothing of other species. Known
    cells shape the Gaussians by their weights. The prevalence comes from the unlabelled cells alone: that a person
    boxed a call says nothing of how common calls are.

    `strength` is worth as many cells: for each mean at that of all species (of the known-present cells, of all other
    cells), for each variance at that of all other cells. Rounds end when no prevalence moves by `tolerance`. Raises
    ValueError if no cell is known present or none is unlabelled: then there is nothing to tell the two Gaussians apart
    by.
    """
    x = logits(scores)
    free = ~known.known if unlabelled is None else unlabelled & ~known.known
    if not (known.present > 0).any() or not free.any():
        raise ValueError("a mixture needs cells that are known present, and unlabelled ones; one kind is missing")
    others = free + known.absent
    all_present = float(np.average(x, weights=known.present))
    all_others = float(np.average(x, weights=others))
    all_spread = float(np.average((x - all_others) ** 2, weights=others)) + EDGE

    def mean(weights: Any, values: Any, centre: float) -> Floats:
        return np.asarray(((weights * values).sum(axis=0) + strength * centre) / (weights.sum(axis=0) + strength))

    absent, present = mean(others, x, all_others), mean(known.present, x, all_present)
    narrow = wide = mean(others, (x - absent) ** 2, all_spread)
    # From above: of two answers that explain the scores alike, this finds the one with more presence (decision 10).
    prevalence = np.full(x.shape[1], 0.9)
    share = np.zeros_like(x)
    for _ in range(most_rounds):
        # Of one species' presence little may be known: it is never taken for quieter than its absence.
        present = np.maximum(present, absent + LEAST_SLOPE * narrow)
        share = free * expit(logits(prevalence) + _log_ratio(x, present, wide, absent, narrow))
        with_it, without = share + known.present, free - share + known.absent
        absent, present = mean(without, x, all_others), mean(with_it, x, all_present)
        narrow = mean(without, (x - absent) ** 2, all_spread)
        wide = np.maximum(narrow, mean(with_it, (x - present) ** 2, all_spread))
        before, prevalence = prevalence, (share.sum(axis=0) + 1) / (free.sum(axis=0) + 2)
        if np.abs(prevalence - before).max() < tolerance:
            break
    present = np.maximum(present, absent + LEAST_SLOPE * narrow)
    rising = expit(logits(prevalence) + _log_ratio(np.maximum(x, absent), present, wide, absent, narrow))
    maps = [nearest(x[its, species], rising[its, species]) for species, its in enumerate(free.T)]
    found = (values.tolist() for values in (absent, present, narrow, wide, prevalence))
    return tuple(Mixture(*one) for one in zip(*found, maps, strict=True))


def _log_ratio(x: Floats, mean: Floats, variance: Floats, other_mean: Floats, other_variance: Floats) -> Floats:
    """How much likelier logits are under one Gaussian than under another, as a logarithm."""
    one, other = ((x - m) ** 2 / v + np.log(v) for m, v in ((mean, variance), (other_mean, other_variance)))
    return np.asarray((other - one) / 2)
