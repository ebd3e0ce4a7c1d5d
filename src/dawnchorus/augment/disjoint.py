"""Two windows one above the other: the low tones of one, the high tones of the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawnchorus.augment.example import Around, Example
from dawnchorus.evidence import Evidence, Known


@dataclass(frozen=True)
class DisjointMixing:
    """By chance, what is below a mel row is one window, and what is above it another one, both unchanged in loudness.

    The row is drawn among those that cut through no band of a species known present in either window; where there is
    none, the windows are left alone. What is known of a species goes with the window that its band is from. A species
    whose band is cut is unknown: half of its call may be there.
    """

    probability: float = 0.5

    def of_window(self, example: Example, around: Around, rng: np.random.Generator) -> Example:
        """The example with the low or the high tones of another window."""
        if rng.random() >= self.probability:
            return example
        other = around.another(rng)
        cuts = around.bands.whole_cuts(example.present | other.present)
        if not len(cuts):
            return example
        cut = int(rng.choice(cuts))
        low, high = (example, other) if rng.random() < 0.5 else (other, example)
        below, above = around.bands.after <= cut, around.bands.first >= cut
        known = Known(
            _stacked(low.known.windows, high.known.windows, below, above),
            _stacked(low.known.frames, high.known.frames, below, above),
        )
        return Example(np.concatenate([low.plane[:cut], high.plane[cut:]]), known, example.window)


def _stacked(low: Evidence, high: Evidence, below: NDArray[np.bool_], above: NDArray[np.bool_]) -> Evidence:
    """The evidence of `low` for the species that are `below` the cut, that of `high` for those `above`."""
    lower, higher = low.weighted(below, below), high.weighted(above & ~below, above & ~below)
    return lower + higher
