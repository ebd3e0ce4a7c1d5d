"""Where one species was marked, the others are weakly absent: a person who boxed a call heard what else was in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dawnchorus.evidence import Evidence, Known
from dawnchorus.labels.annotated_only import AnnotatedOnly
from dawnchorus.labels.boxes import Annotations, LabelPolicy
from dawnchorus.windows import Window


@dataclass(frozen=True)
class OthersAbsent:
    """What `labels` says, and on the frames of a TP box every other species absent with `weight`.

    Nothing is said of a species that is known there already, nor of whole windows: another species may well call in
    the rest of the window.
    """

    labels: LabelPolicy = AnnotatedOnly()
    weight: float = 0.3

    def __call__(
        self, windows: Sequence[Window], annotations: Annotations, n_species: int, columns_per_frame: int
    ) -> Known:
        """Evidence of windows and frames."""
        known = self.labels(windows, annotations, n_species, columns_per_frame)
        boxed = (known.frames.present > 0).any(axis=2)
        weak = np.where(known.frames.known, 0, np.float32(self.weight) * boxed[:, :, None])
        return Known(known.windows, Evidence(known.frames.present, known.frames.absent + weak))
