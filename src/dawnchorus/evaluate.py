"""How good a run is: on partial labels from its out-of-fold Scores, on full truth from its models.

Scores on partial labels come from the boxes that people judged, and from nothing else. They cannot rank variants that
differ in pseudo-labels: what such labels change is mostly where nobody looked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus import features, metrics
from dawnchorus.annotations import door, rfcx
from dawnchorus.annotations.problems import Problem
from dawnchorus.audio.faults import AudioError
from dawnchorus.audio.folders import scan
from dawnchorus.detect.engine import Detector
from dawnchorus.events import Annotation, Detection, Recording, Species
from dawnchorus.plots.marks import Box, Track
from dawnchorus.report.content import (
    FULL_TRUTH,
    PARTIAL_LABELS,
    Floor,
    PseudoRow,
    RecordingFigure,
    Report,
    SpeciesCurve,
    StageScores,
)
from dawnchorus.run_folder import RunFolder
from dawnchorus.scores import EventRule, Scores

PARTIAL_WARNING = (
    "These scores are measured on the annotated boxes alone. They cannot rank variants of pseudo-labels, nor say how "
    "many calls are missed: for that, annotate some recordings completely and pass them with --truth and --audio."
)


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
    summary = metrics.summarise(scores, truth)
    return Evaluation(stage, None, FULL_TRUTH, summary, event_map, scores, truth, known, truth, known)


@dataclass(frozen=True)
class Truth:
    """Completely annotated recordings to judge models on."""

    recordings: tuple[Recording, ...]
    boxes: tuple[Annotation, ...]
    problems: tuple[Problem, ...]


def read_truth(table: Path, audio_folder: Path, n_species: int) -> Truth:
    """Read a table in the RFCX columns that lists every event of the recordings in a folder."""
    recordings, _ = scan([audio_folder])
    boxes, problems = rfcx.read(table, present=True)
    boxes, unmatched = door.match(boxes, recordings)
    boxes, doubtful = door.check(boxes, recordings, n_species)
    # Events of one species overlap freely in a full truth, and equal ones are no trouble.
    return Truth(tuple(recordings), tuple(boxes), (*problems, *unmatched, *doubtful))


def judge_on_truth(
    run: RunFolder,
    truth: Truth,
    rule: EventRule,
    progress: Callable[[int, int], None] | None = None,
    failures: list[str] | None = None,
) -> tuple[list[Evaluation], dict[str, dict[str, Scores]]]:
    """Run the model of every stage over the recordings of a truth; the spectrograms are made once.

    Recordings that can't be read are not judged; each is added to `failures` with its fault.
    """
    detectors = {stage: Detector(run.package(stage)) for stage in run.stages}
    said: dict[str, dict[str, Scores]] = {stage: {} for stage in run.stages}
    front_end = next(iter(detectors.values())).package.front_end
    for number, recording in enumerate(truth.recordings, 1):
        try:
            blocks = list(features.heard(recording, front_end, []))
            for stage, detector in detectors.items():
                said[stage][recording.key] = detector.score_blocks(recording, blocks)
        except AudioError as error:
            if failures is not None:
                failures.append(f"{recording.key}: {error.fault}; not judged")
        if progress:
            progress(number, len(truth.recordings))
    evaluations = []
    for stage in run.stages:
        events = [event for scores in said[stage].values() for event in rule.events(scores)]
        top_s = detectors[stage].package.top_s
        evaluations.append(on_full_truth(stage, said[stage], events, truth.boxes, len(run.species), top_s))
    return evaluations, said


def judge_on_partial_labels(run: RunFolder) -> list[Evaluation]:
    """Judge the out-of-fold Scores of every stage, over all folds and in each."""
    evaluations = []
    stages, n_species = run.stages, len(run.species)
    for stage in stages:
        said = run.scores(stage)
        evaluations.append(on_partial_labels(stage, said, run.annotations, n_species))
        for fold in sorted(set(run.fold_of.values())):
            inside = {key: scores for key, scores in said.items() if run.fold_of[key] == fold}
            if not inside:
                continue  # the audit part: no model of a fold scored it
            evaluations.append(on_partial_labels(stage, inside, run.annotations, n_species, fold))
    return evaluations


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
            "precision": value(one.summary.precision),
            "recall": value(one.summary.recall),
            "auc": value(one.summary.auc),
            "ap": {name.name: value(ap) for name, ap in zip(species, one.summary.average_precisions, strict=True)},
            "floors": {name: {"cmap": value(c), "lwlrap": value(w)} for name, (c, w) in one.floors.items()},
        }
        for one in evaluations
    ]


def report_of(
    run: RunFolder,
    evaluations: Sequence[Evaluation],
    truth: Truth | None = None,
    said: Mapping[str, Scores] | None = None,
) -> Report:
    """Everything the HTML report shows of a run. `said` are Scores of the last stage on the truth's recordings."""
    record = run.record
    overall = [one for one in evaluations if one.fold is None]
    on = overall[-1].on
    warnings = [PARTIAL_WARNING] if on == PARTIAL_LABELS else []
    faults = [f"{one['recording']}: {one['fault']}" for one in record["failures"]]
    return Report(
        title=f"dawnchorus: {Path(record['data']).name or 'run'}",
        summary=(
            f"A detector of {len(run.species)} species was trained in {len(run.stages)} stages on "
            f"{len(run.recordings)} recordings with {sum(b.present for b in run.annotations)} boxes that say present "
            f"and {sum(not b.present for b in run.annotations)} that say absent."
        ),
        made_with={name: str(value) for name, value in record["made_with"].items()},
        stages=[_stage_scores(one) for one in evaluations],
        floors=[
            Floor(name, *values, on=kind)
            for kind in (FULL_TRUTH, PARTIAL_LABELS)
            for one in overall[::-1]
            if one.on == kind and one is next(e for e in overall[::-1] if e.on == kind)
            for name, values in one.floors.items()
        ],
        species=_curves([one for one in overall if one.on == on], run.species),
        pseudo=_pseudo_rows(run),
        losses={
            f"stage {stage['name']}, fold {fit['fold']}" + (f", repeat {fit['repeat']}" if fit["repeat"] else ""): (
                np.arange(1, len(fit["losses"]) + 1, dtype=np.float64),
                np.array(fit["losses"], np.float64),
            )
            for stage in record["stages"]
            for fit in stage["fits"]
        },
        recordings=_figures(run, truth, said),
        problems=[*record["problems"], *faults],
        warnings=warnings,
        on=f"{len(overall[-1].truth)} {'recordings, truth known' if on == FULL_TRUTH else 'annotated boxes'}",
    )


