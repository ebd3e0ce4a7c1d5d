"""Which mel rows each species sounds in, as far as boxes tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawnchorus.events import Annotation
from dawnchorus.features import FrontEnd


@dataclass(frozen=True, eq=False)
class Bands:
    """The rows `[first, after)` of each species' band, both `(species,)`, in planes of so many `rows`."""

    first: NDArray[np.intp]
    after: NDArray[np.intp]
    rows: int

    @staticmethod
    def of(boxes: Iterable[Annotation], n_species: int, front_end: FrontEnd) -> Bands:
        """The rows that the TP boxes of each species touch, and those between; all rows for a species without any."""
        first, after = np.full(n_species, front_end.rows), np.zeros(n_species, np.intp)
        for box in boxes:
            if box.present and box.high_hz > box.low_hz:
                rows = front_end.rows_of(box.low_hz, box.high_hz)
                first[box.species] = min(first[box.species], rows.start)
                after[box.species] = max(after[box.species], rows.stop)
        unknown = first > after
        first[unknown], after[unknown] = 0, front_end.rows
        return Bands(first, after, front_end.rows)

    def covered(self, species: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which rows `(row,)` lie in the band of any of the `species`, booleans `(species,)`."""
        row = np.arange(self.rows)[:, None]
        return np.asarray(((row >= self.first[species]) & (row < self.after[species])).any(axis=1))

    def whole_cuts(self, species: NDArray[np.bool_]) -> NDArray[np.intp]:
        """The rows at which planes can be cut in two, between this row and the one below, and none of `species`."""
        cuts = np.arange(1, self.rows)
        through = (self.first[species] < cuts[:, None]) & (self.after[species] > cuts[:, None])
        return cuts[~through.any(axis=1)]
