"""Quiet sound gets quieter, loud sound stays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dawnchorus.features import Plane


@dataclass(frozen=True)
class Gamma:
    """Values in [0, 1] to the power `gamma`, by chance (the memo squares them)."""

    gamma: float = 2.0
    probability: float = 0.5

    def __call__(self, plane: Plane, rng: np.random.Generator) -> Plane:
        """A new plane `(mel, column)`."""
        if rng.random() >= self.probability:
            return plane
        powered: Plane = plane ** np.float32(self.gamma)
        return powered
