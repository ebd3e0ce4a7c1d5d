"""Detection of one recording: decode, mel, network, stitch, events, and the proof that nothing of it was left out.

What can be wrong here, beside the faults of `audio`:

| code          | fatal | rows | meaning                                                                          |
|---------------|-------|------|----------------------------------------------------------------------------------|
| `tail`        | no    | F20  | the model's windows don't reach the end: what is behind the last one is not heard |
| `not_scored`  | no    | F11  | the network gave numbers that are not finite; they count as 0                    |
| `unaccounted` | no    |      | header and bytes speak of more sound than was heard or is reported as lost       |
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from dawnchorus import features, offline
from dawnchorus import scores as scoring
from dawnchorus.audio import reading
from dawnchorus.audio.decoding import DECODE_SLACK_S
from dawnchorus.audio.faults import AudioError, Fault
from dawnchorus.audio.header import Inspection, inspect
from dawnchorus.audio.reading import Block
from dawnchorus.audio.samples import Channel
from dawnchorus.detect.precision import Precision, paths
from dawnchorus.event_rule import EventRule
from dawnchorus.events import Detection, Recording
from dawnchorus.features import FeatureBlock
from dawnchorus.package import ModelPackage
from dawnchorus.scores import Scores
from dawnchorus.windows import Window

BATCH_WINDOWS = 16

Item = TypeVar("Item")


class Network:
    """One network, compiled by OpenVINO: windows to logits. `threads` None: as many as it likes.

    In a file of integers, what was left as floating point is computed in float32.
    """

    def __init__(self, path: Path, precision: Precision = "f32", threads: int | None = None) -> None:
        hints: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32"}
        if threads is not None:
            hints["INFERENCE_NUM_THREADS"] = threads
            hints["ENABLE_CPU_PINNING"] = False  # every process would hold on to the same first cores
        self.compiled = offline.openvino().Core().compile_model(str(path), "CPU", hints)

    def __call__(self, planes: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Planes `(window, mel, column)` to logits `(window, species)` and `(window, frame, species)`."""
        result: Any = self.compiled(planes)
        return result[0].copy(), result[1].copy()


