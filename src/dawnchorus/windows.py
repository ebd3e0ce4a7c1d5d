"""How a recording is cut: windows that slide over it, and crops round annotated events.

A window is a stretch of columns of one block of a recording. Everything here counts in columns of the spectrogram.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dawnchorus.features import FeatureBlock


@dataclass(frozen=True, slots=True)
class Window:
    """Columns `[start, start + columns)` of a block, and where they lie in the recording, in seconds."""

    block: FeatureBlock
    start: int
    columns: int
    columns_per_second: float

    @property
    def recording(self) -> str:
        """Key of the recording."""
        return self.block.recording

    @property
    def start_s(self) -> float:
        """Seconds from the start of the recording to the first column."""
        return self.block.start_s + self.start / self.columns_per_second

    @property
    def end_s(self) -> float:
        """Seconds from the start of the recording to the end of the last column that lies in the block."""
        return min(self.block.end_s, self.start_s + self.columns / self.columns_per_second)

    def frames_heard(self, columns_per_frame: int) -> int:
        """How many of its frames begin in the block: a short block is filled up with nothing."""
        columns = (self.end_s - self.start_s) * self.columns_per_second
        return min(self.columns // columns_per_frame, math.ceil(columns / columns_per_frame - 1e-6))


@dataclass(frozen=True)
class SlidingWindows:
    """Windows side by side with an overlap. The last one may reach beyond the end: the tail is never lost.

    With `faithful_tail` no window reaches beyond the end, unless the block is shorter than one, and what is behind the
    last window is never heard: so the memo cut recordings at an overlap of 51.
    """

    columns: int = 512
    overlap: int = 49
    faithful_tail: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < self.columns:
            raise ValueError(f"overlap {self.overlap} must be at least 0 and less than the {self.columns} columns")

    def starts(self, block_columns: int) -> list[int]:
        """First columns of the windows that cover `block_columns` columns; one window for a short block."""
        stride = self.columns - self.overlap
        beyond_first = max(0, block_columns - self.columns)
        more = beyond_first // stride if self.faithful_tail else math.ceil(beyond_first / stride)
        return [number * stride for number in range(more + 1)]

    def over(self, block: FeatureBlock, columns_per_second: float) -> list[Window]:
        """The windows of one block."""
        return [Window(block, start, self.columns, columns_per_second) for start in self.starts(block.columns)]


@dataclass(frozen=True)
class Anchored:
    """Windows drawn by chance: a share of them round annotated events, the others anywhere.

    `share` of the windows hold an event that a person boxed, one that says present as often as one that says absent,
    every species as often as every other; `pasted_share` hold an event that was pasted into another recording. The
    event's middle lies anywhere in the window. Without such anchors soft labels fade from round to round, as the second
    place of RFCX reports.
    """

    columns: int = 512
    share: float = 0.5
    pasted_share: float = 0.0

    def __post_init__(self) -> None:
        if min(self.share, self.pasted_share) < 0 or self.share + self.pasted_share > 1:
            raise ValueError(f"shares of {self.share} and {self.pasted_share}; expected two of at most 1 together")

    def around(
        self, blocks: Sequence[FeatureBlock], middle_s: float, columns_per_second: float, rng: np.random.Generator
    ) -> Window:
        """A window that holds the second `middle_s` of a recording with these blocks."""
        block = next((block for block in blocks if middle_s < block.end_s), blocks[-1])
        middle = int((middle_s - block.start_s) * columns_per_second)
        start = middle - int(rng.integers(self.columns))
        return Window(block, max(0, min(start, block.columns - self.columns)), self.columns, columns_per_second)

    def anywhere(self, blocks: Sequence[FeatureBlock], columns_per_second: float, rng: np.random.Generator) -> Window:
        """A window at a place drawn by chance."""
        block = blocks[int(rng.integers(len(blocks)))]
        start = int(rng.integers(max(1, block.columns - self.columns + 1)))
        return Window(block, start, self.columns, columns_per_second)


@dataclass(frozen=True)
class EventCrops:
    """One window round an annotated event, shifted by chance so that the event is not always in one place.

    `from_left` puts the event's middle at one of `offsets` columns from the left edge, among those that the recording
    allows; `from_centre` puts it in the centre and moves it by one of `offsets` to either side. Both keep the window
    inside the block where the block is long enough.

    With `faithful_last_box`, of several boxes of a species in a recording only the last is cropped round, as in the
    memo. It takes part where boxes are chosen, not here.
    """

    columns: int = 512
    offsets: tuple[int, ...] = (32, 64, 128, 256)
    place: Literal["from_left", "from_centre"] = "from_left"
    faithful_last_box: bool = False

    def start(self, middle: int, block_columns: int, rng: np.random.Generator) -> int:
        """First column of a crop for an event whose middle is column `middle`."""
        if self.place == "from_left":
            possible = [offset for offset in self.offsets if middle - offset > 0]
            start = middle - (int(rng.choice(possible)) if possible else middle)
        else:
            shift = int(rng.choice(self.offsets)) * int(rng.choice((-1, 1)))
            start = middle + shift - self.columns // 2
        return max(0, min(start, block_columns - self.columns))

    def around(
        self, blocks: Sequence[FeatureBlock], middle_s: float, columns_per_second: float, rng: np.random.Generator
    ) -> Window:
        """A crop round the second `middle_s` of a recording with these blocks."""
        block = next((block for block in blocks if middle_s < block.end_s), blocks[-1])
        middle = int((middle_s - block.start_s) * columns_per_second)
        return Window(block, self.start(middle, block.columns, rng), self.columns, columns_per_second)
