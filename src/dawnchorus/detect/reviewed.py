"""Thresholds that people's verdicts gave a model: the thresholds.csv of `dawnchorus evaluate --verdicts`."""

from __future__ import annotations

import math
from pathlib import Path

from dawnchorus.annotations import table
from dawnchorus.annotations.problems import AnnotationError


def thresholds(path: Path, model_hash: str, n_species: int) -> tuple[float, ...]:
    """The lowest score of a detection of each species; infinite for one without a row: its detections aren't shown.

    Raises AnnotationError with file, line, what was found and what was expected, if the table is broken or is another
    model's.
    """
    found = [math.inf] * n_species
    for line, row in table.read(path, ("species_id", "threshold", "model_hash")):
        where = f"{path} line {line}"
        if row["model_hash"] != model_hash:
            raise AnnotationError(f"{where}: model_hash is {row['model_hash']!r}, not {model_hash!r}: another model's")
        if not row["species_id"].isdecimal() or int(row["species_id"]) >= n_species:
            raise AnnotationError(f"{where}: species_id is {row['species_id']!r}, not 0 to {n_species - 1}")
        try:
            threshold = float(row["threshold"])
        except ValueError:
            threshold = math.nan
        if not threshold >= 0:
            raise AnnotationError(f"{where}: threshold is {row['threshold']!r}, not a number from 0 on, or inf")
        found[int(row["species_id"])] = threshold
    return tuple(found)
