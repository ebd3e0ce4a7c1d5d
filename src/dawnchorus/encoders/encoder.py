"""What encoders share: their protocol, how sound is cut for them, and a network that several threads may ask."""

from __future__ import annotations

import math
import threading
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dawnchorus import offline
from dawnchorus.features import Features, Range

Samples = NDArray[np.float32]

AT_ONCE = 16  # stretches a call of the network: more of them don't make it faster
QUIETEST_DB = -100.0


class EncoderError(ValueError):
    """An encoder can't be used here; the message says what is missing and how to get it."""


class Encoder(Features, Protocol):
    """Features of a pretrained network: audio block to embeddings `(feature, frame)`, one frame every `hop_s`."""

    @property
    def hop_s(self) -> float:
        """Seconds from one frame to the next."""
        ...

    @property
    def licence(self) -> str:
        """The licence of its weights, which a model that was trained on it inherits."""
        ...


def check_hop(hop_s: float, window_s: float) -> None:
    """Frames follow one another, and each is heard. Raises ValueError for a hop that is too short or too long."""
    if not 0.05 <= hop_s <= window_s:
        raise ValueError(f"hop_s is {hop_s}; expected 0.05 to {window_s:g} seconds")


def stretches(samples: Samples, rate_hz: int, window_s: float, hop_s: float, later_s: float = 0.0) -> Samples:
    """Cut a block `(sample,)` into stretches `(frame, sample)` of `window_s`, each centred on its frame of `hop_s`.

    With `later_s` each lies so much later, by less than half of what a stretch hears beyond its frame. Beyond the ends
    of the block there is silence. A last frame that the sound fills in part counts whole.
    """
    window, hop = round(window_s * rate_hz), round(hop_s * rate_hz)
    frames = max(1, math.ceil(len(samples) / hop))
    before = (window - hop) // 2 - round(later_s * rate_hz)
    padded = np.zeros((frames - 1) * hop + window, np.float32)
    inside = min(len(samples), len(padded) - before)
    padded[before : before + inside] = samples[:inside]
    cut: Samples = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    return cut


def level(samples: Samples) -> Range:
    """How loud a block is, as a range that leaves embeddings as they are; a constant block has no contrast."""
    peak = float(np.abs(samples - samples.mean()).max()) if len(samples) else 0.0
    peak_db = 20 * math.log10(max(peak, 1e-9))
    return Range(QUIETEST_DB, max(QUIETEST_DB, peak_db), standardised=False)


class Asked:
    """A network of OpenVINO that several threads may ask at once: arrays in, the first output out.

    It computes in bfloat16 where the processor has it, which halves the time.
    """

    def __init__(self, model: Path | Any) -> None:
        core = offline.openvino().Core()
        quick = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        hints = {"INFERENCE_PRECISION_HINT": "bf16" if quick else "f32", "PERFORMANCE_HINT": "THROUGHPUT"}
        self.compiled = core.compile_model(str(model) if isinstance(model, Path) else model, "CPU", hints)
        self.of_thread = threading.local()
        shape = self.compiled.input(0).partial_shape
        fixed = shape.rank.is_static and shape[0].is_static
        self.at_once = shape[0].get_length() if fixed else None  # some files take 1, and no more

    def __call__(self, batch: NDArray[np.float32], output: int | str = 0) -> NDArray[np.float32]:
        """One output for a batch, its first axis that of the batch."""
        if not hasattr(self.of_thread, "request"):
            self.of_thread.request = self.compiled.create_infer_request()
        at_once, said = self.at_once or len(batch), []
        for start in range(0, len(batch), at_once):
            some = batch[start : start + at_once]
            missing = np.zeros((at_once - len(some), *batch.shape[1:]), np.float32)
            self.of_thread.request.infer([np.concatenate([some, missing])])
            said.append(self.of_thread.request.get_tensor(self.compiled.output(output)).data[: len(some)].copy())
        return np.concatenate(said)


def in_batches(asked: Any, cut: Samples) -> NDArray[np.float32]:
    """What is said of stretches `(stretch, sample)`, stretch by stretch; `asked` takes some at a time."""
    said = [asked(np.ascontiguousarray(cut[start : start + AT_ONCE])) for start in range(0, len(cut), AT_ONCE)]
    return np.concatenate(said)
