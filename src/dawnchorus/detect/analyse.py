"""What is done with one file of a run, wherever it is done: in a process of this machine or on another one.

What can be wrong here, beside the faults of `audio` and `engine`; all are fatal, and tried again in the next run:

| code       | rows | meaning                                                                      |
|------------|------|------------------------------------------------------------------------------|
| `changed`  | F22  | the file's size or date is not what it was when it was listed                |
| `stalled`  | F5   | nothing came of it for so long that its process was stopped                  |
| `crashed`  | F24  | its process died, again and again                                            |
| `internal` |      | dawnchorus failed on it; the detail says how                                 |
"""

from __future__ import annotations

import importlib
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dawnchorus import offline, package
from dawnchorus.audio.faults import AudioError, Fault
from dawnchorus.audio.header import inspect
from dawnchorus.audio.samples import Channel
from dawnchorus.audio.wav import mended
from dawnchorus.detect.engine import Clock, Coverage, Detector, hear, listen
from dawnchorus.detect.precision import Precision
from dawnchorus.detect.store import StoreError, Where, here, stat
from dawnchorus.encoders.encoder import EncoderError
from dawnchorus.event_rule import EventRule
from dawnchorus.events import Detection, Recording
from dawnchorus.recorders import header
from dawnchorus.scores import Scores

PASSING = frozenset({"unreadable", "changed", "stalled", "crashed", "internal"})
"""Faults that may be gone the next time: such files are tried again in the next run."""

Channels = Literal["mean", "each"] | int | None
"""Which sound of files with several channels is heard: their mean, one, each, or what the model was trained on."""


@dataclass(frozen=True)
class Task:
    """What is to be done with every file of a run. Without a model, files are decoded and nothing more.

    With `repair`, all sound behind a header that says too little is read (`mended`); the file stays as it is.
    """

    model: Path | None
    rule: EventRule = EventRule()
    channels: Channels = None
    keep_scores: bool = False
    model_hash: str = ""
    repair: bool = False
    precision: Precision = "f32"


@dataclass(frozen=True)
class Job:
    """One file: its number in the ledger, and what it was when it was listed."""

    number: int
    path: Where
    size: int
    mtime_ns: int


@dataclass(frozen=True, eq=False)
class Frames:
    """Scores of frames to keep: `values (frame, species)` in float16 from `start_s (frame,)` on, `frame_s` each."""

    channel: int
    frame_s: float
    end_s: float
    start_s: NDArray[np.float64]
    values: NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class Result:
    """What came of one file. `whole` `(species,)` is None when nothing of the file could be used.

    `words` are what its recorder wrote into it, as `recorders.header` reads them.
    """

    faults: tuple[Fault, ...]
    coverage: Coverage
    detections: tuple[Detection, ...] = ()
    whole: NDArray[np.float32] | None = None
    frames: tuple[Frames, ...] = ()
    seconds: tuple[tuple[str, float], ...] = ()
    failed: bool = False
    words: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def failure(code: str, detail: str) -> Result:
        """Nothing came of a file, and how much sound it holds is not known."""
        return Result((Fault(code, detail),), Coverage(), failed=True)


def load_libraries() -> None:
    """Import what detection in a first file imports: by far the longer part of what comes before it."""
    for name in ("soundfile", "soxr", "scipy.fft"):
        importlib.import_module(name)
    offline.openvino()


