"""What a report shows, as frozen values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from dawnchorus.plots.ink import Values
from dawnchorus.plots.marks import Box, Track

Interval = tuple[float, float]
UNKNOWN: Interval = (math.nan, math.nan)
FULL_TRUTH, PARTIAL_LABELS = "full truth", "partial labels"


@dataclass(frozen=True, slots=True)
class StageScores:
    """The scores of one stage, over all folds (`fold="all"`) or on one of them (its number, as text).

    All scores are 0 to 1; intervals are 95 %. `event_map` is None where single events can't be scored. `on` is
    "full truth" (everything that sounds is known) or "partial labels" (only what people annotated is known).
    """

    name: str
    fold: str
    cmap: float
    cmap_interval: Interval = UNKNOWN
    lwlrap: float = math.nan
    lwlrap_interval: Interval = UNKNOWN
    event_map: float | None = None
    precision: float = math.nan
    recall: float = math.nan
    auc: float = math.nan
    on: str = FULL_TRUTH
    event_map_interval: Interval = UNKNOWN


@dataclass(frozen=True, slots=True)
class Floor:
    """What a score is worth without listening: the figures that an answer which ignores the sound reaches.

    `on` says which scores it belongs beside.
    """

    name: str
    cmap: float
    lwlrap: float
    on: str = FULL_TRUTH


@dataclass(frozen=True, slots=True, eq=False)
class SpeciesCurve:
    """Precision against recall of one species after one stage.

    `ap`: the average precision; `positives`: in how many recordings the species is known to sound. `recall` and
    `precision`: (threshold,), 0 to 1.
    """

    name: str
    stage: str
    ap: float
    positives: int
    recall: Values
    precision: Values


@dataclass(frozen=True, slots=True)
class PseudoRow:
    """How many labels of a species a stage learned from: those of people, and those that models added.

    `round` counts from 0 (before any pseudo-label). `mass` is the weight of their presence. To `tp` frames (or windows)
    in TP boxes of recordings that the teachers never heard, models give a presence of `tp_presence` together, to `fp`
    in FP boxes `fp_presence`; all are 0 where that was not counted.
    """

    round: int
    stage: str
    species: str
    annotated_present: int
    annotated_absent: int
    pseudo_present: int
    pseudo_absent: int
    mass: float = 0.0
    tp: float = 0.0
    tp_presence: float = 0.0
    fp: float = 0.0
    fp_presence: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class RecordingFigure:
    """A recording to show: its name, its spectrogram and what is drawn on it (see `plots.recording`).

    `db`: (mel, column), row 0 the lowest frequency; `mel_hz`: (mel,). `note` says why it was chosen.
    """

    name: str
    db: NDArray[Any]
    duration_s: float
    low_hz: float
    high_hz: float
    mel_hz: Values
    boxes: Sequence[Box] = ()
    tracks: Sequence[Track] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """All that a report shows.

    `summary`: what was done, in a sentence or two. `on`: what was scored, in words ("40 test recordings, truth known").
    `made_with`: settings, name to value. `losses`: name to steps and losses; names that are the same before their first
    comma ("stage 1, fold 0") share a chart. `problems`: what is wrong with the data; `warnings`: what a reader must
    know before trusting the numbers.
    """

    title: str
    summary: str
    made_with: Mapping[str, str]
    stages: Sequence[StageScores]
    floors: Sequence[Floor] = ()
    species: Sequence[SpeciesCurve] = ()
    pseudo: Sequence[PseudoRow] = ()
    losses: Mapping[str, tuple[Values, Values]] = field(default_factory=dict)
    recordings: Sequence[RecordingFigure] = ()
    problems: Sequence[str] = ()
    warnings: Sequence[str] = ()
    on: str = ""
