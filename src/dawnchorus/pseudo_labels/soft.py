"""What teachers say counts as it is: soft labels, without a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dawnchorus import scores as scoring
from dawnchorus.calibration.prevalence import shifted
from dawnchorus.evidence import Evidence, Known
from dawnchorus.pseudo_labels.teachers import Source, Teachers, said_of_frames, said_of_window
from dawnchorus.windows import Window

_EVEN = 0.5  # the share of time that a loss takes which weighs presence and absence alike


@dataclass(frozen=True)
class Soft:
    """A soft label for every window and frame that teachers heard: the mean of their probabilities to a `power`.

    A teacher whose loss gives presence and absence equal weight takes a species to sound half of the time. With a
    `prior`, its probabilities are carried to that share of time first (label shift, Saerens et al. 2002). A power
    above 1 lets doubt fade and keeps what is sure (as the winner of BirdCLEF 2025 did). Presence has the
    weight `weight`, absence `absent_weight`. Whole windows are labelled with `windows`, frames with `frames`; `source`
    says what a teacher's word on a window is.
    """

    prior: float = _EVEN
    power: float = 1.0
    weight: float = 1.0
    absent_weight: float = 1.0
    windows: bool = True
    frames: bool = True
    source: Source = "framewise"

    def __call__(self, teachers: Teachers, windows: Sequence[Window], n_species: int, columns_per_frame: int) -> Known:
        """Evidence of windows and frames; no teacher, no evidence."""
        known = Known.nothing(len(windows), windows[0].columns // columns_per_frame, n_species)
        asked = {window.recording for window in windows} & set(teachers)
        means = {recording: scoring.mean(teachers[recording]) for recording in sorted(asked)}
        rows = [row for row, window in enumerate(windows) if window.recording in means]
        heard = [(means[windows[row].recording], windows[row]) for row in rows]
        if heard and self.windows:
            told = self._label(np.stack([said_of_window(mean, window, self.source) for mean, window in heard]))
            known.windows.present[rows], known.windows.absent[rows] = told.present, told.absent
        if heard and self.frames:
            told = self._label(np.stack([said_of_frames(mean, window, columns_per_frame) for mean, window in heard]))
            known.frames.present[rows], known.frames.absent[rows] = told.present, told.absent
            for row in rows:  # no teacher heard what a short recording is filled up with
                behind = windows[row].frames_heard(columns_per_frame)
                known.frames.present[row, behind:] = known.frames.absent[row, behind:] = 0
        return known

    def _label(self, said: NDArray[np.float32]) -> Evidence:
        carried = said if self.prior == _EVEN else shifted(said, _EVEN, self.prior)
        return Evidence.soft((carried**self.power).astype(np.float32)).weighted(self.weight, self.absent_weight)
