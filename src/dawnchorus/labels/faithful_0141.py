"""The labels of the memo's experiment 0141, with the mistake that its numbers come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawnchorus.events import Annotation
from dawnchorus.evidence import Known
from dawnchorus.labels.boxes import Annotations
from dawnchorus.windows import Window


@dataclass(frozen=True)
class Faithful0141:
    """Each TP says both "present" and "absent" of its windows, as loudly as it is long; FP say nothing.

    The memo counted absence from the columns marked present, and never cut the counts down to 1: both weights of a
    window and species are the number of spectrogram columns that TP boxes of the species cover. Of frames nothing is
    known. Only for repeating that experiment; `AnnotatedOnly` is what it meant to be.
    """

    def __call__(
        self, windows: Sequence[Window], annotations: Annotations, n_species: int, columns_per_frame: int
    ) -> Known:
        """Evidence of windows, the same on both sides."""
        known = Known.nothing(len(windows), windows[0].columns // columns_per_frame, n_species)
        for row, window in enumerate(windows):
            boxes = [box for box in annotations.get(window.recording, ()) if box.present]
            for species in {box.species for box in boxes}:
                covered = np.zeros(window.columns, bool)
                for box in boxes:
                    if box.species == species:
                        covered |= _columns_of(box, window)
                known.windows.present[row, species] = known.windows.absent[row, species] = covered.sum()
        return known


def _columns_of(box: Annotation, window: Window) -> NDArray[np.bool_]:
    """Which columns of the window lie in the box: booleans `(column,)`. Columns behind the block lie in none."""
    start = int((box.start_s - window.block.start_s) * window.columns_per_second)
    end = int((box.end_s - window.block.start_s) * window.columns_per_second)
    columns = window.start + np.arange(window.columns)
    covered: NDArray[np.bool_] = (columns >= start) & (columns < min(end, window.block.columns))
    return covered
