"""Two views of one place: the same animals a moment later, at another pace and pitch, in another recording's noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.augment.brightness import BrightnessContrast
from dawnchorus.features import FeatureBlock, Plane

Augmentation = Any  # called with (plane, generator), gives a plane: see `augment`

SPAN_DB = 80.0  # values from 0 to 1 are taken for so many dB


@dataclass(frozen=True)
class Views:
    """How two views of one place are drawn.

    Of `places` places drawn by chance, the one counts where loudness changes most over time. Most seconds of an archive
    are background, and windows with calls in them teach far more (Moummad et al. 2024).

    Each view has `columns` columns and is drawn for itself: its middle lies up to half of `apart` columns from the
    place, its pace is up to `stretch` times faster or slower, its pitch up to `rows` rows higher or lower. The middle
    is kept where the view lies inside its block. A stretch of another block lies under it, with a share of the power
    drawn up to `background`, so that a recorder's own noise is no hint (the mixup of BYOL-A, Niizumi et al. 2021). Last
    comes what `augment` does.

    Pitch moves by little, because species are told apart by it.
    """

    columns: int = 128
    places: int = 3
    apart: int = 32
    stretch: float = 1.2
    rows: int = 4
    background: float = 0.4
    augment: tuple[Augmentation, ...] = (BrightnessContrast(0.1, 0.1),)

    def __post_init__(self) -> None:
        if self.columns < 1 or self.places < 1:
            raise ValueError(f"{self.columns} columns and {self.places} places; expected at least 1 of each")
        if self.stretch < 1 or not 0 <= self.background < 1 or min(self.apart, self.rows) < 0:
            raise ValueError(
                f"stretch {self.stretch}, background {self.background}, apart {self.apart}, rows {self.rows}; "
                f"expected a stretch of at least 1, a background in [0, 1), and distances of at least 0"
            )

    def pair(self, blocks: Sequence[FeatureBlock], number: int, rng: np.random.Generator) -> tuple[Plane, Plane]:
        """Two views `(mel, column)` of a place in block `number`; what lies under them comes from the others."""
        middle = self._place(blocks[number], rng)
        return self._view(blocks, number, middle, rng), self._view(blocks, number, middle, rng)

    def _place(self, block: FeatureBlock, rng: np.random.Generator) -> float:
        starts = [self._anywhere(block, rng) for _ in range(self.places)]
        busiest = max(starts, key=lambda start: _change(block.plane(start, self.columns)))
        return busiest + (self.columns - 1) / 2

    def _anywhere(self, block: FeatureBlock, rng: np.random.Generator) -> int:
        return int(rng.integers(max(1, block.columns - self.columns + 1)))

    def _view(self, blocks: Sequence[FeatureBlock], number: int, middle: float, rng: np.random.Generator) -> Plane:
        moved = middle + rng.uniform(-0.5, 0.5) * self.apart
        pace = math.exp(rng.uniform(-1, 1) * math.log(self.stretch))
        plane = heard_at(blocks[number], self.columns, moved, pace, float(rng.uniform(-1, 1) * self.rows))
        if len(blocks) > 1:
            other = blocks[(number + int(rng.integers(1, len(blocks)))) % len(blocks)]
            under = other.plane(self._anywhere(other, rng), self.columns)
            plane = laid_over(plane, under, float(rng.uniform(0, self.background)))
        for augmentation in self.augment:
            plane = augmentation(plane, rng)
        return plane


def heard_at(block: FeatureBlock, columns: int, middle: float, pace: float, pitch: float) -> Plane:
    """`columns` columns round a middle, heard `pace` times as fast and `pitch` rows lower, as `(mel, column)`.

    The middle is moved inwards where the view would leave the block; beyond the ends of a shorter block are zeros.
    """
    half = (columns - 1) / 2 * pace
    middle = min(max(middle, half), max(block.columns - 1 - half, half))
    at = middle + np.linspace(-half, half, columns)
    first = math.floor(at[0])
    wide = block.plane(first, math.ceil(at[-1]) - first + 2)
    plane = _between(wide, at - first)
    rows = np.clip(np.arange(len(plane)) + pitch, 0, len(plane) - 1)
    return np.ascontiguousarray(_between(plane.T, rows).T)


def laid_over(plane: Plane, under: Plane, share: float) -> Plane:
    """A plane with another one under it that has a share of the power; values are dB, and powers add up."""
    scale = np.float32(SPAN_DB / 10 * math.log(10))
    power = (1 - share) * np.exp(plane * scale) + share * np.exp(under * scale)
    mixed: Plane = (np.log(power) / scale).clip(0, 1).astype(np.float32)
    return mixed


def _between(plane: Plane, at: NDArray[np.float64]) -> Plane:
    """Values `(row, column)` at places between columns, in a straight line from one column to the next."""
    low = np.minimum(np.floor(at).astype(int), plane.shape[1] - 2)
    share = (at - low).astype(np.float32)
    return plane[:, low] * (1 - share) + plane[:, low + 1] * share


def _change(plane: Plane) -> float:
    """How much loudness changes over time, in the mean over the bands."""
    return float(plane.std(axis=1).mean())
