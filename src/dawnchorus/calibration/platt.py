"""A rising map a species, learnt from known cells alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawnchorus.calibration.odds import LEAST_SLOPE, Floats, expit, logits
from dawnchorus.evidence import Evidence

FLAT = 100.0
"""A prior of this standard deviation says nothing."""


@dataclass(frozen=True)
class Platt:
    """One species' map from score to probability, `sigmoid(a * logit(score) + b)`, rising (Platt 1999).

    `a = 1, b = 0` leaves scores as they are; `a` below 1 says that they were too sure of themselves.
    """

    a: float
    b: float

    def __call__(self, scores: NDArray[np.floating]) -> Floats:
        """Probabilities of the same shape."""
        return np.asarray(expit(self.a * logits(scores) + self.b))

    def shifted(self, prior_from: float, prior_to: float) -> Platt:
        """The map where the species has another prevalence: `shifted` after this map, in one."""
        return Platt(self.a, self.b + float(logits(prior_to) - logits(prior_from)))


def platt(scores: NDArray[np.floating], known: Evidence, prior_sd: float = 0.5) -> tuple[Platt, ...]:
    """Fit each species' map to what is known of it, and to what is known of all where that is little.

    `scores` are `(row, species)` in [0, 1], `known` the same shape. A row is a recording, a window, or one box with
    its highest frame as score and a weight in its species alone; unknown cells take no part.

    The fit is the most probable `(a, b)` under the soft targets of Platt 1999 and a Gaussian prior of standard
    deviation `prior_sd` on the slope and on the height of the map at the mean logit of all known cells. The prior is
    centred on one fit to all species pooled, so that a species without a label gets that fit, and many labels outvote
    it. The pooled fit is itself drawn to the scores as they are, by a prior of standard deviation 1.
    """
    x, cells = logits(scores), known.known
    middle = float(x[cells].mean()) if cells.any() else 0.0
    pooled = _most_probable(x[cells] - middle, *_targets(known[cells]), (1.0, middle), 1.0)
    maps = []
    for species in range(x.shape[1]):
        its = (cells[:, species], species)
        a, height = _most_probable(x[its] - middle, *_targets(known[its]), pooled, prior_sd)
        maps.append(Platt(a, height - a * middle))
    return tuple(maps)


def nearest(x: Floats, shares: Floats) -> Platt:
    """The map that comes nearest to shares of presence at logits, both `(cell,)`; its mean is theirs."""
    middle = float(x.mean()) if len(x) else 0.0
    a, height = _most_probable(x - middle, shares, 1 - shares, (1.0, middle), FLAT)
    return Platt(a, height - a * middle)


def _targets(known: Evidence) -> tuple[Floats, Floats]:
    """What hard labels `(cell,)` say for presence and against it, a little softened (Platt 1999)."""
    present, absent = np.asarray(known.present, np.float64), np.asarray(known.absent, np.float64)
    if_present, if_absent = (present.sum() + 1) / (present.sum() + 2), 1 / (absent.sum() + 2)
    for_it = present * if_present + absent * if_absent
    return for_it, present + absent - for_it


def _most_probable(
    x: Floats, for_it: Floats, against: Floats, centre: tuple[float, float], sd: float
) -> tuple[float, float]:
    """Slope and height of the map through logits `(cell,)`; the penalised log loss is convex, so there is one."""
    from scipy.optimize import minimize  # here, because detection only applies maps and should start quickly

    weights = for_it + against

    def loss(at: Floats) -> tuple[float, Floats]:
        z, off = at[0] * x + at[1], (at - centre) / sd
        value = (for_it * np.logaddexp(0, -z) + against * np.logaddexp(0, z)).sum() + (off**2).sum() / 2
        residual = weights * expit(z) - for_it
        return float(value), np.array([(residual * x).sum(), residual.sum()]) + off / sd

    bounds = [(LEAST_SLOPE, None), (None, None)]
    options = {"ftol": 1e-14, "gtol": 1e-8, "maxiter": 1000}
    a, height = minimize(loss, np.array(centre), jac=True, bounds=bounds, method="L-BFGS-B", options=options).x
    return float(a), float(height)
