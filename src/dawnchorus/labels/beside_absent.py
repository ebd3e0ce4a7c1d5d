"""Just before and after a boxed call its species is weakly absent: so frames learn where calls begin and end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dawnchorus.evidence import Evidence, Known
from dawnchorus.labels.annotated_only import AnnotatedOnly
from dawnchorus.labels.boxes import Annotations, LabelPolicy
from dawnchorus.windows import Window


@dataclass(frozen=True)
class BesideAbsent:
    """What `labels` says, and within `reach_s` of a TP box its species absent with `weight`, where nothing is known.

    An animal may repeat itself sooner: the weight is small, and a neighbouring box of the species stays present. Of
    frames that a box covers in part nothing is said, nor of those of a box that hardly reaches into the window.
    """

    labels: LabelPolicy = AnnotatedOnly()
    reach_s: float = 2.0
    weight: float = 0.3

    def __call__(
        self, windows: Sequence[Window], annotations: Annotations, n_species: int, columns_per_frame: int
    ) -> Known:
        """Evidence of windows and frames."""
        known = self.labels(windows, annotations, n_species, columns_per_frame)
        near, within = np.zeros(known.frames.absent.shape, bool), np.zeros(known.frames.absent.shape, bool)
        for row, window in enumerate(windows):
            frame_s = columns_per_frame / window.columns_per_second
            start_s = window.start_s + np.arange(near.shape[1]) * frame_s
            for box in annotations.get(window.recording, ()):
                if box.present:
                    away_s = np.maximum(box.start_s - start_s - frame_s, start_s - box.end_s)
                    near[row, :, box.species] |= away_s < self.reach_s
                    within[row, :, box.species] |= away_s < 0
        weak = np.where(near & ~within, np.maximum(np.float32(self.weight) - known.frames.absent, 0), 0)
        weak = np.where(known.frames.present > 0, 0, weak).astype(np.float32)
        return Known(known.windows, Evidence(known.frames.present, known.frames.absent + weak))
