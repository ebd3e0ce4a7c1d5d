"""How frames become events: the same rule for every model, in training, detection, reviews and reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product, starmap
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.events import Detection
from dawnchorus.scores import Floats, Scores

TYPICAL_S = 1.5
"""How long calls usually last where no box tells."""
COMPANY_S = 60.0
"""Calls keep company within so many seconds, counted from the recording's start: a day scores like its minutes."""
SURE = 0.95
"""A call that is surer than this is no better company: log odds have no end, and networks are easily too sure."""


def lengths_of(record: Any, n_species: int) -> tuple[float, ...]:
    """Typical lengths as a JSON record keeps them: seconds of every species, or nothing.

    Raises ValueError when they are not.
    """
    if isinstance(record, list) and all(isinstance(one, int | float) for one in record):
        record = [float(one) for one in record]
        if len(record) in (0, n_species) and all(0 < one < inf for one in record):
            return tuple(record)
    raise ValueError(f"typical_s is {record!r}; expected seconds above 0 of {n_species} species")


@dataclass(frozen=True)
class EventRule:
    """How frames become events.

    An event is as good as the mean of the frames over which a call usually lasts, `typical_s` seconds of each species
    (TYPICAL_S without any): one loud frame is no call, and the frames of a faint one support each other. Where that
    mean is highest lies an event, if its score is at least `threshold`; of peaks nearer to each other
    than a typical length only the highest is one. The event lasts as long, without the frames at both its ends that are
    below `edge` times that mean: a longer call is several events, which `gap_s` joins. Until they are joined, a
    threshold leaves events out and changes no other.

    A call seldom comes alone. So an event's score is its mean, drawn by `company` of the way, in log odds, to the
    highest of its species in the same minute (decision 22); 0 leaves it alone.

    Events shorter than `shortest_s` are left out; events closer than `gap_s` are joined and keep the higher score.
    `thresholds` has a threshold for each species and comes before `threshold`; an infinite one finds nothing.
    """

    threshold: float = 0.05
    edge: float = 0.5
    shortest_s: float = 0.0
    gap_s: float = 0.0
    thresholds: tuple[float, ...] = ()
    typical_s: tuple[float, ...] = ()
    company: float = 0.15

    def events(self, scores: Scores, bands_hz: Sequence[tuple[float, float]] | None = None) -> list[Detection]:
        """Detections of one recording, by species, then by time; `bands_hz` gives each species' frequencies."""
        found = []
        sound_end_s = float(scores.window_end_s.max())
        for species, frames in product(range(scores.framewise.shape[1]), _heard_without_a_gap(scores)):
            low_hz, high_hz = bands_hz[species] if bands_hz else (0.0, 0.0)
            threshold = self.thresholds[species] if self.thresholds else self.threshold
            typical_s = self.typical_s[species] if self.typical_s else TYPICAL_S
            typical = max(1, round(typical_s / scores.frame_s))
            line, starts_s = scores.framewise[frames, species], scores.frame_start_s[frames]
            height = running_mean(line, typical)
            score = self._in_company(height, starts_s)
            runs = self._runs(line, height, score, threshold, typical)
            for first, last, peak in self._joined(score, runs, scores.frame_s):
                start_s = float(starts_s[first])
                end_s = min(float(starts_s[last]) + scores.frame_s, sound_end_s)
                if end_s > start_s and end_s - start_s >= self.shortest_s:
                    spread = scores.framewise_spread
                    apart = 0.0 if spread is None else float(spread[frames.start + peak, species])
                    box = (scores.recording, species, start_s, end_s, float(score[peak]), low_hz, high_hz)
                    found.append(Detection(*box, spread=apart))
        return found

    def _in_company(self, height: Floats, starts_s: NDArray[np.float64]) -> Floats:
        """Heights `(frame,)` drawn to the highest of their minute; it stays as it is, and so does silence."""
        if not self.company:
            return height
        firsts = np.flatnonzero(np.diff(starts_s // COMPANY_S, prepend=-1))
        highest = np.repeat(np.maximum.reduceat(height, firsts), np.diff(firsts, append=len(height)))
        odds, best = (p / (1 - p) for p in (np.minimum(height, SURE), np.minimum(highest, SURE)))
        drawn = odds ** (1 - self.company) * best**self.company
        score: Floats = np.where(height > 0, np.clip(drawn / (1 + drawn), height, highest), 0).astype(np.float32)
        return score

    def _runs(
        self, line: Floats, height: Floats, score: Floats, threshold: float, typical: int
    ) -> list[tuple[int, int, int]]:
        """First frame, last and peak of each event; `height` is the mean of `typical` frames of a line `(frame,)`."""
        runs = []
        for peak in _peaks(score, threshold, max(2, typical)):  # a call may lie across two frames
            first, last = max(0, peak - (typical - 1) // 2), min(len(line) - 1, peak + typical // 2)
            level = self.edge * height[peak]
            while first < last and min(line[first], line[last]) < level:
                if line[first] < line[last]:
                    first += 1
                else:
                    last -= 1
            runs.append((first, last, peak))
        return runs

    def _joined(self, score: Floats, runs: list[tuple[int, int, int]], frame_s: float) -> list[tuple[int, int, int]]:
        joined: list[tuple[int, int, int]] = []
        for first, last, peak in runs:
            if self.gap_s and joined and (first - joined[-1][1] - 1) * frame_s < self.gap_s:
                joined[-1] = (joined[-1][0], last, max(joined[-1][2], peak, key=lambda at: score[at]))
            else:
                joined.append((first, last, peak))
        return joined


def _heard_without_a_gap(scores: Scores) -> list[slice]:
    """The frames between which no sound was lost: an event never spans what nobody heard."""
    behind_gaps = np.flatnonzero(np.diff(scores.frame_start_s) > 1.5 * scores.frame_s) + 1
    return list(starmap(slice, pairwise([0, *behind_gaps.tolist(), len(scores.frame_start_s)])))


def running_mean(line: Floats, length: int) -> Floats:
    """The mean of `length` frames `(frame,)` round each frame, of fewer at both ends of the line."""
    if length < 2:
        return line
    total: NDArray[np.float64] = np.concatenate(([0.0], np.cumsum(line, dtype=np.float64)))
    at = np.arange(len(line))
    first = np.maximum(at - (length - 1) // 2, 0)
    behind = np.minimum(at + length // 2 + 1, len(line))
    mean: Floats = ((total[behind] - total[first]) / (behind - first)).astype(np.float32)
    return mean


def _peaks(score: Floats, threshold: float, apart: int) -> list[int]:
    """Frames of at least a threshold that no higher one is nearer to than `apart` frames; of equal ones the first."""
    candidates = np.flatnonzero((score >= threshold) & (score > 0))
    if not len(candidates):
        return []
    peaks = []
    # What lies so far apart stands for itself: a day is not held as lists at once.
    for stretch in np.split(candidates, np.flatnonzero(np.diff(candidates) >= apart) + 1):
        start = int(stretch[0])
        taken = bytearray(int(stretch[-1]) - start + apart)
        for frame in (stretch[np.argsort(-score[stretch], kind="stable")] - start).tolist():
            if not taken[frame]:
                first = max(0, frame - apart + 1)
                taken[first : frame + apart] = b"\1" * (frame + apart - first)
                peaks.append(start + frame)
    return sorted(peaks)
