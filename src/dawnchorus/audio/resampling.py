"""A block at another rate, made piece by piece."""

from __future__ import annotations

import numpy as np

from dawnchorus.audio.samples import Samples


class Making:
    """A block in the making: its sound is resampled piece by piece, and is the same as if resampled in one piece."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        import soxr

        self.stream = None
        if from_hz != to_hz:
            self.stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")
        self.frames = 0  # at the file's own rate
        self.is_constant = True
        self.level = np.float32(0)
        self.done: list[Samples] = []

    def add(self, x: Samples) -> None:
        """Add `x (time,)`, whose memory may be used again afterwards."""
        if len(x) == 0:
            return
        if self.frames == 0:
            self.level = x[0]
        # Three samples nearly always differ, which spares the pass over all of them.
        self.is_constant &= bool(x[0] == x[-1] == x[len(x) // 2] == self.level and (x == self.level).all())
        self.frames += len(x)
        self.done.append(x.copy() if self.stream is None else self.stream.resample_chunk(x))

    def finish(self) -> Samples:
        """Give the block, at the new rate."""
        if self.stream is not None:
            self.done.append(self.stream.resample_chunk(np.empty(0, np.float32), last=True))
        return np.concatenate(self.done)
