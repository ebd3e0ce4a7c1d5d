"""AOEF, the JSON of soundevent and Whombat: a set of annotations where people said something, else of predictions."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dawnchorus import files
from dawnchorus.annotations.aoef import VERSION
from dawnchorus.annotations.marks import PRESENT, UNSEEN, Mark
from dawnchorus.events import Recording
from dawnchorus.export import cells
from dawnchorus.export.cells import ExportError, Lost

ANNOTATIONS = ("frequencies", "points")
PREDICTIONS = ("frequencies", "points", "unseen", "score")
TAG = "dwc:scientificName"
NAMES = uuid.UUID("0b0f63c5-6a50-5ba0-9dc5-5f9a6c3b7d2e")  # the same rows have the same ids in every run


def write(path: Path, marks: Iterable[Mark], recordings: Sequence[Recording] = ()) -> Lost:
    """Write all recordings with their lengths and hashes, and the rows; give what was lost.

    People's words and predictions are never in one set: where a row says present, rows without a word are left out. A
    prediction without a score has the score 1. Raises ExportError without the recordings of the rows.
    """
    lost, marks = Lost(), list(marks)
    predicted = not any(one.said == PRESENT for one in marks)
    known = {one.key: one for one in recordings}
    if strangers := sorted({one.recording for one in marks} - known.keys()):
        raise ExportError(
            f"{path}: AOEF holds the lengths and the hashes of recordings, and {strangers[0]!r} is not there; "
            "give the folder of the recordings"
        )
    if not predicted:
        unseen = sum(one.said == UNSEEN for one in marks)
        lost += Counter({"were not looked at: left out": unseen})
        marks = [one for one in marks if one.said != UNSEEN]
    kept = list(cells.sayable(marks, lost, PREDICTIONS if predicted else ANNOTATIONS))
    if odd := sum(one.score is None or not 0 <= one.score <= 1 for one in kept if predicted):
        lost["have no score between 0 and 1, and get the nearest, or 1"] += odd
    files.write_json(path, _content(kept, recordings, predicted))
    return lost


def _content(marks: Sequence[Mark], recordings: Sequence[Recording], predicted: bool) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat()
    kind = "prediction" if predicted else "annotation"
    tags = {name: number for number, name in enumerate(sorted({one.species for one in marks}))}
    file_name = cells.file_names(recordings)
    sounds, said, of_clip = list[dict[str, Any]](), list[dict[str, Any]](), dict[str, list[str]]()
    for number, one in enumerate(marks):
        sound = _id("sound_event", one.recording, str(number))
        sounds.append({"uuid": sound, "recording": _id("recording", one.recording), "geometry": _geometry(one)})
        row: dict[str, Any] = {"uuid": _id(kind, sound), "sound_event": sound}
        if predicted:
            score = 1.0 if one.score is None else min(max(one.score, 0.0), 1.0)
            row |= {"score": score, "tags": [[tags[one.species], score]]}
        else:
            row |= {"tags": [tags[one.species]], "created_on": now}
        said.append(row)
        of_clip.setdefault(one.recording, []).append(row["uuid"])
    clips = [
        {
            "uuid": _id("clip", one.key),
            "recording": _id("recording", one.key),
            "start_time": 0.0,
            "end_time": one.duration_s,
        }
        for one in recordings
    ]
    dated = {} if predicted else {"created_on": now}
    of_clips = [
        {
            "uuid": _id(kind, "clip", one.key),
            "clip": _id("clip", one.key),
            "sound_events": of_clip.get(one.key, []),
            **dated,
        }
        for one in recordings
    ]
    data = {
        "uuid": _id(kind, "set", *(one["uuid"] for one in sounds)),
        "collection_type": f"{kind}_set",
        "created_on": now,
        "tags": [{"id": number, "key": TAG, "value": name} for name, number in tags.items()],
        "recordings": [_recording(one, file_name(one.key)) for one in recordings],
        "clips": clips,
        "sound_events": sounds,
        f"sound_event_{kind}s": said,
        f"clip_{kind}s": of_clips,
    }
    return {"version": VERSION, "created_on": now, "data": data}


def _recording(one: Recording, name: str) -> dict[str, Any]:
    from dawnchorus.audio.header import inspect

    with one.path.open("rb") as file:
        content = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    facts: dict[str, Any] = (
        {} if one.start is None else {"date": one.start.date().isoformat(), "time": one.start.time().isoformat()}
    )
    return {
        "uuid": _id("recording", one.key),
        "path": name,
        "duration": one.duration_s,
        "channels": inspect(one.path).channels,
        "samplerate": one.rate_hz,
        "hash": content,
        **facts,
    }


def _geometry(one: Mark) -> dict[str, Any]:
    if one.high_hz > 0:
        return {"type": "BoundingBox", "coordinates": [one.start_s, one.low_hz, one.end_s, one.high_hz]}
    if one.end_s > one.start_s:
        return {"type": "TimeInterval", "coordinates": [one.start_s, one.end_s]}
    return {"type": "TimeStamp", "coordinates": one.start_s}


def _id(*names: str) -> str:
    return str(uuid.uuid5(NAMES, "\0".join(names)))
