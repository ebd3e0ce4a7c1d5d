"""`submission.csv`: one row a recording, one column a species, as the RFCX competition wants it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawnchorus.files import whole


class SubmissionError(ValueError):
    """The sample doesn't fit the model or the recordings; the message says how."""


def write(path: Path, sample: Path, scores: Mapping[str, NDArray[np.float32]]) -> list[str]:
    """Write the rows and columns of `sample` filled with scores `(species,)` by recording key.

    Recordings without scores (faulty or missing files) get zeros and are given back. Raises SubmissionError when the
    sample's columns are not `recording_id, s0, s1, …` for the model's species, when one of its names fits several
    recordings, or when none of its recordings was scored.
    """
    with sample.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        columns = list(reader.fieldnames or [])
        wanted = [row["recording_id"] for row in reader] if "recording_id" in columns else []
    n_species = len(next(iter(scores.values()))) if scores else len(columns) - 1
    expected = ["recording_id", *(f"s{number}" for number in range(n_species))]
    if columns != expected:
        raise SubmissionError(
            f"{sample}: columns {', '.join(columns[:4])} …; expected {', '.join(expected[:4])} … {expected[-1]}"
        )
    stems = Counter(key.rsplit("/", 1)[-1] for key in scores)
    by_name = {key.rsplit("/", 1)[-1]: values for key, values in scores.items()} | dict(scores)
    for recording in wanted:
        if stems[recording] > 1 and recording not in scores:
            raise SubmissionError(
                f"{sample}: {stems[recording]} recordings are named {recording}; give their folders too"
            )
    missing = [recording for recording in wanted if recording not in by_name]
    if wanted and len(missing) == len(wanted):
        raise SubmissionError(f"{sample}: none of its {len(wanted)} recordings was scored, first {wanted[0]}")
    with whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(expected)
        for recording in wanted:
            values = by_name.get(recording, np.zeros(n_species, np.float32))
            writer.writerow([recording, *(f"{value:.6f}" for value in values)])
    return missing
