"""Detections as a CSV table: `recording_id, species_id, species, t_min, t_max, f_min, f_max, score, channel`.

Behind them `site, time_utc, time_local, latitude, longitude`: where and when each began, empty where it is not known.
Times are ISO 8601 with their zone. The last is `spread`: how far the networks disagree.
Marks are written as their readers read them: without `species_id`, and with `song_type` and `verdict` at the end, and
behind these the further names of a table of names, such as the codes of GBIF and eBird.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from pathlib import Path

from dawnchorus.annotations.csv_columns import COLUMNS as MARK_COLUMNS
from dawnchorus.annotations.marks import Mark
from dawnchorus.annotations.names import NO_NAMES, Names
from dawnchorus.events import Detection, Recording, Species
from dawnchorus.export import cells
from dawnchorus.export.cells import Lost
from dawnchorus.export.files_table import degrees, stamp
from dawnchorus.files import whole
from dawnchorus.recorders.origin import Origin

COLUMNS = (
    "recording_id", "species_id", "species", "t_min", "t_max", "f_min", "f_max", "score", "channel",
    "site", "time_utc", "time_local", "latitude", "longitude", "spread",
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
                    cells.text(found.recording),
                    found.species,
                    cells.text(species[found.species].name),
                    f"{found.start_s:.3f}",
                    f"{found.end_s:.3f}",
                    f"{found.low_hz:.1f}",
                    f"{found.high_hz:.1f}",
                    f"{found.score:.6f}",
                    found.channel,
                    cells.text(origin.site),
                    stamp(at and at.astimezone(UTC)),
                    stamp(at),
                    *degrees(origin.place),
                    f"{found.spread:.6f}",
                ]
            )
    return rows


def write_marks(
    path: Path, marks: Iterable[Mark], recordings: Sequence[Recording] = (), names: Names = NO_NAMES
) -> Lost:
    """Write what tables said, nothing of which is lost."""
    ours = list(MARK_COLUMNS.values())
    more = cells.further_names(path, ours, names)
    rows = (
        [
            cells.text(one.recording),
            cells.text(one.species),
            cells.number(one.start_s),
            cells.number(one.end_s),
            cells.number(one.low_hz),
            cells.number(one.high_hz),
            "" if one.score is None else cells.number(one.score),
            str(one.channel),
            cells.text(one.song_type),
            one.said,
            *(cells.text(names.other(one.species, kind)) for kind in more),
        ]
        for one in marks
    )
    cells.write_csv(path, [*ours, *map(cells.text, more)], rows)
    return Lost()
