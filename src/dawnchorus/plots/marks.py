"""What is drawn on a recording: boxes, score curves, and the colours of their species."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dawnchorus.plots.ink import Values

# One pair a species: on the dark spectrogram, and deeper on white paper.
SPECIES_COLOURS = (
    ("#FFB733", "#B87800"),
    ("#6CC5F5", "#2A7FB4"),
    ("#F2A3D0", "#A8517F"),
    ("#45E0B0", "#00805D"),
    ("#F0E442", "#857B00"),
    ("#FF8A4C", "#C25200"),
)


@dataclass(frozen=True, slots=True)
class Box:
    """A mark on a recording, in seconds and hertz; `label` is the species.

    `present` and `absent`: what a person said of this box. `pseudo`: a stretch that a model labelled (its hertz are not
    shown). `truth`: a stretch in which the species is known to sound (its hertz are not shown).
    """

    start_s: float
    end_s: float
    low_hz: float
    high_hz: float
    label: str
    kind: Literal["present", "absent", "pseudo", "truth"]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """How sure the detector is of one species through a recording.

    `times_s`: (frame,), seconds at the middle of each frame; `scores`: (frame,), 0 to 1, NaN where there is none.
    """

    label: str
    times_s: Values
    scores: Values
    threshold: float = 0.5


def species_of(boxes: Sequence[Box], tracks: Sequence[Track]) -> list[str]:
    """List the species of a figure: those with a score curve first, then the others as they appear."""
    return list(dict.fromkeys([*(track.label for track in tracks), *(box.label for box in boxes)]))
