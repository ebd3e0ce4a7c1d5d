"""Any encoder that is given as an ONNX file: waveform in, embeddings out (Perch and the like)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawnchorus.audio.samples import Channel
from dawnchorus.encoders.encoder import Asked, EncoderError, Samples, check_hop, in_batches, level, stretches
from dawnchorus.features import Plane, Range
from dawnchorus.files import content_hash


@dataclass(frozen=True)
class OnnxEncoder:
    """Embeddings of an ONNX file whose input is sound `(stretch, sample)` of `window_s` seconds at `rate_hz`.

    `output` names the output that holds the embeddings, `(stretch, feature)` or `(stretch, …, feature)`, of which the
    mean over the axes between counts; None takes the first. `hash` is that of the file's content: another file under
    the same name is refused. Make one with `onnx_encoder`.
    """

    path: str
    hash: str
    features: int
    rate_hz: int = 32_000
    window_s: float = 5.0
    hop_s: float = 0.5
    output: str | None = None
    licence: str = "not stated"
    block_s: float = 60.0
    tail_s: float = 10.0
    channel: Channel = "mean"
    denoised: bool = False

    def __post_init__(self) -> None:
        check_hop(self.hop_s, self.window_s)

    @property
    def rows(self) -> int:
        """Values of an embedding."""
        return self.features

    @property
    def columns_per_second(self) -> float:
        """Frames a second."""
        return 1 / self.hop_s

    @property
    def name(self) -> str:
        """The file's name and the start of its hash."""
        return f"{Path(self.path).name} ({self.hash[:8]})"

    def columns(self, samples: Samples) -> Plane:
        """Embeddings `(feature, frame)` of a block `(sample,)`. Raises EncoderError when the file is another one."""
        network = _network(self.path, self.hash)
        output = 0 if self.output is None else self.output
        cut = stretches(samples, self.rate_hz, self.window_s, self.hop_s)
        said = in_batches(lambda batch: _one_each(network(batch, output)), cut)
        return np.ascontiguousarray(said.T, np.float32)

    def range_of(self, columns: Plane, samples: Samples) -> Range:
        """How loud the block is; embeddings count as they are."""
        return level(samples)


def onnx_encoder(
    path: Path,
    rate_hz: int = 32_000,
    window_s: float = 5.0,
    hop_s: float = 0.5,
    output: str | None = None,
    licence: str = "not stated",
) -> OnnxEncoder:
    """The encoder of an ONNX file, tried once on silence.

    Raises EncoderError when there is no such file or no such output, or when it can't be asked for stretches of sound.
    """
    if not path.is_file():
        raise EncoderError(f"{path}: no such file; expected an ONNX file")
    digest = content_hash(path)
    silence = np.zeros((2, round(window_s * rate_hz)), np.float32)
    try:
        network = _network(str(path), digest)
    except RuntimeError as error:
        raise EncoderError(f"{path}: no ONNX file that can be read: {str(error).strip().splitlines()[-1]}") from error
    names = [name for one in network.compiled.outputs for name in one.names]
    if output is not None and output not in names:
        raise EncoderError(f"{path}: no output is called {output}; expected one of {', '.join(names)}")
    try:
        said = _one_each(network(silence, 0 if output is None else output))
    except RuntimeError as error:
        raise EncoderError(
            f"{path}: it doesn't take sound of shape {silence.shape}: {str(error).splitlines()[-1]}"
        ) from error
    return OnnxEncoder(str(path.resolve()), digest, said.shape[1], rate_hz, window_s, hop_s, output, licence)


def _one_each(said: NDArray[np.float32]) -> NDArray[np.float32]:
    """One embedding a stretch `(stretch, feature)`: the mean over the axes between, if there are any."""
    if said.ndim < 2:
        raise RuntimeError(f"its output has the shape {said.shape}, not (stretch, feature)")
    return said.reshape(len(said), -1, said.shape[-1]).mean(axis=1)


@lru_cache(maxsize=2)
def _network(path: str, digest: str) -> Asked:
    if not Path(path).is_file():
        raise EncoderError(f"{path}: no such file; the model was trained on embeddings of this encoder")
    if content_hash(Path(path)) != digest:
        raise EncoderError(f"{path}: another file than the one that the model was trained with")
    return Asked(Path(path))
