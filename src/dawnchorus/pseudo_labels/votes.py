"""Each teacher votes on each window; a large enough share of votes makes a label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawnchorus.evidence import Known
from dawnchorus.pseudo_labels.teachers import Source, Teachers, said_of_frames, said_of_window
from dawnchorus.windows import Window


@dataclass(frozen=True)
class Votes:
    """Present where at least `share` of the teachers say more than `present_above`.

    Absent where that share says less than `absent_below` (None: no negatives; the memo found positives alone better).

    `source` is what a teacher's word on a window is: its `clipwise` probability, or its highest frame (`framewise`).
    With `frames`, frames are labelled too, each from the teachers' frames, inside windows that are labelled present.
    A pseudo-label has the weight `weight`; a person's label has 1.

    With `faithful_double_sigmoid` probabilities go through the sigmoid once more before they are compared, as in the
    memo's framewise labels: all then lie between 0.5 and 0.732, and a threshold of 0.9 is never passed.
    """

    present_above: float = 0.9
    absent_below: float | None = None
    share: float = 0.6
    source: Source = "clipwise"
    frames: bool = False
    weight: float = 1.0
    faithful_double_sigmoid: bool = False

    def __call__(self, teachers: Teachers, windows: Sequence[Window], n_species: int, columns_per_frame: int) -> Known:
        """Evidence of windows `(window, species)`, and of frames when wished; no teacher, no evidence."""
        known = Known.nothing(len(windows), windows[0].columns // columns_per_frame, n_species)
        for row, window in enumerate(windows):
            asked = teachers.get(window.recording, ())
            if not asked:
                continue
            said = self._compared([said_of_window(scores, window, self.source) for scores in asked])
            present = (said > self.present_above).mean(axis=0) >= self.share
            known.windows.present[row] = self.weight * present
            if self.absent_below is not None:
                known.windows.absent[row] = self.weight * ((said < self.absent_below).mean(axis=0) >= self.share)
            if self.frames and present.any():
                lines = self._compared([said_of_frames(scores, window, columns_per_frame) for scores in asked])
                agreed = (lines > self.present_above).mean(axis=0) >= self.share
                agreed[window.frames_heard(columns_per_frame) :] = False  # a short recording is filled up from there on
                known.frames.present[row] = self.weight * (agreed & present)
        return known

    def _compared(self, said: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """What is compared with the thresholds, the teachers stacked along a new first axis."""
        stacked: NDArray[np.float32] = np.stack(said)
        if self.faithful_double_sigmoid:
            stacked = (1 / (1 + np.exp(-stacked))).astype(np.float32)
        return stacked
