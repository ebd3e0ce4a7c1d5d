"""Start times and coordinates in the names of files, as recorders write them.

| recorder                       | name                                          | zone                           |
|--------------------------------|-----------------------------------------------|--------------------------------|
| AudioMoth                      | `20240501_053000.WAV`, `242A…DD_20240501_…`   | of its clock, mostly UTC       |
| AudioMoth, first firmwares     | `5B07C752.WAV`: seconds since 1970            | UTC                            |
| Song Meter                     | `PREFIX_20240501_053000`, `…_0+1_…$…`         | of its clock                   |
| Swift                          | `SwiftOne_20240501_053000_-0400`              | in the name                    |
| Frontier Labs, BAR-LT          | `20240501T053000+1000_REC [-27.38 152.87]`    | in the name                    |
| OwlSense                       | `OWL_123456_2024-05-01_T05-30-00`             | of its clock                   |
| Arbimon                        | `Sabana_Seca-2015-08-05_17-30`                | of its clock                   |
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import PurePosixPath

from dawnchorus.recorders import zones

PLAIN = re.compile(
    r"(?<!\d)(\d{4})(\d\d)(\d\d)[_T$-]?(\d\d)(\d\d)(\d\d)(?!\d)(?:\.\d+)?(?:_?([+-]\d{4})(?![\d.])|(Z))?"
)
DASHED = re.compile(
    r"(?<!\d)(\d{4})-(\d\d)-(\d\d)[_ T]+(\d\d)[-:.](\d\d)(?:[-:.](\d\d))?(?!\d)(?:_?([+-]\d{4})(?![\d.])|(Z))?"
)
DAY = re.compile(r"(?<!\d)(\d{4})-?(\d\d)-?(\d\d)(?!\d)")
UNIX_HEX = re.compile(r"[0-9A-F]{8}", re.IGNORECASE)
YEARS = (1970, 2100)  # other digits are a serial number
FIRST_HEX = datetime(2017, 1, 1, tzinfo=UTC)  # there was no AudioMoth before; eight digits of a date come out earlier
COORDINATES = re.compile(
    r"\[([+-]?\d{1,2}\.\d+)[ _,]+([+-]?\d{1,3}\.\d+)\]|(?<=_)([+-]\d{1,2}\.\d+)([+-]\d{1,3}\.\d+)(?!\d)"
)


@dataclass(frozen=True, slots=True)
class Named:
    """What a name says: `at` without a zone is the time of the recorder's clock; `day_only`: a date and no time."""

    at: datetime | None = None
    place: tuple[float, float] | None = None
    day_only: bool = False


def read(name: str) -> Named:
    """Read the last part of a path, whose extension may be in any case."""
    file = PurePosixPath(name)
    stem = file.stem if re.fullmatch(r"\.[A-Za-z]\w{1,4}", file.suffix) else file.name
    at = _at(stem)
    return Named(at, _place(stem), at is None and any(_day(match) for match in DAY.finditer(stem)))


def _at(stem: str) -> datetime | None:
    for form in (PLAIN, DASHED):
        for match in form.finditer(stem):
            *numbers, offset, zulu = match.groups()
            try:
                zone = UTC if zulu else zones.parse(offset) if offset else None
                at = datetime(*(int(number or 0) for number in numbers), tzinfo=zone)  # type: ignore[arg-type, misc]
            except ValueError:
                continue  # digits that are no time
            if YEARS[0] <= at.year <= YEARS[1]:
                return at
    if UNIX_HEX.fullmatch(stem):
        at = datetime.fromtimestamp(int(stem, 16), UTC)
        if at >= FIRST_HEX:
            return at
    return None


def _day(match: re.Match[str]) -> bool:
    try:
        return date(*map(int, match.groups())).year >= 1900
    except ValueError:
        return False


def _place(stem: str) -> tuple[float, float] | None:
    for match in COORDINATES.finditer(stem):
        latitude, longitude = (float(text) for text in match.groups() if text)
        if abs(latitude) <= 90 and abs(longitude) <= 180:
            return latitude, longitude
    return None
