"""Detections as a CSV table: `recording_id, species_id, species, t_min, t_max, f_min, f_max, score, channel`."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from dawnchorus.events import Detection, Species
from dawnchorus.files import whole

COLUMNS = ("recording_id", "species_id", "species", "t_min", "t_max", "f_min", "f_max", "score", "channel")


def write(path: Path, detections: Iterable[Detection], species: Sequence[Species]) -> int:
    """Write detections, seconds and hertz, as they come; with none of them the header alone. Gives their number."""
    rows = 0
    with whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for rows, found in enumerate(detections, 1):  # noqa: B007
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
                ]
            )
    return rows
