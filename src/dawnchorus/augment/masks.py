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

    With `faithful_whole_columns` the stretch lies anywhere in a recording of so many columns, of which the plane is a
    part at a place drawn by chance, and so it often misses the plane: the memo masks recordings before it crops them.
    """

    columns: int = 40
    rows: int = 30
    probability: float = 0.5
    faithful_whole_columns: int | None = None

    def __call__(self, plane: Plane, rng: np.random.Generator) -> Plane:
        """A copy of the plane `(mel, column)` with zeros in a stretch of columns and in a band of rows."""
        if rng.random() >= self.probability:
            return plane
        masked = plane.copy()
        masked[:, self._columns_of(plane.shape[1], rng)] = 0
        masked[stretch(plane.shape[0], self.rows, rng), :] = 0
        return masked

    def _columns_of(self, plane_columns: int, rng: np.random.Generator) -> slice:
        if self.faithful_whole_columns is None:
            return stretch(plane_columns, self.columns, rng)
        whole = max(self.faithful_whole_columns, plane_columns)
        place = int(rng.integers(0, whole - plane_columns + 1))
        masked = stretch(whole, self.columns, rng)
        return slice(max(0, masked.start - place), max(0, masked.stop - place))


def stretch(length: int, longest: int, rng: np.random.Generator) -> slice:
    """A stretch of `length` places that is shorter than `longest`: its longest width is drawn, then its width."""
    limit = int(rng.integers(0, min(longest, length)))
    start = int(rng.integers(0, length - limit))
    return slice(start, start + int(rng.integers(0, limit + 1)))
