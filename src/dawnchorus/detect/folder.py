"""Detection over folders of recordings: the files it leaves, and the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.audio import AudioError
from dawnchorus.detect.engine import Detector, detect
from dawnchorus.events import Detection, Recording, Species
from dawnchorus.export import csv_table, parquet, recordings_table
from dawnchorus.export import submission as submission_table
from dawnchorus.files import write_json
from dawnchorus.scores import EventRule


@dataclass(frozen=True)
class Detected:
    """What detection over folders found, and what it could not read."""

    species: tuple[Species, ...]
    heard: int
    detections: tuple[Detection, ...]
    failures: tuple[tuple[str, str], ...]  # file, fault
    oddities: tuple[tuple[str, str], ...]
    without_scores: tuple[str, ...]  # rows of the submission that no recording filled

    def as_record(self) -> dict[str, Any]:
        """The summary as a JSON value."""
        count = Counter(found.species for found in self.detections)
        return {
            "recordings": self.heard,
            "detections": {species.name: count[species.number] for species in self.species},
            "failures": [{"file": file, "fault": fault} for file, fault in self.failures],
            "oddities": [{"file": file, "fault": fault} for file, fault in self.oddities],
            "without_scores": list(self.without_scores),
        }

    def lines(self) -> list[str]:
        """The summary in words."""
        record = self.as_record()
        lines = [f"{name}: {count}" for name, count in record["detections"].items()]
        lines += [f"{file}: {fault}" for file, fault in (*self.failures, *self.oddities)]
        if self.without_scores:
            lines.append(
                f"{len(self.without_scores)} rows of the submission have no recording: {self.without_scores[0]} …"
            )
        return lines


def detect_folder(
    detector: Detector,
    recordings: Sequence[Recording],
    errors: Sequence[AudioError],
    out: Path,
    rule: EventRule,
    sample: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Detected:
    """Write detections.csv, detections.parquet and summary.json into `out`.

    Also recordings.csv where the model is calibrated, and with a `sample` submission.csv.
    """
    detections: list[Detection] = []
    whole: dict[str, NDArray[np.float32]] = {}
    failures = [(str(error.path), str(error.fault)) for error in errors]
    oddities: list[tuple[str, str]] = []
    for heard in detect(detector, recordings, rule, progress):
        faults = [(heard.recording.key, str(fault)) for fault in heard.faults]
        if heard.scores is None:
            failures += faults
            continue
        oddities += faults
        detections += heard.detections
        whole[heard.recording.key] = heard.scores.whole_recording(detector.package.top_s)
    species, calibration = detector.package.species, detector.package.calibration()
    if calibration:
        recordings_table.write(out / "recordings.csv", whole, calibration, species)
    csv_table.write(out / "detections.csv", detections, species)
    parquet.write(out / "detections.parquet", detections, species)
    missing = submission_table.write(out / "submission.csv", sample, whole) if sample else []
    result = Detected(species, len(whole), tuple(detections), tuple(failures), tuple(oddities), tuple(missing))
    write_json(out / "summary.json", result.as_record())
    return result
