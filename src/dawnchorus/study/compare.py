"""What the variants of a study reached, beside their baseline and beside what the memo reports of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.experiment import changes, from_record
from dawnchorus.export import submission
from dawnchorus.files import read_json, value_hash, write_text
from dawnchorus.study.adapt import Scale
from dawnchorus.study.judge import SUBMISSION, Judge
from dawnchorus.study.values import Reported, Study, Variant

# What result.json says of a run, and what a judge says of it.
OF_TRAINING = ("cv_faithful", "precision_faithful", "cv", "precision", "pseudo_labels", "seconds")
OF_TEST = ("cmap", "lwlrap", "event_map", "segment_map", "pseudo_precision", "pseudo_recall")
FIGURES = (*OF_TRAINING, *OF_TEST)


class CompareError(ValueError):
    """Runs that can't be compared; the message says why."""


@dataclass(frozen=True)
class Spread:
    """A figure over seeds: its mean, its lowest and its highest value."""

    mean: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """The spread of values, None without any."""
        return cls(float(np.mean(values)), min(values), max(values)) if values else None


@dataclass(frozen=True)
class Difference:
    """A difference of cmAP, its 95 % interval, and the number of seeds that both sides have."""

    mean: float
    low: float
    high: float
    seeds: int


@dataclass(frozen=True)
class Row:
    """One variant. A variant that was not run has no seeds, no figures, and what is reported of it.

    `changes` says what differs from the baseline, one line a setting. `figures` holds a Spread for every name of
    FIGURES that is known. `difference` is test cmAP minus the baseline's: None for the baseline itself, and where there
    are no seeds in common. `scale` is the JSON of the Scale it was run at, `recordings` stands for the names of the
    test recordings; both are "" when unknown. `outdated`: the study has changed since the variant was run. `lost` says
    why a run is not comparable with others, "" when it is. `saw_test`: it was trained on the test recordings' sound.
    """

    name: str
    memo: tuple[str, ...] = ()
    note: str = ""
    changes: tuple[str, ...] = ()
    reported: Reported = Reported()
    runnable: bool = True
    seeds: tuple[int, ...] = ()
    network: str = ""
    scale: str = ""
    recordings: str = ""
    figures: Mapping[str, Spread] = field(default_factory=dict)
    difference: Difference | None = None
    lost: str = ""
    saw_test: bool = False
    outdated: bool = False

    @property
    def comparable(self) -> bool:
        """Whether nothing was lost in running it."""
        return not self.lost


@dataclass(frozen=True)
class Comparison:
    """All variants of a study in its order; `floors` are cmap and lwlrap of guesses that listen to nothing."""

    study: str
    question: str
    baseline: str
    rows: tuple[Row, ...]
    floors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def warnings(self) -> list[str]:
        """What keeps the rows from being compared with each other, in sentences."""
        ran = [row for row in self.rows if row.seeds]
        sentences = []
        for kind, value in (("at different scales", "scale"), ("on different test recordings", "recordings")):
            groups: dict[str, list[str]] = {}
            for row in ran:
                if getattr(row, value):
                    groups.setdefault(getattr(row, value), []).append(row.name)
            if len(groups) > 1:
                named = "; ".join(
                    f"{', '.join(names)}" + (f" at {_scale_words(said)}" if value == "scale" else "")
                    for said, names in groups.items()
                )
                sentences.append(f"Variants were run {kind}, so their figures can't be compared: {named}.")
        for outdated in (row.name for row in ran if row.outdated):
            sentences.append(f"{outdated} was run with other settings than the study has now; run it again.")
        for lost in dict.fromkeys(row.lost for row in ran if row.lost):
            names = ", ".join(row.name for row in ran if row.lost == lost)
            sentences.append(f"Not comparable, because something could not be had: {names}: {lost}")
        counts = {len(row.seeds) for row in ran}
        if len(counts) > 1:
            sentences.append(
                f"Variants were run from {min(counts)} to {max(counts)} seeds: differences use the seeds in common."
            )
        return sentences


