r"""Label tracks of Audacity: `start`, `end`, `label` between tabs, a line each, without a header.

A line of `\`, low and high after a label is its frequencies; -1 is a frequency that is not defined. A label whose start
is its end is a point. The track is of the recording that it is named after.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dawnchorus.annotations import sheet
from dawnchorus.annotations.marks import NOTHING_TOLD, PRESENT, Bad, Mark, Table, Told, collected, mark, number
from dawnchorus.annotations.problems import AnnotationError

ENDINGS = (".BirdNET.results.txt", ".audacity.txt", ".labels.txt", ".txt")
Lines = tuple[str, str]
"""A label and its frequencies; these are empty where it has none."""


def read(path: Path, told: Told = NOTHING_TOLD, named: str = "") -> Table:
    """Read a label track of the recording `named`.

    Raises AnnotationError if the file is no text, or if its first line is no label.
    """
    recording = named or sheet.without(path.name, ENDINGS)
    said = PRESENT if told.said is None else told.said

    def marks(lines: Lines, where: str) -> Iterator[Mark]:
        cells = lines[0].split("\t", 2)
        if len(cells) < 2:
            raise Bad("not_a_number", f"the line is {lines[0]!r}", "start, end and label, with tabs between")
        start_s, end_s = number(cells[0].strip(), "the start", True), number(cells[1].strip(), "the end", True)
        low_hz, high_hz = _frequencies(lines[1])
        species = cells[2].strip() if len(cells) > 2 else ""
        yield mark(recording, species, start_s, end_s, low_hz, high_hz, said, where=where)

    table = collected(path, _labels(path, told.encoding), marks)
    if table.problems and not table.marks and table.problems[0].kind == "not_a_number":
        raise AnnotationError(f"{path} is no label track of Audacity; {table.problems[0]}")
    return table if table.marks or table.problems else Table([], [], (recording,))


def _frequencies(line: str) -> tuple[float, float]:
    if not line:
        return 0.0, 0.0
    cells = line.split("\t")
    if len(cells) < 3:
        raise Bad("bad_frequency", f"the line of frequencies is {line!r}", "\\, low and high, with tabs between")
    low_hz, high_hz = number(cells[1].strip(), "the low frequency", True), number(cells[2].strip(), "the high", True)
    return (max(low_hz, 0.0), high_hz) if high_hz >= 0 else (0.0, 0.0)


def _labels(path: Path, encoding: str) -> Iterator[tuple[int, Lines]]:
    waiting: tuple[int, str] | None = None
    for line, text in sheet.text_lines(path, encoding):
        if text.startswith("\\"):
            if waiting is not None:
                yield waiting[0], (waiting[1], text)
            waiting = None
        elif text.strip():
            if waiting is not None:
                yield waiting[0], (waiting[1], "")
            waiting = line, text
    if waiting is not None:
        yield waiting[0], (waiting[1], "")
