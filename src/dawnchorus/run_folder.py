"""A run folder: what training leaves behind, read without torch.

run.json          where everything came from, the fold of each recording, how each stage was fitted
annotations/      the boxes that were used, as RFCX tables, and species.csv
scores/STAGE.npz  out-of-fold Scores after each stage
stages/STAGE/     the model package of each stage; model/ is that of the last one
features/ cache/  spectrograms and fits, so that a run can go on; both may be deleted when it is done
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dawnchorus import package
from dawnchorus import scores as scoring
from dawnchorus.annotations import rfcx
from dawnchorus.annotations import species as species_table
from dawnchorus.events import Annotation, Recording, Species
from dawnchorus.files import read_json, write_json
from dawnchorus.package import ModelPackage
from dawnchorus.scores import Scores

SCHEMA = 1


class RunError(ValueError):
    """A folder is no finished run; the message says what is missing."""


@dataclass(frozen=True)
class RunFolder:
    """A finished run at `path`."""

    path: Path

    @cached_property
    def record(self) -> dict[str, Any]:
        """run.json. Raises RunError when it isn't there, is damaged, or is of another version."""
        file = self.path / "run.json"
        if not file.is_file():
            raise RunError(f"{self.path}: no run.json here; expected the --out folder of a finished `dawnchorus train`")
        try:
            record: Any = read_json(file)
        except ValueError as error:
            raise RunError(f"{file}: no JSON ({error}); expected what `dawnchorus train` wrote") from error
        schema = record.get("schema") if isinstance(record, dict) else None
        if schema != SCHEMA:
            raise RunError(f"{file}: schema {schema}; this version of dawnchorus reads schema {SCHEMA}")
        for where, found in _lists(record):
            if not (isinstance(found, list) and all(isinstance(one, dict) for one in found)):
                raise RunError(f"{file}: {where} is {found!r:.40}; expected a list of objects")
        return dict(record)

    @property
    def stages(self) -> list[str]:
        """Names of the stages, in order."""
        return [stage["name"] for stage in self.record["stages"]]

    @property
    def fold_of(self) -> dict[str, int]:
        """The fold of each recording."""
        return {one["key"]: one["fold"] for one in self.record["recordings"]}

    @property
    def recordings(self) -> list[Recording]:
        """The recordings that were heard."""
        return [
            Recording(one["key"], Path(one["path"]), one["duration_s"], one["rate_hz"], one["site"])
            for one in self.record["recordings"]
        ]

    @cached_property
    def annotations(self) -> list[Annotation]:
        """The boxes that were used."""
        present, _ = rfcx.read(self.path / "annotations" / "train_tp.csv", present=True)
        absent, _ = rfcx.read(self.path / "annotations" / "train_fp.csv", present=False)
        return present + absent

    @cached_property
    def species(self) -> list[Species]:
        """The classes, in the order of their numbers."""
        return species_table.read(self.path / "annotations" / "species.csv")

    def scores(self, stage: str) -> dict[str, Scores]:
        """Out-of-fold Scores of a stage, by recording."""
        return scoring.read(self.path / "scores" / f"{stage}.npz")

    def package(self, stage: str) -> ModelPackage:
        """The model package of a stage."""
        return package.read(self.path / "stages" / stage)


def _lists(record: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What must be lists of objects in a record, by name; the stages come before what is in them."""
    experiment = record.get("experiment") or {}
    yield "experiment.stages", experiment.get("stages", []) if isinstance(experiment, dict) else experiment
    yield "recordings", record.get("recordings")
    yield "stages", record.get("stages")
    for number, stage in enumerate(record["stages"]):
        for kind in ("fits", "finals"):  # runs from before have no finals
            yield f"stages[{number}].{kind}", stage.get(kind, [])


def write(
    path: Path,
    recordings: Sequence[Recording],
    fold_of: dict[str, int],
    annotations: Sequence[Annotation],
    species: Sequence[Species],
    record: dict[str, Any],
) -> None:
    """Write annotations/ and run.json; `record` adds what only training knows. run.json comes last."""
    rfcx.write(path / "annotations" / "train_tp.csv", [box for box in annotations if box.present])
    rfcx.write(path / "annotations" / "train_fp.csv", [box for box in annotations if not box.present])
    species_table.write(path / "annotations" / "species.csv", species)
    heard = [
        {
            "key": one.key,
            "path": str(one.path.resolve()),
            "duration_s": one.duration_s,
            "rate_hz": one.rate_hz,
            "site": one.site,
            "fold": fold_of[one.key],
        }
        for one in recordings
        if one.key in fold_of
    ]
    write_json(path / "run.json", {"schema": SCHEMA, "recordings": heard} | record)
