"""AOEF, the JSON of soundevent and Whombat: annotations say present; predictions are what nobody looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from dawnchorus.annotations import sheet
from dawnchorus.annotations.marks import NOTHING_TOLD, PRESENT, UNSEEN, Bad, Mark, Table, Told, collected, mark
from dawnchorus.annotations.problems import AnnotationError

VERSION = "1.1.0"
Row = Mapping[str, Any]


def read(path: Path, told: Told = NOTHING_TOLD, named: str = "") -> Table:
    """Read the sound events, and what is said of whole clips; `Problem.line` counts them from 1.

    `told.species` is the key of the tag with the species, which must be said where tags have several keys. Raises
    AnnotationError if the file is no AOEF.
    """
    data = _data(path, told.encoding)
    by_id = {
        kind: {one["uuid"]: one for one in data.get(kind) or []} for kind in ("recordings", "clips", "sound_events")
    }
    events = [*(data.get("sound_event_annotations") or []), *(data.get("sound_event_predictions") or [])]
    clips = [*(data.get("clip_annotations") or []), *(data.get("clip_predictions") or [])]
    tags = {one["id"]: one for one in data.get("tags") or []}
    key = told.species or _key(path, tags, (*events, *clips))
    otherwise = PRESENT if told.said is None else told.said

    def marks(row: Row, where: str) -> Iterator[Mark]:
        event = by_id["sound_events"].get(row.get("sound_event", ""))
        of = event if event is not None else by_id["clips"].get(row.get("clip", ""))
        recording = by_id["recordings"].get(of["recording"]) if of else None
        if of is None or recording is None:
            raise Bad("missing", "the row names no sound", "a sound event or a clip of a recording")
        box = _box(of["geometry"]) if event is not None else (of["start_time"], 0.0, of["end_time"], 0.0)
        name = str(recording["path"]).replace("\\", "/")
        if event is not None and not row.get("tags"):
            raise Bad("missing", "a sound event has no tags", f"one with the key {key!r}")
        for tag, score in _pairs(row.get("tags") or []):
            if tags[tag]["key"] == key:
                said = otherwise if score is None else UNSEEN if told.said is None else told.said
                yield mark(name, tags[tag]["value"].strip(), box[0], box[2], box[1], box[3], said, score, where=where)

    found = collected(path, enumerate((*events, *clips), 1), marks)
    spoken = {one.recording for one in found.marks}
    annotated = (by_id["clips"][one["clip"]]["recording"] for one in data.get("clip_annotations") or [])
    names = (str(by_id["recordings"][one]["path"]).replace("\\", "/") for one in annotated)
    return Table(found.marks, found.problems, tuple(dict.fromkeys(name for name in names if name not in spoken)))


def _data(path: Path, encoding: str) -> dict[str, Any]:
    try:
        content = json.loads("".join(text for _, text in sheet.text_lines(path, encoding)))
    except json.JSONDecodeError as error:
        raise AnnotationError(f"{path} is no JSON: {error}") from error
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, dict) or "collection_type" not in data:
        raise AnnotationError(f"{path} is no AOEF: expected an object with version and data")
    return data


def _pairs(tags: Sequence[Any]) -> Iterator[tuple[int, float | None]]:
    """Tags with their scores, which those of predictions have."""
    for one in tags:
        if isinstance(one, Sequence):
            yield one[0], float(one[1]) + 0.0
        else:
            yield one, None


def _key(path: Path, tags: Mapping[int, Row], rows: Sequence[Row]) -> str:
    used = {tag for row in rows for tag, _ in _pairs(row.get("tags") or [])}
    keys = sorted({tags[tag]["key"] for tag in used})
    if len(keys) > 1:
        raise AnnotationError(f"{path} has tags with the keys {', '.join(keys)}: say which it is with --species-column")
    return keys[0] if keys else ""


def _box(geometry: Row) -> tuple[float, float, float, float]:
    """Start, low, end, high that hold a geometry; frequencies 0 where it has none."""
    kind, at = geometry["type"], geometry["coordinates"]
    if kind == "TimeStamp":
        return at, 0.0, at, 0.0
    if kind == "TimeInterval":
        return at[0], 0.0, at[1], 0.0
    if kind == "BoundingBox":
        return at[0], at[1], at[2], at[3]
    flat = list(_numbers(at))
    times, hertz = flat[::2], flat[1::2]
    return min(times), min(hertz), max(times), max(hertz)


def _numbers(nested: Any) -> Iterator[float]:
    return chain.from_iterable(map(_numbers, nested)) if isinstance(nested, list) else iter((float(nested),))
