"""Small values for tests: windows, blocks, scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dawnchorus.augment.example import Example
from dawnchorus.evidence import Evidence, Known
from dawnchorus.features import FeatureBlock, Range
from dawnchorus.scores import Scores
from dawnchorus.windows import Window

PER_SECOND = 62.5


def block(recording: str = "r", columns: int = 3751, index: int = 0, start_s: float = 0.0) -> FeatureBlock:
    """A block without a spectrogram."""
    return FeatureBlock(recording, index, start_s, start_s + columns / PER_SECOND, columns, Range(-80, 0), Path())


def window(start: int, columns: int = 512, recording: str = "r") -> Window:
    """A window of a one-minute block."""
    return Window(block(recording), start, columns, PER_SECOND)


def said(clipwise: float, n_species: int = 1, recording: str = "r", frames: float | None = None) -> Scores:
    """Scores of one minute in which everything has one probability."""
    starts = np.array([463 * n / PER_SECOND for n in range(8)], np.float32)
    highest = clipwise if frames is None else frames
    return Scores(
        recording,
        starts,
        starts + np.float32(512 / PER_SECOND),
        np.full((8, n_species), clipwise, np.float32),
        np.full((8, n_species), highest, np.float32),
        np.arange(118, dtype=np.float32) * np.float32(0.512),
        0.512,
        np.full((118, n_species), highest, np.float32),
    )


def example(
    plane: np.ndarray, present: Sequence[float], absent: Sequence[float], frames: int = 2, recording: str = "r"
) -> Example:
    """A window of a block in dB from -80 to 0, known alike as a whole and in each of its frames."""
    columns = plane.shape[1]
    whole = [np.array([weights], np.float32) for weights in (present, absent)]
    parts = [np.repeat(weights[:, None], frames, axis=1) for weights in whole]
    of_block = Window(block(recording, columns), 0, columns, PER_SECOND)
    return Example(plane.astype(np.float32), Known(Evidence(*whole), Evidence(*parts)), of_block)
