"""Who knows the truth about the test recordings: a table of every event, or a benchmark's own scorer.

A judge reads what a run left in a folder (submission.csv, detections.csv, pseudo.csv) and says how good it is. What it
said is kept beside them in judged.json, and is said again while files and truth are the same.
"""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dawnchorus import metrics
from dawnchorus.annotations import rfcx, table
from dawnchorus.events import Annotation, Detection
from dawnchorus.export import submission
from dawnchorus.files import content_hash, read_json, value_hash, write_json
from dawnchorus.words import counted

VERSION = 1  # of what a judge says: a change makes it judge anew
SUBMISSION, DETECTIONS, PSEUDO, JUDGED = "submission.csv", "detections.csv", "pseudo.csv", "judged.json"


class JudgeError(ValueError):
    """A run can't be judged; the message names the file and says what is wrong with it."""


class Judge(Protocol):
    """Someone who knows what sounds in the test recordings."""

    def positives(self) -> dict[str, set[int]]:
        """Give the species that sound in each test recording; a recording without any may be missing."""
        ...

    def judge(self, folder: Path) -> dict[str, float]:
        """Give the figures of a run: cmap, lwlrap, event_map, segment_map, pseudo_precision, pseudo_recall.

        What can't be judged is left out. Raises JudgeError when the run's files don't fit the truth.
        """
        ...

    def floors(self, folder: Path) -> dict[str, dict[str, float]]:
        """Give cmap and lwlrap of guesses that listen to nothing, on the recordings of a run."""
        ...


@dataclass(frozen=True)
class Nobody:
    """No truth is known: only what training says of itself can be compared."""

    def positives(self) -> dict[str, set[int]]:
        """Give nothing."""
        return {}

    def judge(self, folder: Path) -> dict[str, float]:
        """Give no figures."""
        return {}

    def floors(self, folder: Path) -> dict[str, dict[str, float]]:
        """Give no floors."""
        return {}


@dataclass(frozen=True)
class TruthTable:
    """A table in the RFCX columns that lists every event of the test recordings, judged with our own metrics.

    Quality of pseudo-labels is not judged: they lie on training recordings, whose truth the table doesn't tell.
    """

    path: Path

    def positives(self) -> dict[str, set[int]]:
        """Give the species that sound in each recording. Raises JudgeError when a row of the table is no box."""
        present: dict[str, set[int]] = defaultdict(set)
        for box in self._boxes:
            present[box.recording].add(box.species)
        return dict(present)

    def judge(self, folder: Path) -> dict[str, float]:
        """Give cmap and lwlrap of a run, and event_map and segment_map where it has detections."""
        return _remembered(folder, content_hash(self.path), lambda: self._judge(folder))

    def floors(self, folder: Path) -> dict[str, dict[str, float]]:
        """Give cmap and lwlrap of guesses that listen to nothing, on the recordings of a run."""
        recordings, scores = submission.read(folder / SUBMISSION)
        guesses = metrics.floors(self._presence(recordings, scores.shape[1]))
        return {name: {"cmap": cmap, "lwlrap": lwlrap} for name, (cmap, lwlrap) in guesses.items()}

    @cached_property
    def _boxes(self) -> list[Annotation]:
        boxes, problems = rfcx.read(self.path, present=True)
        if problems:
            one = problems[0]
            raise JudgeError(f"{self.path}, line {one.line}: {one.found}; expected {one.expected}")
        return boxes

    def _judge(self, folder: Path) -> dict[str, float]:
        recordings, scores = submission.read(folder / SUBMISSION)
        truth = self._presence(recordings, scores.shape[1])
        figures = {"cmap": metrics.cmap(scores, truth), "lwlrap": metrics.lwlrap(scores, truth)}
        if (folder / DETECTIONS).is_file():
            found = read_detections(folder / DETECTIONS, recordings, scores.shape[1])
            boxes = self._named(recordings)
            of_events = metrics.event_average_precisions(found, boxes, scores.shape[1])
            of_segments = segment_average_precisions(found, boxes, scores.shape[1])
            figures |= {"event_map": metrics.nanmean(of_events), "segment_map": metrics.nanmean(of_segments)}
        return figures

    def _presence(self, recordings: Sequence[str], n_species: int) -> NDArray[np.bool_]:
        boxes = self._named(recordings)
        highest = max((box.species for box in boxes), default=0)
        if highest >= n_species:
            raise JudgeError(f"{self.path}: species_id {highest}; the run knows the species 0 to {n_species - 1}")
        return metrics.presence(boxes, recordings, n_species)

    def _named(self, recordings: Sequence[str]) -> list[Annotation]:
        """The boxes, with the names that the run has for its recordings."""
        name = _names(recordings)
        unknown = sorted({box.recording for box in self._boxes if name(box.recording) is None})
        if unknown:
            raise JudgeError(
                f"{self.path}: {counted(len(unknown), 'recording')} not among the {len(recordings)} that the run "
                f"scored, first {unknown[0]}; expected a table of the test recordings alone"
            )
        return [replace(box, recording=name(box.recording) or "") for box in self._boxes]


