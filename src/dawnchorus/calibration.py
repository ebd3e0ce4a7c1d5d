"""Probabilities that mean what they say, learnt from partial labels: of the calls given 0.8, about 80 % are right.

Scores in, probabilities out, one rising map a species: `sigmoid(a * logit(score) + b)`. Nothing here changes the order
of one species' scores. Two ways lead to a map:

- `platt` learns from known cells alone. What it says holds for the share of presence among them (`labelled_prior`);
  `prevalence_by_em` finds the share among all recordings, and `Platt.shifted` carries the map over.
- `mixture` learns from all recordings, known or not, and gives map and prevalence at once.

Both take the known-present recordings for a fair sample of how presence sounds. People box what they hear well; then
both ways find too few. Where somebody labelled a part in full, `expected_calibration_error` and `brier_skill` tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.annotations import table
from dawnchorus.evidence import Evidence
from dawnchorus.metrics import nanmean

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

EDGE = 1e-6
"""Scores and prevalences nearer to 0 or 1 than this count as this: float16 stores reach 0 and 1, and logits do not."""

FLAT = 100.0
"""A prior of this standard deviation says nothing."""

LEAST_SLOPE = 0.01
"""No map is flatter: where labels say that scores mean nothing, the order of the scores stays all the same."""


def expit(x: NDArray[np.floating] | float) -> Floats:
    """Probabilities of log odds. SciPy's takes a fifth of a second to import, which every worker would wait for."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -np.asarray(x, np.float64))))


def logit(p: NDArray[np.floating] | float) -> Floats:
    """Log odds of probabilities; infinite for 0 and 1."""
    p = np.asarray(p, np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p) - np.log1p(-p))


def logits(values: NDArray[np.floating] | float) -> Floats:
    """Log odds of probabilities, those of 0 and 1 finite (EDGE)."""
    return np.asarray(logit(np.clip(np.asarray(values, np.float64), EDGE, 1 - EDGE)))


# ---- maps ----------------------------------------------------------------------------------------------------


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
    pooled = _most_probable(x[cells] - middle, known[cells], (1.0, middle), 1.0)
    maps = []
    for species in range(x.shape[1]):
        its = (cells[:, species], species)
        a, height = _most_probable(x[its] - middle, known[its], pooled, prior_sd)
        maps.append(Platt(a, height - a * middle))
    return tuple(maps)


def _most_probable(x: Floats, known: Evidence, centre: tuple[float, float], sd: float) -> tuple[float, float]:
    """Slope and height of the map through logits `(cell,)`; the penalised log loss is convex, so there is one."""
    from scipy.optimize import minimize  # here, because detection only applies maps and should start quickly

    present, absent = np.asarray(known.present, np.float64), np.asarray(known.absent, np.float64)
    if_present, if_absent = (present.sum() + 1) / (present.sum() + 2), 1 / (absent.sum() + 2)
    for_it = present * if_present + absent * if_absent
    against = present + absent - for_it

    def loss(at: Floats) -> tuple[float, Floats]:
        z, off = at[0] * x + at[1], (at - centre) / sd
        value = (for_it * np.logaddexp(0, -z) + against * np.logaddexp(0, z)).sum() + (off**2).sum() / 2
        residual = (present + absent) * expit(z) - for_it
        return float(value), np.array([(residual * x).sum(), residual.sum()]) + off / sd

    bounds = [(LEAST_SLOPE, None), (None, None)]
    options = {"ftol": 1e-14, "gtol": 1e-8, "maxiter": 1000}
    a, height = minimize(loss, np.array(centre), jac=True, bounds=bounds, method="L-BFGS-B", options=options).x
    return float(a), float(height)


# ---- prevalence ----------------------------------------------------------------------------------------------


def labelled_prior(known: Evidence, strength: float = 2.0) -> Floats:
    """The share of presence among what is known of each species `(species,)`: the prior that `platt` has learnt.

    The share among all species counts as `strength` more cells; one half where nothing is known at all.
    """
    present, total = known.present.sum(axis=0), (known.present + known.absent).sum(axis=0)
    pooled = present.sum() / total.sum() if total.sum() else 0.5
    return np.asarray((present + strength * pooled) / (total + strength), np.float64)


