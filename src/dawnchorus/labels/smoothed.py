"""What nobody said anything of is taken for a little present: a target between yes and no, of little weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dawnchorus.evidence import Evidence, Known
from dawnchorus.labels.annotated_only import AnnotatedOnly
from dawnchorus.labels.boxes import Annotations, LabelPolicy
from dawnchorus.windows import Window


@dataclass(frozen=True)
class Smoothed:
    """What `labels` says, and where it says nothing a soft label `target` of confidence `weight`.

    A small target is a weak guess of how often a species sounds where nobody listened: it pulls scores down that
    nothing else holds. It is the last word: what pseudo-labels say is known, and nothing is guessed there.
    """

    labels: LabelPolicy = AnnotatedOnly()
    target: float = 0.05
    weight: float = 0.05

    def __post_init__(self) -> None:
        if not 0 <= self.target <= 1:
            raise ValueError(f"target is {self.target}; expected a probability")

    def __call__(
        self, windows: Sequence[Window], annotations: Annotations, n_species: int, columns_per_frame: int
    ) -> Known:
        """Evidence that knows every cell, most of them hardly at all."""
        return self.filled(self.labels(windows, annotations, n_species, columns_per_frame))

    def filled(self, known: Known) -> Known:
        """What is known, and the guess wherever that is nothing."""
        return Known(self._filled(known.windows), self._filled(known.frames))

    def _filled(self, evidence: Evidence) -> Evidence:
        unknown = 1 - np.asarray(evidence.known, np.float32)
        target = (self.target * unknown).astype(np.float32)
        return evidence + Evidence.soft(target, (self.weight * unknown).astype(np.float32))