@dataclass(frozen=True)
class ScorerScript:
    """A benchmark's own scorer: a program that is asked for figures, `script BENCHMARK --submission ...`.

    The last line that it prints is JSON. What sounds in a recording is told by the script's function `clip_truth`: the
    truth itself is never opened here.
    """

    script: Path
    benchmark: Path

    def positives(self) -> dict[str, set[int]]:
        """Give the species that sound in each recording, as the script's `clip_truth` says."""
        return self._positives

    def judge(self, folder: Path) -> dict[str, float]:
        """Give the script's figures of a run, of those files that the run left."""
        # Names of recordings hardly change when a benchmark is built again; its tables and its truth do.
        tables = [content_hash(one) for one in sorted(self.benchmark.glob("*.csv"))]
        truth = {recording: sorted(species) for recording, species in self._positives.items()}
        key = value_hash([content_hash(self.script), tables, truth])
        return _remembered(folder, key, lambda: self._judge(folder))

    def floors(self, folder: Path) -> dict[str, dict[str, float]]:
        """Give the script's floors; they are the same for every run."""
        return self._floors

    @cached_property
    def _positives(self) -> dict[str, set[int]]:
        spec = importlib.util.spec_from_file_location("benchmark_scorer", self.script)
        if spec is None or spec.loader is None or not self.script.is_file():
            raise JudgeError(f"{self.script}: no Python file; expected the scorer of {self.benchmark}")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if not hasattr(module, "clip_truth"):
            raise JudgeError(f"{self.script} has no function clip_truth(benchmark)")
        return {recording: set(species) for recording, species in module.clip_truth(self.benchmark).items()}

    @cached_property
    def _floors(self) -> dict[str, dict[str, float]]:
        floors: dict[str, dict[str, float]] = self._asked("--floors")["floors"]
        return floors

    def _judge(self, folder: Path) -> dict[str, float]:
        parts = {"submission": SUBMISSION, "detections": DETECTIONS, "pseudo": PSEUDO}
        there = {part: folder / name for part, name in parts.items() if (folder / name).is_file()}
        said = self._asked(*(text for part, path in there.items() for text in (f"--{part}", str(path))))
        wanted = [
            ("submission", "cmap", "cmap"),
            ("submission", "lwlrap", "lwlrap"),
            ("detections", "event_map", "event_map"),
            ("detections", "segment_map", "segment_map"),
            ("pseudo", "precision", "pseudo_precision"),
            ("pseudo", "recall", "pseudo_recall"),
        ]
        return {name: float(said[part][theirs]) for part, theirs, name in wanted if part in said}

    def _asked(self, *options: str) -> dict[str, Any]:
        command = [sys.executable, str(self.script), str(self.benchmark), *options]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise JudgeError(f"{self.script} {' '.join(options)} failed: {reason}")
        try:
            said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        except (IndexError, ValueError) as error:
            raise JudgeError(f"{self.script}: the last line that it prints is no JSON") from error
        return said


def _remembered(folder: Path, truth: str, judge: Callable[[], dict[str, float]]) -> dict[str, float]:
    """The figures in judged.json when files and truth are those it was made of; judged and written otherwise.

    Figures without a value (NaN) are left out. Raises JudgeError when there is no submission.
    """
    if not (folder / SUBMISSION).is_file():
        raise JudgeError(f"{folder} has no {SUBMISSION}: it was run without test recordings")
    files = [folder / name for name in (SUBMISSION, DETECTIONS, PSEUDO)]
    key = value_hash([VERSION, truth, [content_hash(one) if one.is_file() else "" for one in files]])
    kept = folder / JUDGED
    if kept.is_file():
        record = read_json(kept)
        if record["key"] == key:
            return {name: float(value) for name, value in record["figures"].items()}
    figures = {name: value for name, value in judge().items() if not math.isnan(value)}
    write_json(kept, {"key": key, "figures": figures})
    return figures


def _names(recordings: Iterable[str]) -> Callable[[str], str | None]:
    """Finds the name in a submission of a recording known by its key, which may have folders before it."""
    known = set(recordings)

    def name(key: str) -> str | None:
        short = key.rsplit("/", 1)[-1]
        return key if key in known else short if short in known else None

    return name


def read_detections(path: Path, recordings: Sequence[str], n_species: int) -> list[Detection]:
    """Read detections in the recordings of a submission. Raises JudgeError for one elsewhere or of another species."""
    name = _names(recordings)
    found = []
    for line, row in table.read(path, ("recording_id", "species_id", "t_min", "t_max", "score")):
        recording, species = name(row["recording_id"]), int(row["species_id"])
        if recording is None or species >= n_species:
            raise JudgeError(
                f"{path}, line {line}: species {species} in {row['recording_id']!r}; expected one of the "
                f"{len(recordings)} recordings and {n_species} species of {SUBMISSION}"
            )
        found.append(Detection(recording, species, float(row["t_min"]), float(row["t_max"]), float(row["score"])))
    return found


def segment_average_precisions(
    detections: Sequence[Detection], truth: Sequence[Annotation], n_species: int
) -> NDArray[np.float64]:
    """Average precision over whole seconds of each species `(species,)`.

    A second has the score of the highest detection that touches it, and is right when a true event touches it; seconds
    that are missed count.
    """

    def seconds(one: Detection | Annotation) -> Iterable[tuple[str, int]]:
        return ((one.recording, second) for second in range(int(one.start_s), math.ceil(one.end_s)))

    true: list[set[tuple[str, int]]] = [set() for _ in range(n_species)]
    for box in truth:
        true[box.species].update(seconds(box))
    scored: list[dict[tuple[str, int], float]] = [{} for _ in range(n_species)]
    for found in sorted(detections, key=lambda one: -one.score):
        for second in seconds(found):
            scored[found.species].setdefault(second, found.score)
    return np.array([_of_seconds(scored[species], true[species]) for species in range(n_species)])


def _of_seconds(scored: Mapping[tuple[str, int], float], true: set[tuple[str, int]]) -> float:
    right = np.array([second in true for second in scored], bool)
    return metrics.average_precision(np.array(list(scored.values()), np.float64), right, len(true))
