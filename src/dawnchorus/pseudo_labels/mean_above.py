"""The mean of the teachers decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dawnchorus import scores as scoring
from dawnchorus.evidence import Known
from dawnchorus.pseudo_labels.teachers import Source, Teachers
from dawnchorus.pseudo_labels.votes import Votes
from dawnchorus.windows import Window


@dataclass(frozen=True)
class MeanAbove:
    """Present where the mean of the teachers is above `present_above`, absent where it is below `absent_below`.

    The same as one vote of one teacher that says the mean.
    """

    present_above: float = 0.5
    absent_below: float | None = None
    source: Source = "clipwise"
    frames: bool = False
    weight: float = 1.0

    def __call__(self, teachers: Teachers, windows: Sequence[Window], n_species: int, columns_per_frame: int) -> Known:
        """Evidence of windows, and of frames when wished."""
        means = {recording: [scoring.mean(asked)] for recording, asked in teachers.items() if asked}
        vote = Votes(self.present_above, self.absent_below, 1.0, self.source, self.frames, self.weight)
        return vote(means, windows, n_species, columns_per_frame)
