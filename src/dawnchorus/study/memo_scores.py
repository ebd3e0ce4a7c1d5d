"""The memo's own scores of a run, on its training recordings: as the memo computed them, and as they should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawnchorus import metrics
from dawnchorus.training.results import Run

BATCH = 32  # recordings in a batch of the memo's validation; its CV is a mean over batches


@dataclass(frozen=True)
class MemoScores:
    """Cross-validation score and precision at 0.5 of a stage, each in two readings.

    `cv_faithful`, `precision_faithful`: the memo's. LRAP of the held-out recordings with TP boxes, mean over batches,
    then over folds; the truth is the TP boxes, and the pseudo-labels that the stage itself was trained on, so that
    stages with other pseudo-labels are judged by other truths. Precision is the mean over all classes; a class that is
    never called counts as 0.

    `cv`: LWLRAP over all such recordings at once, on TP boxes alone, each scored by models that never heard it.
    `precision`: over the cells that people judged (TP or FP boxes), mean over species.
    """

    cv_faithful: float
    precision_faithful: float
    cv: float
    precision: float


def memo_scores(run: Run, stage: str) -> MemoScores:
    """Score a stage of a finished run on its training recordings."""
    said = {key: scores.whole_recording() for key, scores in run.out_of_fold(stage).items()}
    n_species = max(run.species_of) + 1
    boxes = [box for box in run.data.data.annotations if box.recording in said]
    with_tp = sorted({box.recording for box in boxes if box.present})
    row = {key: number for number, key in enumerate(with_tp)}
    scores = np.stack([said[key] for key in with_tp]).astype(np.float64)
    present = np.zeros((len(with_tp), n_species), bool)
    known = np.zeros_like(present)
    for box in boxes:
        if box.recording in row:
            at = row[box.recording], run.species_of[box.species]
            present[at] |= box.present
            known[at] = True
    believed = present.copy()
    for recording, species, _, _ in run.pseudo[stage]:
        if recording in row:
            believed[row[recording], species] = True
    folds = [[row[key] for key in with_tp if run.fold_of[key] == fold] for fold in range(run.experiment.folds)]
    return MemoScores(
        _mean([_batched_lrap(scores[rows], believed[rows]) for rows in folds if rows]),
        _mean([_precision(scores[rows], believed[rows]) for rows in folds if rows]),
        metrics.lwlrap(scores, present),
        metrics.precision_and_recall(scores, present, known)[0],
    )


def lrap(scores: NDArray[np.floating], truth: NDArray[np.bool_]) -> float:
    """Label-ranking average precision of arrays `(recording, species)`: LWLRAP with every recording weighing the same.

    Recordings without any true label take no part.
    """
    return _mean([metrics.lwlrap(scores[r : r + 1], truth[r : r + 1]) for r in range(len(truth)) if truth[r].any()])


def _batched_lrap(scores: NDArray[np.floating], truth: NDArray[np.bool_]) -> float:
    starts = range(0, len(scores), BATCH)
    return _mean([lrap(scores[start : start + BATCH], truth[start : start + BATCH]) for start in starts])


def _precision(scores: NDArray[np.floating], truth: NDArray[np.bool_]) -> float:
    called = scores >= 0.5
    return float(((called & truth).sum(axis=0) / np.maximum(called.sum(axis=0), 1)).mean())


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
