"""The calibration of a model: maps, prevalences and thresholds, kept as tables beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawnchorus.annotations import table
from dawnchorus.calibration.odds import Floats, expit, logits
from dawnchorus.calibration.platt import Platt
from dawnchorus.calibration.thresholds import Threshold
from dawnchorus.evidence import Evidence

COLUMNS = ("species_id", "a", "b", "prevalence", "method", "n_present", "n_absent", "model_hash")
THRESHOLD_COLUMNS = ("species_id", "threshold", "target_precision", "n", "low", "high", "model_hash")


@dataclass(frozen=True)
class SpeciesCalibration:
    """One species' map and prevalence, by which method, from how many known cells of each kind."""

    a: float
    b: float
    prevalence: float
    method: str
    n_present: int
    n_absent: int


@dataclass(frozen=True)
class Calibration:
    """What makes probabilities of one model's scores; the species are in the order of their numbers.

    `model_hash` names the model: another model's scores mean something else, even for the same species.
    """

    model_hash: str
    species: tuple[SpeciesCalibration, ...]
    thresholds: tuple[Threshold, ...] = ()

    @staticmethod
    def of(model_hash: str, method: str, maps: Sequence[Platt], prevalence: Floats, known: Evidence) -> Calibration:
        """Put together what was fitted; `prevalence` is `(species,)`, and `known` `(row, species)` is only counted."""
        counts = [(side > 0).sum(axis=0).tolist() for side in (known.present, known.absent)]
        rows = zip(maps, prevalence.tolist(), *counts, strict=True)
        return Calibration(model_hash, tuple(SpeciesCalibration(m.a, m.b, p, method, *n) for m, p, *n in rows))

    def apply(self, probabilities: NDArray[np.floating]) -> Floats:
        """Calibrated probabilities of a model's `(..., species)`, in float64.

        Raises ValueError if the last axis has another number of species.
        """
        if probabilities.shape[-1] != len(self.species):
            raise ValueError(f"scores of {probabilities.shape[-1]} species; the calibration is of {len(self.species)}")
        a = np.array([one.a for one in self.species])
        b = np.array([one.b for one in self.species])
        return np.asarray(expit(a * logits(probabilities) + b))

    def score_thresholds(self) -> tuple[float, ...]:
        """The score of each species at which its probability reaches the threshold over all; infinite if none does."""
        lowest = next((one.threshold for one in self.thresholds if one.species is None), math.inf)
        if not lowest <= 1:
            return (math.inf,) * len(self.species)
        wanted = float(logits(np.array(lowest)))
        return tuple(float(expit((wanted - one.b) / one.a)) for one in self.species)


def write(folder: Path, calibration: Calibration) -> None:
    """Write `calibration.csv` and `thresholds.csv`, each wholly or not at all; no digit is lost."""
    species = [(number, *astuple(one)) for number, one in enumerate(calibration.species)]
    thresholds = [("all" if one.species is None else one.species, *astuple(one)[1:]) for one in calibration.thresholds]
    for name, columns, rows in (("calibration", COLUMNS, species), ("thresholds", THRESHOLD_COLUMNS, thresholds)):
        table.write(folder / f"{name}.csv", columns, [[*map(str, row), calibration.model_hash] for row in rows])


def read(folder: Path, model_hash: str) -> Calibration:
    """Read what `write` wrote for the model of this hash.

    Raises ValueError with file, line, what was found and what was expected, if a table is broken or another model's.
    """
    species: list[SpeciesCalibration] = []
    for where, row in _rows(folder / "calibration.csv", COLUMNS, model_hash):
        if row["species_id"] != str(len(species)):
            raise ValueError(
                f"{where}: species_id is {row['species_id']!r}, not {len(species)}: one row each, in order"
            )
        a, b, prevalence = (_number(where, row, name) for name in ("a", "b", "prevalence"))
        n_present, n_absent = (int(_number(where, row, name)) for name in ("n_present", "n_absent"))
        species.append(SpeciesCalibration(a, b, prevalence, row["method"], n_present, n_absent))
    if not species:
        raise ValueError(f"{folder / 'calibration.csv'} has no row; it should have one for each species")
    named = {"all": None} | {str(number): number for number in range(len(species))}
    thresholds = []
    for where, row in _rows(folder / "thresholds.csv", THRESHOLD_COLUMNS, model_hash):
        if row["species_id"] not in named:
            expected = f"'all' or a number from 0 to {len(species) - 1}"
            raise ValueError(f"{where}: species_id is {row['species_id']!r}, not {expected}")
        threshold, target, n, low, high = (_number(where, row, name) for name in THRESHOLD_COLUMNS[1:-1])
        if low > high:
            raise ValueError(f"{where}: low is {low:g} and high {high:g}, not the other way round")
        thresholds.append(Threshold(named[row["species_id"]], threshold, target, int(n), low, high))
    return Calibration(model_hash, tuple(species), tuple(thresholds))


def _rows(path: Path, columns: Sequence[str], model_hash: str) -> list[tuple[str, table.Row]]:
    rows = [(f"{path} line {line}", row) for line, row in table.read(path, columns)]
    for where, row in rows:
        if row["model_hash"] != model_hash:
            raise ValueError(f"{where}: model_hash is {row['model_hash']!r}, not {model_hash!r}: it is another model's")
    return rows


_SHARE: tuple[Callable[[float], bool], str] = (lambda value: 0 <= value <= 1, "a number from 0 to 1")
_COUNT: tuple[Callable[[float], bool], str] = (lambda value: value >= 0 and value.is_integer(), "a whole number from 0")
_EXPECTED: dict[str, tuple[Callable[[float], bool], str]] = {
    "a": (lambda value: 0 < value < math.inf, "a number above 0"),
    "b": (math.isfinite, "a number"),
    "threshold": (lambda value: 0 <= value <= 1 or value == math.inf, "a number from 0 to 1, or inf"),
    **dict.fromkeys(("prevalence", "target_precision", "low", "high"), _SHARE),
    **dict.fromkeys(("n", "n_present", "n_absent"), _COUNT),
}


def _number(where: str, row: table.Row, column: str) -> float:
    right, expected = _EXPECTED[column]
    try:
        value = float(row[column])
    except ValueError:
        value = math.nan
    if not right(value):
        raise ValueError(f"{where}: {column} is {row[column]!r}, not {expected}")
    return value
