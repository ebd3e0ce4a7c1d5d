"""What the variants of a study reached, beside their baseline and beside what the memo reports of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dawnchorus.experiment import changes, from_record
from dawnchorus.files import read_json
from dawnchorus.study.adapt import Scale
from dawnchorus.study.judge import Judge
from dawnchorus.study.paired import Difference, paired, recordings_key, same_recordings, with_predictions
from dawnchorus.study.values import Reported, Study, Variant

# What result.json says of a run, and what a judge says of it.
OF_TRAINING = ("cv_faithful", "precision_faithful", "cv", "precision", "pseudo_labels", "seconds")
OF_TEST = ("cmap", "lwlrap", "event_map", "segment_map", "pseudo_precision", "pseudo_recall")
FIGURES = (*OF_TRAINING, *OF_TEST)


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
        predicted = with_predictions(folders)
        floors = floors or (judge.floors(next(iter(predicted.values()))) if predicted else {})
        difference = None
        positives = judge.positives()
        if positives and name != study.baseline and same_recordings(folders, baseline):
            difference = paired(positives, folders, baseline)
        rows.append(_row(study, name, variant, folders, judge, difference))
    return Comparison(study.name, study.question, study.baseline, tuple(rows), floors)


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
    judged = [judge.judge(folder) for folder in with_predictions(folders).values()]
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
        recordings=_joined(recordings_key(folder) for folder in with_predictions(folders).values()),
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
