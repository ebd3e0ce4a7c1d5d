"""How good scores are: on full truth, and on partial labels over the known cells alone.

Ties count against the system. A species without positives has no average precision: it is NaN and left out of means.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawnchorus.events import Annotation, Detection

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def average_precision(scores: NDArray[np.floating], truth: Booleans, positives: int | None = None) -> float:
    """Mean precision at each true item of a ranking `(item,)`; NaN without positives.

    `positives` counts true items that were never scored as well (missed events).
    """
    total = int(truth.sum()) if positives is None else positives
    if not total:
        return math.nan
    right = truth[np.lexsort((truth, -scores))]
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    return float(precision[right].sum() / total)


def precision_recall(scores: NDArray[np.floating], truth: Booleans) -> tuple[Floats, Floats]:
    """Recall and precision `(item,)` as the ranking is read from the top."""
    right = truth[np.lexsort((truth, -scores))]
    found = np.cumsum(right)
    return found / max(int(truth.sum()), 1), found / np.arange(1, len(right) + 1)


def area_under_roc(scores: NDArray[np.floating], truth: Booleans) -> float:
    """Chance that a random true item scores above a random false one, ties half; NaN when one kind is missing."""
    positive, negative = np.sort(scores[truth]), np.sort(scores[~truth])
    if not len(positive) or not len(negative):
        return math.nan
    below = np.searchsorted(negative, positive, "left") + np.searchsorted(negative, positive, "right")
    return float(below.mean() / 2 / len(negative))


def average_precisions(scores: NDArray[np.floating], truth: Booleans, known: Booleans | None = None) -> Floats:
    """Average precision of each species `(species,)` over the known rows of arrays `(row, species)`."""
    rows = np.ones_like(truth) if known is None else known
    columns = range(truth.shape[1])
    return np.array([average_precision(scores[rows[:, s], s], truth[rows[:, s], s]) for s in columns])


def cmap(scores: NDArray[np.floating], truth: Booleans, known: Booleans | None = None) -> float:
    """Class-mean average precision: the mean over species with positives of their average precision."""
    return nanmean(average_precisions(scores, truth, known))


def lwlrap(scores: NDArray[np.floating], truth: Booleans, known: Booleans | None = None) -> float:
    """Label-weighted label-ranking average precision of arrays `(row, species)`.

    For each true label the share of true labels among those ranked at or above it, averaged over all true labels
    (Howard et al. 2019). With `known`, each row ranks its known species only.
    """
    known = np.ones_like(truth) if known is None else known
    total, count = 0.0, 0
    for row_scores, row_truth, row_known in zip(scores, truth, known, strict=True):
        right = row_truth[row_known]
        right = right[np.lexsort((right, -row_scores[row_known]))]
        if right.any():
            total += float((np.cumsum(right) / np.arange(1, len(right) + 1))[right].sum())
            count += int(right.sum())
    return total / count if count else math.nan


def precision_and_recall(
    scores: NDArray[np.floating], truth: Booleans, known: Booleans | None = None, threshold: float = 0.5
) -> tuple[float, float]:
    """Mean over species of precision and of recall at a threshold; no call at all counts as precision 0."""
    known = np.ones_like(truth) if known is None else known
    called = (scores >= threshold) & known
    right = (called & truth).sum(0)
    has_any = (truth & known).any(0)
    precision = np.where(has_any, right / np.maximum(called.sum(0), 1), np.nan)
    recall = np.where(has_any, right / np.maximum((truth & known).sum(0), 1), np.nan)
    return nanmean(precision), nanmean(recall)


@dataclass(frozen=True)
class Summary:
    """Scores of one system on one set of rows; intervals are 95 %, bootstrapped over groups of rows."""

    cmap: float
    cmap_interval: tuple[float, float]
    lwlrap: float
    lwlrap_interval: tuple[float, float]
    precision: float
    recall: float
    auc: float
    average_precisions: tuple[float, ...]


def summarise(
    scores: NDArray[np.floating],
    truth: Booleans,
    known: Booleans | None = None,
    groups: Sequence[str] | None = None,
    times: int = 200,
) -> Summary:
    """All figures for arrays `(row, species)`; rows of one group (recording or site) are drawn together."""
    known = np.ones_like(truth) if known is None else known
    labels = groups if groups is not None else [str(row) for row in range(len(truth))]
    precision, recall = precision_and_recall(scores, truth, known)
    auc = [area_under_roc(scores[known[:, s], s], truth[known[:, s], s]) for s in range(truth.shape[1])]
    return Summary(
        cmap(scores, truth, known),
        bootstrap(lambda rows: cmap(scores[rows], truth[rows], known[rows]), labels, times),
        lwlrap(scores, truth, known),
        bootstrap(lambda rows: lwlrap(scores[rows], truth[rows], known[rows]), labels, times),
        precision,
        recall,
        nanmean(np.array(auc)),
        tuple(average_precisions(scores, truth, known).tolist()),
    )


def bootstrap(
    statistic: Callable[[NDArray[np.intp]], float], groups: Sequence[str], times: int = 200, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of a statistic of row numbers; whole groups are drawn with replacement (Efron 1979)."""
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, group in enumerate(groups):
        rows_of[group].append(row)
    members = [np.array(rows) for rows in rows_of.values()]
    if not members:
        return math.nan, math.nan
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(times):
        drawn = rng.integers(0, len(members), len(members))
        values.append(statistic(np.concatenate([members[number] for number in drawn])))
    finite = [value for value in values if not math.isnan(value)]
    if not finite:
        return math.nan, math.nan
    low, high = np.quantile(finite, (0.025, 0.975))
    return float(low), float(high)


