"""What teachers say of windows: the common ground of the pseudo-label policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from dawnchorus.evidence import Known
from dawnchorus.scores import Scores
from dawnchorus.windows import Window

Teachers = Mapping[str, Sequence[Scores]]  # by recording key: one Scores for each model that never heard it
Source = Literal["clipwise", "framewise"]


@dataclass(frozen=True)
class OutsideTeacher:
    """A teacher of another run, perhaps of another network that hears with another front end.

    `name` is what stages call it, `origin` says where its Scores come from, `licence` is that of the weights behind
    them, which its pupils inherit.
    """

    name: str
    origin: str = ""
    licence: str = ""


class PseudoLabels(Protocol):
    """Anything that turns what teachers say into evidence."""

    def __call__(self, teachers: Teachers, windows: Sequence[Window], n_species: int, columns_per_frame: int) -> Known:
        """Evidence of the windows from the teachers of their recordings."""
        ...


def said_of_window(scores: Scores, window: Window, source: Source) -> NDArray[np.float32]:
    """One teacher's probabilities for a window `(species,)`.

    `clipwise` takes the scored window that shares most time with it, `framewise` its highest frame.
    """
    if source == "framewise":
        return scores.highest_between(window.start_s, window.end_s)
    shared = np.minimum(scores.window_end_s, window.end_s) - np.maximum(scores.window_start_s, window.start_s)
    said: NDArray[np.float32] = scores.clipwise[int(np.argmax(shared))]
    return said


def said_of_frames(scores: Scores, window: Window, columns_per_frame: int) -> NDArray[np.float32]:
    """One teacher's probabilities for the frames of a window `(frame, species)`; nearest frame in time."""
    frame_s = columns_per_frame / window.columns_per_second
    middles = window.start_s + frame_s * (np.arange(window.columns // columns_per_frame) + 0.5)
    nearest = np.searchsorted(scores.frame_start_s, middles, side="right") - 1
    said: NDArray[np.float32] = scores.framewise[nearest.clip(0, len(scores.framewise) - 1)]
    return said
