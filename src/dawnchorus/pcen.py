"""PCEN: the power of every mel band against its own recent past, in place of dB."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FULL_SCALE = 2.0**30  # power 1 in squared steps of 16 bit: published settings are for sound in whole numbers


@dataclass(frozen=True)
class Pcen:
    """Per-channel energy normalisation (Wang et al. 2017; Lostanlen et al. 2019): gain control, then compression.

    The power E of a band becomes (E / (`floor` + M)^`gain` + `bias`)^`exponent` - `bias`^`exponent`, where M is the
    band's running mean, which forgets with a time constant of `seconds`. So a recorder's gain, wind and steady insects
    cancel out, up to a `gain` of 1, and what begins suddenly stands out; a call much longer than `seconds` fades into
    its own past.

    Before a block, M is what the band's median is in it: the first columns are heard like the others.
    """

    seconds: float = 0.4
    gain: float = 0.98
    bias: float = 2.0
    exponent: float = 0.5
    floor: float = 1e-6

    def __post_init__(self) -> None:
        if min(self.seconds, self.exponent, self.floor) <= 0 or self.bias < 0 or not 0 <= self.gain <= 1:
            raise ValueError(f"{self}: seconds, exponent and floor are above 0, bias at least 0, gain from 0 to 1")

    def __call__(self, power: NDArray[np.floating], columns_per_second: float) -> NDArray[np.float32]:
        """Power of a block `(mel, column)`, full scale 1, to PCEN's values of the same shape, 0 or more."""
        from scipy.signal import lfilter

        energy = power * FULL_SCALE
        new = self._new(columns_per_second)
        before = (1 - new) * np.median(energy, axis=1, keepdims=True)
        mean, _ = lfilter([new], [1, new - 1], energy, axis=1, zi=before)
        return np.ascontiguousarray(self._compressed(energy, mean), np.float32)

    def highest(self, columns_per_second: float) -> float:
        """What a sound of power 1 has that begins in silence. As M hears it too, no value is much higher."""
        return float(self._compressed(np.array(FULL_SCALE), np.array(FULL_SCALE * self._new(columns_per_second))))

    def _new(self, columns_per_second: float) -> float:
        """The share of the newest column in the running mean."""
        return float(-np.expm1(-1 / (self.seconds * columns_per_second)))

    def _compressed(self, energy: NDArray[np.floating], mean: NDArray[np.floating]) -> NDArray[np.floating]:
        leveled = energy / (self.floor + mean) ** self.gain
        return (leveled + self.bias) ** self.exponent - self.bias**self.exponent
