"""One power spectrogram, for measuring how loud a band is and for matching templates."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.signal import get_window

from dawnchorus.simulate.calls import Samples

SIZE, HOP = 1024, 512  # samples: 32 and 16 ms at 32 kHz
Power = NDArray[np.float32]  # (bin, frame); the sum over a band's bins is the power in that band

WINDOW = get_window("hann", SIZE).astype(np.float32)
SCALE = np.float32(2 / (SIZE * np.sum(WINDOW**2)))


def power_spectrogram(samples: Samples) -> Power:
    """Power by bin and frame; frame k holds samples [k * HOP, k * HOP + SIZE). Needs at least SIZE samples."""
    frames = sliding_window_view(samples, SIZE)[::HOP]
    spectrum = scipy.fft.rfft(frames * WINDOW, axis=1, overwrite_x=True)
    return np.ascontiguousarray((SCALE * (spectrum.real**2 + spectrum.imag**2)).T)


def bins(low_hz: float, high_hz: float, rate_hz: int) -> slice:
    """The bins of a band, at least one."""
    first = min(int(np.floor(low_hz * SIZE / rate_hz)), SIZE // 2)
    return slice(first, max(int(np.ceil(high_hz * SIZE / rate_hz)) + 1, first + 1))


def band_power(power: Power, low_hz: float, high_hz: float, start_s: float, end_s: float, rate_hz: int) -> float:
    """Mean power in a box."""
    first = min(int(start_s * rate_hz / HOP), power.shape[1] - 1)
    last = max(int(end_s * rate_hz / HOP), first + 1)
    return float(power[bins(low_hz, high_hz, rate_hz), first:last].mean(axis=1).sum())