def seed_folders(out: Path, study: str, variant: str) -> dict[int, Path]:
    """The folders of finished runs of a variant, by seed."""
    found = {}
    for result in (out / study / variant).glob("seed-*/result.json"):
        found[int(result.parent.name.removeprefix("seed-"))] = result.parent
    return dict(sorted(found.items()))


def compare(study: Study, out: Path, judge: Judge) -> Comparison:
    """Judge what was run of a study, in the order of its variants.

    Raises JudgeError when a run's files don't fit the judge's truth.
    """
    baseline = seed_folders(out, study.name, study.baseline)
    rows, floors = [], dict[str, dict[str, float]]()
    for name, variant in study.variants.items():
        folders = seed_folders(out, study.name, name)
        predicted = _predicted(folders)
        floors = floors or (judge.floors(next(iter(predicted.values()))) if predicted else {})
        difference = None
        positives = judge.positives()
        if positives and name != study.baseline and _same_recordings(folders, baseline):
            difference = paired(positives, folders, baseline)
        rows.append(_row(study, name, variant, folders, judge, difference))
    return Comparison(study.name, study.question, study.baseline, tuple(rows), floors)


def paired(
    positives: Mapping[str, set[int]],
    folders: Mapping[int, Path],
    against: Mapping[int, Path],
    times: int = 400,
) -> Difference:
    """Test cmAP of some runs minus that of others, by seed: the mean over the seeds that both have.

    `positives` are the species in each recording, as a judge says. The 95 % interval comes from drawing recordings and
    seeds `times` times, the same for both sides; with one seed only recordings are drawn. It covers neither other
    places nor other call sources. Raises CompareError when there is no seed in common, or when the recordings differ.
    """
    folders, against = _predicted(folders), _predicted(against)
    seeds = [seed for seed in folders if seed in against]
    if not seeds:
        raise CompareError(f"no seed in common: {sorted(folders)} and {sorted(against)}")
    one, other = _aligned([folders[seed] for seed in seeds], [against[seed] for seed in seeds])
    recordings, scores, scores_against = one[0], one[1], other[1]
    species = sorted({each for recording in recordings for each in positives.get(recording, ())})
    if not species:
        raise CompareError(f"nothing is known to sound in any of the {len(recordings)} recordings")
    if species[-1] >= scores[0].shape[1]:
        raise CompareError(f"species {species[-1]} sounds in the test recordings; the runs know {scores[0].shape[1]}")
    truth = np.array([[each in positives.get(recording, ()) for each in species] for recording in recordings])
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(recordings), (times, len(recordings)))
    counts = np.stack([np.bincount(row, minlength=len(recordings)) for row in drawn])
    counts = np.concatenate([np.ones((1, len(recordings)), counts.dtype), counts])  # the first draw is everything
    gain = np.stack(
        [
            drawn_cmap(new[:, species], truth, counts) - drawn_cmap(old[:, species], truth, counts)
            for new, old in zip(scores, scores_against, strict=True)
        ],
        axis=1,
    )
    picked = rng.integers(0, len(seeds), (times, len(seeds)))
    values = np.take_along_axis(gain[1:], picked, axis=1).mean(axis=1)
    low, high = np.quantile(values[np.isfinite(values)], (0.025, 0.975))
    return Difference(float(gain[0].mean()), float(low), float(high), len(seeds))


def drawn_cmap(
    scores: NDArray[np.floating], truth: NDArray[np.bool_], counts: NDArray[np.integer]
) -> NDArray[np.float64]:
    """CmAP `(draw,)` of draws in which each recording comes as often as `counts` `(draw, recording)` says.

    Equal to `metrics.cmap` on the drawn rows of `scores` and `truth` `(recording, species)`, but each species is ranked
    once for all draws: copies of a recording are ties, and stay side by side.
    """
    total, having = np.zeros(len(counts)), np.zeros(len(counts))
    for species in range(truth.shape[1]):
        order = np.lexsort((truth[:, species], -scores[:, species]))
        right = truth[order, species]
        copies = counts[:, order]
        rank_before = (np.cumsum(copies, axis=1) - copies)[:, right]
        copies = copies[:, right]
        found = np.cumsum(copies, axis=1)
        found_before = found - copies
        precision = np.zeros(copies.shape)
        for copy in range(1, int(copies.max(initial=0)) + 1):
            precision += np.where(copies >= copy, (found_before + copy) / (rank_before + copy), 0)
        positives = found[:, -1] if right.any() else np.zeros(len(counts))
        total += np.where(positives > 0, precision.sum(axis=1) / np.maximum(positives, 1), 0)
        having += positives > 0
    with np.errstate(invalid="ignore"):
        return total / having


