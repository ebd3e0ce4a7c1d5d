"""What a person is asked next: detections in an order, no clip twice, groups of near-duplicates once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from dawnchorus.calibration.odds import EDGE, logits
from dawnchorus.events import Detection, Verdict

Order = Literal["mix", "highest", "threshold", "stratified", "disagreement", "rare", "random"]
ORDERS: tuple[Order, ...] = get_args(Order)

FIRST: Order = "rare"
"""The order when nobody says otherwise: docs/review_gain.md says how it was chosen."""

MIX: tuple[Order, ...] = ("rare", "rare", "disagreement")
"""The orders that `mix` takes from in turn."""

BOUT_GAP_S = 2.0
"""Detections of a species that follow each other this closely in a recording are one bout of calls."""

BOUT_S = 60.0
"""A longer bout counts as several of this length."""

BINS = 10

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Stretches that a person could be asked of; all arrays are `(candidate,)`.

    `recording` and `species` are numbers, the first those of `names`. `score` is in [0, 1]; `threshold` is the score
    from which the species would be reported. `spread` says how far networks disagree on the stretch, 0 where there is
    one model alone. Candidates that have one number in `alike` sound alike (`sounding_alike`).
    """

    names: tuple[str, ...]
    recording: Whole
    species: Whole
    start_s: Floats
    end_s: Floats
    score: Floats
    threshold: Floats
    spread: Floats
    alike: Whole

    def __len__(self) -> int:
        """The number of candidates."""
        return len(self.score)

    @staticmethod
    def of(
        detections: Sequence[Detection],
        threshold: Sequence[float] | float = 0.5,
        spread: Sequence[float] | Floats | None = None,
        alike: Sequence[int] | Whole | None = None,
    ) -> Candidates:
        """Detections as candidates; `threshold` is one score, or one of each species."""
        names = tuple(sorted({one.recording for one in detections}))
        number = {name: place for place, name in enumerate(names)}
        species = np.array([one.species for one in detections], np.int64)
        wanted = np.asarray(threshold, np.float64)
        return Candidates(
            names,
            np.array([number[one.recording] for one in detections], np.int64),
            species,
            np.array([one.start_s for one in detections], np.float64),
            np.array([one.end_s for one in detections], np.float64),
            np.array([one.score for one in detections], np.float64),
            wanted[species] if wanted.ndim else np.full(len(detections), wanted),
            np.zeros(len(detections)) if spread is None else np.asarray(spread, np.float64),
            np.arange(len(detections)) if alike is None else np.asarray(alike, np.int64),
        )


def ordered(
    candidates: Candidates,
    order: Order = FIRST,
    seed: int = 0,
    answered: Sequence[Verdict] = (),
    mix: Sequence[Order] = MIX,
) -> list[int]:
    """Numbers of the candidates to ask of, first question first.

    - `highest`: the highest scores
    - `threshold`: the scores nearest to the threshold of their species, in logits
    - `stratified`: by chance from every bin of scores of every species in turn: for honest precision and thresholds
    - `disagreement`: where models disagree most
    - `rare`: every species in turn, the one with the fewest detections first, and of each its highest scores
    - `random`: by chance
    - `mix`: in turn from the orders `mix`; one that is there twice gives two questions a turn

    Of each group, a bout of calls or candidates that sound alike, only the first is asked. A group is left out when a
    verdict, be it unsure, lies on one of its candidates. Equal scores come in an order that `seed` draws.
    """
    group = groups(candidates)
    # Groups are closed as wholes: what was answered of one clip is not asked again of its like.
    closed = np.unique(group[answered_by(candidates, answered)])
    open_ones = np.flatnonzero(~np.isin(group, closed))
    chance = np.random.default_rng(seed).permutation(len(candidates))
    if order != "mix":
        return _once(open_ones[_sorted(candidates, open_ones, order, chance)], group).tolist()
    of_order = {one: _once(open_ones[_sorted(candidates, open_ones, one, chance)], group) for one in mix}
    # An order that comes several times in the mix gives as many questions a turn, each another one.
    lists = [of_order[one][mix[:place].count(one) :: mix.count(one)] for place, one in enumerate(mix)]
    turns = np.concatenate([len(mix) * np.arange(len(one)) + place for place, one in enumerate(lists)])
    return _once(np.concatenate(lists)[np.argsort(turns, kind="stable")], group).tolist()