def shifted(probabilities: NDArray[np.floating], prior_from: Floats | float, prior_to: Floats | float) -> Floats:
    """Probabilities `(..., species)` where each species' prevalence `(species,)` is another, by Bayes' rule.

    Presence is taken to sound the same in both places (label shift); only how often it occurs differs.
    """
    moved = logits(prior_to) - logits(prior_from)
    return np.asarray(expit(logit(np.asarray(probabilities, np.float64)) + moved))


def prevalence_by_em(
    probabilities: NDArray[np.floating], prior: Floats, most_rounds: int = 1000, tolerance: float = 1e-6
) -> Floats:
    """Each species' prevalence `(species,)` among recordings of which nothing is known (Saerens et al. 2002).

    `probabilities` are theirs, `(recording, species)`, calibrated for the prevalence `prior` `(species,)`. They are
    shifted to the prevalence found so far, and their mean is the next, until none moves by `tolerance`: the most likely
    prevalence, if presence sounds the same here and where the probabilities were learnt.
    """
    found = np.asarray(prior, np.float64)
    for _ in range(most_rounds):
        before, found = found, shifted(probabilities, prior, found).mean(axis=0)
        if np.abs(found - before).max() < tolerance:
            break
    return found


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
    prevalence = np.full(x.shape[1], 0.1)  # a start: most species are rare
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
    maps = [_straight(x[its, species], rising[its, species]) for species, its in enumerate(free.T)]
    found = (values.tolist() for values in (absent, present, narrow, wide, prevalence))
    return tuple(Mixture(*one) for one in zip(*found, maps, strict=True))


def _log_ratio(x: Floats, mean: Floats, variance: Floats, other_mean: Floats, other_variance: Floats) -> Floats:
    """How much likelier logits are under one Gaussian than under another, as a logarithm."""
    one, other = ((x - m) ** 2 / v + np.log(v) for m, v in ((mean, variance), (other_mean, other_variance)))
    return np.asarray((other - one) / 2)


def _straight(x: Floats, share: Floats) -> Platt:
    """The map that comes nearest to shares of presence at logits, both `(cell,)`."""
    middle = float(x.mean()) if len(x) else 0.0
    a, height = _most_probable(x - middle, Evidence(share, 1 - share), (1.0, middle), FLAT)
    return Platt(a, height - a * middle)


# ---- measures ------------------------------------------------------------------------------------------------


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


# ---- thresholds ----------------------------------------------------------------------------------------------


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


# ---- what is kept --------------------------------------------------------------------------------------------

COLUMNS = ("species_id", "a", "b", "prevalence", "method", "n_present", "n_absent", "model_hash")
THRESHOLD_COLUMNS = ("species_id", "threshold", "target_precision", "n", "low", "high", "model_hash")


@dataclass(frozen=True)
class SpeciesCalibration:
    """One species' map and prevalence, by which method, from how many known cells of each kind."""

    a: float
    b: float
    prevalence: float
    method: str
    n_present: int
    n_absent: int


@dataclass(frozen=True)
class Calibration:
    """What makes probabilities of one model's scores; the species are in the order of their numbers.

    `model_hash` names the model: another model's scores mean something else, even for the same species.
    """

    model_hash: str
    species: tuple[SpeciesCalibration, ...]
    thresholds: tuple[Threshold, ...] = ()

    @staticmethod
    def of(model_hash: str, method: str, maps: Sequence[Platt], prevalence: Floats, known: Evidence) -> Calibration:
        """Put together what was fitted; `prevalence` is `(species,)`, and `known` `(row, species)` is only counted."""
        counts = [(side > 0).sum(axis=0).tolist() for side in (known.present, known.absent)]
        rows = zip(maps, prevalence.tolist(), *counts, strict=True)
        return Calibration(model_hash, tuple(SpeciesCalibration(m.a, m.b, p, method, *n) for m, p, *n in rows))

    def apply(self, probabilities: NDArray[np.floating]) -> Floats:
        """Calibrated probabilities of a model's `(..., species)`, in float64.

        Raises ValueError if the last axis has another number of species.
        """
        if probabilities.shape[-1] != len(self.species):
            raise ValueError(f"scores of {probabilities.shape[-1]} species; the calibration is of {len(self.species)}")
        a = np.array([one.a for one in self.species])
        b = np.array([one.b for one in self.species])
        return np.asarray(expit(a * logits(probabilities) + b))

    def score_thresholds(self) -> tuple[float, ...]:
        """The score of each species at which its probability reaches the threshold over all; infinite if none does."""
        lowest = next((one.threshold for one in self.thresholds if one.species is None), math.inf)
        if not lowest <= 1:
            return (math.inf,) * len(self.species)
        wanted = float(logits(np.array(lowest)))
        return tuple(float(expit((wanted - one.b) / one.a)) for one in self.species)


