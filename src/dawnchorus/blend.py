"""An ensemble: what several models say of the same recordings, as one.

Members may hear with other front ends, in other windows and frames: an encoder tells what sounds, a network on
spectrograms when. They are blended at two grains, whole recordings and frames, and what comes out is a member again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from dawnchorus import scores as scoring
from dawnchorus.annotations import table
from dawnchorus.calibration import tables
from dawnchorus.calibration.odds import EDGE
from dawnchorus.calibration.tables import Calibration
from dawnchorus.event_rule import EventRule, lengths_of
from dawnchorus.events import Detection, Species
from dawnchorus.export import csv_table, recordings_table, scores_parquet, submission
from dawnchorus.files import read_json
from dawnchorus.run_folder import RunFolder
from dawnchorus.scores import Scores, ScoresError

Floats = NDArray[np.float64]
By = Literal["mean", "logits", "product", "rank"]
SUBMISSION, DETECTIONS, FRAMES, KEPT = "submission.csv", "detections.csv", "frames.npz", "scores.parquet"
PROBABILITIES, HEARD = "probabilities.csv", "recordings.csv"  # of a blend, of `detect`
SLIP_S = 1e-6  # times of frames are rounded
NAMES = (SUBMISSION, PROBABILITIES, FRAMES, DETECTIONS)  # of what is written
RECORDS = ("result.json", "summary.json", "blend.json")  # of a study, of `detect`, of a blend


class BlendError(ValueError):
    """Members that can't be blended; the message says which, and why."""


@dataclass(frozen=True)
class Member:
    """What a model, or a blend of several, says of recordings; `where` it was read from.

    `whole` holds a score of each recording `(species,)`, `frames` the Scores behind them, nothing where they were not
    kept. `names` and `bands_hz` are those of the species of which they are known, `typical_s` how long their calls last
    (`EventRule`), where that is known. `calibration` makes probabilities of this member's scores of recordings, and
    `probabilities` `(species,)` are what it made of them. `held_out` says that models which never heard a recording
    scored it. `origin` says which network it is, `licence` is that of the weights behind it. A blend has the place of
    its first member and no calibration, but probabilities where all its members have them.
    """

    where: Path
    whole: Mapping[str, NDArray[np.float32]]
    frames: Mapping[str, Scores] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    bands_hz: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    typical_s: tuple[float, ...] = ()
    calibration: Calibration | None = None
    probabilities: Mapping[str, Floats] = field(default_factory=dict)
    held_out: bool = False
    origin: str = ""
    licence: str = ""

    @property
    def n_species(self) -> int:
        """How many species it knows."""
        return len(next(iter(self.whole.values())))

    @property
    def species(self) -> list[Species]:
        """All its species; one whose name is not known is called by its column in a submission."""
        return [Species(number, self.names.get(number, f"s{number}")) for number in range(self.n_species)]

    def calibrated(self, values: NDArray[np.float32]) -> Floats:
        """Probabilities of its scores `(row, species)`. Raises BlendError when it has no calibration."""
        if self.calibration is None:
            raise BlendError(f"{self.where}: no calibration; only members that have one can be blended calibrated")
        return self.calibration.apply(values)


# ---- the door ------------------------------------------------------------------------------------------------


def member(path: Path) -> Member:
    """Read a run folder, a folder with the predictions of a study or of `detect`, or a submission table alone."""
    if (path / "run.json").is_file():
        return of_run(RunFolder(path))
    return of_submission(path) if path.is_file() else of_predictions(path)


def of_run(run: RunFolder) -> Member:
    """What the last stage of a run says of the recordings that it was trained on, each by models that never heard it.

    The scores of whole recordings are those that its model gives.
    """
    stage = run.stages[-1]
    model, frames = run.package(stage), run.scores(stage)
    whole = {key: scores.whole_recording(model.top_s) for key, scores in frames.items()}
    calibration = model.calibration()
    return Member(
        run.path,
        whole,
        frames,
        {species.number: species.name for species in model.species},
        dict(enumerate(model.bands_hz)),
        model.typical_s,
        calibration,
        _probabilities(calibration, whole),
        held_out=True,
        origin=f"{model.name}, {model.front_end.name}",
        licence=str(model.origin.get("licence", "")),
    )


