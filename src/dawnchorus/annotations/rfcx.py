"""The tables of the RFCX competition: `train_tp.csv` (the species is in the box) and `train_fp.csv` (it is not)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from dawnchorus.annotations import sheet, species, table
from dawnchorus.annotations.marks import ABSENT, NOTHING_TOLD, PRESENT, Bad, Table, Told, number, of_annotations
from dawnchorus.annotations.problems import AnnotationError, Problem, place
from dawnchorus.events import Annotation

COLUMNS = ("recording_id", "species_id", "songtype_id", "t_min", "f_min", "t_max", "f_max")
REQUIRED = tuple(name for name in COLUMNS if name != "songtype_id")


def read(path: Path, present: bool, otherwise: str = "") -> tuple[list[Annotation], list[Problem]]:
    """Read the boxes of a table, all of them with the verdict `present`; a row that is no box becomes a Problem.

    Raises AnnotationError if the file is no such table.
    """
    annotations, problems = [], []
    for line, row in table.read(path, REQUIRED, otherwise):
        try:
            annotations.append(_annotation(row, present, place(path.name, line)))
        except Bad as bad:
            kind, found, expected = bad.args
            problems.append(Problem(path.name, line, kind, found, expected, left_out=True))
    return annotations, problems


def read_marks(path: Path, told: Told = NOTHING_TOLD, named: str = "") -> Table:
    """Read a table whose name tells its verdict by `tp` or `fp`, or which the user tells.

    Species have the names of the `species.csv` beside it, and are s0, s1, … without one. Raises AnnotationError if the
    file is no such table, or if nothing tells its verdict.
    """
    words = re.split(r"[^a-z]+", path.stem.casefold())
    if told.said is None and ("tp" in words) == ("fp" in words):
        raise AnnotationError(f"{path}: its name has neither tp nor fp; say with --verdict what its rows say")
    said = told.said if told.said is not None else PRESENT if "tp" in words else ABSENT
    beside = path.parent / "species.csv"
    names = {one.number: sheet.plain(one.name) for one in species.read(beside)} if beside.is_file() else {}
    boxes, problems = read(path, said == PRESENT, told.encoding)
    marks = of_annotations(boxes, {one.species: names.get(one.species, f"s{one.species}") for one in boxes})
    return Table(marks if said in (PRESENT, ABSENT) else [one._replace(said=said) for one in marks], problems)


def write(path: Path, annotations: Iterable[Annotation]) -> None:
    """Write boxes as a table, so that reading gives the same numbers; the file's name has to tell the verdict."""
    rows = []
    for one in annotations:
        box = [table.decimal(value) for value in (one.start_s, one.low_hz, one.end_s, one.high_hz)]
        rows.append([one.recording, str(one.species), str(one.song_type), *box])
    table.write(path, COLUMNS, rows)


def _annotation(row: table.Row, present: bool, where: str) -> Annotation:
    recording = sys.intern(row["recording_id"])  # a million rows hold each name once
    if not recording:
        raise Bad("missing", "recording_id is empty", "the name of a recording")
    kind = _whole(row["species_id"], "species_id", "bad_species")
    song_type = _whole(song, "songtype_id", "bad_song_type") if (song := row.get("songtype_id")) else 1
    start_s, end_s = number(row["t_min"], "t_min"), number(row["t_max"], "t_max")
    low_hz, high_hz = number(row["f_min"], "f_min"), number(row["f_max"], "f_max")
    if start_s < 0:
        raise Bad("negative_time", f"t_min is {row['t_min']}", "0 or more")
    if end_s <= start_s:
        raise Bad("ends_before_start", f"t_max is {row['t_max']}", f"after t_min {row['t_min']}")
    if high_hz < low_hz:
        raise Bad("bad_frequency", f"f_max is {row['f_max']}", f"f_min {row['f_min']} or above")
    return Annotation(recording, kind, start_s, end_s, low_hz, high_hz, present, song_type, where)


@lru_cache(sheet.KEPT)
def _whole(text: str, name: str, kind: str) -> int:
    value = number(text, name)
    if value < 0 or value != int(value):
        raise Bad(kind, f"{name} is {text}", "a whole number from 0 on")
    return int(value)
