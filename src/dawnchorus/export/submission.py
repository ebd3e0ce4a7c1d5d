"""`submission.csv`: one row a recording, one column a species, as the RFCX competition wants it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawnchorus.files import whole


class SubmissionError(ValueError):
    """A table is no submission, or a sample doesn't fit the model or the recordings; the message says how."""


def write(path: Path, sample: Path, scores: Mapping[str, NDArray[np.float32]]) -> list[str]:
    """Write the rows and columns of `sample` filled with scores `(species,)` by recording key.

    Recordings without scores (faulty or missing files) get zeros and are given back. Raises SubmissionError when the
    sample's columns are not `recording_id, s0, s1, …` for the model's species, when one of its names fits several
    recordings, or when none of its recordings was scored.
    """
    n_species = len(next(iter(scores.values()))) if scores else None
    wanted, n_species = check(sample, n_species)
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
    nothing = np.zeros(n_species, np.float32)
    _write(path, n_species, ((recording, by_name.get(recording, nothing)) for recording in wanted))
    return missing


def check(sample: Path, n_species: int | None) -> tuple[list[str], int]:
    """The recordings of a sample, and how many species it has: `n_species`, where that is not None.

    Raises SubmissionError when its columns are not `recording_id, s0, s1, …` for as many species.
    """
    with sample.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        columns = list(reader.fieldnames or [])
        wanted = [row["recording_id"] for row in reader] if "recording_id" in columns else []
    n_species = max(len(columns) - 1, 0) if n_species is None else n_species
    expected = ["recording_id", *(f"s{number}" for number in range(n_species))]
    if columns != expected:
        raise SubmissionError(f"{sample}: its columns are {_shown(columns)}; expected {_shown(expected)}")
    return wanted, n_species


def _shown(columns: list[str]) -> str:
    return ", ".join(columns) or "none" if len(columns) <= 5 else f"{', '.join(columns[:4])} … {columns[-1]}"


def write_all(path: Path, scores: Mapping[str, NDArray[np.float32]]) -> None:
    """Write one row for every recording, in the order of `scores`; at least one."""
    _write(path, len(next(iter(scores.values()))), scores.items())


def _write(path: Path, n_species: int, rows: Iterable[tuple[str, NDArray[np.float32]]]) -> None:
    with whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["recording_id", *(f"s{number}" for number in range(n_species))])
        writer.writerows([recording, *(f"{value:.6f}" for value in values)] for recording, values in rows)


def read(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Read recordings and their scores `(recording, species)`.

    Raises SubmissionError when a cell is no finite number, or when there is no recording.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    if len(rows) < 2:
        raise SubmissionError(f"{path} has no recordings")
    header, *rows = rows
    try:
        scores = np.array([[float(cell) for cell in row[1:]] for row in rows], np.float64).reshape(len(rows), -1)
    except ValueError as error:
        raise SubmissionError(f"{path}: {error}") from error
    if not np.isfinite(scores).all() or scores.shape[1] != len(header) - 1:
        raise SubmissionError(f"{path}: expected a finite number in every cell, {len(header) - 1} of them in a row")
    return [row[0] for row in rows], scores
