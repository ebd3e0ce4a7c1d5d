"""The scores of one stage, from what a model said and what is known: boxes that people judged, or full truth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus import metrics
from dawnchorus.events import Annotation, Detection, Species
from dawnchorus.report.content import FULL_TRUTH, PARTIAL_LABELS
from dawnchorus.scores import Scores


@dataclass(frozen=True)
class Evaluation:
    """Scores of one stage, on all recordings (`fold` None) or on those of one fold.

    Arrays have rows of recordings (full truth) or of boxes (partial labels): `scores`, `truth`, `known` are
    `(row, species)`. `ranked_truth` and `ranked_known` have the rows of LWLRAP, which are always recordings.
    """

    stage: str
    fold: int | None
    on: str
    summary: metrics.Summary
    event_map: float | None
    scores: NDArray[np.float64]
    truth: NDArray[np.bool_]
    known: NDArray[np.bool_]
    ranked_truth: NDArray[np.bool_]
    ranked_known: NDArray[np.bool_]
    event_map_interval: tuple[float, float] = (math.nan, math.nan)

    @property
    def floors(self) -> dict[str, tuple[float, float]]:
        """CmAP and LWLRAP of guesses that listen to nothing, on the same rows."""
        of_rows = metrics.floors(self.truth, self.known)
        ranked = metrics.floors(self.ranked_truth, self.ranked_known)
        return {name: (of_rows[name][0], ranked[name][1]) for name in of_rows}


def on_partial_labels(
    stage: str, said: Mapping[str, Scores], annotations: Sequence[Annotation], n_species: int, fold: int | None = None
) -> Evaluation:
    """Judge Scores on annotated boxes: each box is a row of which one species is known.

    A box's score is the species' highest frame in it. LWLRAP ranks, in each recording, the species known there.
    """
    boxes, values, present = metrics.partial_cells(
        annotations,
        lambda box: said[box.recording].highest_between(box.start_s, box.end_s) if box.recording in said else None,
    )
    shape = (len(boxes), n_species)
    scores, truth, known = np.zeros(shape), np.zeros(shape, bool), np.zeros(shape, bool)
    species = np.array([box.species for box in boxes], int)
    rows = np.arange(len(boxes))
    scores[rows, species], truth[rows, species], known[rows, species] = values, present, True
    summary = metrics.summarise(scores, truth, known, [box.recording for box in boxes])
    by_recording = _joined_by_recording(boxes, scores, truth, known)
    ranked = metrics.lwlrap(*by_recording)
    interval = metrics.bootstrap(
        lambda drawn: metrics.lwlrap(*(array[drawn] for array in by_recording)),
        [str(r) for r in range(len(by_recording[0]))],
    )
    summary = replace(summary, lwlrap=ranked, lwlrap_interval=interval)
    return Evaluation(stage, fold, PARTIAL_LABELS, summary, None, scores, truth, known, *by_recording[1:])


def _joined_by_recording(
    boxes: Sequence[Annotation], scores: NDArray[Any], truth: NDArray[Any], known: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Rows of boxes to rows of recordings: present where any box is; scores of the boxes that decide."""
    keys = sorted({box.recording for box in boxes})
    row = {key: number for number, key in enumerate(keys)}
    shape = (len(keys), scores.shape[1])
    joined = (np.zeros(shape), np.zeros(shape, bool), np.zeros(shape, bool))
    for number, box in enumerate(boxes):
        at = row[box.recording], box.species
        if truth[number, box.species] and not joined[1][at]:
            joined[0][at] = 0  # a present box decides over absent ones
        if truth[number, box.species] or not joined[1][at]:
            joined[0][at] = max(joined[0][at], scores[number, box.species])
        joined[1][at] |= truth[number, box.species]
        joined[2][at] = True
    return joined


def on_full_truth(
    stage: str,
    said: Mapping[str, Scores],
    detections: Sequence[Detection],
    truth_boxes: Sequence[Annotation],
    n_species: int,
    top_s: float = 0.0,
) -> Evaluation:
    """Judge Scores of completely annotated recordings, and the events made of them.

    `top_s` says how frames become a recording's score (`Scores.whole_recording`).
    """
    recordings = sorted(said)
    scores = np.stack([said[recording].whole_recording(top_s) for recording in recordings]).astype(np.float64)
    truth = metrics.presence(truth_boxes, recordings, n_species)
    known = np.ones_like(truth)
    inside = [box for box in truth_boxes if box.recording in said]
    event_map = metrics.nanmean(metrics.event_average_precisions(detections, inside, n_species))
    interval = metrics.event_map_interval(detections, inside, recordings, n_species)
    summary = metrics.summarise(scores, truth)
    return Evaluation(stage, None, FULL_TRUTH, summary, event_map, scores, truth, known, truth, known, interval)


def as_record(evaluations: Sequence[Evaluation], species: Sequence[Species]) -> list[dict[str, Any]]:
    """Evaluations as JSON values; what has no value is null."""

    def value(number: float | None) -> float | None:
        return None if number is None or math.isnan(number) else round(number, 6)

    return [
        {
            "stage": one.stage,
            "fold": one.fold,
            "on": one.on,
            "cmap": value(one.summary.cmap),
            "cmap_95": [value(end) for end in one.summary.cmap_interval],
            "lwlrap": value(one.summary.lwlrap),
            "lwlrap_95": [value(end) for end in one.summary.lwlrap_interval],
            "event_map": value(one.event_map),
            "event_map_95": [value(end) for end in one.event_map_interval],
            "precision": value(one.summary.precision),
            "recall": value(one.summary.recall),
            "auc": value(one.summary.auc),
            "ap": {name.name: value(ap) for name, ap in zip(species, one.summary.average_precisions, strict=True)},
            "floors": {name: {"cmap": value(c), "lwlrap": value(w)} for name, (c, w) in one.floors.items()},
        }
        for one in evaluations
    ]