class Analyser:
    """The function from a file to its result. A process, or a machine of a cluster, makes one and keeps it."""

    def __init__(self, task: Task, threads: int | None = 1) -> None:
        self.task = task
        self.detector: Detector | None = None
        if task.model is not None:
            read = package.read(task.model)
            if task.model_hash and read.hash != task.model_hash:
                raise package.PackageError(f"{task.model}: another model than the one that the run began with")
            self.detector = Detector(read, threads, precision=task.precision)

    def __call__(self, job: Job, beat: Callable[[float], None] = lambda _: None) -> Result:
        """Analyse one file; `beat` is called with the seconds done, after each block. A bad file raises nothing."""
        try:
            if (found := _changed(job)) is not None:
                return Result((found,), Coverage(), failed=True)
            began = time.perf_counter()
            with here(job.path, lambda: beat(0.0)) as path:
                fetched_s = time.perf_counter() - began
                result = (self._repaired if self.task.repair else self._analyse)(path, beat)
                result = replace(result, words=header.read(path))
            if path != job.path:
                result = replace(result, seconds=(("fetch", fetched_s), *result.seconds))
            if not result.failed and (found := _changed(job)) is not None:
                return _spoilt(result, found)
            return result
        except StoreError as error:
            return Result.failure("unreadable", str(error))
        except EncoderError:
            raise  # something is not installed: no file will go better
        except Exception as error:  # whatever it is, the other files go on
            return Result.failure("internal", f"{type(error).__name__}: {error}")

    def _repaired(self, path: Path, beat: Callable[[float], None]) -> Result:
        with tempfile.TemporaryDirectory(prefix="dawnchorus-") as folder:
            found = mended(path, Path(folder)) if path.is_file() else None
            if found is None:
                return self._analyse(path, beat)
            copy, fault = found
            result = self._analyse(copy, beat)
            return replace(result, faults=(fault, *result.faults))

    def _analyse(self, path: Path, beat: Callable[[float], None]) -> Result:
        if self.detector is None:
            clock = Clock()
            with clock("decode"):
                faults, coverage = listen(path, beat)
            failed = any(fault.fatal for fault in faults)
            return Result(faults, coverage, seconds=tuple(clock.seconds.items()), failed=failed)
        results = [self._hear(self.detector, path, channel, beat) for channel in self._channels(path)]
        return results[0] if len(results) == 1 else _together(results)

    def _channels(self, path: Path) -> list[Channel | None]:
        if self.task.channels != "each":
            return [self.task.channels]
        try:
            return list(range(1, inspect(path).channels + 1))
        except AudioError:
            return [None]  # it is told when the file is heard

    def _hear(self, detector: Detector, path: Path, channel: Channel | None, beat: Callable[[float], None]) -> Result:
        clock = Clock()
        heard = hear(detector, Recording("", path, 0.0, 0), self.task.rule, channel, clock, beat)
        if heard.scores is None:
            return Result(heard.faults, heard.coverage, seconds=tuple(clock.seconds.items()), failed=True)
        whole = heard.scores.whole_recording(detector.package.top_s)
        number = channel if isinstance(channel, int) else 0
        frames = (_frames(heard.scores, number),) if self.task.keep_scores else ()
        seconds = tuple(clock.seconds.items())
        return Result(heard.faults, heard.coverage, heard.detections, whole, frames, seconds)


def _frames(scores: Scores, channel: int) -> Frames:
    end_s = float(scores.window_end_s.max())
    return Frames(channel, scores.frame_s, end_s, scores.frame_start_s, scores.framewise.astype(np.float16))


def _changed(job: Job) -> Fault | None:
    try:
        if isinstance(job.path, str):
            size, mtime_ns = stat(job.path)
        else:
            now = os.stat(job.path)
            size, mtime_ns = now.st_size, now.st_mtime_ns
        if job.size < 0:  # when it was listed it could not be looked at, or it is a folder that could not be entered
            os.listdir(job.path)
    except (OSError, ValueError) as error:
        return Fault("unreadable", str(error))
    if (size, mtime_ns) == (job.size, job.mtime_ns):
        return None
    return Fault("changed", f"it had {job.size} bytes when it was listed and has {size} now; or its date changed")


def _spoilt(result: Result, fault: Fault) -> Result:
    """A result that counts for nothing, because the file is another one by now."""
    lost = replace(fault, lost_s=result.coverage.in_s)
    coverage = replace(result.coverage, analysed_s=0.0, lost=((fault.code, result.coverage.in_s),))
    return Result((lost,), coverage, seconds=result.seconds, failed=True)


def _together(results: list[Result]) -> Result:
    """Results of a file's channels as one: the highest score of any counts, and the coverage is that of the worst."""
    faults = dict.fromkeys(fault for one in results for fault in one.faults)
    seconds: dict[str, float] = {}
    for stage, spent in (entry for one in results for entry in one.seconds):
        seconds[stage] = seconds.get(stage, 0.0) + spent
    heard = [one.whole for one in results if one.whole is not None]
    return Result(
        tuple(faults),
        min((one.coverage for one in results), key=lambda coverage: coverage.analysed_s),
        tuple(found for one in results for found in one.detections),
        np.max(heard, axis=0) if heard else None,
        tuple(frames for one in results for frames in one.frames),
        tuple(seconds.items()),
        failed=not heard,
    )
