"""Detections as a CSV table: `recording_id, species_id, species, t_min, t_max, f_min, f_max, score, channel`.

Behind them `site, time_utc, time_local, latitude, longitude`: where and when each began, empty where it is not known.
Times are ISO 8601 with their zone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from pathlib import Path

from dawnchorus.events import Detection, Species
from dawnchorus.export.files_table import degrees, stamp
from dawnchorus.files import whole
from dawnchorus.recorders.origin import Origin

COLUMNS = (
    "recording_id", "species_id", "species", "t_min", "t_max", "f_min", "f_max", "score", "channel",
    "site", "time_utc", "time_local", "latitude", "longitude",
)  # fmt: skip
NOWHERE = Origin()


def write(
    path: Path,
    detections: Iterable[Detection],
    species: Sequence[Species],
    origins: Mapping[str, Origin] | None = None,
) -> int:
    """Write detections, seconds and hertz, as they come; with none of them the header alone. Gives their number.

    `origins` are those of the recordings, by key.
    """
    rows = 0
    with whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for rows, found in enumerate(detections, 1):  # noqa: B007
            origin = (origins or {}).get(found.recording, NOWHERE)
            at = origin.at(found.start_s)
            writer.writerow(
                [
                    found.recording,
                    found.species,
                    species[found.species].name,
                    f"{found.start_s:.3f}",
                    f"{found.end_s:.3f}",
                    f"{found.low_hz:.1f}",
                    f"{found.high_hz:.1f}",
                    f"{found.score:.6f}",
                    found.channel,
                    origin.site,
                    stamp(at and at.astimezone(UTC)),
                    stamp(at),
                    *degrees(origin.place),
                ]
            )
    return rows
