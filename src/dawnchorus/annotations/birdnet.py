"""CSV of BirdNET: what it found, and in a column `validation` what a person said of it: U, Y or 1, N or 0."""

from __future__ import annotations

from collections.abc import Mapping
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

START, END, SCIENTIFIC, COMMON = "Start (s)", "End (s)", "Scientific name", "Common name"
CONFIDENCE, FILE, VALIDATION = "Confidence", "File", "validation"
COLUMNS = (START, END, SCIENTIFIC, COMMON, CONFIDENCE, FILE)
ENDINGS = (".BirdNET.results.csv", ".csv")
WORDS: Mapping[str, Said] = {"U": UNSEEN, "": UNSEEN, "Y": PRESENT, "1": PRESENT, "N": ABSENT, "0": ABSENT}


def read(path: Path, told: Told = NOTHING_TOLD, named: str = "") -> Table:
    """Read a table, with commas or with the semicolons of older versions; species by their scientific names.

    `named` is the recording of a table without a column of files. Raises AnnotationError if the file is no such table.
    """
    table = sheet.read(path, otherwise=told.encoding)
    start, end = table.needed(START), table.needed(END)
    species = table.needed(told.species or SCIENTIFIC)
    score, file, validation = table.column(CONFIDENCE), table.column(FILE), table.column(VALIDATION)
    of_table = named or sheet.without(path.name, ENDINGS)
    otherwise = UNSEEN if told.said is None else told.said

    def marks(cells: list[str], where: str) -> tuple[Mark]:
        said = WORDS.get(cells[validation].upper())
        if said is None:
            raise Bad("bad_verdict", f"{VALIDATION} is {cells[validation]!r}", "U, Y, N, 1, 0 or empty")
        one = mark(
            sheet.recording(cells[file]) or of_table,
            sheet.plain(cells[species]),
            number(cells[start], START, table.comma),
            number(cells[end], END, table.comma),
            said=said or otherwise,
            score=number(cells[score], CONFIDENCE, table.comma) if cells[score] else None,
            where=where,
        )
        return (one,)

    found = collected(path, table.rows, marks)
    if not found.marks and not found.problems and file == sheet.NOT_THERE:
        return Table([], [], (of_table,))
    return found
