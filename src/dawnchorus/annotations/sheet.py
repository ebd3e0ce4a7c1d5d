"""Tables as other programs write them: read a row at a time, with the marks, line ends and commas of their systems."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, TextIO

from dawnchorus.annotations.problems import AnnotationError

NOT_THERE = -1
"""The place of a column that a table does not have; rows end in an empty cell, which is what it names."""

ESCAPED = re.compile(r"""'+[=+\-@\t\r"]""")
"""How a cell begins that `export.cells` has made harmless."""

KEPT = 1 << 16
"""Names that are kept, so that a million rows hold each once; few tables have more."""

csv.field_size_limit(1 << 24)


class NoTableError(AnnotationError):
    """Text, but no table."""


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


def read(path: Path, separators: str = ",;\t", quoted: bool = True, otherwise: str = "") -> Sheet:
    """Open a table with a header; the first line tells which of `separators` it has.

    Raises AnnotationError if the file is empty or no text. `quoted`: cells may be quoted, as in CSV. `otherwise` is the
    encoding of a file that is neither UTF-8 nor UTF-16.
    """
    coded = encoding(path, otherwise)
    with _opened(path, coded) as file:
        first = next((line for line in file if line.strip()), "")
    if not first:
        raise NoTableError(f"{path} is empty; it should have a line with the names of columns")
    separator = max(separators, key=first.count)
    found = _rows(path, coded, separator, quoted)
    _, header = next(found)
    while header and not header[-1]:
        header.pop()  # a separator after the last name
    return Sheet(path, header, found, separator != ",")


def text_lines(path: Path, otherwise: str = "") -> Iterator[tuple[int, str]]:
    """Give (line, text) of all lines, without their ends and the mark that the first may have."""
    with _opened(path, encoding(path, otherwise)) as file:
        for line, text in enumerate(file, 1):
            yield line, text.rstrip("\r\n")


@lru_cache(KEPT)
def plain(cell: str) -> str:
    """Take away what made a cell harmless to spreadsheets."""
    return cell[1:] if cell[:1] == "'" and ESCAPED.match(cell) else cell


@lru_cache(KEPT)
def recording(cell: str) -> str:
    """The name of a recording in a cell, with the slashes of one system."""
    return plain(cell).replace("\\", "/")


def headed(path: Path, otherwise: str = "") -> list[str]:
    """The columns of a file that may be a table; none if it is none. Raises AnnotationError if it is no text."""
    with suppress(NoTableError):
        return read(path, otherwise=otherwise).header
    return []


def without(name: str, endings: Sequence[str]) -> str:
    """Take away the first of some endings, whatever the case of its letters."""
    for ending in endings:
        if name.casefold().endswith(ending.casefold()):
            return name[: len(name) - len(ending)]
    return name


def encoding(path: Path, otherwise: str) -> str:
    """The encoding of a file of text: UTF-8, UTF-16 by its mark, or `otherwise` if there is one."""
    with path.open("rb") as file:
        mark = file.read(2)
        if mark in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"  # spreadsheets save "Unicode text"
        file.seek(0)
        try:
            for raw in file if otherwise else ():
                raw.decode()
        except UnicodeDecodeError:
            return otherwise
    return "utf-8-sig"


def not_utf8(path: Path) -> str:
    """Say which line of a file is no UTF-8, and why."""
    with path.open("rb") as file:
        for line, raw in enumerate(file, 1):
            try:
                raw.decode()
            except UnicodeDecodeError as error:
                return f"{path} line {line} is not UTF-8 text (byte 0x{raw[error.start]:02x})"
    return f"{path} is not UTF-8 text"


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[TextIO]:
    """A file of text, whose ends of lines stay; AnnotationError where its bytes are not of the encoding."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            yield file
    except UnicodeError as error:
        if encoding == "utf-8-sig":
            raise AnnotationError(f"{not_utf8(path)}; pass --encoding, e.g. cp1252 or shift_jis") from error
        raise AnnotationError(f"{path} is not {encoding} text ({error})") from error


def _rows(path: Path, encoding: str, separator: str, quoted: bool) -> Iterator[tuple[int, list[str]]]:
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    begins, columns = 1, 0
    with _opened(path, encoding) as file:
        reader = csv.reader(file, delimiter=separator, quoting=quoting)
        try:
            for raw in reader:
                cells = list(map(str.strip, raw))
                if any(cells):
                    cells.extend([""] * (columns - len(cells)) or [""])
                    yield begins, cells
                    columns = columns or len(cells)  # as many as the header, and the empty one
                begins = reader.line_num + 1  # a quoted cell may go over several lines
        except csv.Error as error:
            raise NoTableError(f"{path} line {begins} is not a row of a table: {error}") from error