def _stage_scores(one: Evaluation) -> StageScores:
    return StageScores(
        f"stage {one.stage}",
        "all" if one.fold is None else str(one.fold),
        one.summary.cmap,
        one.summary.cmap_interval,
        one.summary.lwlrap,
        one.summary.lwlrap_interval,
        one.event_map,
        one.summary.precision,
        one.summary.recall,
        one.summary.auc,
        one.on,
    )


def _curves(evaluations: Sequence[Evaluation], species: Sequence[Species]) -> list[SpeciesCurve]:
    curves = []
    for one in evaluations:
        for number, name in enumerate(species):
            rows = one.known[:, number]
            truth = one.truth[rows, number]
            recall, precision = metrics.precision_recall(one.scores[rows, number], truth)
            ap = one.summary.average_precisions[number]
            curves.append(SpeciesCurve(name.name, f"stage {one.stage}", ap, int(truth.sum()), recall, precision))
    return curves


def _pseudo_rows(run: RunFolder) -> list[PseudoRow]:
    rows = []
    for number, stage in enumerate(run.record["stages"]):
        for species in run.species:
            counts = [
                # A recording is in the training part of all folds but its own.
                sum(fit["labels"][kind][species.number] for fit in stage["fits"]) / max(1, len(stage["fits"]))
                for kind in ("annotated_present", "annotated_absent", "pseudo_present", "pseudo_absent")
            ]
            rows.append(PseudoRow(number, f"stage {stage['name']}", species.name, *(round(count) for count in counts)))
    return rows


SHOWN_RECORDINGS = 4
SHOWN_SECONDS = 60.0


def _figures(run: RunFolder, truth: Truth | None, said: Mapping[str, Scores] | None) -> list[RecordingFigure]:
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
