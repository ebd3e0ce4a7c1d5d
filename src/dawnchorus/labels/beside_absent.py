"""Just before and after a boxed call its species is weakly absent: so frames learn where calls begin and end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dawnchorus.evidence import Evidence, Known
from dawnchorus.labels.annotated_only import AnnotatedOnly
from dawnchorus.labels.boxes import Annotations, LabelPolicy, frames_of, share_inside
from dawnchorus.windows import Window


@dataclass(frozen=True)
class BesideAbsent:
    """What `labels` says, and within `reach_s` of a TP box its species absent with `weight`, where nothing is known.

    An animal may repeat itself sooner: the weight is small, and a neighbouring box of the species stays present.
    """

    labels: LabelPolicy = AnnotatedOnly()
    reach_s: float = 2.0
    weight: float = 0.3

    def __call__(
        self, windows: Sequence[Window], annotations: Annotations, n_species: int, columns_per_frame: int
    ) -> Known:
        """Evidence of windows and frames."""
        known = self.labels(windows, annotations, n_species, columns_per_frame)
        weak = np.zeros_like(known.frames.absent)
        for row, window in enumerate(windows):
            reach = round(self.reach_s * window.columns_per_second / columns_per_frame)
            for box in annotations.get(window.recording, ()):
                if box.present and share_inside(box, window) > 0:
                    frames = frames_of(box, window, columns_per_frame)
                    weak[row, max(0, frames.start - reach) : frames.stop + reach, box.species] = self.weight
        weak = np.where(known.frames.present > 0, 0, np.maximum(weak - known.frames.absent, 0))
        return Known(known.windows, Evidence(known.frames.present, known.frames.absent + weak))
