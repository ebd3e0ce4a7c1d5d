"""What verdicts say of a detector: precision by score, how many of its calls lie above a threshold, and thresholds.

Detections are the population, verdicts a sample of it. Within a bin of scores the sample has to be drawn by chance, as
the orders `stratified` and `random` of the queue do: each bin then counts by the number of its detections, however many
of them were asked. Verdicts that were chosen for being doubtful make a detector look worse than it is.

Nothing here knows of calls that the detector did not find at all: recall is among the calls it found with any score.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.annotations import table
from dawnchorus.calibration.platt import Platt, platt
from dawnchorus.event_rule import EventRule
from dawnchorus.events import Detection, Species, Verdict
from dawnchorus.evidence import Evidence
from dawnchorus.review.as_annotations import last_words
from dawnchorus.review.queue import BINS, Candidates, bins
from dawnchorus.run_folder import RunFolder

DRAWS = 4000
LEVEL = (0.025, 0.975)
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Judged:
    """Detections and what was said of them: `right` is 1 or 0, or NaN where nobody said, `(candidate,)`."""

    candidates: Candidates
    right: Floats

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which were judged."""
        known: NDArray[np.bool_] = ~np.isnan(self.right)
        return known


@dataclass(frozen=True)
class BinPrecision:
    """The detections of one species with scores from `low` to `high`, and how many of those asked were right.

    `precision` has a 95 % interval after Jeffreys: 0 to 1 and NaN where nothing was asked.
    """

    species: int
    low: float
    high: float
    detections: int
    asked: int
    right: int
    precision: float
    precision_low: float
    precision_high: float


@dataclass(frozen=True)
class ReviewedThreshold:
    """The lowest score of a species from which on detections are expected to reach `target_precision`.

    It is infinite if none does. `n` verdicts lie at or above it. Precision there, and recall among all calls that were
    found with any score, have 95 % intervals; they are NaN where a bin of scores that they need has no verdict.
    """

    species: int
    threshold: float
    target_precision: float
    n: int
    precision: float
    precision_low: float
    precision_high: float
    recall: float
    recall_low: float
    recall_high: float


FAIR = ("stratified", "random")


