"""Stretches of recordings whose stored embeddings are nearest to those of a call, by cosine."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.features import FeatureBlock

OF_ONE = 6  # of one recording, so that a single chorus doesn't fill the list
Blocks = Mapping[str, Sequence[FeatureBlock]]


@dataclass(frozen=True)
class Near:
    """A stretch of a recording and how like the call it is, -1 to 1."""

    recording: str
    start_s: float
    end_s: float
    likeness: float


@dataclass(frozen=True, eq=False)
class Sample:
    """The mean embedding of a call `(feature,)`, of length 1, and how many columns it lasts."""

    mean: NDArray[np.float32]
    columns: int


def sample(blocks: Sequence[FeatureBlock], start_s: float, end_s: float, per_second: float) -> Sample:
    """The call in a stretch of a recording with these blocks of embeddings, `per_second` columns a second.

    Raises ValueError when the stretch lies in none of them, or nothing is in it.
    """
    block = next((one for one in blocks if one.start_s <= start_s < one.end_s), None)
    if block is None or end_s <= start_s:
        raise ValueError(f"{start_s:g} to {end_s:g} s is no stretch of the recording")
    first = min(int((start_s - block.start_s) * per_second), block.columns - 1)
    after = min(max(first + 1, round((end_s - block.start_s) * per_second)), block.columns)
    mean = _unit(block.db()[:, first:after]).mean(axis=1)
    length = float(np.linalg.norm(mean))
    if not length > 0:
        raise ValueError(f"{block.recording}: there is nothing from {start_s:g} to {end_s:g} s")
    return Sample((mean / length).astype(np.float32), after - first)


def nearest(call: Sample, blocks: Blocks, per_second: float, most: int = 48, of_one: int = OF_ONE) -> list[Near]:
    """The stretches as long as the call that are most like it, nearest first, none over another.

    At most `of_one` come from one recording. The call itself is among them where its recording is in `blocks`.
    """
    found: list[tuple[float, str, float, float]] = []
    for recording, its in blocks.items():
        of_it: list[tuple[float, str, float, float]] = []
        for block in its:
            like = likeness(call, block)
            for _ in range(of_one):
                if not len(like) or not like.max() > -1:
                    break
                at = int(like.argmax())
                start_s = block.start_s + at / per_second
                end_s = min(block.end_s, start_s + call.columns / per_second)
                of_it.append((float(like[at]), recording, start_s, end_s))
                like[max(0, at - call.columns + 1) : at + call.columns] = -2
        found = heapq.nlargest(most, [*found, *heapq.nlargest(of_one, of_it)])
    return [Near(recording, start_s, end_s, like) for like, recording, start_s, end_s in found]


def likeness(call: Sample, block: FeatureBlock) -> NDArray[np.float32]:
    """Cosine of the call's embedding and the mean of each stretch of its length, by first column `(column,)`."""
    if block.columns < call.columns:
        return np.zeros(0, np.float32)
    total = np.cumsum(np.pad(_unit(block.db()), ((0, 0), (1, 0))), axis=1, dtype=np.float64)
    mean = total[:, call.columns :] - total[:, : -call.columns]
    length = np.linalg.norm(mean, axis=0)
    return (call.mean @ mean / np.maximum(length, 1e-9)).astype(np.float32)


def _unit(columns: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Columns of length 1; one of zeros stays."""
    values = columns.astype(np.float32)
    return values / np.maximum(np.linalg.norm(values, axis=0, keepdims=True), 1e-9)
