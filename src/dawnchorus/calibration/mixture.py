"""Map and prevalence at once, from all recordings: a Gaussian of log odds where a species sounds, one where not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.calibration.odds import EDGE, LEAST_SLOPE, Booleans, Floats, expit, logits
from dawnchorus.calibration.platt import Platt, nearest
from dawnchorus.evidence import Evidence


class MixtureError(ValueError):
    """There is nothing to tell presence from absence by."""


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
    MixtureError if no cell is known present or none is unlabelled: then there is nothing to tell the two Gaussians
    apart by.
    """
    x = logits(scores)
    free = ~known.known if unlabelled is None else unlabelled & ~known.known
    if not (known.present > 0).any() or not free.any():
        raise MixtureError("a mixture needs cells that are known present, and unlabelled ones; one kind is missing")
    others = free + known.absent
    pooled = _Pooled.of(x, known.present, others, strength)
    start = pooled.gaussians(x, known.present, others)
    now = replace(start, wide=start.narrow)  # of the few that are known, the spread says little
    # From above: of two answers that explain the scores alike, this finds the one with more presence (decision 10).
    prevalence = np.full(x.shape[1], 0.9)
    for _ in range(most_rounds):
        share = free * now.shares(x, prevalence)
        now = pooled.gaussians(x, share + known.present, free - share + known.absent)
        before, prevalence = prevalence, (share.sum(axis=0) + 1) / (free.sum(axis=0) + 2)
        if np.abs(prevalence - before).max() < tolerance:
            break
    rising = now.rising(x, prevalence)
    maps = [nearest(x[its, species], rising[its, species]) for species, its in enumerate(free.T)]
    found = (values.tolist() for values in (now.absent, now.present, now.narrow, now.wide, prevalence))
    return tuple(Mixture(*one) for one in zip(*found, maps, strict=True))


def retold(
    scores: NDArray[np.floating],
    shares: Floats,
    strength: float = 8.0,
    most_rounds: int = 1000,
    tolerance: float = 1e-6,
) -> tuple[Platt, ...]:
    """Each species' map for a pupil, from its teacher's probabilities and from how its own scores fall.

    `scores` of the pupil and `shares`, the teacher's probabilities, are `(row, species)` of the same rows. The two
    Gaussians of a `Mixture` start from the shares, and EM goes on with the pupil's scores alone, while the prevalence
    stays the mean of the shares. The map comes nearest to the mean of both: the shares alone would leave a pupil that
    tells better than its teacher no surer than it, and the Gaussians alone take one that tells less well for surer than
    it is. No row counts as known: a pupil may have heard of its boxes by way of its teachers.
    """
    x, shares = logits(scores), np.clip(shares, EDGE, 1 - EDGE)
    prevalence = shares.mean(axis=0)
    pooled = _Pooled.of(x, shares, 1 - shares, strength)
    now, own = pooled.gaussians(x, shares, 1 - shares), shares
    for _ in range(most_rounds):
        before, own = own, now.shares(x, prevalence)
        now = pooled.gaussians(x, own, 1 - own)
        if np.abs((own - before).mean(axis=0)).max() < tolerance:
            break
    both = (now.rising(x, prevalence) + shares) / 2
    return tuple(nearest(its, share) for its, share in zip(x.T, both.T, strict=True))


@dataclass(frozen=True)
class _Gaussians:
    """Means and variances of logits of absence and of presence, each `(species,)`."""

    absent: Floats
    narrow: Floats
    present: Floats
    wide: Floats

    def log_ratio(self, x: Floats) -> Floats:
        """How much likelier logits `(row, species)` are with the species than without, as a logarithm."""
        one, other = ((x - m) ** 2 / v + np.log(v) for m, v in ((self.present, self.wide), (self.absent, self.narrow)))
        return np.asarray((other - one) / 2)

    def shares(self, x: Floats, prevalence: Floats) -> Floats:
        """How probable a species is at each of its logits `(row, species)`."""
        return expit(logits(prevalence) + self.log_ratio(x))

    def rising(self, x: Floats, prevalence: Floats) -> Floats:
        """The same, but below the mean of absence as at it, where the two parabolas would let it rise again."""
        return self.shares(np.maximum(x, self.absent), prevalence)


@dataclass(frozen=True)
class _Pooled:
    """What cells of all species say together; `strength` cells more of it for each."""

    present: float
    absent: float
    spread: float
    strength: float

    @staticmethod
    def of(x: Floats, with_it: Floats, without: Floats, strength: float) -> _Pooled:
        """From weights of presence and of absence `(row, species)`."""
        absent = float(np.average(x, weights=without))
        spread = float(np.average((x - absent) ** 2, weights=without)) + EDGE
        return _Pooled(float(np.average(x, weights=with_it)), absent, spread, strength)

    def gaussians(self, x: Floats, with_it: Floats, without: Floats) -> _Gaussians:
        """Of each species, from weights of presence and of absence `(row, species)`."""
        absent, present = self._mean(without, x, self.absent), self._mean(with_it, x, self.present)
        narrow = self._mean(without, (x - absent) ** 2, self.spread)
        wide = np.maximum(narrow, self._mean(with_it, (x - present) ** 2, self.spread))
        # Of one species' presence little may be known: it is never taken for quieter than its absence.
        return _Gaussians(absent, narrow, np.maximum(present, absent + LEAST_SLOPE * narrow), wide)

    def _mean(self, weights: Any, values: Any, centre: float) -> Floats:
        strength = self.strength
        return np.asarray(((weights * values).sum(axis=0) + strength * centre) / (weights.sum(axis=0) + strength))
