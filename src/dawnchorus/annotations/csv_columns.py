"""Plain CSV: one row a box, in columns that the user names, or in those of this project's own tables.

Our names of columns are the keys of COLUMNS; `recording` and `species` must be there, and the times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dawnchorus.annotations import sheet
from dawnchorus.annotations.marks import (
    NOTHING_TOLD,
    PRESENT,
    UNSEEN,
    Mark,
    Said,
    Table,
    Told,
    collected,
    mark,
    number,
    whole_number,
    word,
)
from dawnchorus.annotations.problems import AnnotationError

COLUMNS: Mapping[str, str] = {
    "recording": "recording_id",
    "species": "species",
    "start": "t_min",
    "end": "t_max",
    "low": "f_min",
    "high": "f_max",
    "score": "score",
    "channel": "channel",
    "song_type": "song_type",
    "verdict": "verdict",
}
"""Columns by what they hold."""
ALSO: Mapping[str, tuple[str, ...]] = {
    "recording": ("recording", "filename", "file_name", "file", "audio_file"),
    "species": ("label", "annotation", "species_name"),
    "start": ("start", "start_s", "start_time", "start (s)", "onset_s", "begin_time"),
    "end": ("end", "end_s", "end_time", "end (s)", "offset_s"),
    "low": ("low_hz", "low_freq", "low_f"),
    "high": ("high_hz", "high_freq", "high_f"),
    "score": ("confidence",),
}
"""What other people call these columns; a table that has two of one kind does not tell which is meant."""
MAY_SAY_ABSENT = frozenset(
    {"validated", "validation", "validation_status", "review_status", "present", "absent", "manual id", "correct"}
)
"""Columns with which a table is not taken for plain CSV by itself: its rows may not all say present."""
NEEDED = ("recording", "species", "start", "end")


def read(path: Path, told: Told = NOTHING_TOLD, named: str = "") -> Table:
    """Read a table; `told.columns` says which column holds what, where it is not as in COLUMNS.

    `named` is the recording of rows that name none. Rows of a table with scores and without verdicts are what a program
    found: nobody looked at them. Raises AnnotationError if a column is missing or `told.columns` names one of no use.
    """
    names = {**COLUMNS, **told.columns, **({"species": told.species} if told.species else {})}
    if strangers := [key for key in names if key not in COLUMNS]:
        raise AnnotationError(f"a column can be {', '.join(COLUMNS)}, not {', '.join(strangers)}")
    table = sheet.read(path, otherwise=told.encoding)
    names |= {key: name for key, name in found(table.header).items() if names[key] == COLUMNS[key]}
    must = [key for key in names if key in told.columns or key in NEEDED and not (key == "recording" and named)]
    at = {key: table.needed(name) if key in must else table.column(name) for key, name in names.items()}
    otherwise: Said = UNSEEN if at["score"] != sheet.NOT_THERE else PRESENT
    otherwise = otherwise if told.said is None else told.said
    comma = table.comma or told.decimal_comma

    def value(cells: list[str], key: str) -> float:
        return number(cells[at[key]], names[key], comma)

    def marks(cells: list[str], where: str) -> tuple[Mark]:
        low_hz = value(cells, "low") if cells[at["low"]] else 0.0
        high_hz = value(cells, "high") if cells[at["high"]] else 0.0
        one = mark(
            sheet.recording(cells[at["recording"]]) or named,
            sheet.plain(cells[at["species"]]),
            value(cells, "start"),
            value(cells, "end"),
            low_hz,
            high_hz,
            word(cells[at["verdict"]], names["verdict"]) if at["verdict"] != sheet.NOT_THERE else otherwise,
            value(cells, "score") if cells[at["score"]] else None,
            whole_number(cells[at["channel"]], names["channel"]) if cells[at["channel"]] else 0,
            sheet.plain(cells[at["song_type"]]),
            where,
        )
        return (one,)

    return collected(path, table.rows, marks)


def found(header: Sequence[str]) -> dict[str, str]:
    """The columns of a table by what they hold: ours, or the one that has another usual name."""
    plain = [name.casefold() for name in header]
    columns = {}
    for key, name in COLUMNS.items():
        usual = [other for other in ALSO.get(key, ()) if other in plain]
        if name in plain or len(usual) == 1:
            columns[key] = name if name in plain else usual[0]
    return columns
