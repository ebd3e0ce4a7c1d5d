"""What a detector found, in columns: a million detections are a few arrays, and a clip is a row of them."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dawnchorus import package
from dawnchorus.event_rule import EventRule
from dawnchorus.events import Detection, Species
from dawnchorus.files import content_hash, read_json, value_hash
from dawnchorus.package import ModelPackage
from dawnchorus.review.queue import Candidates
from dawnchorus.run_folder import RunFolder
from dawnchorus.scores import Scores

STARTED = re.compile(r"(?<!\d)(\d{8})[_T-]?(\d{6})(?!\d)")
COLUMNS = ("recording_id", "species_id", "t_min", "t_max", "f_min", "f_max", "score")
SPREAD = "spread"  # a column that tables of before have not
USUAL_THRESHOLD = 0.5  # where no model says one

Curve = tuple[NDArray[np.float64], NDArray[np.float32]]
"""Seconds in the middle of frames, and their scores; both `(frame,)`."""


class Frames(Protocol):
    """Scores of frames, where a run kept them."""

    def between(self, recording: str, species: int, start_s: float, end_s: float) -> Curve | None:
        """The frames of a recording that lie between two seconds; None where none were kept."""
        ...


class FoundError(ValueError):
    """There are no detections where they were looked for; the message says what was expected."""


@dataclass(frozen=True, eq=False)
class Found:
    """Detections as `candidates`, and what else is known of each: arrays `(candidate,)`.

    `began_s` is when the recording of each name began, in seconds since 1970 of the recorder's clock, NaN where its
    name doesn't say. `model` is the hash of the model, `content` stands for all of it.
    """

    candidates: Candidates
    low_hz: NDArray[np.float32]
    high_hz: NDArray[np.float32]
    species: tuple[Species, ...]
    began_s: NDArray[np.float64]
    model: str
    content: str
    frames: Frames | None = None

    def __len__(self) -> int:
        """The number of detections."""
        return len(self.candidates)

    def detection(self, number: int) -> Detection:
        """One of them."""
        its = self.candidates
        return Detection(
            its.names[its.recording[number]],
            int(its.species[number]),
            float(its.start_s[number]),
            float(its.end_s[number]),
            float(its.score[number]),
            float(self.low_hz[number]),
            float(self.high_hz[number]),
        )


def read(where: Path, model: Path | None = None) -> Found:
    """Read the folder of a detection, its detections.parquet or .csv, or a run folder, whose recordings are asked of.

    Thresholds are those of the model that found them, in the folder `model` or in `RUN/model` for detections in
    `RUN/detections`; 0.5 where it has none. Raises FoundError for anything else, and for another model than theirs.
    """
    if (where / "run.json").is_file():
        return _of_run(RunFolder(where))
    table = where if where.is_file() else where / "detections.parquet"
    if not table.is_file() and (where / "detections.csv").is_file():
        table = where / "detections.csv"
    if not table.is_file():
        raise FoundError(
            f"{where}: no detections here; expected the --out folder of `dawnchorus detect`, its detections.parquet or "
            "detections.csv, or a run folder"
        )
    columns, made_by = _of_csv(table) if table.suffix.lower() == ".csv" else _of_parquet(table)
    scores = table.with_name("scores.parquet")
    frames = KeptFrames(scores) if scores.is_file() else None
    species = _species(columns, table.with_name("summary.json"))
    thresholds = _thresholds(_model(table, made_by, model), len(species))
    return _found(columns, species, made_by, content_hash(table), frames, thresholds)


def nothing() -> Found:
    """No detections: what people mark is all there is."""
    of_none = np.zeros(0, np.float32)
    return Found(Candidates.of([]), of_none, of_none, (), np.zeros(0), "", value_hash("nothing"))


def _model(table: Path, made_by: str, told: Path | None) -> ModelPackage | None:
    """The model that detections were made by, where it can be had."""
    if told is None:
        beside = table.resolve().parent.parent / "model"
        if not made_by or not beside.is_dir():
            return None
        try:
            its = package.read(beside)
        except package.PackageError:
            return None  # nobody asked for it
        return its if its.hash == made_by else None
    its = package.read(told)
    if made_by and its.hash != made_by:
        raise FoundError(f"{told}: another model than the one that {table} was made with")
    return its


def _thresholds(model: ModelPackage | None, species: int) -> NDArray[np.float64]:
    """The score of each species from which the model calls it; 0.5 for one that it never calls, or without a model."""
    calibration = model.calibration() if model is not None else None
    if calibration is None or not calibration.thresholds:
        return np.full(species, USUAL_THRESHOLD)
    its = np.array(calibration.score_thresholds()[:species])
    its = np.pad(its, (0, species - len(its)), constant_values=np.inf)
    return np.where(np.isfinite(its), its, USUAL_THRESHOLD)


def _of_parquet(path: Path) -> tuple[dict[str, Any], str]:
    import pyarrow
    from pyarrow import parquet

    try:
        numbers = [name for name in (*COLUMNS[1:], SPREAD) if name != SPREAD or name in parquet.read_schema(path).names]
        wanted = ["recording_id", "species"]
        table = parquet.read_table(path, columns=[*wanted, *numbers], read_dictionary=wanted)
    except (pyarrow.ArrowException, KeyError) as error:
        raise FoundError(f"{path}: no table of detections ({error})") from error
    table = table.unify_dictionaries().combine_chunks()  # each row group has a dictionary of its own
    metadata = table.schema.metadata or {}
    columns: dict[str, Any] = {name: table[name].to_numpy() for name in numbers}
    words = table["recording_id"]
    words = words.chunk(0) if words.num_chunks else pyarrow.array([], pyarrow.string()).dictionary_encode()
    columns["names"], columns["recording"] = words.dictionary.to_pylist(), words.indices.to_numpy()
    pairs = table.group_by(["species_id", "species"]).aggregate([]).to_pydict()
    columns["named"] = dict(zip(pairs["species_id"], pairs["species"], strict=True))
    return columns, metadata.get(b"dawnchorus_model", b"").decode()


def _of_csv(path: Path) -> tuple[dict[str, Any], str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if missing := [name for name in COLUMNS if name not in (reader.fieldnames or [])]:
            raise FoundError(f"{path} has no column {', '.join(missing)}; expected the detections.csv of a detection")
        rows = list(reader)
    names = {name: number for number, name in enumerate(dict.fromkeys(row["recording_id"] for row in rows))}
    try:
        columns: dict[str, Any] = {name: np.array([float(row[name]) for row in rows]) for name in COLUMNS[1:]}
        columns[SPREAD] = np.array([float(row.get(SPREAD) or 0) for row in rows])
    except ValueError as error:
        raise FoundError(f"{path}: {error}; expected numbers") from error
    columns["names"], columns["recording"] = list(names), np.array([names[row["recording_id"]] for row in rows], int)
    columns["named"] = {int(row["species_id"]): row.get("species") or f"s{row['species_id']}" for row in rows}
    return columns, ""


def _of_run(run: RunFolder) -> Found:
    last = run.stages[-1]
    its, said = run.package(last), run.scores(last)
    rule = EventRule(typical_s=its.typical_s)
    found = [one for key in sorted(said) for one in rule.events(said[key], its.bands_hz)]
    names = {name: number for number, name in enumerate(dict.fromkeys(one.recording for one in found))}
    columns: dict[str, Any] = {
        "names": list(names),
        "recording": np.array([names[one.recording] for one in found], int),
        "species_id": np.array([one.species for one in found], int),
        "t_min": np.array([one.start_s for one in found]),
        "t_max": np.array([one.end_s for one in found]),
        "f_min": np.array([one.low_hz for one in found]),
        "f_max": np.array([one.high_hz for one in found]),
        "score": np.array([one.score for one in found]),
        SPREAD: np.array([one.spread for one in found]),
    }
    content = value_hash([its.hash, sorted(said)])
    thresholds = _thresholds(its, len(run.species))
    return _found(columns, tuple(run.species), its.hash, content, RunFrames(said), thresholds)


def _species(columns: dict[str, Any], summary: Path) -> tuple[Species, ...]:
    """The summary of a detection names all species of its model, those that were not found too."""
    named: dict[int, str] = dict(columns["named"])
    if summary.is_file():
        named = dict(enumerate(read_json(summary)["detections"])) | named
    return tuple(Species(number, named.get(number, f"s{number}")) for number in range(max(named, default=-1) + 1))


def _found(
    columns: dict[str, Any],
    species: tuple[Species, ...],
    model: str,
    content: str,
    frames: Frames | None,
    thresholds: NDArray[np.float64],
) -> Found:
    names = tuple(columns["names"])
    count = len(columns["score"])
    number = np.asarray(columns["species_id"], np.int64)
    candidates = Candidates(
        names,
        np.asarray(columns["recording"], np.int64),
        number,
        np.asarray(columns["t_min"], np.float64),
        np.asarray(columns["t_max"], np.float64),
        np.asarray(columns["score"], np.float64),
        thresholds[number],
        np.asarray(columns.get(SPREAD, np.zeros(count)), np.float64),
        np.arange(count),
    )
    began = np.array([began_s(name) for name in names], np.float64)
    low_hz, high_hz = (np.asarray(columns[name], np.float32) for name in ("f_min", "f_max"))
    return Found(candidates, low_hz, high_hz, species, began, model, content, frames)


def began_s(name: str) -> float:
    """When a recording began by its name, as recorders write it: seconds since 1970 of the recorder's clock, or NaN."""
    match = STARTED.search(name.rpartition("/")[2])
    if match is None:
        return np.nan
    try:
        return datetime.strptime("".join(match.groups()), "%Y%m%d%H%M%S").replace(tzinfo=UTC).timestamp()
    except ValueError:  # digits that are no date
        return np.nan


