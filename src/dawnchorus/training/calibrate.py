"""Scores of a stage become probabilities: its calibration, from out-of-fold scores of the training recordings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dawnchorus.calibration.mixture import MixtureError, mixture, retold
from dawnchorus.calibration.platt import Platt
from dawnchorus.calibration.tables import Calibration
from dawnchorus.calibration.thresholds import thresholds_for_precision
from dawnchorus.event_rule import EventRule
from dawnchorus.evidence import Evidence
from dawnchorus.scores import Scores
from dawnchorus.training.results import Run

TARGET_PRECISION = 0.9
COUNTED = EventRule(0.15, company=0.0)  # what counts as a call, of those that a recording may hold


def calibrated(run: Run, stage: str, model_hash: str) -> Calibration | None:
    """The calibration of the models of a stage, for whole recordings, bound to the model of this hash.

    Each recording is scored by models that never heard it. Those with a TP box are known to hold the species; nothing
    is known of the others, whatever their FP boxes say of a few seconds (`mixture`). Probabilities are for recordings
    such as all of these together: the more a person confirms, the fewer of the others hold a species, and new
    recordings hold it as often as before. None when no recording has a TP box, or each has one of every species:
    there is nothing to tell presence from.

    A stage with a teacher is calibrated by it (`retold`): by what the calibration of the teacher's stage, or of its own
    run, makes of the teacher's scores. A pupil's scores alone are not quite of recordings that nobody knew: what it
    learnt on the others was said by models that had these boxes. The thresholds have no intervals: nobody said of a
    recording that it is without a species.
    """
    try:
        found = _found(run, stage)
    except MixtureError:
        return None
    maps = Calibration.of(model_hash, found.method, found.maps, found.prevalence, found.known)
    thresholds = thresholds_for_precision(maps.apply(found.scores), TARGET_PRECISION)
    return Calibration(model_hash, maps.species, thresholds)


@dataclass(frozen=True)
class _Found:
    recordings: Sequence[str]
    scores: NDArray[np.float32]  # (recording, species)
    known: Evidence
    maps: Sequence[Platt]
    prevalence: NDArray[np.float64]
    method: str

    @property
    def probabilities(self) -> NDArray[np.float64]:
        return np.stack([one(self.scores[:, species]) for species, one in enumerate(self.maps)], axis=1)


def _found(run: Run, name: str) -> _Found:
    """What is found of a stage, or of a teacher of another run that has no calibration."""
    said = run.out_of_fold(name)
    teacher = next((one.teacher for one in run.experiment.stages if one.name == name), None)
    above = None if teacher is None else _told(run, teacher)
    recordings = sorted(said if above is None else said.keys() & above.keys())
    scores = np.stack([said[recording].whole_recording(run.experiment.predict.top_s) for recording in recordings])
    boxed = [(box.recording, run.species_of[box.species]) for box in run.data.data.annotations if box.present]
    known = known_recordings([said[recording] for recording in recordings], boxed, run.data.data.typical_s)
    if above is None:
        return _Found(recordings, scores, known, *maps_of_mixture(scores, known), "mixture")
    told = np.stack([above[recording] for recording in recordings])
    return _Found(recordings, scores, known, retold(scores, told), told.mean(axis=0), "teacher")


def _told(run: Run, teacher: str) -> Mapping[str, NDArray[np.float64]]:
    """How probable a teacher finds each species `(species,)` in the recordings that it never heard."""
    outside = run.outside.get(teacher)
    if outside is not None and outside.probabilities:
        return outside.probabilities
    found = _found(run, teacher)
    return dict(zip(found.recordings, found.probabilities, strict=True))


def maps_of_mixture(scores: NDArray[np.floating], known: Evidence) -> tuple[list[Platt], NDArray[np.float64]]:
    """Each species' map and how common it is, from `scores` `(recording, species)` and `known_recordings` of the same.

    Both are for recordings such as all of these together. Raises MixtureError as `mixture`.
    """
    mixed, sure = mixture(scores, known), (known.present > 0).sum(axis=0)
    others = np.array([one.prevalence for one in mixed])
    # As in the mixture two recordings more, one with it: a species that is boxed in all is not certain elsewhere.
    prevalence = (sure + others * (len(scores) - sure + 2)) / (len(scores) + 2)
    maps = [one.platt.shifted(one.prevalence, of_all) for one, of_all in zip(mixed, prevalence, strict=True)]
    return maps, prevalence


def known_recordings(said: Sequence[Scores], boxed: Iterable[tuple[str, int]], typical_s: Sequence[float]) -> Evidence:
    """Which recordings hold a TP box of each species `(recording, species)`; no recording is known to be without.

    `boxed` names the recording and the species of each TP box, `typical_s` how long calls of each species last.
    A box is a fair sample of calls, not of recordings: of two recordings, the one with ten times the calls is ten times
    as likely to have one boxed. So each weighs one over its calls, and those of a species as many as they are together.
    """
    row = {one.recording: number for number, one in enumerate(said)}
    present: NDArray[np.float32] = np.zeros((len(said), said[0].framewise.shape[1]), np.float32)
    for recording, species in boxed:
        if recording in row:
            present[row[recording], species] = 1
    count, rule = present.sum(axis=0), replace(COUNTED, typical_s=tuple(typical_s))
    for number in np.flatnonzero(present.any(axis=1)).tolist():
        calls = np.bincount([one.species for one in rule.events(said[number])], minlength=len(count))
        present[number] /= np.maximum(1, calls)
    present *= count / np.maximum(present.sum(axis=0), 1e-9)
    return Evidence(present, np.zeros_like(present))
