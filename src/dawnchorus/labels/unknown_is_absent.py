"""Every species that nobody marked present counts as absent: false in most places, but it gets a network started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dawnchorus.evidence import Evidence, Known
from dawnchorus.labels.annotated_only import AnnotatedOnly
from dawnchorus.labels.boxes import Annotations
from dawnchorus.windows import Window


@dataclass(frozen=True)
class UnknownIsAbsent:
    """Present where a TP box is, absent everywhere else (the memo's first stage).

    With `weigh_rare`, presence of a species counts as many times more as the commonest species has more TP boxes.
    """

    weigh_rare: bool = True
    least_share: float = 0.0

    def __call__(
        self, windows: Sequence[Window], annotations: Annotations, n_species: int, columns_per_frame: int
    ) -> Known:
        """Evidence that knows every cell."""
        told = AnnotatedOnly(least_share=self.least_share)(windows, annotations, n_species, columns_per_frame)
        weights = self._weights(annotations, n_species) if self.weigh_rare else np.ones(n_species, np.float32)
        return Known(
            Evidence(told.windows.present * weights, 1 - told.windows.present),
            Evidence(told.frames.present * weights, 1 - told.frames.present),
        )

    @staticmethod
    def _weights(annotations: Annotations, n_species: int) -> np.ndarray:
        count = Counter(box.species for boxes in annotations.values() for box in boxes if box.present)
        most = max(count.values(), default=1)
        return np.array([most / count[s] if count[s] else 1 for s in range(n_species)], np.float32)