Table = tuple[list[str], list[NDArray[np.float64]]]


def _aligned(folders: Sequence[Path], against: Sequence[Path]) -> tuple[Table, Table]:
    """Scores of runs with their recordings in one order."""
    tables, first = [], None
    for folder in [*folders, *against]:
        recordings, scores = submission.read(folder / SUBMISSION)
        order = sorted(range(len(recordings)), key=recordings.__getitem__)
        named = [recordings[row] for row in order]
        first = first or named
        if named != first:
            raise CompareError(f"{folder / SUBMISSION} has other recordings than {folders[0] / SUBMISSION}")
        tables.append(scores[order])
    assert first is not None
    return (first, tables[: len(folders)]), (first, tables[len(folders) :])


def _predicted(folders: Mapping[int, Path]) -> dict[int, Path]:
    """Those of the folders that hold predictions of test recordings."""
    return {seed: folder for seed, folder in folders.items() if (folder / SUBMISSION).is_file()}


def _same_recordings(folders: Mapping[int, Path], against: Mapping[int, Path]) -> bool:
    """Whether there are seeds to compare, all with the same test recordings."""
    one, other = _predicted(folders), _predicted(against)
    common = [seed for seed in one if seed in other]
    return bool(common) and len({_recordings(side[seed]) for seed in common for side in (one, other)}) == 1


def _recordings(folder: Path) -> str:
    """Stands for the names of the recordings of a submission."""
    return value_hash(sorted(submission.read(folder / SUBMISSION)[0]))


def _row(
    study: Study,
    name: str,
    variant: Variant,
    folders: Mapping[int, Path],
    judge: Judge,
    difference: Difference | None,
) -> Row:
    base = study.variants[study.baseline].experiment
    planned = tuple(changes(base, variant.experiment)) if base and variant.experiment else ()
    results = {seed: read_json(folder / "result.json") for seed, folder in folders.items()}
    judged = [judge.judge(folder) for folder in _predicted(folders).values()]
    spreads = {
        figure: Spread.of([float(said[figure]) for said in source if said.get(figure) is not None])
        for source, names in ((list(results.values()), OF_TRAINING), (judged, OF_TEST))
        for figure in names
    }
    return Row(
        name=name,
        memo=variant.memo,
        note=variant.note,
        changes=planned,
        reported=variant.reported,
        runnable=variant.experiment is not None,
        seeds=tuple(folders),
        network=_joined(said["network"] for said in results.values()),
        scale=_joined(json.dumps(said["scale"], sort_keys=True) for said in results.values()),
        recordings=_joined(_recordings(folder) for folder in _predicted(folders).values()),
        figures={figure: spread for figure, spread in spreads.items() if spread},
        difference=difference,
        lost=_joined(said["lost"] for said in results.values() if not said["comparable"]),
        saw_test=any(said["saw_test"] for said in results.values()),
        outdated=any(_outdated(variant, said) for said in results.values()),
    )


def _outdated(variant: Variant, result: Mapping[str, Any]) -> bool:
    """Whether the study now asks for something else than what was run."""
    if variant.experiment is None or "experiment" not in result:
        return variant.experiment is None
    try:
        was_run = from_record(result["experiment"])  # settings that are newer than the run have their defaults
        planned = Scale(**result["scale"])(variant.experiment, result["seed"])
    except (TypeError, ValueError):  # settings that are no more
        return True
    # Weights that could not be had were replaced: `lost` tells of that.
    differs = changes(was_run, planned)
    return any(not line.startswith("network.backbone.weights:") for line in differs)


def _joined(texts: Iterable[str]) -> str:
    """Different texts of the seeds of one variant, which are mostly one."""
    return " / ".join(dict.fromkeys(texts))