def probability(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sigmoid of logits, without overflow."""
    chance: NDArray[np.float32] = (0.5 * (1 + np.tanh(0.5 * logits))).astype(np.float32)
    return chance


class Clock:
    """Seconds spent in each stage of the way."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count the block as time of a stage."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - began

    def each(self, stage: str, items: Iterable[Item]) -> Iterator[Item]:
        """Give items, and count the making of each as time of a stage."""
        coming = iter(items)
        while True:
            with self(stage):
                item = next(coming, None)
            if item is None:
                return
            yield item


class Said(NamedTuple):
    """What networks say of windows: the mean of their probabilities, and how far those of frames lie apart.

    `clipwise` `(window, species)`, `framewise` and `spread` `(window, frame, species)`, the last their standard
    deviation; None from one network alone.
    """

    clipwise: NDArray[np.float32]
    framewise: NDArray[np.float32]
    spread: NDArray[np.float32] | None = None


class Detector:
    """The networks of a package, ready to score recordings. Several networks give the mean of their probabilities.

    Raises PackageError for `int8` where nothing was quantised, whatever the loss is: `precision.chosen` asks for that.
    """

    def __init__(
        self,
        package: ModelPackage,
        threads: int | None = None,
        batch: int = BATCH_WINDOWS,
        precision: Precision = "f32",
    ) -> None:
        self.package = package
        self.batch = batch
        self.networks = [Network(path, precision, threads) for path in paths(package, precision)]

    def score_windows(self, windows: Sequence[Window]) -> Said:
        """What the networks say of windows."""
        clipwise, framewise, apart = [], [], []
        for start in range(0, len(windows), self.batch):
            part = windows[start : start + self.batch]
            planes = np.stack([window.block.plane(window.start, window.columns) for window in part])
            said = [network(planes) for network in self.networks]
            clipwise.append(np.mean([probability(clip) for clip, _ in said], axis=0, dtype=np.float32))
            each = [probability(frames) for _, frames in said]
            framewise.append(np.mean(each, axis=0, dtype=np.float32))
            if len(each) > 1:
                squares = np.mean([(one - framewise[-1]) ** 2 for one in each], axis=0, dtype=np.float32)
                apart.append(np.sqrt(squares))
        spread = np.concatenate(apart) if apart else None
        return Said(np.concatenate(clipwise), np.concatenate(framewise), spread)

    def score_block(self, block: FeatureBlock) -> tuple[list[Window], Said, bool]:
        """Windows of a block, what the networks say of them, and whether all of it was finite."""
        windows = self.package.windows.over(block, self.package.front_end.columns_per_second)
        said = self.score_windows(windows)
        finite = bool(np.isfinite(said.clipwise).all() and np.isfinite(said.framewise).all())
        if block.silent or not finite:  # whatever a network says of nothing, nothing was there
            nothing = np.zeros_like(said.framewise)
            said = Said(np.zeros_like(said.clipwise), nothing, None if said.spread is None else nothing)
        return windows, said, finite

    def score(self, recording: Recording, faults: list[Fault] | None = None) -> Scores:
        """Scores of a whole recording, block by block. Raises AudioError when nothing of it can be read."""
        found: list[Fault] = [] if faults is None else faults
        return self.score_blocks(recording, features.heard(recording, self.package.front_end, found))

    def score_blocks(self, recording: Recording, blocks: Iterable[FeatureBlock]) -> Scores:
        """Scores of a recording whose spectrogram is at hand."""
        joined = scoring.Joining(self.package.columns_per_frame)
        for block in blocks:
            windows, said, _ = self.score_block(block)
            joined.add(windows, *said)
        if not joined.starts:
            raise AudioError(recording.path, Fault("no_audio", "there is no sound in it"))
        return joined.scores()


@dataclass(frozen=True)
class Coverage:
    """How much of a recording was heard, in seconds: what goes in is analysed or lost, each loss with its reason.

    `header_s` and `bytes_s` are what header and bytes promise, None where they don't say; `read_s` came out of the
    decoder; `lost` are (reason, seconds), the reasons being codes of faults.
    """

    header_s: float | None = None
    bytes_s: float | None = None
    read_s: float = 0.0
    analysed_s: float = 0.0
    lost: tuple[tuple[str, float], ...] = ()

    @property
    def lost_s(self) -> float:
        """All losses together."""
        return sum(seconds for _, seconds in self.lost)

    @property
    def in_s(self) -> float:
        """All seconds that the file speaks of."""
        return self.analysed_s + self.lost_s


@dataclass(frozen=True)
class Heard:
    """What detection says of one recording: its scores and events, or why there are none."""

    recording: Recording
    scores: Scores | None
    detections: tuple[Detection, ...]
    faults: tuple[Fault, ...]
    coverage: Coverage = Coverage()


class _Counting:
    """Counts which seconds of a recording were heard, and which were lost to what."""

    def __init__(self) -> None:
        self.header: Inspection | None = None
        self.faults: list[Fault] = []
        self.read_s = self.analysed_s = 0.0

    def block(self, block: Block | FeatureBlock, end_s: float, finite: bool = True) -> None:
        """A block of which everything up to `end_s` was analysed, or nothing if the scores were not finite."""
        self.read_s += self._sound(block.start_s, block.end_s)
        heard_s = self._sound(block.start_s, end_s)
        if finite:
            self.analysed_s += heard_s
        else:
            detail = f"the network's scores from {block.start_s:.1f} s to {end_s:.1f} s are no finite numbers"
            self.faults.append(Fault("not_scored", detail, block.start_s, heard_s))
        if (tail_s := self._sound(end_s, block.end_s)) > 1e-6:
            self.faults.append(Fault("tail", f"{tail_s:.3f} s behind the last window were not heard", end_s, tail_s))

    def _sound(self, start_s: float, end_s: float) -> float:
        """Seconds of a stretch without the gaps in it."""
        gaps = [(fault.at_s or 0.0, fault.lost_s) for fault in self.faults if fault.code == "gap"]
        lost = (max(0.0, min(end_s, at_s + lost_s) - max(start_s, at_s)) for at_s, lost_s in gaps)
        return max(0.0, end_s - start_s - sum(lost))

    def done(self) -> Coverage:
        """The coverage of a recording that was read to its end."""
        found = self._coverage()
        promised_s = self.header.promised_s if self.header else 0.0
        if (missing_s := promised_s - found.in_s) > DECODE_SLACK_S:
            detail = f"the file speaks of {promised_s:.3f} s; {missing_s:.3f} s of them were neither heard nor missed"
            self.faults.append(Fault("unaccounted", detail, lost_s=missing_s))
        return self._coverage()

    def failed(self, fault: Fault) -> Coverage:
        """The coverage of a recording of which nothing can be used: everything is lost, and the fault says why."""
        promised_s = max(self.header.promised_s if self.header else 0.0, fault.lost_s)
        self.faults = [replace(one, lost_s=0.0) for one in self.faults] + [replace(fault, lost_s=promised_s)]
        self.analysed_s = 0.0
        return self._coverage()

    def _coverage(self) -> Coverage:
        lost: dict[str, float] = {}
        for fault in self.faults:
            if fault.lost_s > 0:
                lost[fault.code] = lost.get(fault.code, 0.0) + fault.lost_s
        header = self.header
        return Coverage(
            header.header_s if header else None,
            header.bytes_s if header else None,
            self.read_s,
            self.analysed_s,
            tuple(sorted(lost.items())),
        )


def _nobody(seconds: float) -> None:
    """Nobody wants to know how far it is."""


def hear(
    detector: Detector,
    recording: Recording,
    rule: EventRule,
    channel: Channel | None = None,
    clock: Clock | None = None,
    beat: Callable[[float], None] = _nobody,
) -> Heard:
    """Detect in one recording. A file that can't be read is given with its fault; nothing is raised for it.

    `channel` None is that of the model's front end. `beat` is called after each block with the seconds done.
    """
    front_end = detector.package.front_end
    front_end = front_end if channel is None else features.of_channel(front_end, channel)
    clock = clock or Clock()
    count, joined = _Counting(), scoring.Joining(detector.package.columns_per_frame)
    try:
        with clock("decode"):
            count.header = header = inspect(recording.path, front_end.rate_hz)
        sound = reading.blocks(
            recording.path,
            front_end.rate_hz,
            front_end.channel,
            front_end.block_s,
            front_end.tail_s,
            count.faults,
            header,
        )
        for block in clock.each("decode", sound):
            with clock("features"):
                heard = features.of_sound(recording.key, block, front_end)
            with clock("network"):
                windows, said, finite = detector.score_block(heard)
            with clock("stitch and events"):
                joined.add(windows, *said)
            count.block(block, windows[-1].end_s, finite)
            beat(block.end_s)
        if not joined.starts:
            raise AudioError(recording.path, Fault("no_audio", "there is no sound in it"))
    except AudioError as error:
        coverage = count.failed(error.fault)
        return Heard(recording, None, (), tuple(count.faults), coverage)
    with clock("stitch and events"):
        scores = joined.scores()
        number = 0 if front_end.channel == "mean" else front_end.channel
        events = rule.events(scores, detector.package.bands_hz)
        events = [replace(event, channel=number) for event in events] if number else events
    return Heard(recording, scores, tuple(events), *_finished(count))


def listen(path: Path, beat: Callable[[float], None] = _nobody) -> tuple[tuple[Fault, ...], Coverage]:
    """Decode a file from its beginning to its end, without a model: what is wrong with it, and how much there is."""
    count = _Counting()
    try:
        count.header = header = inspect(path, rate_hz=1)
        for block in reading.blocks(path, header.rate_hz, faults=count.faults, header=header):
            count.block(block, block.end_s)
            beat(block.end_s)
    except AudioError as error:
        coverage = count.failed(error.fault)
        return tuple(count.faults), coverage
    return _finished(count)


def _finished(count: _Counting) -> tuple[tuple[Fault, ...], Coverage]:
    coverage = count.done()
    return tuple(count.faults), coverage


def detect(
    detector: Detector,
    recordings: Sequence[Recording],
    rule: EventRule,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Heard]:
    """Detect recording by recording. One that can't be read is given with its fault, and the others go on."""
    for number, recording in enumerate(recordings, 1):
        yield hear(detector, recording, rule)
        if progress:
            progress(number, len(recordings))
