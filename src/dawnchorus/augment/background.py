"""Another recording is heard behind a window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawnchorus.augment.example import Around, Example
from dawnchorus.evidence import Evidence, Known
from dawnchorus.features import Plane

DB = np.log(10) / 10  # natural logarithms of power in a dB


@dataclass(frozen=True)
class Background:
    """By chance, the power of a window of another recording is added, one without a TP box above all.

    It is made quieter, until its median over the window is by a number of dB from `below_db` under that of the window
    it is added to: the noise of both is compared, and a call behind may well be louder than the noise in front.

    What is known present stays so. What is known absent stays so where the background is quiet: nowhere in the
    species' band louder than the window itself is half of the time, so that nothing in it could be heard. Elsewhere
    the species may call in the background, and its absence is known no better than in both windows.

    It is for dB, and goes before augmentations that change planes otherwise.
    """

    below_db: tuple[float, float] = (6.0, 20.0)
    probability: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.below_db[0] <= self.below_db[1]:
            raise ValueError(f"below_db is {self.below_db}; expected a range from low to high, of at least 0")

    def of_window(self, example: Example, around: Around, rng: np.random.Generator) -> Example:
        """The example with a background."""
        if rng.random() >= self.probability:
            return example
        other = around.elsewhere(example.window.recording, rng)
        if other is None or example.window.block.silent or other.window.block.silent:
            return example
        own, added = _db(example), _db(other)
        added += np.median(own) - np.float32(rng.uniform(*self.below_db)) - np.median(added)
        heard = min(own.shape[1], added.shape[1])  # nothing is added behind the end of either recording
        # By how many dB both together are louder than the window alone.
        louder = np.logaddexp(0, DB * (added[:, :heard] - own[:, :heard])) / DB
        span, plane = example.window.block.range, example.plane.copy()
        plane[:, :heard] = np.minimum(plane[:, :heard] + louder / (span.high_db - span.low_db), 1)
        loud = added[:, :heard].max(axis=1) > np.median(own, axis=1)  # rows in which something may be heard
        bands = zip(around.bands.first, around.bands.after, strict=True)
        audible = np.array([np.any(loud[first:after]) for first, after in bands])
        known = Known(
            _behind(example.known.windows, other.known.windows, audible),
            _behind(example.known.frames, other.known.frames, audible),
        )
        return Example(plane, known, example.window)


def _db(example: Example) -> Plane:
    """What an example's plane stands for, in dB `(mel, column)`, as far as its block goes."""
    window, span = example.window, example.window.block.range
    return span.low_db + example.plane[:, : window.block.columns - window.start] * np.float32(
        span.high_db - span.low_db
    )


def _behind(front: Evidence, behind: Evidence, audible: NDArray[np.bool_]) -> Evidence:
    """The evidence of a window that has another one behind it; `audible` are the species that may be heard there."""
    return Evidence(front.present, np.where(audible, np.minimum(front.absent, behind.absent), front.absent))
