"""CSV files with named columns: UTF-8 with or without a mark, in any order of columns, with any others beside."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from dawnchorus import files
from dawnchorus.annotations import sheet
from dawnchorus.annotations.problems import AnnotationError

Row = dict[str, str]
"""The cells of a row by column, stripped; a cell that is not there is empty."""


def read(path: Path, columns: Sequence[str], otherwise: str = "") -> Iterator[tuple[int, Row]]:
    """Read (line, row) of all rows that are not blank; `line` is where the row begins, the header is line 1.

    Raises AnnotationError if the file is no such table or one of `columns` is missing. `otherwise` is the encoding of a
    file that is not UTF-8.
    """
    try:
        with path.open(encoding=sheet.encoding(path, otherwise) if otherwise else "utf-8-sig", newline="") as file:
            yield from _rows(path, file, columns)
    except UnicodeDecodeError as error:
        raise AnnotationError(f"{sheet.not_utf8(path)}; save it as UTF-8") from error
    except csv.Error as error:
        raise AnnotationError(f"{path} is not a CSV file: {error}") from error


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table, wholly or not at all."""
    lines = [",".join(map(cell, row)) + "\n" for row in [header, *rows]]
    files.write_text(path, "".join(lines))


def decimal(value: float) -> str:
    """The shortest decimal text that is the same number again: a point, no exponent, no sign of zero."""
    text = repr(float(value) + 0.0)
    return format(Decimal(text), "f") if "e" in text else text


def cell(text: str) -> str:
    """Quote where needed; Python's csv writer leaves a lone carriage return bare, which its reader takes for a row."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text


def _rows(path: Path, file: Iterable[str], columns: Sequence[str]) -> Iterator[tuple[int, Row]]:
    reader = csv.reader(file)
    header: list[str] = []
    begins = 1
    for cells in reader:
        stripped = list(map(str.strip, cells))
        if any(stripped):
            if header:
                stripped.extend([""] * (len(header) - len(stripped)))
                yield begins, dict(zip(header, stripped, strict=False))
            else:
                header = stripped
                _check_header(path, header, columns)
        begins = reader.line_num + 1  # a quoted cell may go over several lines
    if not header:
        raise AnnotationError(f"{path} is empty; it should have the columns {', '.join(columns)}")


def _check_header(path: Path, header: Sequence[str], columns: Sequence[str]) -> None:
    twice = sorted({name for name in header if name in columns and header.count(name) > 1})
    if twice:
        raise AnnotationError(f"{path} has the column {', '.join(twice)} twice")
    missing = [name for name in columns if name not in header]
    if not missing:
        return
    message = f"{path} has no column {', '.join(missing)}; its columns are {', '.join(header)}"
    for name in missing:
        for near in difflib.get_close_matches(name, [other for other in header if other not in columns], 1):
            message += f"; is {near!r} meant to be {name!r}?"
    for mark, said in ((";", "';'"), ("\t", "tabs")):
        if len(header) == 1 and mark in header[0]:
            message += f"; they are separated by {said} and should be by ','"
    raise AnnotationError(message)
