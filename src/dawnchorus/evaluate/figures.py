"""The recordings that a report shows: those with the most to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dawnchorus import features
from dawnchorus.audio.faults import AudioError
from dawnchorus.evaluate.truth import Truth
from dawnchorus.events import Annotation, Recording, Species
from dawnchorus.plots.marks import Box, Track
from dawnchorus.report.content import RecordingFigure
from dawnchorus.run_folder import RunFolder
from dawnchorus.scores import Scores

SHOWN_RECORDINGS = 4
SHOWN_SECONDS = 60.0


def figures_of(run: RunFolder, truth: Truth | None, said: Mapping[str, Scores] | None) -> list[RecordingFigure]:
    """Recordings with the most to show: the richest in annotations, and in truth where it is known."""
    figures = []
    last = run.stages[-1]
    pseudo: dict[str, list[tuple[int, float, float]]] = {}
    for recording, species, start_s, end_s in run.record["stages"][-1]["pseudo"]:
        pseudo.setdefault(recording, []).append((species, start_s, end_s))
    trained = run.scores(last)
    by_key = {one.key: one for one in run.recordings}
    for key in _richest(run.annotations, set(trained))[: SHOWN_RECORDINGS // 2 if truth else SHOWN_RECORDINGS]:
        boxes = [b for b in run.annotations if b.recording == key]
        marks = [_mark(b, run.species, "present" if b.present else "absent") for b in boxes]
        marks += [
            Box(start_s, end_s, 0.0, 0.0, run.species[species].name, "pseudo")
            for species, start_s, end_s in pseudo.get(key, [])
        ]
        note = "A training recording, scored by models that never heard it."
        figures.append(_figure(run, by_key[key], marks, trained[key], note))
    if truth and said:
        by_key = {one.key: one for one in truth.recordings}
        for key in _richest(truth.boxes, set(said))[: SHOWN_RECORDINGS // 2]:
            marks = [_mark(b, run.species, "truth") for b in truth.boxes if b.recording == key]
            figures.append(_figure(run, by_key[key], marks, said[key], "A test recording; every event is known."))
    return [figure for figure in figures if figure is not None]


def _richest(boxes: Sequence[Annotation], keys: set[str]) -> list[str]:
    """Recordings by how many species are marked present, then by boxes."""
    wealth: dict[str, tuple[set[int], int]] = {}
    for box in boxes:
        if box.recording in keys:
            species, count = wealth.get(box.recording, (set(), 0))
            wealth[box.recording] = (species | ({box.species} if box.present else set()), count + 1)
    return sorted(wealth, key=lambda key: (-len(wealth[key][0]), -wealth[key][1], key))


def _mark(box: Annotation, species: Sequence[Species], kind: Any) -> Box:
    return Box(box.start_s, box.end_s, box.low_hz, box.high_hz, species[box.species].name, kind)


def _figure(
    run: RunFolder, recording: Recording, marks: list[Box], scores: Scores, note: str
) -> RecordingFigure | None:
    heard_by = run.package(run.stages[-1]).front_end
    # People look at spectrograms, whatever the detector listens to.
    front_end = replace(heard_by, pcen=None) if isinstance(heard_by, features.FrontEnd) else features.FrontEnd()
    try:
        block = next(features.heard(recording, front_end, []))
    except (AudioError, StopIteration):
        return None  # the recording has gone since it was trained on; the report does without it
    until_s = min(block.end_s, SHOWN_SECONDS)
    columns = int(until_s * front_end.columns_per_second)
    frames = scores.frame_start_s < until_s
    marked = {mark.label for mark in marks if mark.start_s < until_s}
    shown = [s for s in run.species if s.name in marked or scores.framewise[frames, s.number].max(initial=0) >= 0.5]
    middles = scores.frame_start_s[frames] + scores.frame_s / 2
    return RecordingFigure(
        recording.key,
        block.db()[:, :columns].astype(np.float32),
        until_s,
        front_end.low_hz,
        front_end.high_hz,
        front_end.mel_hz(),
        [mark for mark in marks if mark.start_s < until_s],
        [Track(s.name, middles.astype(np.float64), scores.framewise[frames, s.number]) for s in shown],
        note,
    )
