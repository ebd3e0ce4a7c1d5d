"""What the workers of accuracy.py share: the benchmark's public files, clocks, and the folder that a run leaves.

Runs in the peers' own environments, so it needs numpy and soundfile alone. Only train/, test/, the two tables, the
sample submission and the species are ever read.
"""

from __future__ import annotations

import csv
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import soundfile


@dataclass(frozen=True)
class Box:
    """One row of train_tp.csv (`present`) or train_fp.csv."""

    recording: str
    species: int
    start_s: float
    end_s: float
    present: bool

    @property
    def centre_s(self) -> float:
        return (self.start_s + self.end_s) / 2


@dataclass(frozen=True)
class Benchmark:
    home: Path

    def boxes(self) -> list[Box]:
        return [
            Box(row["recording_id"], int(row["species_id"]), float(row["t_min"]), float(row["t_max"]), present)
            for table, present in (("train_tp.csv", True), ("train_fp.csv", False))
            for row in self._rows(table)
        ]

    def species(self) -> list[str]:
        return [row["name"] for row in sorted(self._rows("species.csv"), key=lambda row: int(row["species_id"]))]

    def recordings(self, part: str) -> list[str]:
        return sorted(path.stem for path in (self.home / part).glob("*.flac"))

    def audio(self, part: str, recording: str) -> Path:
        return self.home / part / f"{recording}.flac"

    def seconds(self, part: str, recording: str) -> float:
        return float(soundfile.info(self.audio(part, recording)).duration)

    def _rows(self, table: str) -> list[dict[str, str]]:
        with (self.home / table).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


class Clock:
    """Wall and CPU seconds spent inside its `with` blocks, those of child processes that have ended included."""

    def __init__(self, wall_s: float = 0.0, cpu_s: float = 0.0) -> None:
        self.wall_s, self.cpu_s = wall_s, cpu_s

    def __enter__(self) -> Clock:
        self._began = time.monotonic(), _cpu_s()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall_s += time.monotonic() - self._began[0]
        self.cpu_s += _cpu_s() - self._began[1]

    def __add__(self, other: Clock) -> Clock:
        return Clock(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s)


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def window_starts(seconds: float, window_s: float, hop_s: float) -> np.ndarray:
    """Starts of windows that cover a recording; the last may reach over its end."""
    count = 1 + max(0, int(np.ceil((seconds - window_s) / hop_s - 1e-6)))
    return hop_s * np.arange(count)


def write_run(
    out: Path,
    benchmark: Benchmark,
    frames: Sequence[np.ndarray],
    starts_s: Sequence[np.ndarray],
    frame_s: float,
    training: Clock,
    prediction: Clock,
    **said: Any,
) -> None:
    """Leave submission.csv, frames.npz and, last of all, result.json in a folder.

    `frames` are scores from 0 to 1 `(frame, species)`, `starts_s` `(frame,)`, one array a test recording; a
    recording's own score is its highest frame. Frames may overlap: each covers `frame_s` seconds from its start. They
    are kept in 32 bits: in 16, scores near 1 would be ties, and ties count against a system.
    """
    out.mkdir(parents=True, exist_ok=True)
    recordings = benchmark.recordings("test")
    seconds = [benchmark.seconds("test", one) for one in recordings]
    with (out / "submission.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["recording_id", *(f"s{number}" for number in range(len(benchmark.species())))])
        for recording, scores in zip(recordings, frames, strict=True):
            writer.writerow([recording, *(f"{value:.9g}" for value in scores.max(axis=0))])
    np.savez_compressed(
        out / "frames.npz",
        recording=np.array(recordings, np.str_),
        frames=np.array([len(one) for one in frames]),
        seconds=np.array(seconds),
        frame_s=np.full(len(recordings), frame_s),
        frame_start_s=np.concatenate(starts_s),
        framewise=np.concatenate(frames).astype(np.float32),
    )
    hours = sum(seconds) / 3600
    result = {
        "training_s": round(training.wall_s, 2),
        "training_cpu_s": round(training.cpu_s, 2),
        "prediction_s": round(prediction.wall_s, 2),
        "prediction_cpu_s": round(prediction.cpu_s, 2),
        "audio_hours": round(hours, 4),
        "hours_a_minute": round(hours / max(prediction.wall_s / 60, 1e-9), 4),
        "hours_a_core_minute": round(hours / max(prediction.cpu_s / 60, 1e-9), 4),
    }
    (out / "result.json").write_text(json.dumps(result | said, indent=1) + "\n", encoding="utf-8")


def versions(*packages: str) -> dict[str, str]:
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "missing"
    return found