def write(folder: Path, calibration: Calibration) -> None:
    """Write `calibration.csv` and `thresholds.csv`, each wholly or not at all; no digit is lost."""
    species = [(number, *astuple(one)) for number, one in enumerate(calibration.species)]
    thresholds = [("all" if one.species is None else one.species, *astuple(one)[1:]) for one in calibration.thresholds]
    for name, columns, rows in (("calibration", COLUMNS, species), ("thresholds", THRESHOLD_COLUMNS, thresholds)):
        table.write(folder / f"{name}.csv", columns, [[*map(str, row), calibration.model_hash] for row in rows])


def read(folder: Path, model_hash: str) -> Calibration:
    """Read what `write` wrote for the model of this hash.

    Raises ValueError with file, line, what was found and what was expected, if a table is broken or another model's.
    """
    species: list[SpeciesCalibration] = []
    for where, row in _rows(folder / "calibration.csv", COLUMNS, model_hash):
        if row["species_id"] != str(len(species)):
            raise ValueError(
                f"{where}: species_id is {row['species_id']!r}, not {len(species)}: one row each, in order"
            )
        a, b, prevalence = (_number(where, row, name) for name in ("a", "b", "prevalence"))
        n_present, n_absent = (int(_number(where, row, name)) for name in ("n_present", "n_absent"))
        species.append(SpeciesCalibration(a, b, prevalence, row["method"], n_present, n_absent))
    if not species:
        raise ValueError(f"{folder / 'calibration.csv'} has no row; it should have one for each species")
    named = {"all": None} | {str(number): number for number in range(len(species))}
    thresholds = []
    for where, row in _rows(folder / "thresholds.csv", THRESHOLD_COLUMNS, model_hash):
        if row["species_id"] not in named:
            expected = f"'all' or a number from 0 to {len(species) - 1}"
            raise ValueError(f"{where}: species_id is {row['species_id']!r}, not {expected}")
        threshold, target, n, low, high = (_number(where, row, name) for name in THRESHOLD_COLUMNS[1:-1])
        if low > high:
            raise ValueError(f"{where}: low is {low:g} and high {high:g}, not the other way round")
        thresholds.append(Threshold(named[row["species_id"]], threshold, target, int(n), low, high))
    return Calibration(model_hash, tuple(species), tuple(thresholds))


def _rows(path: Path, columns: Sequence[str], model_hash: str) -> list[tuple[str, table.Row]]:
    rows = [(f"{path} line {line}", row) for line, row in table.read(path, columns)]
    for where, row in rows:
        if row["model_hash"] != model_hash:
            raise ValueError(f"{where}: model_hash is {row['model_hash']!r}, not {model_hash!r}: it is another model's")
    return rows


_SHARE: tuple[Callable[[float], bool], str] = (lambda value: 0 <= value <= 1, "a number from 0 to 1")
_COUNT: tuple[Callable[[float], bool], str] = (lambda value: value >= 0 and value.is_integer(), "a whole number from 0")
_EXPECTED: dict[str, tuple[Callable[[float], bool], str]] = {
    "a": (lambda value: 0 < value < math.inf, "a number above 0"),
    "b": (math.isfinite, "a number"),
    "threshold": (lambda value: 0 <= value <= 1 or value == math.inf, "a number from 0 to 1, or inf"),
    **dict.fromkeys(("prevalence", "target_precision", "low", "high"), _SHARE),
    **dict.fromkeys(("n", "n_present", "n_absent"), _COUNT),
}


def _number(where: str, row: table.Row, column: str) -> float:
    right, expected = _EXPECTED[column]
    try:
        value = float(row[column])
    except ValueError:
        value = math.nan
    if not right(value):
        raise ValueError(f"{where}: {column} is {row[column]!r}, not {expected}")
    return value
