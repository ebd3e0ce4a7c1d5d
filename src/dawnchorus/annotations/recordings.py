"""`recordings.csv`: where each recording was made, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dawnchorus.annotations import table
from dawnchorus.annotations.problems import Problem, place

COLUMNS = ("recording_id", "site")


def read(path: Path, site_column: str = "site") -> tuple[dict[str, str], list[Problem]]:
    """Read the site of each recording id; of a recording that is there twice, the first row counts.

    Raises AnnotationError if the file is no such table, or has no column of that name.
    """
    rows, problems = _rows(path, ("recording_id", site_column))
    return {recording: row[site_column] for recording, (_, row) in rows.items()}, problems


def read_starts(path: Path) -> tuple[dict[str, datetime], list[Problem]]:
    """Read when each recording began, from the column `start` if it is there: ISO 8601 with its time zone.

    Recordings with an empty cell are not in the result; the problems are those of this column alone.
    """
    starts, problems = {}, []
    for recording, (line, row) in _rows(path, ("recording_id",))[0].items():
        text = row.get("start", "")
        start = _start(text)
        if start is not None:
            starts[recording] = start
        elif text:
            expected = "a time with its zone, such as 2026-04-01T05:30:00+02:00"
            problems.append(Problem(path.name, line, "bad_start", f"start is {text!r}", expected, left_out=True))
    return starts, problems


def _start(text: str) -> datetime | None:
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        return None
    return start if start.tzinfo is not None else None


def _rows(path: Path, columns: Sequence[str]) -> tuple[dict[str, tuple[int, table.Row]], list[Problem]]:
    rows: dict[str, tuple[int, table.Row]] = {}
    problems = []
    for line, row in table.read(path, columns):
        recording = row["recording_id"]
        if not recording:
            expected = "the name of a recording"
            problems.append(Problem(path.name, line, "missing", "recording_id is empty", expected, left_out=True))
        elif recording in rows:
            found = f"{recording!r} is already in {place(path.name, rows[recording][0])}"
            problems.append(Problem(path.name, line, "duplicate", found, "a new recording", left_out=True))
        else:
            rows[recording] = (line, row)
    return rows, problems