def fair(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """All verdicts on clips that were once asked by chance: of those, precision can be told.

    Raises ValueError when there is none: verdicts on the highest scores, or on doubtful ones, stand for no others.
    """
    drawn = {one.stretch for one in verdicts if one.asked in FAIR}
    if not drawn:
        raise ValueError(
            f"none of the {len(verdicts)} verdicts was asked in the order stratified or random; "
            "expected some: other orders choose what they ask by what it sounds like"
        )
    return [one for one in verdicts if one.stretch in drawn]


def judged(detections: Sequence[Detection], verdicts: Sequence[Verdict]) -> tuple[Judged, list[Verdict]]:
    """Give each detection the last verdict that shares most time with it, and the verdicts that lie on none.

    Verdicts on none that say present are calls which the detector missed. Unsure says nothing.
    """
    candidates = Candidates.of(detections)
    at: dict[tuple[str, int], list[int]] = {}
    for number, one in enumerate(detections):
        at.setdefault((one.recording, one.species), []).append(number)
    right, shared_most = np.full(len(detections), np.nan), np.zeros(len(detections))
    elsewhere = []
    for verdict in last_words(verdicts):
        its = at.get((verdict.recording, verdict.species), [])
        shared = [min(verdict.end_s, detections[n].end_s) - max(verdict.start_s, detections[n].start_s) for n in its]
        if max(shared, default=0.0) <= 0:
            elsewhere.append(verdict)
            continue
        best = int(np.argmax(shared))
        if verdict.present is not None and shared[best] >= shared_most[its[best]]:
            right[its[best]], shared_most[its[best]] = float(verdict.present), shared[best]
    return Judged(candidates, right), elsewhere


def of_run(run: RunFolder, verdicts: Sequence[Verdict]) -> tuple[Judged, list[Verdict]]:
    """The same for what a run's last stage finds in its own recordings, each heard by models that never heard it.

    Raises ValueError when no verdict lies on any of it.
    """
    model = run.package(run.stages[-1])
    rule = EventRule(typical_s=model.typical_s)
    said = run.scores(run.stages[-1])
    detections = [event for scores in said.values() for event in rule.events(scores, model.bands_hz)]
    # People may have been shown the recordings under another folder's names.
    known = {name: one.key for one in run.recordings for name in (one.key.rsplit("/", 1)[-1], one.key)}
    named = [replace(one, recording=known.get(one.recording, one.recording)) for one in verdicts]
    given, elsewhere = judged(detections, named)
    if not given.known.any():
        raise ValueError(
            f"{run.path}: no verdict says present or absent of its {len(detections)} detections in {len(said)} "
            f"recordings; first verdict on {verdicts[0].recording if verdicts else 'nothing'}"
        )
    return given, elsewhere


def by_bin(given: Judged) -> list[BinPrecision]:
    """Precision in every bin that has detections, by species and score: the bins of the queue's `stratified`."""
    candidates, number = given.candidates, bins(given.candidates)
    found = []
    for species in np.unique(candidates.species):
        its = candidates.species == species
        low, high = candidates.score[its].min(), candidates.score[its].max()
        edges = np.linspace(low, high, BINS + 1)
        for one in np.unique(number[its]):
            inside = its & (number == one)
            asked = int((inside & given.known).sum())
            right = int(given.right[inside & given.known].sum())
            interval = jeffreys(right, asked)
            precision = right / asked if asked else math.nan
            place = (int(species), float(edges[one]), float(edges[one + 1]), int(inside.sum()), asked, right)
            found.append(BinPrecision(*place, precision, *interval))
    return found


def jeffreys(right: int, asked: int) -> tuple[float, float]:
    """The 95 % interval of a share (Brown, Cai and DasGupta 2001): its ends are 0 and 1 where all or none are right."""
    from scipy.stats import beta  # here, because it takes long to import

    low, high = beta.ppf(LEVEL, right + 0.5, asked - right + 0.5) if asked else (0.0, 1.0)
    return 0.0 if right == 0 else float(low), 1.0 if right == asked else float(high)


def thresholds(given: Judged, n_species: int, target: float) -> list[ReviewedThreshold]:
    """The threshold of each species for a wanted precision.

    A rising map from score to probability is fitted to the verdicts, each weighing as much as the detections of its
    bin that it stands for; a species with few verdicts leans on the map of all. Raises ValueError when `target` is no
    share above 0.
    """
    if not 0 < target <= 1:
        raise ValueError(f"a precision of {target:g} was asked for; expected more than 0 and at most 1")
    maps = _maps(given, n_species)
    found = []
    for species in range(n_species):
        score = np.sort(given.candidates.score[given.candidates.species == species])[::-1]
        expected = np.cumsum(maps[species](score)) / np.arange(1, len(score) + 1)
        reached = score[expected >= target - 1e-9]
        threshold = float(reached.min()) if len(reached) else math.inf
        found.append(_at(given, species, threshold, target))
    return found


def _maps(given: Judged, n_species: int) -> tuple[Platt, ...]:
    candidates, known = given.candidates, np.flatnonzero(given.known)
    part = BINS * candidates.species + bins(candidates)
    size = BINS * n_species
    stands_for = np.bincount(part, minlength=size) / np.maximum(np.bincount(part[known], minlength=size), 1)
    its = candidates.species[known]
    weight = stands_for[part[known]]
    # Verdicts keep their number, species by species: ten verdicts on a thousand detections are ten.
    total, count = np.bincount(its, weight, n_species), np.bincount(its, minlength=n_species)
    weight *= (count / np.maximum(total, 1e-9))[its]
    rows = np.arange(len(known))
    scores = np.zeros((len(known), n_species))
    scores[rows, its] = candidates.score[known]
    sides = np.zeros((2, len(known), n_species), np.float32)
    sides[0, rows, its] = weight * given.right[known]
    sides[1, rows, its] = weight * (1 - given.right[known])
    return platt(scores, Evidence(*sides))


def _at(given: Judged, species: int, threshold: float, target: float) -> ReviewedThreshold:
    """Precision from a threshold on, and recall, with their intervals."""
    candidates, rng = given.candidates, np.random.default_rng(species)
    its = candidates.species == species
    above = its & (candidates.score >= threshold)
    right_above = _right(given, above, rng)
    right_below = _right(given, its & ~above, rng)
    count = max(1, int(above.sum()))
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = right_above / count
        recall = right_above / (right_above + right_below)
    n = int((above & given.known).sum())
    return ReviewedThreshold(species, threshold, target, n, *_middle_and_ends(precision), *_middle_and_ends(recall))


def _right(given: Judged, which: NDArray[np.bool_], rng: np.random.Generator) -> Floats:
    """How many of some detections are right, drawn `(draw,)`; NaN when a bin has no verdict to tell by."""
    number = bins(given.candidates)
    total = np.zeros(DRAWS)
    for one in np.unique(number[which]):
        inside = which & (number == one)
        asked, right = int((inside & given.known).sum()), int(given.right[inside & given.known].sum())
        if not asked:
            return np.full(DRAWS, np.nan)
        total += inside.sum() * rng.beta(right + 0.5, asked - right + 0.5, DRAWS)
    return total


def _middle_and_ends(drawn: Floats) -> tuple[float, float, float]:
    low, middle, high = np.quantile(drawn, (LEVEL[0], 0.5, LEVEL[1]))
    return float(middle), float(low), float(high)


# ---- what is kept --------------------------------------------------------------------------------------------

BIN_COLUMNS = (
    *("species_id", "species", "score_low", "score_high", "detections", "asked", "right"),
    *("precision", "precision_low", "precision_high", "model_hash"),
)
THRESHOLD_COLUMNS = (
    *("species_id", "species", "threshold", "target_precision", "n", "precision", "precision_low", "precision_high"),
    *("recall", "recall_low", "recall_high", "model_hash"),
)


def write(
    folder: Path,
    per_bin: Sequence[BinPrecision],
    wanted: Sequence[ReviewedThreshold],
    species: Sequence[Species],
    model_hash: str,
) -> None:
    """Write `precision.csv` and `thresholds.csv` for the model of this hash; what is not known is empty."""
    for name, columns, rows in (("precision", BIN_COLUMNS, per_bin), ("thresholds", THRESHOLD_COLUMNS, wanted)):
        lines = [
            [str(one.species), species[one.species].name, *map(_cell, astuple(one)[1:]), model_hash] for one in rows
        ]
        table.write(folder / f"{name}.csv", columns, lines)


def _cell(value: float) -> str:
    return "" if math.isnan(value) else str(value)


def as_record(per_bin: Sequence[BinPrecision], wanted: Sequence[ReviewedThreshold]) -> dict[str, Any]:
    """Both as JSON values; what is not known, and an infinite threshold, is null."""

    def plain(one: BinPrecision | ReviewedThreshold) -> dict[str, Any]:
        return {name: value if math.isfinite(value) else None for name, value in asdict(one).items()}

    return {"bins": [plain(one) for one in per_bin], "thresholds": [plain(one) for one in wanted]}
