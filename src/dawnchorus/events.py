"""The nouns: what was recorded, what people said of it, and what a detector found.

Times are seconds from the start of the recording, in half-open stretches `[start, end)`; frequencies are hertz.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Recording:
    """One audio file, known by `key`: its path under the audio folder, with `/` and without the extension.

    Two files that differ only in the extension keep it in their keys. `duration_s` is what can be read, not what a
    header claims. `site` groups recordings that share background sound; `start` has its time zone, or is None.
    """

    key: str
    path: Path
    duration_s: float
    rate_hz: int
    site: str = ""
    start: datetime | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A person's word on one box: the species is in it (`present`), or it is not (a template matcher's mistake).

    `species` counts from 0. `where` says which line of which file it came from; it takes no part in comparison.
    """

    recording: str
    species: int
    start_s: float
    end_s: float
    low_hz: float
    high_hz: float
    present: bool
    song_type: int = 1
    where: str = field(default="", compare=False)

    def overlaps(self, other: Annotation) -> bool:
        """Whether the two boxes share time in the same recording; frequencies are not compared."""
        same = self.recording == other.recording
        return same and self.start_s < other.end_s and other.start_s < self.end_s


@dataclass(frozen=True, slots=True)
class Detection:
    """What a detector found: `score` ranks detections of one species; it is no calibrated probability.

    `channel` counts from 1, as people do; 0 is the mean of all channels. `spread` says how far the networks of a model
    disagree: the standard deviation of their scores where the detection is highest; 0 from one network alone.
    """

    recording: str
    species: int
    start_s: float
    end_s: float
    score: float
    low_hz: float = 0.0
    high_hz: float = 0.0
    channel: int = 0
    spread: float = 0.0


Stretch = tuple[str, int, int, int]
"""Recording, species, and the milliseconds that it begins and ends at: tables round seconds, each in its own way."""


def stretch_of(recording: str, species: int, start_s: float, end_s: float) -> Stretch:
    """What makes two questions the same one."""
    return recording, species, round(start_s * 1000), round(end_s * 1000)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person's answer on a stretch of a recording: present, absent, or unsure (`present` is None).

    `model` is the hash of the model that raised the question and `score` what it said; both are empty when a person
    marked the stretch unasked. `asked` says how the question was chosen: an order of the queue, or `marked`.
    """

    recording: str
    species: int
    start_s: float
    end_s: float
    present: bool | None
    by: str
    at: datetime
    low_hz: float = 0.0
    high_hz: float = 0.0
    model: str = ""
    score: float | None = None
    asked: str = ""

    @property
    def stretch(self) -> Stretch:
        """What was judged."""
        return stretch_of(self.recording, self.species, self.start_s, self.end_s)


@dataclass(frozen=True, slots=True)
class Species:
    """A class of the detector. Its number counts from 0 and is the column in every array `(…, species)`."""

    number: int
    name: str