def floors(truth: Booleans, known: Booleans | None = None, seed: int = 0) -> dict[str, tuple[float, float]]:
    """CmAP and LWLRAP of guesses that listen to nothing.

    `equal` gives every cell one score, `random` draws them, `prevalence` gives each species its true share of the known
    rows in every row: what a system reaches by knowing only which species is common.
    """
    rows = np.ones_like(truth) if known is None else known
    share = (truth & rows).sum(0) / np.maximum(rows.sum(0), 1)
    guesses = {
        "equal": np.zeros(truth.shape),
        "random": np.random.default_rng(seed).random(truth.shape),
        "prevalence": np.broadcast_to(share, truth.shape),
    }
    return {name: (cmap(guess, truth, known), lwlrap(guess, truth, known)) for name, guess in guesses.items()}


def presence(annotations: Sequence[Annotation], recordings: Sequence[str], n_species: int) -> Booleans:
    """Full truth `(recording, species)`: where a box says present."""
    row = {recording: number for number, recording in enumerate(recordings)}
    truth = np.zeros((len(recordings), n_species), bool)
    for annotation in annotations:
        if annotation.present and annotation.recording in row:
            truth[row[annotation.recording], annotation.species] = True
    return truth


def right_detections(detections: Sequence[Detection], truth: Sequence[Annotation], least_iou: float = 0.2) -> Booleans:
    """Which detections are right `(detection,)`.

    A detection is right when it overlaps a true event that no higher one has taken, by an intersection over union in
    time of at least `least_iou`. Looking within a recording and species alone keeps it near linear.
    """
    events: dict[tuple[str, int], list[tuple[float, float]]] = defaultdict(list)
    for event in truth:
        if event.present:
            events[event.recording, event.species].append((event.start_s, event.end_s))
    taken: set[tuple[str, int, int]] = set()
    right = np.zeros(len(detections), bool)
    for row in sorted(range(len(detections)), key=lambda row: -detections[row].score):
        found = detections[row]
        best, best_iou = -1, least_iou
        for number, (start_s, end_s) in enumerate(events.get((found.recording, found.species), ())):
            shared = min(found.end_s, end_s) - max(found.start_s, start_s)
            iou = max(0.0, shared) / (max(found.end_s, end_s) - min(found.start_s, start_s))
            if iou >= best_iou and (found.recording, found.species, number) not in taken:
                best, best_iou = number, iou
        if best >= 0:
            taken.add((found.recording, found.species, best))
            right[row] = True
    return right


def event_average_precisions(
    detections: Sequence[Detection], truth: Sequence[Annotation], n_species: int, least_iou: float = 0.2
) -> Floats:
    """Average precision over events of each species `(species,)`; missed events count (`right_detections`)."""
    right = right_detections(detections, truth, least_iou)
    scores = np.array([found.score for found in detections], np.float64)
    species = np.array([found.species for found in detections], int)
    positives = Counter(event.species for event in truth if event.present)
    return np.array(
        [average_precision(scores[species == s], right[species == s], positives[s]) for s in range(n_species)]
    )


def event_map_interval(
    detections: Sequence[Detection],
    truth: Sequence[Annotation],
    recordings: Sequence[str],
    n_species: int,
    times: int = 200,
) -> tuple[float, float]:
    """95 % interval of the mean of `event_average_precisions`, bootstrapped over `recordings`.

    What is right in a recording does not depend on the others, so detections are matched with events once.
    """
    row = {recording: number for number, recording in enumerate(recordings)}
    right = right_detections(detections, truth)
    scores = np.array([found.score for found in detections], np.float64)
    species = np.array([found.species for found in detections], int)
    rows = np.array([row[found.recording] for found in detections], int)
    of_species = [np.flatnonzero(species == s) for s in range(n_species)]
    events = np.zeros((len(recordings), n_species), int)
    for event in truth:
        events[row[event.recording], event.species] += event.present

    def of_drawn(drawn: NDArray[np.intp]) -> float:
        copies = np.bincount(drawn, minlength=len(recordings))
        found = [np.repeat(its, copies[rows[its]]) for its in of_species]
        each = zip(found, (copies @ events).tolist(), strict=True)
        return nanmean([average_precision(scores[its], right[its], positives) for its, positives in each])

    return bootstrap(of_drawn, recordings, times)


def nanmean(values: NDArray[np.floating] | Sequence[float]) -> float:
    """Mean without NaN; NaN when nothing is left."""
    finite = [float(value) for value in values if not math.isnan(value)]
    return sum(finite) / len(finite) if finite else math.nan


def partial_cells(
    annotations: Sequence[Annotation], score: Callable[[Annotation], Mapping[int, float] | NDArray[np.floating] | None]
) -> tuple[list[Annotation], Floats, Booleans]:
    """What partial labels can judge: annotations with a score, their scores `(box,)`, their verdicts `(box,)`.

    `score` gives the species' scores on a box's stretch, or None where nobody scored the recording.
    """
    judged, values = [], []
    for annotation in annotations:
        row = score(annotation)
        if row is not None:
            judged.append(annotation)
            values.append(float(row[annotation.species]))
    return judged, np.array(values), np.array([annotation.present for annotation in judged], bool)
