"""Several augmentations together or none of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dawnchorus.features import Plane


@dataclass(frozen=True)
class Sometimes:
    """All `parts`, one after the other, or none, by chance."""

    parts: tuple[Any, ...] = ()
    probability: float = 0.5

    def __call__(self, plane: Plane, rng: np.random.Generator) -> Plane:
        """A new plane `(mel, column)`, or the same."""
        if rng.random() >= self.probability:
            return plane
        for part in self.parts:
            plane = part(plane, rng)
        return plane
