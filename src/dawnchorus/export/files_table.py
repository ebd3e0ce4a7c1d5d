"""The files of a run, as a CSV table: where and when each was recorded, how much of it was heard, what is doubtful.

`recording_id, file, site, start_utc, start_local, zone, latitude, longitude, seconds, gaps, start_from, place_from,
recorder, warnings`. `seconds` are those heard; `gaps` are stretches within the recording that could not be decoded,
such as `12.0-14.5`, in seconds. People may mend the table: it is read again.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dawnchorus.annotations import sheet, table
from dawnchorus.export import cells
from dawnchorus.files import whole
from dawnchorus.recorders import zones
from dawnchorus.recorders.origin import Origin, Place

COLUMNS = (
    "recording_id", "file", "site", "start_utc", "start_local", "zone", "latitude", "longitude", "seconds", "gaps",
    "start_from", "place_from", "recorder", "warnings",
)  # fmt: skip
NEEDED = ("recording_id", "site", "start_utc", "zone", "seconds")
Stretch = tuple[float, float]


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file: its key and name, its origin, the seconds of it that were heard, and the gaps between them."""

    key: str
    name: str
    origin: Origin
    seconds: float
    gaps: tuple[Stretch, ...] = ()

    def heard(self) -> list[Stretch]:
        """The stretches of the recording that were heard, in order; together they last `seconds`."""
        stretches, at, left = [], 0.0, self.seconds
        for start_s, end_s in sorted(self.gaps):
            length = min(max(start_s - at, 0.0), left)
            if length > 0:
                stretches.append((at, at + length))
            at, left = max(at, end_s), left - length
        return [*stretches, (at, at + left)] if left > 0 else stretches


def stamp(at: datetime | None) -> str:
    """A time in milliseconds with its zone, `Z` for UTC; empty for None."""
    return "" if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def degrees(place: Place | None) -> tuple[str, str]:
    """Latitude and longitude as text; empty where they are not known."""
    return ("", "") if place is None else (f"{place[0]:.7g}", f"{place[1]:.8g}")


def write(path: Path, rows: Iterable[FileRow]) -> int:
    """Write the table as its rows come, and give their number."""
    count = 0
    with whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for count, row in enumerate(rows, 1):  # noqa: B007
            origin = row.origin
            writer.writerow(
                [
                    cells.text(row.key),
                    cells.text(row.name),
                    cells.text(origin.site),
                    stamp(origin.start and origin.start.astimezone(UTC)),
                    stamp(origin.start),
                    "" if origin.start is None else zones.name(origin.start),
                    *degrees(origin.place),
                    f"{row.seconds:.3f}",
                    "; ".join(f"{start_s:.3f}-{end_s:.3f}" for start_s, end_s in row.gaps),
                    origin.start_from,
                    origin.place_from,
                    origin.recorder,
                    "; ".join(origin.warnings),
                ]
            )
    return count


def read(path: Path) -> list[FileRow]:
    """Read the table. Raises ValueError with file, line, what was found and what was expected."""
    rows = []
    for line, row in table.read(path, NEEDED):
        where = f"{path} line {line}"
        start = None
        if row["start_utc"]:
            try:
                start = datetime.fromisoformat(row["start_utc"])
                start = start.astimezone(zones.parse(row["zone"] or "UTC")) if start.tzinfo else None
            except ValueError as error:
                raise ValueError(f"{where}: start_utc {row['start_utc']!r}, zone {row['zone']!r}: {error}") from error
            if start is None:
                raise ValueError(f"{where}: start_utc is {row['start_utc']!r}; expected Z or an offset at its end")
        place = None
        if row.get("latitude") and row.get("longitude"):
            place = _number(where, row, "latitude"), _number(where, row, "longitude")
        try:
            gaps = tuple(_gap(text) for text in row.get("gaps", "").split(";") if text.strip())
        except ValueError as error:
            raise ValueError(f"{where}: gaps are {row['gaps']!r}; expected such as 12.0-14.5; 60.0-61.0") from error
        key, name, site = (sheet.plain(row.get(column, "")) for column in ("recording_id", "file", "site"))
        origin = Origin(site, start, place=place)
        rows.append(FileRow(key, name, origin, _number(where, row, "seconds"), gaps))
    return rows


def _number(where: str, row: table.Row, column: str) -> float:
    try:
        return float(row[column])
    except ValueError:
        raise ValueError(f"{where}: {column} is {row[column]!r}, not a number") from None


def _gap(text: str) -> Stretch:
    start_s, _, end_s = text.strip().partition("-")
    return float(start_s), float(end_s)
