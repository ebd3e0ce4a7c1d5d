"""Which format a file has, and the reader of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from dawnchorus.annotations import audacity, csv_columns, raven, sheet
from dawnchorus.annotations.marks import NOTHING_TOLD, Table, Told
from dawnchorus.annotations.problems import AnnotationError

Reader = Callable[[Path, Told, str], Table]
"""A file, what the user says of it, and the recording that it is of if it names none; to what it says."""

READERS: Mapping[str, Reader] = {
    "csv": csv_columns.read,
    "raven": raven.read,
    "audacity": audacity.read,
}
ENDINGS: Mapping[str, tuple[str, ...]] = {"raven": raven.ENDINGS, "audacity": audacity.ENDINGS}
"""Of formats that have a file a recording, which is named after it: what comes after the recording's name."""
SUFFIXES = {".csv", ".txt", ".tsv", ".json", ".parquet"}


def read(path: Path, format: str = "", told: Told = NOTHING_TOLD) -> Table:
    """Read a file, or all files under a folder; the format is guessed for each where none is given.

    Raises AnnotationError for what cannot be read as a table at all.
    """
    if format and format not in READERS:
        raise AnnotationError(f"no format is named {format!r}; there are {', '.join(READERS)}")
    if not path.is_dir():
        if not path.is_file():
            raise AnnotationError(f"{path}: no such file or folder")
        return READERS[format or guess(path)](path, told, "")
    together = Table([])
    for file in _files(path):
        kind = format or guess(file)
        together += READERS[kind](file, told, _named(file.relative_to(path), kind))
    return together


def guess(path: Path) -> str:
    """The format of a file, by its columns; raises AnnotationError if it could be none or several."""
    header = {name.casefold() for name in sheet.headed(path)}
    if raven.BEGIN.casefold() in header:
        return "raven"
    if {csv_columns.COLUMNS[name] for name in csv_columns.NEEDED} <= header:
        return "csv"
    if path.suffix.casefold() == ".txt" and (not header or any(_is_number(name) for name in header)):
        return "audacity"
    raise AnnotationError(f"{path}: its format is not certain; say which it is: {', '.join(READERS)}")


def _is_number(text: str) -> bool:
    return text.replace(",", ".", 1).replace(".", "", 1).strip("-").isdecimal()


def _files(folder: Path) -> Iterator[Path]:
    files = sorted(path for path in folder.rglob("*") if path.suffix.casefold() in SUFFIXES and path.is_file())
    if not files:
        raise AnnotationError(f"{folder} has no tables; expected {', '.join(sorted(SUFFIXES))}")
    return iter(files)


def _named(relative: Path, kind: str) -> str:
    """The recording that a file is named after: its path under the folder of the tables."""
    name = relative.as_posix()
    return sheet.without(raven.table_name(name) if kind == "raven" else name, ENDINGS.get(kind, ()))