def of_predictions(folder: Path) -> Member:
    """What a folder's submission.csv says of recordings, its frames.npz or scores.parquet, detections, probabilities.

    All but the first may be missing, and that too where `detect` kept scores: they tell those of whole recordings then.
    A study has a calibration, which makes its probabilities. Raises BlendError when there is neither, or when a file is
    of another kind.
    """
    alone = of_submission(folder / SUBMISSION) if (folder / SUBMISSION).is_file() else _of_kept(folder)
    result, typical_s = _record(folder, alone.n_species)
    calibrated = "key" in result and (folder / "calibration.csv").is_file()
    calibration = tables.read(folder, result["key"]) if calibrated else None
    names, bands = _species(folder / DETECTIONS) if (folder / DETECTIONS).is_file() else ({}, {})
    names |= result.get("names", {})  # of a blend: of species that were not detected too
    return replace(
        alone,
        where=folder,
        frames=alone.frames or _frames(folder),
        names=names,
        bands_hz=bands,
        typical_s=typical_s,
        calibration=calibration,
        probabilities=_told(folder, alone) or _probabilities(calibration, alone.whole),
        held_out=result.get("held_out") is True,
        origin=str(result.get("network", result.get("origin", ""))),
        licence=str(result.get("licence", "")),
    )


def of_submission(path: Path) -> Member:
    """What a submission table says of whole recordings."""
    recordings, scores = submission.read(path)
    return Member(path, dict(zip(recordings, scores.astype(np.float32), strict=True)))


def _of_kept(folder: Path) -> Member:
    """What `detect --keep-scores` says of whole recordings: their highest frame, where no top_s is told."""
    if not (folder / KEPT).is_file():
        raise BlendError(f"{folder}: no run.json, {SUBMISSION} or {KEPT} here; expected a run or its predictions")
    if not (frames := _frames(folder)):
        raise BlendError(f"{folder / KEPT}: no recording is in it")
    n_species = next(iter(frames.values())).framewise.shape[1]
    top_s = _record(folder, n_species)[0].get("top_s", 0.0)
    if not (isinstance(top_s, int | float) and 0 <= top_s < math.inf):
        raise BlendError(f"{folder}: top_s is {top_s!r} in its record; expected seconds, 0 or more")
    return Member(folder, {key: scores.whole_recording(top_s) for key, scores in frames.items()}, frames)


def _probabilities(calibration: Calibration | None, whole: Mapping[str, NDArray[np.float32]]) -> dict[str, Floats]:
    return {} if calibration is None else {key: calibration.apply(scores) for key, scores in whole.items()}


def _told(folder: Path, scored: Member) -> dict[str, Floats]:
    """The probabilities that a blend or `detect` wrote of the recordings and species that it scored, if it did."""
    if (folder / HEARD).is_file():
        found = recordings_table.read(folder / HEARD, scored.n_species)
        # What is hardly probable has no row there; but rows of none of these are of other recordings.
        nothing = np.zeros(scored.n_species)
        return {key: found.get(key, nothing) for key in scored.whole} if found.keys() & scored.whole.keys() else {}
    path = folder / PROBABILITIES
    if not path.is_file():
        return {}
    recordings, p = submission.read(path)
    _check_same(folder / SUBMISSION, scored.whole, path, recordings)
    if p.shape[1] != scored.n_species or not ((p >= 0) & (p <= 1)).all():
        raise BlendError(f"{path}: expected {scored.n_species} probabilities a recording, each from 0 to 1")
    return dict(zip(recordings, p, strict=True))


def _record(folder: Path, n_species: int) -> tuple[dict[str, Any], tuple[float, ...]]:
    """What a study, `detect` or `blend` wrote beside its predictions, and the typical lengths in it, if any."""
    path = next((folder / name for name in RECORDS if (folder / name).is_file()), None)
    if path is None:
        return {}, ()
    try:
        record = read_json(path)
        if not isinstance(record, dict):
            raise ValueError(f"it holds {type(record).__name__}; expected an object")
        record["names"] = {int(number): str(name) for number, name in dict(record.get("names", {})).items()}
        return record, lengths_of(record.get("typical_s", []), n_species)
    except ValueError as error:
        raise BlendError(f"{path}: no record of predictions: {error}") from error


