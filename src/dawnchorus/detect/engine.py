"""Detection: decode, mel, network, stitch, events, one recording at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus import audio, features
from dawnchorus import scores as scoring
from dawnchorus.events import Detection, Recording
from dawnchorus.features import FeatureBlock
from dawnchorus.package import ModelPackage
from dawnchorus.scores import EventRule, Scores
from dawnchorus.windows import Window

BATCH_WINDOWS = 16


class Network:
    """One ONNX file, compiled by OpenVINO in float32: windows to logits."""

    def __init__(self, path: Path, precision: str = "f32") -> None:
        import openvino

        core = openvino.Core()
        self.compiled = core.compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": precision})

    def __call__(self, planes: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Planes `(window, mel, column)` to logits `(window, species)` and `(window, frame, species)`."""
        result: Any = self.compiled(planes)
        return result[0].copy(), result[1].copy()


def probability(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sigmoid of logits, without overflow."""
    chance: NDArray[np.float32] = (0.5 * (1 + np.tanh(0.5 * logits))).astype(np.float32)
    return chance


class Detector:
    """The networks of a package, ready to score recordings. Several networks give the mean of their probabilities."""

    def __init__(self, package: ModelPackage) -> None:
        self.package = package
        self.networks = [Network(path) for path in package.model_paths]

    def score_windows(self, windows: Sequence[Window]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Probabilities of windows: clipwise `(window, species)`, framewise `(window, frame, species)`."""
        clipwise, framewise = [], []
        for start in range(0, len(windows), BATCH_WINDOWS):
            part = windows[start : start + BATCH_WINDOWS]
            planes = np.stack([window.block.plane(window.start, window.columns) for window in part])
            said = [network(planes) for network in self.networks]
            clipwise.append(np.mean([probability(clip) for clip, _ in said], axis=0, dtype=np.float32))
            framewise.append(np.mean([probability(frames) for _, frames in said], axis=0, dtype=np.float32))
        return np.concatenate(clipwise), np.concatenate(framewise)

    def score(self, recording: Recording, faults: list[audio.Fault] | None = None) -> Scores:
        """Scores of a whole recording, block by block. Raises AudioError when nothing of it can be read."""
        found: list[audio.Fault] = [] if faults is None else faults
        blocks = features.heard(recording, self.package.front_end, found)
        return self.score_blocks(recording, blocks)

    def score_blocks(self, recording: Recording, blocks: Iterator[FeatureBlock] | Sequence[FeatureBlock]) -> Scores:
        """Scores of a recording whose spectrogram is at hand."""
        windows: list[Window] = []
        clipwise, framewise = [], []
        for block in blocks:
            of_block = self.package.windows.over(block, self.package.front_end.columns_per_second)
            clip, frames = self.score_windows(of_block)
            if block.silent:  # whatever a network says of nothing, nothing was there
                clip, frames = np.zeros_like(clip), np.zeros_like(frames)
            # Only places and sizes are needed from here on; the spectrogram may go.
            light = FeatureBlock(
                block.recording, block.index, block.start_s, block.end_s, block.columns, block.range, Path()
            )
            windows += [Window(light, w.start, w.columns, w.columns_per_second) for w in of_block]
            clipwise.append(clip)
            framewise.append(frames)
        if not windows:
            raise audio.AudioError(recording.path, audio.Fault("no_audio", "there is no sound in it"))
        return scoring.of_recording(
            windows, np.concatenate(clipwise), np.concatenate(framewise), self.package.columns_per_frame
        )


@dataclass(frozen=True)
class Heard:
    """What detection says of one recording: its scores and events, or why there are none."""

    recording: Recording
    scores: Scores | None
    detections: tuple[Detection, ...]
    faults: tuple[audio.Fault, ...]


def detect(
    detector: Detector,
    recordings: Sequence[Recording],
    rule: EventRule,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Heard]:
    """Detect recording by recording. One that can't be read is given with its fault, and the others go on."""
    for number, recording in enumerate(recordings, 1):
        faults: list[audio.Fault] = []
        try:
            scores = detector.score(recording, faults)
            events = tuple(rule.events(scores, detector.package.bands_hz))
            yield Heard(recording, scores, events, tuple(faults))
        except audio.AudioError as error:
            yield Heard(recording, None, (), (*faults, error.fault))
        if progress:
            progress(number, len(recordings))
