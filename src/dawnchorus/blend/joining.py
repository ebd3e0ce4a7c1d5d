"""How members of an ensemble become one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from dawnchorus import scores as scoring
from dawnchorus.blend.member import BlendError, Floats, Member, check_recordings, check_species
from dawnchorus.calibration.odds import EDGE
from dawnchorus.scores import Scores

By = Literal["mean", "logits", "product", "rank"]
SLIP_S = 1e-6  # times of frames are rounded


def on_one_grid(scores: Sequence[Scores], frame_s: float | None = None) -> list[Scores]:
    """What several models say of one recording, on the windows and frames of the one with the finest frames.

    With `frame_s`, on frames of so many seconds; there is none where nobody heard.
    """
    finest = min(scores, key=lambda one: one.frame_s)
    if frame_s is not None:
        seconds = float(finest.window_end_s.max() - finest.frame_start_s[0])
        frames = np.arange(max(1, math.ceil(seconds / frame_s)))
        starts_s = finest.frame_start_s[0] + frame_s * frames
        before = (
            np.searchsorted(finest.frame_start_s, starts_s + frame_s - SLIP_S) - 1
        )  # the last that begins by its end
        heard = finest.frame_start_s[before] + finest.frame_s > starts_s + SLIP_S
        finest = replace(finest, frame_start_s=starts_s[heard], frame_s=frame_s)
    return [scoring.on_grid(one, finest) for one in scores]


@dataclass(frozen=True)
class Blend:
    """How members become one, at every cell `(recording, species)` and `(frame, species)`.

    `mean` is the mean of their scores and `logits` the mean in logits. `product` is their geometric mean, which is high
    where all are (a product of experts, Hinton 2002): if one member knows what sounds and another knows when, frames
    are high at that species and that moment alone. `rank` orders each species' rows by the mean of their ranks in the
    members, whatever the members' scales, and gives them the mean of the members' sorted scores.

    `weights` are as many as there are members; without any all are alike. With `calibrated` each member's scores go
    through its own calibration first, which was made for scores of recordings; frames take the same map, to have one
    scale. `frame_s` are the seconds of a frame, those of the finest member where it is None.
    """

    by: By = "mean"
    calibrated: bool = False
    weights: tuple[float, ...] = ()
    frame_s: float | None = None

    def __post_init__(self) -> None:
        if not all(math.isfinite(weight) and weight > 0 for weight in self.weights):
            raise BlendError(f"weights are {self.weights}; expected numbers above 0")
        if self.frame_s is not None and not self.frame_s > 0:
            raise BlendError(f"frames of {self.frame_s} s; expected more than 0")

    def __call__(self, members: Sequence[Member]) -> Member:
        """The blend, which has frames only where every member has them. Raises BlendError for unlike members."""
        if self.weights and len(self.weights) != len(members):
            raise BlendError(f"{len(self.weights)} weights for {len(members)} members; expected one each, or none")
        check_species(members)
        check_recordings(members)
        recordings = list(members[0].whole)
        tables = [np.stack([one.whole[key] for key in recordings]) for one in members]
        return Member(
            members[0].where,
            dict(zip(recordings, self._joined(members, tables), strict=True)),
            self._frames(members) if all(one.frames for one in members) else {},
            {number: name for one in reversed(members) for number, name in one.names.items()},
            {number: band for one in reversed(members) for number, band in one.bands_hz.items()},
            next((one.typical_s for one in members if one.typical_s), ()),
            probabilities=self._probabilities(members) if all(one.probabilities for one in members) else {},
            held_out=all(one.held_out for one in members),
            origin="; ".join(dict.fromkeys(one.origin for one in members if one.origin)),
            licence="; ".join(dict.fromkeys(one.licence for one in members if one.licence)),
        )

    def _probabilities(self, members: Sequence[Member]) -> dict[str, Floats]:
        """Their weighted mean, however scores are blended: so a species stays as common as the members find it."""
        shares = self._shares(len(members))
        return {key: _mean(np.stack([one.probabilities[key] for one in members]), shares) for key in members[0].whole}

    def _shares(self, members: int) -> Floats:
        weights = np.array(self.weights or [1.0] * members)
        return np.asarray(weights / weights.sum())

    def _frames(self, members: Sequence[Member]) -> dict[str, Scores]:
        recordings = list(members[0].frames)
        laid = [on_one_grid([one.frames[key] for one in members], self.frame_s) for key in recordings]
        joined: dict[str, Any] = {}
        for name in ("clipwise", "window_maximum", "framewise"):
            rows = [[getattr(one, name) for one in of_member] for of_member in zip(*laid, strict=True)]
            lasts = np.cumsum([len(one) for one in rows[0]])[:-1]
            joined[name] = np.split(self._joined(members, [np.concatenate(one) for one in rows]), lasts)
        return {
            key: replace(
                its[0],
                framewise_spread=self._apart(members, its),
                **{name: arrays[number] for name, arrays in joined.items()},
            )
            for number, (key, its) in enumerate(zip(recordings, laid, strict=True))
        }

    def _apart(self, members: Sequence[Member], its: Sequence[Scores]) -> NDArray[np.float32]:
        """How far members' frames of one recording lie apart, on the scale on which they are joined."""
        if self.calibrated:  # what a member was a mean of is on another scale, and is left out
            said = [
                one.calibrated(scores.framewise).astype(np.float32) for one, scores in zip(members, its, strict=True)
            ]
            its = [replace(scores, framewise=p, framewise_spread=None) for scores, p in zip(its, said, strict=True)]
        return scoring.spread(its, self._shares(len(members)))

    def _joined(self, members: Sequence[Member], tables: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """One table `(row, species)` from one of each member."""
        said = [one.calibrated(its) if self.calibrated else its for one, its in zip(members, tables, strict=True)]
        values = np.stack(said).astype(np.float64)
        blended: NDArray[np.float32] = _JOINED[self.by](values, self._shares(len(members))).astype(np.float32)
        return blended


def _mean(values: Floats, shares: Floats) -> Floats:
    return np.asarray(np.tensordot(shares, values, 1))


def _logits(values: Floats, shares: Floats) -> Floats:
    return np.asarray(expit(_mean(logit(np.clip(values, EDGE, 1 - EDGE)), shares)))


def _product(values: Floats, shares: Floats) -> Floats:
    return np.asarray(np.prod(values ** shares[:, None, None], axis=0))


def _rank(values: Floats, shares: Floats) -> Floats:
    mean = _mean(np.stack([_ranks(its) for its in values]), shares).round(9)  # sums round, and equal means are equal
    heights, steps = _mean(np.sort(values, axis=1), shares), np.arange(1, values.shape[1] + 1)
    lines = zip(_ranks(mean).T, heights.T, strict=True)
    return np.stack([np.interp(place, steps, height) for place, height in lines], axis=1)


def _ranks(values: Floats) -> Floats:
    """The places, from 1, of the rows of each species; equal values share the mean of their places."""
    lines = [(its, np.sort(its)) for its in values.T]
    first_and_last = [np.searchsorted(line, its) + np.searchsorted(line, its, side="right") for its, line in lines]
    return (np.stack(first_and_last, axis=1) + 1) / 2


_JOINED = {"mean": _mean, "logits": _logits, "product": _product, "rank": _rank}
