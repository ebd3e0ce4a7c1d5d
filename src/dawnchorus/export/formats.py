"""The writer of each format, and which one a path asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dawnchorus.annotations.marks import Mark
from dawnchorus.annotations.names import NO_NAMES, Names
from dawnchorus.events import Recording
from dawnchorus.export import (
    aoef,
    arbimon,
    audacity,
    birdnet,
    crowsetta_seq,
    csv_table,
    kaleidoscope,
    opensoundscape,
    parquet,
    raven,
    rfcx,
)
from dawnchorus.export.cells import ExportError, Lost

Writer = Callable[[Path, Sequence[Mark], Sequence[Recording]], Lost]
"""A file or folder, rows, and the recordings that they are of, if these are known; to what was lost."""

WRITERS: Mapping[str, Writer] = {
    "csv": csv_table.write_marks,
    "raven": raven.write,
    "audacity": audacity.write,
    "arbimon": arbimon.write,
    "kaleidoscope": kaleidoscope.write,
    "birdnet": birdnet.write,
    "opensoundscape": opensoundscape.write,
    "crowsetta": crowsetta_seq.write,
    "aoef": aoef.write,
    "parquet": parquet.write_marks,
    "rfcx": rfcx.write,
}
NAMING: Mapping[str, Callable[[Path, Sequence[Mark], Sequence[Recording], Names], Lost]] = {
    "csv": csv_table.write_marks,
    "parquet": parquet.write_marks,
    "birdnet": birdnet.write,
}
"""Those that have room for more than one name of a species."""
GUESSED = {".csv": "csv", ".tsv": "raven", ".parquet": "parquet", ".json": "aoef"}


def write(
    path: Path,
    marks: Sequence[Mark],
    format: str = "",
    recordings: Sequence[Recording] = (),
    names: Names = NO_NAMES,
) -> Lost:
    """Write rows in a format, which the end of the path tells where none is given; give what was lost.

    Further names of the species, from the table of `names`, are in the formats that have room for them. Raises
    ExportError when neither tells the format, or when that needs what is not there.
    """
    format = format or GUESSED.get(path.suffix.casefold(), "")
    if path.name.casefold().endswith(".selections.txt"):
        format = format or "raven"
    if format not in WRITERS:
        found = f"no format is named {format!r}" if format else f"{path}: its name does not tell the format"
        raise ExportError(f"{found}; there are {', '.join(WRITERS)}")
    if format in NAMING:
        return NAMING[format](path, marks, recordings, names)
    return WRITERS[format](path, marks, recordings)
