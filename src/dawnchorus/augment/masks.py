"""A stretch of time and a band of frequencies are blanked out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dawnchorus.features import Plane


@dataclass(frozen=True)
class Masks:
    """Both masks or none, by chance (Park et al. 2019, as the memo draws them).

    The width is drawn twice: a longest width below `columns` (or `rows`), then the width below that, so that
    narrow masks are the rule.
    """

    columns: int = 40
    rows: int = 30
    probability: float = 0.5

    def __call__(self, plane: Plane, rng: np.random.Generator) -> Plane:
        """A copy of the plane `(mel, column)` with zeros in a stretch of columns and in a band of rows."""
        if rng.random() >= self.probability:
            return plane
        masked = plane.copy()
        masked[:, _stretch(plane.shape[1], self.columns, rng)] = 0
        masked[_stretch(plane.shape[0], self.rows, rng), :] = 0
        return masked


def _stretch(length: int, longest: int, rng: np.random.Generator) -> slice:
    limit = int(rng.integers(0, min(longest, length)))
    start = int(rng.integers(0, length - limit))
    return slice(start, start + int(rng.integers(0, limit + 1)))
