"""Members of an ensemble: from runs, folders of predictions, and submission tables."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus import scores as scoring
from dawnchorus.annotations import table
from dawnchorus.blend.member import (
    DETECTIONS,
    FRAMES,
    PROBABILITIES,
    RECORD,
    SUBMISSION,
    BlendError,
    Floats,
    Member,
    check_same,
)
from dawnchorus.calibration import tables
from dawnchorus.calibration.tables import Calibration
from dawnchorus.event_rule import lengths_of
from dawnchorus.export import recordings_table, scores_parquet, submission
from dawnchorus.files import read_json
from dawnchorus.run_folder import RunFolder
from dawnchorus.scores import Scores, ScoresError

KEPT, HEARD = "scores.parquet", "recordings.csv"  # of `detect`
RECORDS = ("result.json", "summary.json", RECORD)  # of a study, of `detect`, of a blend


def member(path: Path) -> Member:
    """Read a run folder, a folder with the predictions of a study or of `detect`, or a submission table alone."""
    if (path / "run.json").is_file():
        return of_run(RunFolder(path))
    return of_submission(path) if path.is_file() else of_predictions(path)


def of_run(run: RunFolder) -> Member:
    """What the last stage of a run says of the recordings that it was trained on, each by models that never heard it.

    The scores of whole recordings are those that its model gives.
    """
    stage = run.stages[-1]
    model, frames = run.package(stage), run.scores(stage)
    whole = {key: scores.whole_recording(model.top_s) for key, scores in frames.items()}
    calibration = model.calibration()
    return Member(
        run.path,
        whole,
        frames,
        {species.number: species.name for species in model.species},
        dict(enumerate(model.bands_hz)),
        model.typical_s,
        calibration,
        _probabilities(calibration, whole),
        held_out=True,
        origin=f"{model.name}, {model.front_end.name}",
        licence=str(model.origin.get("licence", "")),
    )


def of_predictions(folder: Path) -> Member:
    """What a folder's submission.csv says of recordings, its frames.npz or scores.parquet, detections, probabilities.

    All but the first may be missing, and that too where `detect` kept scores: they tell those of whole recordings then.
    A study has a calibration, which makes its probabilities. Raises BlendError when there is neither, or when a file is
    of another kind.
    """
    alone = of_submission(folder / SUBMISSION) if (folder / SUBMISSION).is_file() else _of_kept(folder)
    result, typical_s = _record(folder, alone.n_species)
    calibrated = "key" in result and (folder / "calibration.csv").is_file()
    calibration = tables.read(folder, result["key"]) if calibrated else None
    names, bands = _species(folder / DETECTIONS) if (folder / DETECTIONS).is_file() else ({}, {})
    names |= result.get("names", {})  # of a blend: of species that were not detected too
    return replace(
        alone,
        where=folder,
        frames=alone.frames or _frames(folder),
        names=names,
        bands_hz=bands,
        typical_s=typical_s,
        calibration=calibration,
        probabilities=_told(folder, alone) or _probabilities(calibration, alone.whole),
        held_out=result.get("held_out") is True,
        origin=str(result.get("network", result.get("origin", ""))),
        licence=str(result.get("licence", "")),
    )


def of_submission(path: Path) -> Member:
    """What a submission table says of whole recordings."""
    recordings, scores = submission.read(path)
    return Member(path, dict(zip(recordings, scores.astype(np.float32), strict=True)))


def _of_kept(folder: Path) -> Member:
    """What `detect --keep-scores` says of whole recordings: their highest frame, where no top_s is told."""
    if not (folder / KEPT).is_file():
        raise BlendError(f"{folder}: no run.json, {SUBMISSION} or {KEPT} here; expected a run or its predictions")
    if not (frames := _frames(folder)):
        raise BlendError(f"{folder / KEPT}: no recording is in it")
    n_species = next(iter(frames.values())).framewise.shape[1]
    top_s = _record(folder, n_species)[0].get("top_s", 0.0)
    if not (isinstance(top_s, int | float) and 0 <= top_s < math.inf):
        raise BlendError(f"{folder}: top_s is {top_s!r} in its record; expected seconds, 0 or more")
    return Member(folder, {key: scores.whole_recording(top_s) for key, scores in frames.items()}, frames)


def _probabilities(calibration: Calibration | None, whole: Mapping[str, NDArray[np.float32]]) -> dict[str, Floats]:
    return {} if calibration is None else {key: calibration.apply(scores) for key, scores in whole.items()}


def _told(folder: Path, scored: Member) -> dict[str, Floats]:
    """The probabilities that a blend or `detect` wrote of the recordings and species that it scored, if it did."""
    if (folder / HEARD).is_file():
        found = recordings_table.read(folder / HEARD, scored.n_species)
        # What is hardly probable has no row there; but rows of none of these are of other recordings.
        nothing = np.zeros(scored.n_species)
        return {key: found.get(key, nothing) for key in scored.whole} if found.keys() & scored.whole.keys() else {}
    path = folder / PROBABILITIES
    if not path.is_file():
        return {}
    recordings, p = submission.read(path)
    check_same(folder / SUBMISSION, scored.whole, path, recordings)
    if p.shape[1] != scored.n_species or not ((p >= 0) & (p <= 1)).all():
        raise BlendError(f"{path}: expected {scored.n_species} probabilities a recording, each from 0 to 1")
    return dict(zip(recordings, p, strict=True))


def _record(folder: Path, n_species: int) -> tuple[dict[str, Any], tuple[float, ...]]:
    """What a study, `detect` or `blend` wrote beside its predictions, and the typical lengths in it, if any."""
    path = next((folder / name for name in RECORDS if (folder / name).is_file()), None)
    if path is None:
        return {}, ()
    try:
        record = read_json(path)
        if not isinstance(record, dict):
            raise ValueError(f"it holds {type(record).__name__}; expected an object")
        record["names"] = {int(number): str(name) for number, name in dict(record.get("names", {})).items()}
        return record, lengths_of(record.get("typical_s", []), n_species)
    except ValueError as error:
        raise BlendError(f"{path}: no record of predictions: {error}") from error


def _species(detections: Path) -> tuple[dict[int, str], dict[int, tuple[float, float]]]:
    """Names and bands of the species that were detected, where the table has them: nothing else there tells them."""
    names, bands = {}, {}
    for _, row in table.read(detections, ("species_id",)):
        if {"species", "f_min", "f_max"} <= set(row):
            number = int(row["species_id"])
            names[number], bands[number] = row["species"], (float(row["f_min"]), float(row["f_max"]))
    return names, bands


def _frames(folder: Path) -> dict[str, Scores]:
    """Scores of frames as a study left them, or as `detect --keep-scores` did; none where nobody kept them."""
    if (folder / FRAMES).is_file():
        return _store(folder / FRAMES)
    kept = folder / KEPT
    if not kept.is_file():
        return {}
    frames: dict[str, Scores] = {}
    for _, scores in scores_parquet.read(kept):
        if scores.recording in frames:
            raise BlendError(f"{kept}: {scores.recording} has several channels; expected one: detect without each")
        frames[scores.recording] = scores
    return frames


def _store(path: Path) -> dict[str, Scores]:
    try:
        return scoring.read(path)
    except ScoresError as error:
        raise BlendError(str(error)) from error
