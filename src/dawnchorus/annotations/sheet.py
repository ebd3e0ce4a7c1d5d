"""Tables as other programs write them: read a row at a time, with the marks, line ends and commas of their systems."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dawnchorus.annotations.problems import AnnotationError

NOT_THERE = -1
"""The place of a column that a table does not have; rows end in an empty cell, which is what it names."""

ESCAPED = re.compile(r"""'+[=+\-@\t\r"]""")
"""How a cell begins that `export.cells` has made harmless."""

csv.field_size_limit(1 << 24)


@dataclass(frozen=True)
class Sheet:
    """A table that is open: its header, and rows of (line, cells).

    Cells are stripped, and at least as many as the header's, with an empty one at the end. `comma`:
    numbers may have a decimal comma, since the cells are not separated by one.
    """

    path: Path
    header: list[str]
    rows: Iterator[tuple[int, list[str]]]
    comma: bool

    def column(self, *names: str) -> int:
        """Find the first of some columns that is there, whatever the case of its letters, or NOT_THERE."""
        plain = [name.casefold() for name in self.header]
        for name in names:
            if name.casefold() in plain:
                return plain.index(name.casefold())
        return NOT_THERE

    def needed(self, *names: str) -> int:
        """Find the first of some columns, or raise AnnotationError with those that are there."""
        place = self.column(*names)
        if place == NOT_THERE:
            missing = " or ".join(repr(name) for name in names)
            raise AnnotationError(f"{self.path} has no column {missing}; its columns are {', '.join(self.header)}")
        return place


def read(path: Path, separators: str = ",;\t", quoted: bool = True) -> Sheet:
    """Open a table with a header; the first line tells which of `separators` it has.

    Raises AnnotationError if the file is empty or no text. `quoted`: cells may be quoted, as in CSV.
    """
    lines = _lines(path)
    first = next((line for line in lines if line.strip()), "")
    if not first:
        raise AnnotationError(f"{path} is empty; it should have a line with the names of columns")
    separator = max(separators, key=first.count)
    found = _rows(path, separator, quoted)
    _, header = next(found)
    while header and not header[-1]:
        header.pop()  # a separator after the last name
    return Sheet(path, header, found, separator != ",")


def text_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Give (line, text) of all lines, without their ends and the mark that the first may have."""
    for line, text in enumerate(_lines(path), 1):
        yield line, text.rstrip("\r\n")


def plain(cell: str) -> str:
    """Take away what made a cell harmless to spreadsheets."""
    return cell[1:] if cell[:1] == "'" and ESCAPED.match(cell) else cell


def headed(path: Path) -> list[str]:
    """The columns of a file that may be a table; none if it is none."""
    with suppress(AnnotationError):
        return read(path).header
    return []


def without(name: str, endings: Sequence[str]) -> str:
    """Take away the first of some endings, whatever the case of its letters."""
    for ending in endings:
        if name.casefold().endswith(ending.casefold()):
            return name[: len(name) - len(ending)]
    return name


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        mark = file.read(2)
    return "utf-16" if mark in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"  # spreadsheets save "Unicode text"


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding=_encoding(path), newline="") as file:
            yield from file
    except UnicodeError as error:
        raise AnnotationError(f"{path} is not UTF-8 text ({error})") from error


def _rows(path: Path, separator: str, quoted: bool) -> Iterator[tuple[int, list[str]]]:
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(_lines(path), delimiter=separator, quoting=quoting)
    begins, columns = 1, 0
    try:
        for raw in reader:
            cells = [cell.strip() for cell in raw]
            if any(cells):
                cells.extend([""] * (columns - len(cells)) or [""])
                yield begins, cells
                columns = columns or len(cells)  # as many as the header, and the empty one
            begins = reader.line_num + 1  # a quoted cell may go over several lines
    except csv.Error as error:
        raise AnnotationError(f"{path} line {begins} is not a row of a table: {error}") from error
