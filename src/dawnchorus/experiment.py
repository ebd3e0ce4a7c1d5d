"""Experiments as values: stages in order, their settings, and their record in JSON.

A setting is the component itself; a variant is a difference (`dataclasses.replace`). The record names the class of
every node and is read back only into classes of this package.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field, is_dataclass, replace
from typing import Any, Literal

from dawnchorus.added_noise import AddedNoise
from dawnchorus.augment.background import Background
from dawnchorus.augment.example import WindowAugmentation
from dawnchorus.augment.masks import Masks
from dawnchorus.augment.mixup import Mixup
from dawnchorus.averaging import WeightAverage
from dawnchorus.encoders.birdnet import BirdNet
from dawnchorus.encoders.onnx_file import OnnxEncoder
from dawnchorus.features import FrontEnd
from dawnchorus.files import LATER, recorded
from dawnchorus.labels.boxes import LabelPolicy
from dawnchorus.labels.class_weights import ClassWeights
from dawnchorus.labels.smoothed import Smoothed
from dawnchorus.labels.unknown_is_absent import UnknownIsAbsent
from dawnchorus.losses.clipwise import ClipwiseLoss
from dawnchorus.losses.known_cells import Loss
from dawnchorus.networks.embedding_head import EmbeddingHead
from dawnchorus.networks.sed import SedNetwork
from dawnchorus.pasted import PastedEvents
from dawnchorus.pretraining.learner import Pretraining
from dawnchorus.pseudo_labels.teachers import OutsideTeacher, PseudoLabels
from dawnchorus.sampling import UnderSample
from dawnchorus.windows import Anchored, EventCrops, SlidingWindows

Augmentation = Any  # called with (plane, generator), gives a plane, or a WindowAugmentation: see `augment`


@dataclass(frozen=True)
class Stage:
    """One training run.

    `start_from` names the stage whose weights of the same fold it starts with; None starts with the network's own.
    `windows` says what it hears: a crop round an event or an anchored window, drawn anew each time, or the windows of
    all recordings, of which `informed_only` keeps those where something is known (the others have no gradient, and only
    move the normalisation statistics). `absent_per_epoch` recordings with FP boxes (of windows: with no TP box) are
    drawn to each pass over the others: a count, a share of the recordings with TP boxes, or None for all. With
    `denoised` it hears denoised sound.

    `pseudo_labels` are made of the Scores of the stage named `teacher` and added to `labels`: on all recordings, or on
    those with a TP box (`pseudo_on`), and on the sets of recordings without annotations that `also_hear` names. Where a
    person said absent, no pseudo-label says present. With `pseudo_cap` the presence that they tell weighs, for each
    species and at each grain, at most so many times what people said. `class_weights` weighs presence by how often each
    species is known present, and `under_sample` evens the species out.

    `steps` counts optimiser steps of `batch` windows each. The learning rate falls along a cosine to 0 within
    `decay_steps` and rises again, over and over (None: falls once). `keep` says which weights count: the last, the best
    on what is known of the held-out fold, or an `average`. `repeats` networks are trained on each fold, as many as the
    experiment says where it is None. After them, `finals` networks hear the recordings of all folds: they are the
    detector then, and those of the folds say how good such networks are.

    `faithful_voters` lets models label recordings that they were trained on, and `faithful_contradictions` lets
    pseudo-labels say present where a person said absent, both as in the memo.
    """

    name: str
    steps: int
    windows: EventCrops | Anchored | SlidingWindows = SlidingWindows()
    labels: LabelPolicy = UnknownIsAbsent()
    loss: Loss = ClipwiseLoss()
    start_from: str | None = None
    pseudo_labels: PseudoLabels | None = None
    teacher: str | None = None
    pseudo_on: Literal["all", "present"] = "all"
    pseudo_cap: float | None = None
    also_hear: tuple[str, ...] = ()
    class_weights: ClassWeights | None = None
    under_sample: UnderSample | None = None
    batch: int = 32
    learning_rate: float = 1e-3
    decay_steps: int | None = None
    absent_per_epoch: int | float | None = None
    informed_only: bool = True
    denoised: bool = False
    mixup: Mixup | None = None
    augment: tuple[Augmentation, ...] = (Masks(),)
    keep: Literal["last", "best_on_known_cells"] = "last"
    average: WeightAverage | None = None
    repeats: int | None = field(default=None, metadata=LATER)
    finals: int = field(default=0, metadata=LATER)
    faithful_voters: bool = False
    faithful_contradictions: bool = False

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 1:
            raise ValueError(f"stage {self.name}: steps {self.steps} and batch {self.batch} must be at least 1")
        if self.repeats is not None and self.repeats < 1:
            raise ValueError(f"stage {self.name}: repeats {self.repeats} must be at least 1")
        if self.finals < 0:
            raise ValueError(f"stage {self.name}: finals {self.finals} must be at least 0")
        if self.finals and self.start_from is not None:
            raise ValueError(f"stage {self.name}: finals start anew, not from {self.start_from}")
        if self.finals and self.keep == "best_on_known_cells":
            raise ValueError(f"stage {self.name}: finals hear all folds, and nothing is left to choose weights by")
        if (self.pseudo_labels is None) != (self.teacher is None):
            raise ValueError(f"stage {self.name}: pseudo_labels and teacher belong together")
        if self.average and self.keep == "best_on_known_cells":
            raise ValueError(f"stage {self.name}: either the average of weights counts or the best of them, not both")
        if self.also_hear and self.pseudo_labels is None:
            raise ValueError(f"stage {self.name}: nothing is known of {self.also_hear} without pseudo_labels")
        if isinstance(self.windows, EventCrops) and self.pseudo_labels:
            raise ValueError(f"stage {self.name}: pseudo_labels are of windows, not of crops")
        if not isinstance(self.windows, SlidingWindows) and (self.class_weights or self.under_sample):
            raise ValueError(f"stage {self.name}: class_weights and under_sample are of the windows of all recordings")
        if self.pseudo_labels and isinstance(self.labels, UnknownIsAbsent):
            raise ValueError(f"stage {self.name}: where silence is absence, nothing is left for pseudo-labels to say")
        inner = getattr(self.labels, "labels", None)
        while self.pseudo_labels and inner is not None:
            if isinstance(inner, Smoothed):
                raise ValueError(
                    f"stage {self.name}: {type(self.labels).__name__} stands over a guess, which would leave nothing "
                    "for pseudo-labels to say; expected Smoothed outermost"
                )
            inner = getattr(inner, "labels", None)


@dataclass(frozen=True)
class Prediction:
    """How recordings that nobody annotated are scored by the models that are a stage's detector.

    `join` is the mean of the models, or their maximum. `windows` None cuts recordings as in scoring. Each of `views`
    (augmentations) is heard `draws` times, and the mean of all hearings counts (test-time augmentation); no views,
    one plain hearing. `denoised` and `noise` change the sound first. A whole recording's score is that of its highest
    frame, or the mean of the highest ones that last `top_s` seconds together.
    """

    join: Literal["mean", "max"] = "mean"
    windows: SlidingWindows | None = None
    views: tuple[Augmentation, ...] = ()
    draws: int = 1
    denoised: bool = False
    noise: AddedNoise | None = None
    top_s: float = 0.0

    def __post_init__(self) -> None:
        for view in self.views:
            if isinstance(view, WindowAugmentation):
                raise ValueError(f"{type(view).__name__} goes by what is known of a window, and of a view nothing is")


@dataclass(frozen=True)
class Experiment:
    """Stages in order over folds. `score_windows` cut recordings for scoring, in training and in the shipped model.

    `pasted` cuts calls out of TP boxes and lays them over other recordings of the same fold, for the stages that draw
    such windows (`Anchored`): a call and its host stay in their fold. With `pretraining`, the backbone goes on from its
    initial weights on the sound of each fold's training recordings, without annotations, before the stages. `outside`
    names teachers that are no stage of this experiment (several of one name teach together): their Scores are given to
    the run. With `audit`, one more fold is kept from every model: rounds of pseudo-labels go on only as long as they
    are better there, on what people said.

    Folds are grouped by site where sites are known (`group_by`). `repeats` trains every fold again from another seed:
    more teachers that never heard a recording. With `song_types` the rarer song types of a species are classes of
    their own while training, and the highest of a species' classes is its score.

    `faithful_twins` lets recordings with FP boxes train in every fold, the one that is judged by them included;
    `faithful_stratifier` spreads over the folds only species that have one TP box in a recording. Both as in the memo.
    """

    stages: tuple[Stage, ...]
    network: SedNetwork | EmbeddingHead = SedNetwork()
    front_end: FrontEnd | BirdNet | OnnxEncoder = FrontEnd()
    score_windows: SlidingWindows = SlidingWindows()
    predict: Prediction = Prediction()
    pasted: PastedEvents | None = None
    pretraining: Pretraining | None = field(default=None, metadata=LATER)
    outside: tuple[OutsideTeacher, ...] = ()
    audit: bool = False
    folds: int = 5
    repeats: int = 1
    seed: int = 0
    group_by: Literal["site", "recording"] = "site"
    song_types: bool = False
    faithful_twins: bool = False
    faithful_stratifier: bool = False

    def __post_init__(self) -> None:
        seen: dict[str, int] = {}
        for stage in self.stages:
            for role, name in (("start_from", stage.start_from), ("teacher", stage.teacher)):
                if role == "teacher" and name in {teacher.name for teacher in self.outside}:
                    continue
                if name is not None and name not in seen:
                    raise ValueError(
                        f"stage {stage.name}: {role} {name!r} is no earlier stage; earlier: {sorted(seen)}"
                    )
            if stage.name in seen:
                raise ValueError(f"two stages are named {stage.name!r}")
            if stage.name in {teacher.name for teacher in self.outside}:
                raise ValueError(f"a stage and a teacher of another run are both named {stage.name!r}")
            if stage.also_hear and stage.teacher in {teacher.name for teacher in self.outside}:
                raise ValueError(f"stage {stage.name}: its teacher is of another run, which says nothing of also_hear")
            if stage.windows.columns != self.score_windows.columns:
                raise ValueError(
                    f"stage {stage.name} hears windows of {stage.windows.columns} columns, "
                    f"scoring uses {self.score_windows.columns}: they must be equal"
                )
            if self.repeats_of(stage) > seen.get(stage.start_from or "", self.repeats_of(stage)):
                raise ValueError(
                    f"stage {stage.name}: {self.repeats_of(stage)} networks a fold, and {stage.start_from}, from which "
                    f"they start, has {seen[stage.start_from or '']}"
                )
            self._check_augmentations(stage)
            seen[stage.name] = self.repeats_of(stage)
        if self.pretraining is not None and not isinstance(self.network, SedNetwork):
            raise ValueError(f"{self.network.name}: it has no backbone that could be pretrained")
        if self.pastes and self.pasted is None:
            raise ValueError("a stage draws windows with pasted events, and the experiment says nothing of pasting")
        if self.folds < 2 or self.repeats < 1:
            raise ValueError(f"{self.folds} folds, {self.repeats} repeats: at least 2 folds and 1 repeat are needed")

    def _check_augmentations(self, stage: Stage) -> None:
        for one in stage.augment:
            if isinstance(one, WindowAugmentation) and not isinstance(self.front_end, FrontEnd):
                raise ValueError(f"stage {stage.name}: {type(one).__name__} needs mel bands, and an encoder has none")
            if isinstance(one, Background) and isinstance(self.front_end, FrontEnd) and self.front_end.pcen:
                raise ValueError(f"stage {stage.name}: Background adds power, which PCEN no longer tells")

    def by_content(self) -> Experiment:
        """The same, initial weights named by what is in their file: for keys."""
        return replace(self, network=self.network.by_content())

    @property
    def initial(self) -> str:
        """Where the first weights come from."""
        learnt = ", then pretrained on the training recordings of each fold" if self.pretraining else ""
        return self.network.initial + learnt

    @property
    def fits(self) -> int:
        """How many networks are trained, pretrainings counted."""
        finals = sum(stage.finals for stage in self.stages)
        pretrained = (self.folds + (finals > 0)) * (self.pretraining is not None)
        return self.folds * sum(map(self.repeats_of, self.stages)) + finals + pretrained

    def repeats_of(self, stage: Stage) -> int:
        """How many networks a stage trains on each fold."""
        return stage.repeats or self.repeats

    @property
    def pastes(self) -> bool:
        """Whether any stage hears pasted events."""
        return any(isinstance(s.windows, Anchored) and s.windows.pasted_share > 0 for s in self.stages)

    @property
    def hears(self) -> set[str]:
        """The sets of recordings without annotations that its stages ask for."""
        return {name for stage in self.stages for name in stage.also_hear}

    @property
    def denoises(self) -> bool:
        """Whether any stage hears denoised sound."""
        return any(stage.denoised for stage in self.stages)


def to_record(value: Any) -> Any:
    """The JSON record of a settings value: every dataclass is an object that names its class under `kind`.

    Fields that were added later are left out where they have their default (`files.recorded`).
    """
    if is_dataclass(value) and not isinstance(value, type):
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        return {"kind": kind} | {name: to_record(getattr(value, name)) for name in recorded(value)}
    if isinstance(value, tuple | list):
        return [to_record(item) for item in value]
    return value


def from_record(record: Any) -> Any:
    """The settings value of a record. Raises ValueError for a class that isn't a setting of this package."""
    if isinstance(record, list):
        return tuple(from_record(item) for item in record)
    if not isinstance(record, dict):
        return record
    settings = {name: from_record(value) for name, value in record.items() if name != "kind"}
    module, _, name = record.get("kind", "").rpartition(".")
    if not module.startswith("dawnchorus."):
        raise ValueError(f"refusing to load {record.get('kind')!r}: it is no setting of dawnchorus")
    found = getattr(importlib.import_module(module), name, None)
    if not isinstance(found, type) or not is_dataclass(found):
        raise ValueError(f"refusing to load {record['kind']!r}: it is no setting of dawnchorus")
    return found(**settings)


def changes(baseline: Any, variant: Any) -> list[str]:
    """One line for each setting that differs: `stages.0.loss.norm: cells -> sum`."""
    before, after = dict(_leaves(to_record(baseline))), dict(_leaves(to_record(variant)))
    names = [*before, *(name for name in after if name not in before)]
    return [
        f"{name}: {before.get(name, 'none')} -> {after.get(name, 'none')}"
        for name in names
        if before.get(name, ...) != after.get(name, ...)
    ]


def _leaves(record: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(record, dict):
        items: Any = record.items()
    elif isinstance(record, list):
        items = enumerate(record)
    else:
        yield path, record
        return
    for name, value in items:
        yield from _leaves(value, f"{path}.{name}" if path else str(name))
