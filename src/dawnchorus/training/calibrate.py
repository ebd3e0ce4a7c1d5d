"""Scores of a stage become probabilities: its calibration, from out-of-fold scores of the training recordings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dawnchorus import calibration
from dawnchorus.calibration import Calibration
from dawnchorus.evidence import Evidence
from dawnchorus.training.run import Run

TARGET_PRECISION = 0.9


def calibrated(run: Run, stage: str, model_hash: str) -> Calibration | None:
    """The calibration of the models of a stage, for whole recordings, bound to the model of this hash.

    Each recording is scored by models that never heard it. Those with a TP box are known to hold the species; nothing
    is known of the others, whatever their FP boxes say of a few seconds (`calibration.mixture`). None when every
    recording has a TP box of some species, or none has: there is nothing to tell presence from.
    """
    said = run.out_of_fold(stage)
    recordings = sorted(said)
    scores = np.stack([said[recording].whole_recording(run.experiment.predict.top_s) for recording in recordings])
    known = known_recordings(run, recordings, scores.shape[1])
    try:
        found = calibration.mixture(scores, known)
    except ValueError:
        return None
    prevalence = np.array([one.prevalence for one in found])
    maps = Calibration.of(model_hash, "mixture", [one.platt for one in found], prevalence, known)
    thresholds = calibration.thresholds_for_precision(maps.apply(scores), TARGET_PRECISION, known)
    return Calibration(model_hash, maps.species, thresholds)


def known_recordings(run: Run, recordings: list[str], n_species: int) -> Evidence:
    """Which recordings hold a TP box of each species `(recording, species)`; no recording is known to be without."""
    row = {recording: number for number, recording in enumerate(recordings)}
    present: NDArray[np.float32] = np.zeros((len(recordings), n_species), np.float32)
    for box in run.data.data.annotations:
        if box.present and box.recording in row:
            present[row[box.recording], run.species_of[box.species]] = 1
    return Evidence(present, np.zeros_like(present))
