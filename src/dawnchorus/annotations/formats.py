"""Which format a file has, and the reader of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from dawnchorus.annotations import (
    aoef,
    arbimon,
    audacity,
    birdnet,
    crowsetta_seq,
    csv_columns,
    kaleidoscope,
    opensoundscape,
    parquet_table,
    raven,
    rfcx,
    sheet,
)
from dawnchorus.annotations.marks import NOTHING_TOLD, Table, Told
from dawnchorus.annotations.problems import AnnotationError

Reader = Callable[[Path, Told, str], Table]
"""A file, what the user says of it, and the recording that it is of if it names none; to what it says."""

READERS: Mapping[str, Reader] = {
    "csv": csv_columns.read,
    "raven": raven.read,
    "audacity": audacity.read,
    "arbimon": arbimon.read,
    "kaleidoscope": kaleidoscope.read,
    "birdnet": birdnet.read,
    "opensoundscape": opensoundscape.read,
    "crowsetta": crowsetta_seq.read,
    "aoef": aoef.read,
    "parquet": parquet_table.read,
    "rfcx": rfcx.read_marks,
}
ENDINGS: Mapping[str, tuple[str, ...]] = {
    "raven": raven.ENDINGS,
    "audacity": audacity.ENDINGS,
    "birdnet": birdnet.ENDINGS,
}
"""Of formats that have a file a recording, which is named after it: what comes after the recording's name."""
SUFFIXES = {".csv", ".txt", ".tsv", ".json", ".parquet"}
OF_SUFFIX = {".json": "aoef", ".parquet": "parquet"}
TELLING: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "raven": ((raven.BEGIN, raven.END),),
    "csv": (tuple(csv_columns.COLUMNS[name] for name in csv_columns.NEEDED),),
    "rfcx": (rfcx.REQUIRED,),
    "arbimon": (("recording", "species", "x1", "validated"), ("site_name", "detection_start", "validation_status")),
    "kaleidoscope": ((kaleidoscope.FILE, kaleidoscope.OFFSET, kaleidoscope.DURATION),),
    "birdnet": ((birdnet.START, birdnet.END, birdnet.CONFIDENCE),),
    "crowsetta": (crowsetta_seq.IN_SECONDS, crowsetta_seq.IN_SAMPLES),
    "opensoundscape": (opensoundscape.INDEX, ("audio_file", "annotation", "start_time", "end_time")),
}
"""Columns by which a format is known, in the order in which they are asked for."""


def read(path: Path, format: str = "", told: Told = NOTHING_TOLD) -> Table:
    """Read a file, or all files under a folder; the format is guessed for each where none is given.

    Raises AnnotationError for what cannot be read as a table at all.
    """
    if format and format not in READERS:
        raise AnnotationError(f"no format is named {format!r}; there are {', '.join(READERS)}")
    if not path.is_dir():
        if not path.is_file():
            raise AnnotationError(f"{path}: no such file or folder")
        return READERS[format or guess(path, told)](path, told, "")
    together = Table([])
    for file in _files(path):
        kind = format or guess(file, told)
        together += READERS[kind](file, told, _named(file.relative_to(path), kind))
    return together


def guess(path: Path, told: Told = NOTHING_TOLD) -> str:
    """The format of a file, by its columns; plain CSV where the user names columns, or they have usual names.

    Raises AnnotationError if it could be none or several.
    """
    if path.suffix.casefold() in OF_SUFFIX:
        return OF_SUFFIX[path.suffix.casefold()]
    columns = sheet.headed(path, told.encoding)
    header = {name.casefold() for name in columns}
    if told.columns and {name.casefold() for name in told.columns.values()} <= header:
        return "csv"
    for format, needed in TELLING.items():
        if any({name.casefold() for name in names} <= header for names in needed):
            return format
    if path.suffix.casefold() == ".txt" and (not header or any(_is_number(name) for name in header)):
        return "audacity"
    named = {*csv_columns.found(columns), *(["species"] if told.species.casefold() in header else [])}
    missing = [key for key in csv_columns.NEEDED if key not in named]
    if not missing and not (doubtful := header & csv_columns.MAY_SAY_ABSENT):
        return "csv"
    why = (
        f"As plain CSV it has no column for {', '.join(missing)}: name them as in --column {missing[0]}=NAME"
        if missing
        else f"As plain CSV its {', '.join(sorted(doubtful))} would not be read, and may say that a species is absent"
    )
    uncertain = f"its format is not certain; say with --from (`train`: --format) which it is: {', '.join(READERS)}"
    raise AnnotationError(f"{path}: {uncertain}. {why}; its columns are {', '.join(columns)}")


def _is_number(text: str) -> bool:
    return text.replace(",", ".", 1).replace(".", "", 1).strip("-").isdecimal()


def _files(folder: Path) -> Iterator[Path]:
    if (present := folder / "train_tp.csv").is_file():  # what lies beside it are no tables of annotations
        return iter([path for path in (present, folder / "train_fp.csv") if path.is_file()])
    files = sorted(path for path in folder.rglob("*") if path.suffix.casefold() in SUFFIXES and path.is_file())
    if not files:
        raise AnnotationError(f"{folder} has no tables; expected {', '.join(sorted(SUFFIXES))}")
    return iter(files)


def _named(relative: Path, kind: str) -> str:
    """The recording that a file is named after: its path under the folder of the tables."""
    name = relative.as_posix()
    return sheet.without(raven.table_name(name) if kind == "raven" else name, ENDINGS.get(kind, ()))
