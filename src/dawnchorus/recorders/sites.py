"""A table of sites: `site, latitude, longitude`, in degrees, and `zone` where the clocks of its recorders have one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from dawnchorus.annotations import table
from dawnchorus.recorders import zones


@dataclass(frozen=True, slots=True)
class Site:
    """A place: its coordinates in degrees, None where the table leaves them out, and the zone of its clocks."""

    place: tuple[float, float] | None = None
    clock: tzinfo | None = None


def read(path: Path) -> dict[str, Site]:
    """Read the sites by name. Raises ValueError with file, line, what was found and what was expected."""
    sites: dict[str, Site] = {}
    for line, row in table.read(path, ("site",)):
        where = f"{path} line {line}"
        if not row["site"] or row["site"] in sites:
            raise ValueError(f"{where}: site is {row['site']!r}; expected a name that no other row has")
        latitude, longitude = row.get("latitude", ""), row.get("longitude", "")
        place = None
        if latitude or longitude:
            place = _degrees(where, "latitude", latitude, 90), _degrees(where, "longitude", longitude, 180)
        try:
            clock = zones.parse(row["zone"]) if row.get("zone") else None
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
        sites[row["site"]] = Site(place, clock)
    return sites


def _degrees(where: str, column: str, text: str, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= most:
        raise ValueError(f"{where}: {column} is {text!r}, not degrees from -{most} to {most}, such as 18.3412")
    return value
