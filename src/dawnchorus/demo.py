"""The whole product on simulated sound: simulate, train three stages, detect, compare with the known truth."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dawnchorus.annotations import species as species_table
from dawnchorus.simulate import Simulation

if TYPE_CHECKING:
    from dawnchorus.experiment import Experiment

SIMULATION = Simulation(recordings=48, test_recordings=32, species=6, seconds=30, tp_per_species=12, fp_per_species=30)


@dataclass(frozen=True)
class Places:
    """Where the demo leaves what it makes."""

    out: Path

    @property
    def data(self) -> Path:
        """The simulated recordings and tables."""
        return self.out / "data"

    @property
    def run(self) -> Path:
        """The run folder, with the report."""
        return self.out / "run"

    @property
    def detections(self) -> Path:
        """Detections and submission for the test recordings."""
        return self.out / "detections"


def experiment() -> Experiment:
    """A fast network on coarse spectrograms: minutes on two cores, and good enough to see the stages at work."""
    from dawnchorus import recommended
    from dawnchorus.networks.backbones import Backbone

    front_end, windows = recommended.DETAIL["coarse"]
    return recommended.experiment(
        Backbone("tf_efficientnet_lite0", "lite"),
        folds=2,
        steps=(50, 40, 40),
        front_end=front_end,
        window=windows,
        batch=24,
    )


class Found(NamedTuple):
    """Of one species: the test recordings in which it calls, those in which it was detected, and those of both."""

    species: str
    calls: int
    detected: int
    both: int


def found(places: Places) -> list[Found]:
    """What was detected in the test recordings beside their truth, by species."""
    species = species_table.read(places.data / "species.csv")
    truth: dict[int, set[str]] = defaultdict(set)
    detected: dict[int, set[str]] = defaultdict(set)
    for row in _rows(places.data / "truth" / "test.csv"):
        truth[int(row["species_id"])].add(row["recording_id"])
    for row in _rows(places.detections / "detections.csv"):
        detected[int(row["species_id"])].add(row["recording_id"])
    return [
        Found(
            one.name, len(truth[one.number]), len(detected[one.number]), len(truth[one.number] & detected[one.number])
        )
        for one in species
    ]


def _rows(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
