"""Tables of Kaleidoscope: what it found in `TOP1MATCH`, and what a person said of that in `MANUAL ID`.

Without a manual ID nobody looked. The same name again is "present"; another name says that this one is present and
`TOP1MATCH` is not; the words in REJECTED say that nothing is there. `TOP1DIST` is a distance: the score is 1 minus it.
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
    Mark,
    Table,
    Told,
    collected,
    mark,
    number,
)

FOLDERS = ("INDIR", "FOLDER")
FILE, OFFSET, DURATION = "IN FILE", "OFFSET", "DURATION"
MATCH, DISTANCE, MANUAL = "TOP1MATCH", "TOP1DIST", "MANUAL ID"
REJECTED = ("Noise", "NoID")
"""Manual IDs that are no species."""


def read(path: Path, told: Told = NOTHING_TOLD, named: str = "") -> Table:
    """Read a table; every row names its file. Columns may be in any order, with others beside them.

    Raises AnnotationError if the file is no such table.
    """
    table = sheet.read(path, otherwise=told.encoding)
    folders = [at for name in FOLDERS if (at := table.column(name)) != sheet.NOT_THERE]
    file, offset, duration = (table.needed(name) for name in (FILE, OFFSET, DURATION))
    match = table.needed(told.species) if told.species else table.needed(MATCH, MATCH + "*", "AUTO ID", "AUTO ID*")
    distance, manual = table.column(DISTANCE), table.column(MANUAL, MANUAL + "*")
    rejected = {name.casefold() for name in REJECTED}

    def marks(cells: list[str], where: str) -> Iterator[Mark]:
        parts = [sheet.recording(cells[at]).rstrip("/") for at in (*folders, file)]
        recording = "/".join(part for part in parts if part)
        start_s = number(cells[offset], OFFSET, table.comma)
        end_s = start_s + number(cells[duration], DURATION, table.comma)
        score = round(1 - number(cells[distance], DISTANCE, table.comma), 12) if cells[distance] else None
        found, by_hand = sheet.plain(cells[match]), sheet.plain(cells[manual])
        if not by_hand or by_hand == found:
            said = PRESENT if by_hand else UNSEEN if told.said is None else told.said
            yield mark(recording, found, start_s, end_s, said=said, score=score, where=where)
            return
        if found:
            yield mark(recording, found, start_s, end_s, said=ABSENT, score=score, where=where)
        if by_hand.casefold() not in rejected:
            yield mark(recording, by_hand, start_s, end_s, where=where)

    return collected(path, table.rows, marks)
