"""What was heard in whole recordings, as a CSV table: one row a recording and species that the model gives a chance."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawnchorus.annotations import table
from dawnchorus.calibration.tables import Calibration
from dawnchorus.events import Species
from dawnchorus.files import whole

COLUMNS = ("recording_id", "species_id", "species", "score", "probability", "called")
LEAST = 0.01  # less probable rows are left out: most species are not in most recordings


def read(path: Path, n_species: int) -> dict[str, NDArray[np.float64]]:
    """Probabilities `(species,)` by recording; 0 where there is no row. A recording without any row is missing.

    Raises ValueError with file and line where a row is no probability of one of `n_species` species.
    """
    found: dict[str, NDArray[np.float64]] = {}
    for line, row in table.read(path, ("recording_id", "species_id", "probability")):
        try:
            species, p = int(row["species_id"]), float(row["probability"])
        except ValueError as error:
            raise ValueError(f"{path} line {line}: {error}") from error
        if not (0 <= species < n_species and 0 <= p <= 1):
            raise ValueError(
                f"{path} line {line}: species {species} with probability {p:g}; expected a species below {n_species} "
                "and a probability from 0 to 1"
            )
        found.setdefault(row["recording_id"], np.zeros(n_species))[species] = p
    return found


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
