"""`submission.csv`: one row a recording, one column a species, as the RFCX competition wants it."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawnchorus.files import whole

Row = tuple[int, str]
"""A row of a sample: its line, and what it calls the recording."""


class SubmissionError(ValueError):
    """A table is no submission, or a sample doesn't fit the model or the recordings; the message says how."""


def write(path: Path, sample: Path, scores: Mapping[str, NDArray[np.float32]]) -> list[str]:
    """Write the rows and columns of `sample` filled with scores `(species,)` by recording key.

    Recordings without scores (faulty or missing files) get zeros and are given back. Raises SubmissionError when the
    sample's columns are not `recording_id, s0, s1, …` for the model's species, or when its names don't fit (`fitting`).
    """
    n_species = len(next(iter(scores.values()))) if scores else None
    wanted, n_species = check(sample, n_species)
    keys = fitting(sample, wanted, scores)
    nothing = np.zeros(n_species, np.float32)
    rows = zip(wanted, keys, strict=True)
    _write(path, n_species, ((name, nothing if key is None else scores[key]) for (_, name), key in rows))
    return [name for (_, name), key in zip(wanted, keys, strict=True) if key is None]


def fitting(sample: Path, wanted: Sequence[Row], keys: Collection[str]) -> list[str | None]:
    """The recording, among `keys`, of each row of a sample: named by its key or by the last part of it; None without.

    Raises SubmissionError when a name fits several recordings, or when no name fits any.
    """
    named: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        named[key.rsplit("/", 1)[-1]].append(key)
    found = [[name] if name in keys else named.get(name, []) for _, name in wanted]
    for (line, name), its in zip(wanted, found, strict=True):
        if len(its) > 1:
            raise SubmissionError(
                f"{sample} line {line}: {len(its)} recordings are named {name!r}, first {its[0]!r}; "
                "expected the name of one, with its folders"
            )
    if wanted and not any(found):
        line, name = wanted[0]
        raise SubmissionError(
            f"{sample} line {line}: no recording is named {name!r}, and none as any other row says; expected names "
            f"such as {next(iter(keys), 'of recordings that can be heard')!r}"
        )
    return [its[0] if its else None for its in found]


def check(sample: Path, n_species: int | None) -> tuple[list[Row], int]:
    """The rows of a sample, and how many species it has: `n_species`, where that is not None.

    Raises SubmissionError when its columns are not `recording_id, s0, s1, …` for as many species.
    """
    with sample.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        columns = list(reader.fieldnames or [])
        wanted = [(reader.line_num, row["recording_id"]) for row in reader] if "recording_id" in columns else []
    n_species = max(len(columns) - 1, 0) if n_species is None else n_species
    expected = ["recording_id", *(f"s{number}" for number in range(n_species))]
    if columns != expected:
        raise SubmissionError(f"{sample}: its columns are {_shown(columns)}; expected {_shown(expected)}")
    return wanted, n_species


def _shown(columns: list[str]) -> str:
    return ", ".join(columns) or "none" if len(columns) <= 5 else f"{', '.join(columns[:4])} … {columns[-1]}"


def write_all(path: Path, scores: Mapping[str, NDArray[np.floating]]) -> None:
    """Write one row for every recording, in the order of `scores`; at least one."""
    _write(path, len(next(iter(scores.values()))), scores.items())


def _write(path: Path, n_species: int, rows: Iterable[tuple[str, NDArray[np.floating]]]) -> None:
    with whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["recording_id", *(f"s{number}" for number in range(n_species))])
        writer.writerows([recording, *(f"{value:.6f}" for value in values)] for recording, values in rows)


def read(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Read recordings and their scores `(recording, species)`.

    Raises SubmissionError when a cell is no finite number, when there is no recording, or one twice.
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
    names = [row[0] for row in rows]
    if twice := next((name for name, count in Counter(names).items() if count > 1), None):
        raise SubmissionError(f"{path}: {twice!r} is in {names.count(twice)} rows; expected one for each recording")
    return names, scores
