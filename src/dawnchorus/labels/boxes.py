"""Where an annotated box lies in a window: what the label policies share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from dawnchorus.events import Annotation
from dawnchorus.evidence import Known
from dawnchorus.windows import Window

Annotations = Mapping[str, Sequence[Annotation]]  # by recording key


class LabelPolicy(Protocol):
    """Anything that says what is known of windows."""

    def __call__(
        self, windows: Sequence[Window], annotations: Annotations, n_species: int, columns_per_frame: int
    ) -> Known:
        """What the annotations say of these windows and of their frames."""
        ...


def share_inside(box: Annotation, window: Window) -> float:
    """The share of the box's time that lies in the window; a box longer than the window counts as the window."""
    shared = min(box.end_s, window.end_s) - max(box.start_s, window.start_s)
    return 0.0 if shared <= 0 else shared / min(box.end_s - box.start_s, window.end_s - window.start_s)


def frames_of(box: Annotation, window: Window, columns_per_frame: int) -> slice:
    """The frames of the window that a box covers by half or more; where there is none, the one it covers most."""
    per_second = window.columns_per_second / columns_per_frame
    last_frame = window.columns // columns_per_frame - 1
    start = (box.start_s - window.start_s) * per_second
    end = (box.end_s - window.start_s) * per_second
    first, after = max(0, round(start)), min(last_frame + 1, round(end))
    if after > first:
        return slice(first, after)
    most = min(max(0, int((start + end) / 2)), last_frame)
    return slice(most, most + 1)