def _scale_words(scale: str) -> str:
    """The settings of a Scale that were set: "budget 0.15, folds 2"."""
    try:
        said: dict[str, Any] = json.loads(scale)
    except ValueError:  # seeds of one variant at different scales
        return scale
    return ", ".join(f"{name} {value}" for name, value in said.items() if value not in (None, False))


# ------------------------------------------------------------------------------------------------------------ CSV

_PLAIN = ("name", "note", "network", "scale", "recordings", "lost")
_LISTS = ("memo", "changes", "seeds")
_FLAGS = ("runnable", "saw_test", "outdated")
_REPORTED = ("reported_cv", "reported_precision", "reported_lb", "reported_failed")
_DIFFERENCE = ("difference", "difference_low", "difference_high", "difference_seeds")
_SPREADS = tuple(f"{figure}{part}" for figure in FIGURES for part in ("", "_lowest", "_highest"))
COLUMNS = ("kind", *_PLAIN, *_LISTS, *_FLAGS, *_REPORTED, *_DIFFERENCE, *_SPREADS)


def write_csv(path: Path, comparison: Comparison) -> None:
    """Write a comparison with all digits: rows for the study, for each variant and for each floor; lists are JSON.

    The study's row has its name, its question as `note`, and its baseline in `changes`.
    """
    rows: list[dict[str, Any]] = [
        {
            "kind": "study",
            "name": comparison.study,
            "note": comparison.question,
            "changes": json.dumps([comparison.baseline], ensure_ascii=False),
        }
    ]
    rows += [_as_cells(row) for row in comparison.rows]
    rows += [{"kind": "floor", "name": name} | dict(floor) for name, floor in comparison.floors.items()]
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def read_csv(path: Path) -> Comparison:
    """Read what `write_csv` wrote. Raises CompareError for another file."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    if tuple(reader.fieldnames or ()) != COLUMNS or not rows or rows[0]["kind"] != "study":
        raise CompareError(f"{path} is no comparison: expected the columns {', '.join(COLUMNS[:4])} …, and a study")
    study = rows[0]
    floors = {
        row["name"]: {figure: float(row[figure]) for figure in ("cmap", "lwlrap") if row[figure]}
        for row in rows
        if row["kind"] == "floor"
    }
    variants = tuple(_from_cells(row) for row in rows if row["kind"] == "variant")
    return Comparison(study["name"], study["note"], json.loads(study["changes"])[0], variants, floors)


def _as_cells(row: Row) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": "variant"} | {name: getattr(row, name) for name in _PLAIN}
    said |= {name: json.dumps(getattr(row, name), ensure_ascii=False) for name in (*_LISTS, *_FLAGS)}
    reported = row.reported
    values = (reported.cv, reported.precision, reported.lb, json.dumps(reported.failed))
    said |= dict(zip(_REPORTED, values, strict=True))
    if row.difference:
        gain = row.difference
        said |= dict(zip(_DIFFERENCE, (gain.mean, gain.low, gain.high, gain.seeds), strict=True))
    for figure, spread in row.figures.items():
        said |= {figure: spread.mean, f"{figure}_lowest": spread.lowest, f"{figure}_highest": spread.highest}
    return {name: "" if value is None else value for name, value in said.items()}


def _from_cells(row: Mapping[str, str]) -> Row:
    def number(name: str) -> float | None:
        return float(row[name]) if row[name] else None

    difference = None
    if row["difference"]:
        low, high = float(row["difference_low"]), float(row["difference_high"])
        difference = Difference(float(row["difference"]), low, high, int(row["difference_seeds"]))
    figures = {
        figure: Spread(*(float(row[f"{figure}{part}"]) for part in ("", "_lowest", "_highest")))
        for figure in FIGURES
        if row[figure]
    }
    cv, precision, lb = (number(name) for name in _REPORTED[:3])
    fields: dict[str, Any] = {name: row[name] for name in _PLAIN}
    fields |= {name: tuple(json.loads(row[name])) for name in _LISTS}
    fields |= {name: json.loads(row[name]) for name in _FLAGS}
    reported = Reported(cv, precision, lb, json.loads(row["reported_failed"]))
    return Row(**fields, reported=reported, figures=figures, difference=difference)
