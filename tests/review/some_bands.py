"""An encoder in place of a large one: how loud a stretch is in a few bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dawnchorus.encoders.encoder import level, stretches
from dawnchorus.features import Plane, Range


@dataclass(frozen=True)
class SomeBands:
    """The magnitudes of 16 bands, every quarter of a second."""

    hop_s: float = 0.25
    rate_hz: int = 16_000
    block_s: float = 8.0
    tail_s: float = 2.0
    channel: str = "mean"
    denoised: bool = False
    rows: int = 16
    name: str = "some bands"

    @property
    def columns_per_second(self) -> float:
        return 1 / self.hop_s

    def columns(self, samples: np.ndarray) -> Plane:
        spectrum = np.abs(np.fft.rfft(stretches(samples, self.rate_hz, self.hop_s, self.hop_s), axis=1))[:, 1:]
        return spectrum.reshape(len(spectrum), self.rows, -1).mean(axis=2).T.astype(np.float32)

    def range_of(self, columns: Plane, samples: np.ndarray) -> Range:
        return level(samples)
