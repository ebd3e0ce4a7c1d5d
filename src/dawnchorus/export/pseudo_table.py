"""Pseudo-labels as a CSV table: `recording_id, species_id, t_min, t_max`, stretches that models call present."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from dawnchorus.files import whole

COLUMNS = ("recording_id", "species_id", "t_min", "t_max")


def write(path: Path, stretches: Iterable[tuple[str, int, float, float]]) -> None:
    """Write stretches (recording, species, start_s, end_s); with none of them the header alone."""
    with whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((key, species, f"{start:.3f}", f"{end:.3f}") for key, species, start, end in stretches)