def groups(candidates: Candidates) -> Whole:
    """The group of each candidate `(candidate,)`: bouts of a species in a recording, joined by what sounds alike."""
    if not len(candidates):
        return np.zeros(0, np.int64)
    order = np.lexsort((candidates.start_s, candidates.species, candidates.recording))
    which = np.stack([candidates.recording, candidates.species])[:, order]
    start, end = candidates.start_s[order], candidates.end_s[order]
    breaks = np.r_[True, (np.diff(which) != 0).any(axis=0) | (start[1:] - end[:-1] >= BOUT_GAP_S)]
    began = start[np.flatnonzero(breaks)][np.cumsum(breaks) - 1]
    part = np.floor((start - began) / BOUT_S)
    bout = np.empty(len(candidates), np.int64)
    bout[order] = np.cumsum(breaks | np.r_[False, np.diff(part) != 0]) - 1
    numbers, alike = np.unique(candidates.alike, return_inverse=True)
    if len(numbers) == len(bout):
        return bout  # nothing sounds alike
    n_bouts = bout.max() + 1
    from scipy.sparse import coo_array  # here, because it takes long to import
    from scipy.sparse.csgraph import connected_components

    size = n_bouts + alike.max() + 1
    links = coo_array((np.ones(len(bout), bool), (bout, n_bouts + alike)), (size, size))
    return np.asarray(connected_components(links, directed=False)[1][bout], np.int64)


def answered_by(candidates: Candidates, verdicts: Sequence[Verdict]) -> Whole:
    """Numbers of the candidates on which a verdict of their species lies."""
    number = {name: place for place, name in enumerate(candidates.names)}
    order = np.lexsort((candidates.species, candidates.recording))
    recording, species = candidates.recording[order], candidates.species[order]
    found = [np.zeros(0, np.int64)]
    for one in verdicts:
        if one.recording not in number:
            continue
        first, after = np.searchsorted(recording, number[one.recording] + np.arange(2))
        below, above = np.searchsorted(species[first:after], one.species + np.arange(2))
        its = order[first + below : first + above]
        found.append(its[(candidates.start_s[its] < one.end_s) & (one.start_s < candidates.end_s[its])])
    return np.unique(np.concatenate(found))


def _sorted(candidates: Candidates, which: Whole, order: Order, chance: Whole) -> Whole:
    """Places in `which`, first question first; `chance` decides among equals."""
    score, drawn = candidates.score[which], chance[which]
    if order == "random":
        return np.argsort(drawn)
    if order == "highest":
        return np.lexsort((drawn, -score))
    if order == "threshold":
        return np.lexsort((drawn, np.abs(logits(score) - logits(candidates.threshold[which]))))
    if order == "disagreement":
        return np.lexsort((drawn, -candidates.spread[which]))
    species = candidates.species[which]
    if order == "rare":
        reported = np.bincount(species, candidates.score[which] >= candidates.threshold[which])
        return np.lexsort((drawn, reported[species], _place_in(species, np.lexsort((drawn, -score)))))
    part = BINS * species + bins(candidates, which)
    return np.lexsort((drawn, _place_in(part, np.argsort(drawn))))


def bins(candidates: Candidates, which: Whole | None = None) -> Whole:
    """The bin of each candidate's score, 0 to BINS - 1: equal steps from a species' lowest score to its highest."""
    which = np.arange(len(candidates)) if which is None else which
    species, score = candidates.species, candidates.score
    low, high = np.full(species.max(initial=0) + 1, np.inf), np.full(species.max(initial=0) + 1, -np.inf)
    np.minimum.at(low, species, score)
    np.maximum.at(high, species, score)
    its = species[which]
    share = (score[which] - low[its]) / np.maximum(high[its] - low[its], EDGE)
    return np.clip(BINS * share, 0, BINS - 1).astype(np.int64)


def _place_in(part: Whole, order: Whole) -> Whole:
    """How many of its own part come before each candidate in an order; `part` and `order` are `(candidate,)`."""
    by_part = order[np.argsort(part[order], kind="stable")]
    first = np.r_[0, np.flatnonzero(np.diff(part[by_part])) + 1]
    size = np.diff(np.r_[first, len(part)])
    place = np.empty(len(part), np.int64)
    place[by_part] = np.arange(len(part)) - np.repeat(first, size) if len(part) else 0
    return place


def _once(listed: Whole, group: Whole) -> Whole:
    """The first of each group."""
    return listed[np.sort(np.unique(group[listed], return_index=True)[1])]


def sounding_alike(vectors: NDArray[np.floating[Any]], least_cosine: float = 0.95) -> Whole:
    """Numbers of groups `(candidate,)` of what has like vectors `(candidate, feature)`, such as mean embeddings.

    Each joins the first group whose first member is at least so near by cosine, or begins one. It takes time by the
    square of the candidates: give it those that may be asked, not an archive.
    """
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    group = np.full(len(unit), -1, np.int64)
    for place in range(len(unit)):
        if group[place] < 0:
            near = (unit[place:] @ unit[place] >= least_cosine) & (group[place:] < 0)
            near[0] = True
            group[place:][near] = place
    return group