def _species(detections: Path) -> tuple[dict[int, str], dict[int, tuple[float, float]]]:
    """Names and bands of the species that were detected, where the table has them: nothing else there tells them."""
    names, bands = {}, {}
    for _, row in table.read(detections, ("species_id",)):
        if {"species", "f_min", "f_max"} <= set(row):
            number = int(row["species_id"])
            names[number], bands[number] = row["species"], (float(row["f_min"]), float(row["f_max"]))
    return names, bands


def _frames(folder: Path) -> dict[str, Scores]:
    """Scores of frames as a study left them, or as `detect --keep-scores` did; none where nobody kept them."""
    if (folder / FRAMES).is_file():
        return _store(folder / FRAMES)
    kept = folder / KEPT
    if not kept.is_file():
        return {}
    frames: dict[str, Scores] = {}
    for _, scores in scores_parquet.read(kept):
        if scores.recording in frames:
            raise BlendError(f"{kept}: {scores.recording} has several channels; expected one: detect without each")
        frames[scores.recording] = scores
    return frames


def _store(path: Path) -> dict[str, Scores]:
    try:
        return scoring.read(path)
    except ScoresError as error:
        raise BlendError(str(error)) from error


def check_species(members: Sequence[Member]) -> None:
    """All must know the same species, else BlendError; names are compared where both sides know them."""
    first = members[0]
    for other in members[1:]:
        if other.n_species != first.n_species:
            raise BlendError(
                f"{other.where}: it knows {other.n_species} species, {first.where} {first.n_species}; "
                "expected the same in every member"
            )
        for number in sorted(set(first.names) & set(other.names)):
            if first.names[number] != other.names[number]:
                raise BlendError(
                    f"{other.where}: species {number} is {other.names[number]!r}, in {first.where} it is "
                    f"{first.names[number]!r}"
                )


def check_recordings(members: Sequence[Member]) -> None:
    """All must have scored the same recordings, whole and, where they are kept, in frames; else BlendError."""
    first = members[0]
    for other in members[1:]:
        _check_same(first.where, first.whole, other.where, other.whole)
        if first.frames and other.frames:
            _check_same(first.where / FRAMES, first.frames, other.where / FRAMES, other.frames)


def _check_same(where: Path, recordings: Iterable[str], elsewhere: Path, others: Iterable[str]) -> None:
    lacking, more = sorted(set(recordings) - set(others)), sorted(set(others) - set(recordings))
    if lacking or more:
        differing = ((lacking, "missing"), (more, "only here"))
        told = "; ".join(f"{len(some)} {what}, first {some[0]}" for some, what in differing if some)
        raise BlendError(f"{elsewhere}: other recordings than in {where}: {told}")


# ---- the blend -----------------------------------------------------------------------------------------------


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


def write(out: Path, blended: Member) -> list[Detection]:
    """Write submission.csv, probabilities.csv if there are any, frames.npz and detections.csv if there are frames.

    They are the files that a study leaves, so that whatever judges one judges the other. Gives the detections.
    """
    for name in (FRAMES, DETECTIONS, PROBABILITIES):
        (out / name).unlink(missing_ok=True)  # of an earlier blend
    submission.write_all(out / SUBMISSION, blended.whole)
    if blended.probabilities:
        submission.write_all(out / PROBABILITIES, blended.probabilities)
    if not blended.frames:
        return []
    rule = EventRule(typical_s=blended.typical_s)
    bands = [blended.bands_hz.get(number, (0.0, 0.0)) for number in range(blended.n_species)]
    events = [event for scores in blended.frames.values() for event in rule.events(scores, bands)]
    scoring.write(out / FRAMES, blended.frames.values())
    csv_table.write(out / DETECTIONS, events, blended.species)
    return events


def record(how: Blend, members: Sequence[Member], blended: Member) -> dict[str, Any]:
    """What stands in the blend.json beside a blend: where it came from, and what a member of it has to know."""
    came_from = [{"from": str(one.where.resolve()), "origin": one.origin, "licence": one.licence} for one in members]
    about = {name: getattr(blended, name) for name in ("typical_s", "names", "held_out", "origin", "licence")}
    return {"members": came_from, "blend": asdict(how), "recordings": len(blended.whole), **about}
