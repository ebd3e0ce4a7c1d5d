"""Masks that leave the calls whole that a person marked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawnchorus.augment.example import Around, Example
from dawnchorus.augment.masks import stretch


@dataclass(frozen=True)
class BandMasks:
    """Masks as `Masks` draws them, but no band of frequencies is blanked out that a species known present sounds in.

    A call that is masked away in half is told to be present all the same: beside it, a mask costs nothing.
    """

    columns: int = 40
    rows: int = 30
    probability: float = 0.5

    def of_window(self, example: Example, around: Around, rng: np.random.Generator) -> Example:
        """The example with zeros in a stretch of columns and in a band of rows, where there is room for one."""
        if rng.random() >= self.probability:
            return example
        masked = example.plane.copy()
        masked[:, stretch(masked.shape[1], self.columns, rng)] = 0
        masked[self._rows(~around.bands.covered(example.present), rng)] = 0
        return Example(masked, example.known, example.window)

    def _rows(self, free: NDArray[np.bool_], rng: np.random.Generator) -> slice:
        drawn = stretch(len(free), self.rows, rng)
        height = drawn.stop - drawn.start
        if not height:
            return drawn
        places = np.flatnonzero(np.lib.stride_tricks.sliding_window_view(free, height).all(axis=1))
        if not len(places):
            return slice(0, 0)
        start = int(rng.choice(places))
        return slice(start, start + height)
