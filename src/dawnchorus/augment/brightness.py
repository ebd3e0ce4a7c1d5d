"""The picture gets brighter or darker, and flatter or steeper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dawnchorus.features import Plane


@dataclass(frozen=True)
class BrightnessContrast:
    """Values times 1 +- `contrast`, plus +- `brightness`, by chance; what leaves [0, 1] is cut."""

    brightness: float = 0.2
    contrast: float = 0.2
    probability: float = 0.5

    def __call__(self, plane: Plane, rng: np.random.Generator) -> Plane:
        """A new plane `(mel, column)`."""
        if rng.random() >= self.probability:
            return plane
        factor = 1 + rng.uniform(-self.contrast, self.contrast)
        brighter: Plane = (
            (plane * factor + rng.uniform(-self.brightness, self.brightness)).clip(0, 1).astype(np.float32)
        )
        return brighter
