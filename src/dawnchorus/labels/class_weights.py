"""How much the presence of each species counts, from how often it is labelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ClassWeights:
    """The rarer a species is among the labels, the more its presence counts: half as often, twice as much.

    `max` counts the commonest species once and the others more; `min` counts the rarest once and the others less, in
    the same ratios.
    """

    scale: Literal["max", "min"] = "max"

    def of(self, counts: NDArray[Any]) -> NDArray[np.float32]:
        """Weights `(species,)` from counts `(species,)`. A species that is never labelled has 1 and sets no scale."""
        weights = np.ones(len(counts), np.float32)
        labelled = counts > 0
        if labelled.any():
            found = counts[labelled]
            weights[labelled] = (found.max() if self.scale == "max" else found.min()) / found
        return weights
