"""The tables of the RFCX competition: `train_tp.csv` (the species is in the box) and `train_fp.csv` (it is not)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

from dawnchorus.annotations import table
from dawnchorus.annotations.problems import Problem, place
from dawnchorus.events import Annotation

COLUMNS = ("recording_id", "species_id", "songtype_id", "t_min", "f_min", "t_max", "f_max")
REQUIRED = tuple(name for name in COLUMNS if name != "songtype_id")


class _Bad(Exception):
    """A row that says nothing: (kind, found, expected)."""


def read(path: Path, present: bool) -> tuple[list[Annotation], list[Problem]]:
    """Read the boxes of a table, all of them with the verdict `present`; a row that is no box becomes a Problem.

    Raises AnnotationError if the file is no such table.
    """
    annotations, problems = [], []
    for line, row in table.read(path, REQUIRED):
        try:
            annotations.append(_annotation(row, present, place(path.name, line)))
        except _Bad as bad:
            kind, found, expected = bad.args
            problems.append(Problem(path.name, line, kind, found, expected, left_out=True))
    return annotations, problems


def write(path: Path, annotations: Iterable[Annotation]) -> None:
    """Write boxes as a table, so that reading gives the same numbers; the file's name has to tell the verdict."""
    rows = []
    for one in annotations:
        box = [repr(float(value)) for value in (one.start_s, one.low_hz, one.end_s, one.high_hz)]
        rows.append([one.recording, str(one.species), str(one.song_type), *box])
    table.write(path, COLUMNS, rows)


def _annotation(row: table.Row, present: bool, where: str) -> Annotation:
    recording = row["recording_id"]
    if not recording:
        raise _Bad("missing", "recording_id is empty", "the name of a recording")
    species = _whole(row, "species_id", "bad_species")
    song_type = _whole(row, "songtype_id", "bad_song_type") if row.get("songtype_id") else 1
    start_s, low_hz, end_s, high_hz = (_number(row, name) for name in ("t_min", "f_min", "t_max", "f_max"))
    if start_s < 0:
        raise _Bad("negative_time", f"t_min is {row['t_min']}", "0 or more")
    if end_s <= start_s:
        raise _Bad("ends_before_start", f"t_max is {row['t_max']}", f"after t_min {row['t_min']}")
    if high_hz < low_hz:
        raise _Bad("bad_frequency", f"f_max is {row['f_max']}", f"f_min {row['f_min']} or above")
    return Annotation(recording, species, start_s, end_s, low_hz, high_hz, present, song_type, where)


def _number(row: table.Row, name: str) -> float:
    text = row[name]
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in text:  # Python reads 1_0 as ten
        raise _Bad("not_a_number", f"{name} is {text!r}", "a number")
    return value


def _whole(row: table.Row, name: str, kind: str) -> int:
    value = _number(row, name)
    if value < 0 or value != int(value):
        raise _Bad(kind, f"{name} is {row[name]}", "a whole number from 0 on")
    return int(value)
