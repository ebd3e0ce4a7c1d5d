"""Scores: what a model says of a recording. Everything after the network works on these.

Windows become one line of frames a recording here, models become their mean, frames of one length become frames of
another, and Scores are written to disk and read back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from dawnchorus.files import whole
from dawnchorus.windows import Window

Floats = NDArray[np.float32]
Times = NDArray[np.float64]  # float32 would be 4 ms off at the end of a day


class ScoresError(ValueError):
    """A file holds no Scores; the message names it."""


@dataclass(frozen=True)
class Scores:
    """Probabilities of one recording, from one model or from the mean of several.

    `clipwise` and `window_maximum` are `(window, species)`: the network's word on each window, and the highest of the
    window's frames. `framewise` is `(frame, species)`, stitched over the windows; frame f covers the `frame_s` seconds
    from `frame_start_s[f]`. `window_start_s`, `window_end_s` are `(window,)`, in seconds from the recording's start.
    `framewise_spread` `(frame, species)` is the standard deviation of the models' frames, None for one model alone.
    """

    recording: str
    window_start_s: Times
    window_end_s: Times
    clipwise: Floats
    window_maximum: Floats
    frame_start_s: Times
    frame_s: float
    framewise: Floats
    framewise_spread: Floats | None = None

    def whole_recording(self, top_s: float = 0.0) -> Floats:
        """One score a species `(species,)`: the highest frame of any window (the memo's prediction).

        With `top_s` the mean of the highest stitched frames that last so many seconds together: a call that several
        frames hear, or that comes again, counts for more than one loud frame.
        """
        count = min(round(top_s / self.frame_s), len(self.framewise))
        if count < 2:
            highest: Floats = self.window_maximum.max(axis=0)
            return highest
        top: Floats = np.sort(self.framewise, axis=0)[-count:].mean(axis=0)
        return top

    def window_at(self, start_s: float, end_s: float) -> int:
        """The number of the window that shares most time with `[start_s, end_s)`."""
        shared = np.minimum(self.window_end_s, end_s) - np.maximum(self.window_start_s, start_s)
        return int(np.argmax(shared))

    def highest_between(self, start_s: float, end_s: float) -> Floats:
        """The highest stitched frame that touches `[start_s, end_s)`, for each species `(species,)`."""
        first = int(np.searchsorted(self.frame_start_s, start_s - self.frame_s, side="right"))
        last = int(np.searchsorted(self.frame_start_s, end_s, side="left"))
        first = min(first, len(self.framewise) - 1)
        highest: Floats = self.framewise[first : max(last, first + 1)].max(axis=0)
        return highest


def of_recording(windows: Sequence[Window], clipwise: Floats, framewise: Floats, columns_per_frame: int) -> Scores:
    """Join what a network says of the windows of one recording.

    `clipwise` `(window, species)` and `framewise` `(window, frame, species)` are probabilities; `windows` are all of
    one recording, block after block. Frames that lie wholly in the padding behind a block take no part.
    """
    joined = Joining(columns_per_frame)
    at = 0
    for _, group in groupby(windows, key=lambda window: window.block.index):
        of_block = list(group)
        here = slice(at, at + len(of_block))
        joined.add(of_block, clipwise[here], framewise[here])
        at += len(of_block)
    return joined.scores()


class Joining:
    """Joins what a network says of one recording, block after block; it keeps only the stitched frames of each."""

    def __init__(self, columns_per_frame: int) -> None:
        self.columns_per_frame = columns_per_frame
        self.recording, self.frame_s = "", 0.0
        self.window_start_s: list[float] = []
        self.window_end_s: list[float] = []
        self.clipwise: list[Floats] = []
        self.highest: list[Floats] = []
        self.starts: list[Times] = []
        self.stitched: list[Floats] = []
        self.spreads: list[Floats] = []

    def add(self, windows: Sequence[Window], clipwise: Floats, framewise: Floats, spread: Floats | None = None) -> None:
        """Add all windows of one block, with `clipwise` `(window, species)`, `framewise` `(window, frame, species)`.

        `spread` is that of the frames, with every block or with none; where windows overlap its mean counts.
        """
        block = windows[0].block
        self.recording, self.frame_s = block.recording, self.columns_per_frame / windows[0].columns_per_second
        starts = [window.start for window in windows]
        line = stitch(starts, framewise, self.columns_per_frame, block.columns)
        self.stitched.append(line)
        if spread is not None:
            self.spreads.append(stitch(starts, spread, self.columns_per_frame, block.columns))
        self.starts.append(block.start_s + self.frame_s * np.arange(len(line), dtype=np.float64))
        first_column = self.columns_per_frame * np.arange(framewise.shape[1])
        for window, its_frames in zip(windows, framewise, strict=True):
            self.highest.append(its_frames[window.start + first_column < block.columns].max(axis=0))
            self.window_start_s.append(window.start_s)
            self.window_end_s.append(window.end_s)
        self.clipwise.append(clipwise)

    def scores(self) -> Scores:
        """What was joined; there must be a block."""
        return Scores(
            self.recording,
            np.array(self.window_start_s, np.float64),
            np.array(self.window_end_s, np.float64),
            np.concatenate(self.clipwise).astype(np.float32, copy=False),
            np.stack(self.highest).astype(np.float32, copy=False),
            np.concatenate(self.starts).astype(np.float64, copy=False),
            self.frame_s,
            np.concatenate(self.stitched).astype(np.float32, copy=False),
            np.concatenate(self.spreads) if self.spreads else None,
        )


def stitch(starts: Sequence[int], framewise: Floats, columns_per_frame: int, block_columns: int) -> Floats:
    """Join frames of overlapping windows `(window, frame, species)` to the frames of the block `(frame, species)`.

    Windows need not start on the block's frames: each frame gives to the two frames it lies in by the share of its
    columns there, and where windows overlap the mean counts. Frames that lie wholly behind the block take no part.
    """
    n_frames = -(-block_columns // columns_per_frame)
    per_window, n_species = framewise.shape[1:]
    total = np.zeros((n_frames + per_window + 1, n_species))
    weight = np.zeros((n_frames + per_window + 1, 1))
    for start, frames in zip(starts, framewise, strict=True):
        first, inside = divmod(start, columns_per_frame)
        later = inside / columns_per_frame
        heard = max(0, min(per_window, -((start - block_columns) // columns_per_frame)))
        for shift, share in ((0, 1 - later), (1, later)):
            total[first + shift : first + shift + heard] += share * frames[:heard]
            weight[first + shift : first + shift + heard] += share
    line: Floats = (total[:n_frames] / np.maximum(weight[:n_frames], 1e-9)).astype(np.float32)
    return line


def mean(scores: Sequence[Scores]) -> Scores:
    """The mean of what several models say of one recording."""
    return _joined(scores, lambda arrays: arrays.mean(axis=0, dtype=np.float64).astype(np.float32))


def maximum(scores: Sequence[Scores]) -> Scores:
    """The highest of what several models say of one recording."""
    return _joined(scores, lambda arrays: arrays.max(axis=0))


def merged(scores: Scores, species_of: Sequence[int]) -> Scores:
    """Scores of species from Scores of classes: `species_of` names each class's species, the highest class counts."""
    classes = [np.flatnonzero(np.array(species_of) == species) for species in range(max(species_of) + 1)]

    def highest(values: Floats) -> Floats:
        return np.stack([values[:, its].max(axis=1) for its in classes], axis=1)

    spread = scores.framewise_spread
    if spread is not None:  # that of the class which counts
        place = [its[scores.framewise[:, its].argmax(axis=1)][:, None] for its in classes]
        spread = np.take_along_axis(spread, np.concatenate(place, axis=1), axis=1)
    return replace(
        scores,
        framewise_spread=spread,
        clipwise=highest(scores.clipwise),
        window_maximum=highest(scores.window_maximum),
        framewise=highest(scores.framewise),
    )


def on_grid(scores: Scores, like: Scores) -> Scores:
    """The same word on the windows and frames of `like`: another front end may cut time otherwise.

    From the middle of a frame to that of the next, values run in a straight line, and no frame is lost: the new frame
    in which its middle lies is at least as high. So a peak keeps its place and its height, on finer frames and on
    coarser ones. A new window's clipwise value is that of the window that shares most time with it, its maximum the
    highest frame that touches it. What is cut alike already stays as it is.
    """
    same_windows = _alike(scores.window_start_s, like.window_start_s) and _alike(scores.window_end_s, like.window_end_s)
    same_frames = _alike(scores.frame_start_s, like.frame_start_s)
    if same_windows and same_frames:
        return scores
    clipwise, highest = scores.clipwise, scores.window_maximum
    if not same_windows:
        spans = list(zip(like.window_start_s, like.window_end_s, strict=True))
        clipwise = np.stack([scores.clipwise[scores.window_at(start_s, end_s)] for start_s, end_s in spans])
        highest = np.stack([scores.highest_between(start_s, end_s) for start_s, end_s in spans])
    framewise, spread = scores.framewise, scores.framewise_spread
    if not same_frames:
        framewise = _frames_at(scores, framewise, like.frame_start_s, like.frame_s)
        spread = None if spread is None else _frames_at(scores, spread, like.frame_start_s, like.frame_s)
    return Scores(
        scores.recording,
        like.window_start_s,
        like.window_end_s,
        clipwise,
        highest,
        like.frame_start_s,
        like.frame_s,
        framewise,
        spread,
    )


def _alike(one: Times, other: Times) -> bool:
    return len(one) == len(other) and bool(np.allclose(one, other, rtol=0, atol=1e-3))


def _frames_at(scores: Scores, values: Floats, start_s: Times, frame_s: float) -> Floats:
    """Values of frames `(frame, species)` on frames of `frame_s` seconds from each `start_s` on."""
    middle_s = scores.frame_start_s + scores.frame_s / 2
    lines = [np.interp(start_s + frame_s / 2, middle_s, line) for line in values.T]
    frames: Floats = np.stack(lines, axis=1).astype(np.float32)
    # What lies before the first of them, behind the last, or in a gap, is in none.
    lies_in = np.searchsorted(start_s, middle_s, side="right") - 1
    inside = (lies_in >= 0) & (middle_s < start_s[lies_in] + frame_s + 1e-6)
    np.maximum.at(frames, lies_in[inside], values[inside])
    return frames


def _joined(scores: Sequence[Scores], join: Callable[[Floats], Floats]) -> Scores:
    if len(scores) == 1:
        return scores[0]
    return replace(
        scores[0],
        clipwise=join(np.stack([one.clipwise for one in scores])),
        window_maximum=join(np.stack([one.window_maximum for one in scores])),
        framewise=join(np.stack([one.framewise for one in scores])),
        framewise_spread=spread(scores),
    )


def spread(scores: Sequence[Scores], shares: NDArray[np.float64] | None = None) -> Floats:
    """How far several models' frames lie apart `(frame, species)`: their standard deviation.

    `shares` `(model,)`, which sum to 1, say how much each counts; without them all count alike. Models that are means
    themselves bring what they were means of: their own spread counts in.
    """
    framewise = np.stack([one.framewise for one in scores]).astype(np.float64)
    each = np.full(len(scores), 1 / len(scores)) if shares is None else shares
    variance = np.tensordot(each, (framewise - np.tensordot(each, framewise, 1)) ** 2, 1)
    for one, share in zip(scores, each, strict=True):
        if one.framewise_spread is not None:
            variance += share * one.framewise_spread.astype(np.float64) ** 2
    apart: Floats = np.sqrt(variance).astype(np.float32)
    return apart


def write(path: Path, scores: Iterable[Scores]) -> None:
    """Write Scores of many recordings to one `.npz` of float16 (at most 0.0005 off), without pickle."""
    listed = list(scores)
    per_window = ("window_start_s", "window_end_s", "clipwise", "window_maximum")
    arrays: dict[str, Any] = {
        "recording": np.array([one.recording for one in listed], np.str_),
        "windows": np.array([len(one.clipwise) for one in listed]),
        "frames": np.array([len(one.framewise) for one in listed]),
        "frame_s": np.array([one.frame_s for one in listed]),
    }
    for name in (*per_window, "frame_start_s", "framewise"):
        kind = np.float64 if name.endswith("_s") else np.float16
        arrays[name] = np.concatenate([getattr(one, name) for one in listed]).astype(kind) if listed else np.zeros(0)
    if any(one.framewise_spread is not None for one in listed):
        apart = (
            np.zeros_like(one.framewise) if one.framewise_spread is None else one.framewise_spread for one in listed
        )
        arrays["framewise_spread"] = np.concatenate(list(apart)).astype(np.float16)
    with whole(path) as temporary:
        np.savez(temporary, **arrays)


def read(path: Path) -> dict[str, Scores]:
    """Read Scores that `write` wrote, by recording. Raises ScoresError for a file that is damaged or another's."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            return _by_recording({name: file[name] for name in file.files})
    except (BadZipFile, EOFError, KeyError, ValueError) as error:
        raise ScoresError(f"{path}: no store of Scores ({type(error).__name__}: {error})") from error


def _by_recording(arrays: Mapping[str, Any]) -> dict[str, Scores]:
    windows = np.cumsum([0, *arrays["windows"]])
    frames = np.cumsum([0, *arrays["frames"]])
    scores = {}
    for number, recording in enumerate(arrays["recording"].tolist()):
        w = slice(windows[number], windows[number + 1])
        f = slice(frames[number], frames[number + 1])
        scores[recording] = Scores(
            recording,
            arrays["window_start_s"][w],
            arrays["window_end_s"][w],
            arrays["clipwise"][w].astype(np.float32),
            arrays["window_maximum"][w].astype(np.float32),
            arrays["frame_start_s"][f],
            float(arrays["frame_s"][number]),
            arrays["framewise"][f].astype(np.float32),
            arrays["framewise_spread"][f].astype(np.float32) if "framewise_spread" in arrays else None,
        )
    return scores