# ---- scores of frames ----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class RunFrames:
    """The out-of-fold scores of a run."""

    said: dict[str, Scores]

    def between(self, recording: str, species: int, start_s: float, end_s: float) -> Curve | None:
        """The frames of a recording that lie between two seconds."""
        scores = self.said.get(recording)
        if scores is None or species >= scores.framewise.shape[1]:
            return None
        middle = scores.frame_start_s + scores.frame_s / 2
        inside = (middle >= start_s) & (middle <= end_s)
        return middle[inside], scores.framewise[inside, species]


class KeptFrames:
    """`scores.parquet`, of which only the row groups of a recording are read."""

    def __init__(self, path: Path) -> None:
        from pyarrow import parquet

        self.file = parquet.ParquetFile(path)
        groups = [self.file.metadata.row_group(number) for number in range(self.file.num_row_groups)]
        self.spans = [
            (one.column(0).statistics.min, one.column(0).statistics.max) if one.column(0).statistics else None
            for one in groups
        ]
        self._column = lru_cache(maxsize=32)(self._read)

    def between(self, recording: str, species: int, start_s: float, end_s: float) -> Curve | None:
        """The frames of a recording that lie between two seconds; of several channels the highest."""
        if species + 4 >= len(self.file.schema_arrow.names):
            return None
        times, scores = [], []
        for group, span in enumerate(self.spans):
            if span is None or span[0] <= recording <= span[1]:
                table = self._column(group, species)
                at = self._rows(table, recording)
                middle = (table["t_min"].to_numpy()[at] + table["t_max"].to_numpy()[at]) / 2
                inside = (middle >= start_s) & (middle <= end_s)
                times.append(middle[inside])
                scores.append(table.column(3).to_numpy()[at][inside])
        if not times or not sum(map(len, times)):
            return None
        return np.concatenate(times), np.concatenate(scores)

    def _read(self, group: int, species: int) -> Any:
        name = self.file.schema_arrow.names[species + 4]
        return self.file.read_row_group(group, columns=["recording_id", "t_min", "t_max", name])

    @staticmethod
    def _rows(table: Any, recording: str) -> NDArray[np.int64]:
        from pyarrow import compute

        return np.flatnonzero(compute.equal(table["recording_id"], recording).to_numpy(zero_copy_only=False))
