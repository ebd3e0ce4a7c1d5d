"""Tables of OpenSoundscape: boxes with an `annotation`, or a row a clip and a column a class.

In columns of classes that hold 0, 1 and nothing alone, 1 says present, 0 says absent, and an empty cell (NaN) that
nobody looked. Any other number makes all of them scores. A box without an annotation says that its file was looked at
and is empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dawnchorus.annotations import sheet
from dawnchorus.annotations.marks import (
    ABSENT,
    NOTHING_TOLD,
    PRESENT,
    UNSEEN,
    Bad,
    Mark,
    Said,
    Table,
    Told,
    collected,
    mark,
    number,
)

INDEX = ("file", "start_time", "end_time")
BOXES = ("audio_file", "annotation_file", "annotation", "start_time", "end_time", "low_f", "high_f")
NOTHING = ("", "nan")
WORDS: dict[str, Said] = {"1": PRESENT, "1.0": PRESENT, "true": PRESENT, "0": ABSENT, "0.0": ABSENT, "false": ABSENT}


def read(path: Path, told: Told = NOTHING_TOLD, named: str = "") -> Table:
    """Read a table of either kind; every row names its file. Raises AnnotationError if the file is no such table."""
    table = sheet.read(path, otherwise=told.encoding)
    if table.column("annotation") != sheet.NOT_THERE or told.species:
        return _boxes(path, table, told)
    return _clips(path, table)


def _boxes(path: Path, table: sheet.Sheet, told: Told) -> Table:
    file, start, end = (table.needed(name) for name in ("audio_file", "start_time", "end_time"))
    species = table.needed(told.species or "annotation")
    low, high = table.column("low_f"), table.column("high_f")
    said = PRESENT if told.said is None else told.said
    empty: list[str] = []

    def marks(cells: list[str], where: str) -> Iterator[Mark]:
        recording = sheet.recording(cells[file])
        if cells[species].casefold() in NOTHING and cells[start].casefold() in NOTHING and recording:
            empty.append(recording)
            return
        low_hz, high_hz = (
            0.0 if cells[at].casefold() in NOTHING else number(cells[at], name, table.comma)
            for at, name in ((low, "low_f"), (high, "high_f"))
        )
        start_s, end_s = number(cells[start], "start_time", table.comma), number(cells[end], "end_time", table.comma)
        yield mark(recording, sheet.plain(cells[species]), start_s, end_s, low_hz, high_hz, said, where=where)

    found = collected(path, table.rows, marks)
    return Table(found.marks, found.problems, tuple(dict.fromkeys(empty)))


def _clips(path: Path, table: sheet.Sheet) -> Table:
    file, start, end = (table.needed(name) for name in INDEX)
    classes = [(at, sheet.plain(name)) for at, name in enumerate(table.header) if name.casefold() not in INDEX and name]
    rows = list(table.rows)
    labels = all(cells[at].casefold() in (*NOTHING, *WORDS) for _, cells in rows for at, _ in classes)

    def marks(cells: list[str], where: str) -> Iterator[Mark]:
        if cells[start].casefold() in NOTHING:
            raise Bad("unreadable", f"the start of {cells[file]!r} is empty", "a clip; its file could not be read")
        recording = sheet.recording(cells[file])
        start_s, end_s = number(cells[start], INDEX[1], table.comma), number(cells[end], INDEX[2], table.comma)
        for at, name in classes:
            if cells[at].casefold() not in NOTHING:
                said = WORDS[cells[at].casefold()] if labels else UNSEEN
                score = None if labels else number(cells[at], name, table.comma)
                yield mark(recording, name, start_s, end_s, said=said, score=score, where=where)

    return collected(path, rows, marks)
