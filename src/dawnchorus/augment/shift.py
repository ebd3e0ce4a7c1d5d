"""The sound comes a little earlier or later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dawnchorus.features import Plane


@dataclass(frozen=True)
class Shift:
    """The plane moves in time by up to `columns` to either side, every distance as likely; zeros come in.

    A view for test-time augmentation: a call that a window's edge cuts, or that falls between two frames, is heard in
    another place. Frames are not moved back, so clipwise answers gain more than framewise ones.
    """

    columns: int = 32

    def __call__(self, plane: Plane, rng: np.random.Generator) -> Plane:
        """A new plane `(mel, column)`."""
        start = int(rng.integers(0, 2 * self.columns + 1))
        padded = np.pad(plane, ((0, 0), (self.columns, self.columns)))
        moved: Plane = padded[:, start : start + plane.shape[1]].copy()
        return moved
