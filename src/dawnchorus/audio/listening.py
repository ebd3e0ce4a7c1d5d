"""Faults that are heard while a file is decoded: silence, clipping, an offset, a tone that never stops."""

from __future__ import annotations

import numpy as np

from dawnchorus.audio.faults import Fault
from dawnchorus.audio.samples import Samples

FULL_SCALE = 0.99  # of whole numbers: 127 of 128 is the end of the scale of eight bits
CLIPPED_SHARE, FAR_OFFSET = 0.001, 0.05
LOOK_S, LOOK_FRAMES, LEAST_LOOKS = 15.0, 1 << 14, 4  # for tones that never stop: a third of a second now and then
TONE_SIDE_BINS, TONE_RATIO = 8, 300.0  # power against both sides: 25 dB
HANN = np.hanning(LOOK_FRAMES).astype(np.float32)


class Silence:
    """Hears which blocks are one constant value, and reports each run of them once."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        self.since_s: float | None = None

    def hear(self, is_constant: bool, start_s: float) -> None:
        """Take in whether the block that starts here is one constant value."""
        if not is_constant:
            self.end(start_s)
        elif self.since_s is None:
            self.since_s = start_s

    def end(self, end_s: float) -> None:
        """Report the run of silence that ends here, if there is one."""
        if self.since_s is not None:
            detail = f"every sample from {self.since_s:.1f} s to {end_s:.1f} s is the same"
            self.faults.append(Fault("silent", detail, self.since_s))
            self.since_s = None


class Level:
    """Hears whether whole-number samples are clipped, and whether they lie far from 0; `raw (time, …)` at a time."""

    def __init__(self) -> None:
        self.samples = self.clipped = 0
        self.sum = 0.0
        self.low, self.high = np.inf, -np.inf

    def hear(self, raw: Samples) -> None:
        """Take in the next samples, before channels are mixed."""
        if raw.size == 0:
            return
        low, high = float(raw.min()), float(raw.max())
        self.low, self.high = min(self.low, low), max(self.high, high)
        self.samples += raw.size
        self.sum += float(raw.sum())
        if max(-low, high) >= FULL_SCALE:
            self.clipped += int(np.count_nonzero(np.abs(raw) >= FULL_SCALE))

    def faults(self) -> list[Fault]:
        """Give what was heard, over the whole file."""
        if self.low >= self.high:  # nothing at all, or one constant value, which is `silent`
            return []
        found = []
        if self.clipped > CLIPPED_SHARE * self.samples:
            share = self.clipped / self.samples
            found.append(Fault("clipped", f"{share:.2%} of the samples are at the end of the scale"))
        if abs(mean := self.sum / self.samples) > FAR_OFFSET:
            found.append(Fault("offset", f"the mean of all samples is {mean:.3f} of full scale"))
        return found


class Tones:
    """Looks at the spectrum now and then: what stands out in every look, narrower than any voice, never stops."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.wait = self.looks = 0
        self.least = np.full(LOOK_FRAMES // 2 + 1, np.inf, np.float32)
        self.sum = np.zeros(LOOK_FRAMES // 2 + 1, np.float32)

    def hear(self, x: Samples) -> None:
        """Take in the next mono samples `(time,)`."""
        self.wait -= len(x)
        if self.wait > 0 or len(x) < LOOK_FRAMES:
            return
        self.wait = round(LOOK_S * self.rate_hz)
        self.looks += 1
        found = np.fft.rfft(x[:LOOK_FRAMES] * HANN)
        power = found.real**2 + found.imag**2
        np.minimum(self.least, power, out=self.least)
        self.sum += power

    def faults(self) -> list[Fault]:
        """Give what was heard, over the whole file."""
        if self.looks < LEAST_LOOKS:
            return []
        mean, side = self.sum / self.looks, TONE_SIDE_BINS
        ratio = self.least[side:-side] / (np.maximum(mean[: -2 * side], mean[2 * side :]) + 1e-9)
        loudest = int(ratio.argmax())
        if not ratio[loudest] > TONE_RATIO:
            return []
        hz = (loudest + side) * self.rate_hz / LOOK_FRAMES
        return [Fault("interference", f"a tone at {hz:.0f} Hz never stops")]
