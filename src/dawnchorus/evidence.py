"""Evidence: what is known of windows and frames, and what is not.

`present[w, s]` is the weight of "s sounds in w", `absent[w, s]` the weight of "it does not". Unknown is both 0: there
is no sentinel and nothing to mask. Weights are 0 or more; a contradiction (both above 0) can be said as it is.

The arrays may be numpy's or torch's: only arithmetic that both share is used here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = Any  # a numpy array or a torch tensor


@dataclass(frozen=True)
class Evidence:
    """Weights `(window, species)` or `(window, frame, species)` for presence and for absence."""

    present: Array
    absent: Array

    @staticmethod
    def unknown(*shape: int) -> Evidence:
        """Nothing is known of anything in this shape."""
        return Evidence(np.zeros(shape, np.float32), np.zeros(shape, np.float32))

    @staticmethod
    def soft(probability: NDArray[np.float32], confidence: NDArray[np.float32] | float = 1.0) -> Evidence:
        """A soft label q of confidence c: present c*q, absent c*(1-q)."""
        return Evidence(confidence * probability, confidence * (1 - probability))

    def __add__(self, other: Evidence) -> Evidence:
        """Two sources together: their weights add up."""
        return Evidence(self.present + other.present, self.absent + other.absent)

    def __sub__(self, other: Evidence) -> Evidence:
        """What this knows more than a part of it."""
        return Evidence(self.present - other.present, self.absent - other.absent)

    def topped_up(self, told: Evidence, contradicted: bool = False) -> Evidence:
        """The same, and what is `told` on each side where nothing was known on it.

        With `contradicted` false, what is told is dropped where the other side is known: a person's word holds.
        """
        present = told.present * (self.present == 0)
        absent = told.absent * (self.absent == 0)
        if not contradicted:
            present, absent = present * (self.absent == 0), absent * (self.present == 0)
        return Evidence(self.present + present, self.absent + absent)

    def weighted(self, present: Array = 1.0, absent: Array = 1.0) -> Evidence:
        """The same with both sides multiplied; arrays `(species,)` weigh classes."""
        return Evidence(self.present * present, self.absent * absent)

    def mixed(self, share: Array, order: Array, absent_too: bool = True) -> Evidence:
        """The evidence of `share` of each window and `1 - share` of the window at its place in `order`.

        With `absent_too` false, what is known absent is kept as it is: only positives are mixed.
        """
        present = share * self.present + (1 - share) * self.present[order]
        absent = share * self.absent + (1 - share) * self.absent[order] if absent_too else self.absent
        return Evidence(present, absent)

    def __getitem__(self, rows: Any) -> Evidence:
        """The evidence of some windows."""
        return Evidence(self.present[rows], self.absent[rows])

    @property
    def called(self) -> Array:
        """Where more speaks for presence than for absence, hard labels or soft: booleans of the same shape."""
        return self.present > self.absent

    @property
    def known(self) -> Array:
        """Where anything is known: booleans of the same shape."""
        return (self.present > 0) | (self.absent > 0)


@dataclass(frozen=True)
class Known:
    """What is known of a set of windows at both grains: `(window, species)` and `(window, frame, species)`."""

    windows: Evidence
    frames: Evidence

    @staticmethod
    def nothing(windows: int, frames: int, species: int) -> Known:
        """Nothing is known of these windows."""
        return Known(Evidence.unknown(windows, species), Evidence.unknown(windows, frames, species))

    def __add__(self, other: Known) -> Known:
        return Known(self.windows + other.windows, self.frames + other.frames)

    def __sub__(self, other: Known) -> Known:
        return Known(self.windows - other.windows, self.frames - other.frames)

    def __getitem__(self, rows: Any) -> Known:
        return Known(self.windows[rows], self.frames[rows])

    def topped_up(self, told: Known, contradicted: bool = False) -> Known:
        """What is told on top of what is known, at each grain."""
        windows = self.windows.topped_up(told.windows, contradicted)
        return Known(windows, self.frames.topped_up(told.frames, contradicted))

    def weighted(self, present: Array = 1.0, absent: Array = 1.0) -> Known:
        """Both grains multiplied by the same weights."""
        return Known(self.windows.weighted(present, absent), self.frames.weighted(present, absent))

    def mixed(self, share: Array, order: Array, absent_too: bool = True) -> Known:
        """Both grains mixed with the same windows; `share` is a number or `(window,)`."""
        if hasattr(share, "reshape"):
            wide, deep = share.reshape(-1, 1), share.reshape(-1, 1, 1)
        else:
            wide = deep = share
        return Known(self.windows.mixed(wide, order, absent_too), self.frames.mixed(deep, order, absent_too))

    @property
    def informed(self) -> Array:
        """Which windows have anything known at all: booleans `(window,)`."""
        inside = self.frames.known.reshape(self.frames.present.shape[0], -1).any(1)
        return self.windows.known.any(1) | inside
