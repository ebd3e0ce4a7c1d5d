"""What was heard in whole recordings, as a CSV table: one row a recording and species that the model gives a chance."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawnchorus.calibration.tables import Calibration
from dawnchorus.events import Species
from dawnchorus.files import whole

COLUMNS = ("recording_id", "species_id", "species", "score", "probability", "called")
LEAST = 0.01  # less probable rows are left out: most species are not in most recordings


def write(
    path: Path,
    scores: Iterable[tuple[str, NDArray[np.float32]]],
    calibration: Calibration,
    species: Sequence[Species],
) -> int:
    """Write rows from recording keys and their scores `(species,)`, as they come, and give their number.

    `probability` is that of the species being somewhere in the recording; `called` is 1 from the threshold on that
    reaches the calibration's wanted precision over all species.
    """
    threshold = next((one.threshold for one in calibration.thresholds if one.species is None), np.inf)
    rows = 0
    with whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for recording, its in scores:
            for one, score, probability in zip(species, its, calibration.apply(its), strict=True):
                if probability >= LEAST:
                    called = int(probability >= threshold)
                    writer.writerow([recording, one.number, one.name, f"{score:.6f}", f"{probability:.4f}", called])
                    rows += 1
    return rows
