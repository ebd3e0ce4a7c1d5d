"""Only what a person said counts; everything else stays unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dawnchorus.evidence import Known
from dawnchorus.labels.boxes import Annotations, frames_of, share_inside
from dawnchorus.windows import Window


@dataclass(frozen=True)
class AnnotatedOnly:
    """Present where a TP box is, absent where an FP box is, unknown elsewhere (the memo's second stage).

    A TP says "present" of the window that holds it and of its own frames. An FP says "absent" of its own frames, and
    nothing of the rest of the window; with `absent_grain="window"` it says so of the whole window, as the memo reads
    it, which is false wherever the species calls elsewhere in the window; where a TP says that it does, the TP holds.
    A box takes part in a window that holds at least `least_share` of it.
    """

    absent_grain: Literal["box", "window"] = "box"
    least_share: float = 0.25

    def __call__(
        self, windows: Sequence[Window], annotations: Annotations, n_species: int, columns_per_frame: int
    ) -> Known:
        """Evidence of windows and frames from the boxes that lie in them."""
        known = Known.nothing(len(windows), windows[0].columns // columns_per_frame, n_species)
        for row, window in enumerate(windows):
            start_s, end_s = window.start_s, window.end_s  # a day-long recording may have thousands of boxes
            for box in annotations.get(window.recording, ()):
                if box.start_s >= end_s or box.end_s <= start_s:
                    continue
                if share_inside(box, window) < self.least_share:
                    continue
                frames = frames_of(box, window, columns_per_frame)
                if box.present:
                    known.windows.present[row, box.species] = 1
                    known.frames.present[row, frames, box.species] = 1
                else:
                    known.frames.absent[row, frames, box.species] = 1
                    if self.absent_grain == "window":
                        known.windows.absent[row, box.species] = 1
        known.windows.absent[known.windows.present > 0] = 0
        return known
