"""Stages over folds: fit, score what was held out, let the scores label, fit again.

Every fit is stored under a key made of its own settings and of everything that it came from, so that experiments which
share a stage train it once, a changed teacher changes its pupils, and a run that was stopped goes on.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import torch

from dawnchorus import scores as scoring
from dawnchorus.augment.bands import Bands
from dawnchorus.dataset import Prepared, by_song_type
from dawnchorus.experiment import Experiment, Stage, to_record
from dawnchorus.features import FeatureBlock, FrontEnd
from dawnchorus.files import value_hash, write_json
from dawnchorus.labels.smoothed import Smoothed
from dawnchorus.networks.sed import SedNetwork
from dawnchorus.pseudo_labels.soft import Soft
from dawnchorus.pseudo_labels.teachers import Said, Teachers
from dawnchorus.scores import Scores
from dawnchorus.training.batches import Batches, Chance, Lesson
from dawnchorus.training.built import build, trained
from dawnchorus.training.counts import label_counts
from dawnchorus.training.fit import fit
from dawnchorus.training.folds import assign, groups_of
from dawnchorus.training.keys import data_key_of, said_key, sound_key
from dawnchorus.training.pasting import Pasted, paste
from dawnchorus.training.precision import precision
from dawnchorus.training.pretrain import origin_of, pretrain
from dawnchorus.training.results import Fit, Run, Stretch, gathered
from dawnchorus.training.score import known_score, score
from dawnchorus.training.weights import load, save
from dawnchorus.windows import Anchored, EventCrops

_NOT_OF_A_FIT = ("start_from", "teacher", "repeats", "finals")
Announce = Callable[["Fit", int, int, float], None]  # called with (fit, steps done, steps in all, loss)


def folds_of(experiment: Experiment, data: Prepared) -> dict[str, int]:
    """The fold of each recording that can be heard. Recordings of one site share a fold when sites are known."""
    groups = groups_of(experiment, (r for r in data.data.recordings if r.key in data.blocks))
    n_species, faithful = len(data.data.species), experiment.faithful_stratifier
    folds = experiment.folds + experiment.audit
    return assign(groups, data.data.annotations, folds, n_species, experiment.seed, faithful)


def run(
    experiment: Experiment,
    data: Prepared,
    cache: Path,
    announce: Announce | None = None,
    outside: Mapping[str, Said] | None = None,
) -> Run:
    """Run all stages over all folds and repeats; what `cache` holds already is not trained again.

    `outside` holds, by name, what teachers of other runs say of each recording that they never heard.

    Raises ValueError when a stage asks for sound that `data` doesn't hold, a set without annotations, or denoised, or
    for a teacher that wasn't given.
    """
    outside = outside or {}
    absent = {teacher.name for teacher in experiment.outside} - set(outside)
    if absent:
        raise ValueError(f"the experiment learns from {sorted(absent)}, whose scores were not given")
    for name in {teacher.name for teacher in experiment.outside}:
        check_teacher(name, outside[name], data)
    lacking = experiment.hears - set(data.unlabelled)
    if lacking:
        raise ValueError(f"the experiment hears {sorted(lacking)}, of which no recordings were given")
    if experiment.denoises and data.denoised is None:
        raise ValueError("the experiment hears denoised sound, and none was prepared")
    species_of = tuple(range(len(data.data.species)))
    if experiment.song_types:
        split, species_of = by_song_type(data.data)
        data = replace(data, data=split, denoised=data.denoised and replace(data.denoised, data=split))
    fold_of = folds_of(experiment, data)
    pasted = paste(experiment, data, fold_of, cache) if experiment.pastes else Pasted({}, {}, {})
    running = _Running(experiment, data, fold_of, pasted, outside, cache, announce, data_key_of(data, fold_of))
    done: list[Fit] = []
    finals: list[Fit] = []
    pseudo: dict[str, list[Stretch]] = {}
    audit: dict[str, float] = {}
    number = 0
    while number < len(experiment.stages):
        stage = experiment.stages[number]
        teachers = running.teachers(stage, [one for one in done if one.stage.name == stage.teacher])
        told = running.pseudo_stretches(stage, teachers, species_of)
        fits: list[Fit] = []
        for repeat, fold in product(range(experiment.repeats_of(stage)), range(experiment.folds)):
            fits.append(running.fit(stage, fold, repeat, teachers, [*done, *fits]))
        if experiment.audit:
            audit[stage.name] = running.audit_score(fits)
            if stage.pseudo_labels and audit[stage.name] < audit.get(stage.teacher or "", -math.inf):
                experiment = _without(experiment, number)
                continue
        number += 1
        finals += [running.fit(stage, None, repeat, teachers, done) for repeat in range(stage.finals)]
        done += fits
        pseudo[stage.name] = told
    return Run(
        experiment, data, fold_of, tuple(done), species_of, pseudo, audit, outside, tuple(finals), pasted.problems
    )


def _without(experiment: Experiment, number: int) -> Experiment:
    """The experiment without a stage that was worse than its teacher, and without those that would only repeat it.

    Another lesson, such as a student's, is learnt from that stage's teacher.
    """
    worse = experiment.stages[number]
    out, kept = {worse.name}, list(experiment.stages[:number])
    for later in experiment.stages[number + 1 :]:
        if later.start_from in out or replace(later, name=worse.name, teacher=worse.teacher) == worse:
            out.add(later.name)
        else:
            kept.append(replace(later, teacher=worse.teacher) if later.teacher in out else later)
    return replace(experiment, stages=tuple(kept))


def check_teacher(name: str, said: Said, data: Prepared) -> None:
    """A teacher of another run must know the same species and some of the same recordings, else ValueError."""
    its = [scores for key, each in said.scores.items() if key in data.blocks for scores in each]
    if not its:
        raise ValueError(
            f"{name}: it scored none of the {len(data.blocks)} recordings; first {next(iter(said.scores), 'none')}"
        )
    for species in {scores.framewise.shape[1] for scores in its} - {len(data.data.species)}:
        raise ValueError(f"{name}: it knows {species} species, the data {len(data.data.species)}; expected the same")
    for one in data.data.species:
        if said.names.get(one.number, one.name) != one.name:
            raise ValueError(
                f"{name}: its species {one.number} is {said.names[one.number]!r}, in the data it is {one.name!r}; "
                "expected the same: give both the same species.csv"
            )


@dataclass(frozen=True)
class _Running:
    """A run while it goes on."""

    experiment: Experiment
    data: Prepared
    fold_of: dict[str, int]
    pasted: Pasted
    outside: Mapping[str, Said]
    cache: Path
    announce: Announce | None
    data_key: str

    def teachers(self, stage: Stage, fits: Sequence[Fit]) -> dict[str, list[Scores]]:
        """What a stage's teachers say of each recording: those that never heard it, or all with `faithful_voters`.

        Nobody heard the sets without annotations, so there all speak.
        """
        outside = self.outside.get(stage.teacher or "")
        each = self.said_by(stage, fits) if outside is None else outside.scores
        # Of a day-long recording a mean takes time, and soft labels would take it for every batch.
        mean = isinstance(stage.pseudo_labels, Soft)
        return {key: [scoring.mean(said)] if mean else list(said) for key, said in each.items()}

    def said_by(self, stage: Stage, fits: Sequence[Fit]) -> dict[str, list[Scores]]:
        """What fits of this run say that teach a stage."""
        heard = self.heard(stage)
        said = [scoring.read(one.scores) for one in fits]
        for one in fits:
            if stage.faithful_voters:
                own = [key for key in self.data.recordings if self.fold_of[key] != one.fold]
                said.append(self.scores_of(one, "own", own, heard.blocks))
            for name in stage.also_hear:
                said.append(self.scores_of(one, name, sorted(heard.unlabelled[name]), heard.unlabelled[name]))
        return gathered(said)

    @property
    def audit_fold(self) -> int | None:
        """The fold that no model hears, where there is one."""
        return self.experiment.folds if self.experiment.audit else None

    def audit_score(self, fits: Sequence[Fit]) -> float:
        """CmAP over the boxes of the recordings that no model heard, by the mean of these models."""
        keys = [key for key in self.data.recordings if self.fold_of[key] == self.audit_fold]
        blocks = self.heard(fits[0].stage).blocks
        each = gathered(self.scores_of(one, "audit", keys, blocks) for one in fits)
        return known_score(self.data, {key: scoring.mean(said) for key, said in each.items()})

    def heard(self, stage: Stage) -> Prepared:
        """The sound that a stage hears."""
        return self.data.denoised if stage.denoised and self.data.denoised else self.data

    def scores_of(
        self, fit: Fit, name: str, recordings: Sequence[str], blocks: Mapping[str, Sequence[FeatureBlock]]
    ) -> dict[str, Scores]:
        """What a finished fit says of recordings, stored beside it under a name and a hash of the recordings."""
        path = fit.folder / f"scores-{value_hash([name, list(recordings), sound_key(blocks, recordings)])}.npz"
        if not path.exists():
            network = trained(self.experiment, self.data, fit)
            scoring.write(path, score(network, self.experiment, blocks, recordings).values())
        return scoring.read(path)

    def fit(self, stage: Stage, fold: int | None, repeat: int, teachers: Teachers, done: Sequence[Fit]) -> Fit:
        """One stage on one fold (None: on all) and repeat, trained or found in the cache."""
        experiment = self.experiment
        start = self.pretrained(stage, fold)
        before = {(one.stage.name, one.fold, one.repeat): one.folder.name for one in done}
        origin = {
            # Its name is part of where its chance comes from; the stages it builds on are told by what they gave.
            "stage": {name: value for name, value in to_record(stage).items() if name not in _NOT_OF_A_FIT},
            "network": to_record(experiment.network.by_content()),
            "windows": to_record(experiment.score_windows),
            "data": self.data_key,
            "fold": fold,
            # Named only where there is one, so that fits from before are still found.
            **({"audit": self.audit_fold} if experiment.audit else {}),
            # Before, the guess left pseudo-labels nothing to say: such fits are not found again.
            **({"guess": "last"} if stage.pseudo_labels and isinstance(stage.labels, Smoothed) else {}),
            # Before, the frame in the middle of another spoke for it.
            **({"told": "mean"} if stage.pseudo_labels else {}),
            "seed": experiment.seed + 1000 * repeat,
            "precision": precision(),
            "start": before.get((stage.start_from or "", fold, repeat), start.name if start else "initial"),
            # A pupil depends on all its teachers: the models of the other folds label its training recordings.
            "teachers": sorted(name for (of, _, _), name in before.items() if of == stage.teacher),
            "outside": said_key(self.outside.get(stage.teacher or "", Said({})).scores),
            "twins": experiment.faithful_twins,
            "pasted": self.pasted.key(fold) if _draws_pasted(stage) else None,
            "unlabelled": [sound_key(self.heard(stage).unlabelled[name]) for name in stage.also_hear],
        }
        this = Fit(stage, fold, repeat, self.cache / value_hash(origin))
        if this.record.exists():
            return this
        if start is not None:
            self.pretrain(this, start)
        torch.manual_seed(experiment.seed + 1000 * repeat + self.number_of(fold))  # a fresh head's first weights
        network = build(experiment, self.data, start)
        if stage.start_from is not None:
            load(network, self.cache / origin["start"] / "weights.safetensors")
        lesson = self.lesson(stage, fold, repeat, teachers)
        batches = Batches(lesson)
        blocks = self.heard(stage).blocks
        held_out = [recording for recording in self.data.recordings if self.fold_of[recording] == fold]

        def watch(steps: int, of: int, loss: float) -> None:
            if self.announce:
                self.announce(this, steps, of, loss)

        def judge() -> float:
            annotated = [key for key in held_out if key in self.data.data.by_recording]
            return known_score(self.data, score(network, experiment, blocks, annotated))

        losses = fit(network, stage, batches, this.folder / "checkpoints", watch, judge)
        save(network, this.weights)
        if fold is not None:
            scoring.write(this.scores, score(network, experiment, blocks, held_out).values())
        record = {"origin": origin, "losses": losses, "items": batches.source.size, "labels": label_counts(lesson)}
        write_json(this.record, record)
        shutil.rmtree(this.folder / "checkpoints", ignore_errors=True)
        return this

    def pretrained(self, stage: Stage, fold: int | None) -> Path | None:
        """The folder of the weights that a stage starts from, where the backbone learns without annotations first.

        Its name stands for all that they come from. The repeats of a fold share it.
        """
        settings, network = self.experiment.pretraining, self.experiment.network
        if settings is None or stage.start_from is not None or not isinstance(network, SedNetwork):
            return None
        origin = origin_of(settings, network, self.trained_on(stage, fold), self.data.front_end, self.experiment.seed)
        return self.cache / "pretrained" / value_hash(origin)

    def pretrain(self, fit: Fit, folder: Path) -> None:
        """Let the backbone learn from the recordings that a fit may train on, and from no others.

        So nothing has heard a held-out recording. What is in the folder already is not learnt again.
        """
        settings, network = self.experiment.pretraining, self.experiment.network
        assert settings is not None and isinstance(network, SedNetwork)
        this = replace(fit, stage=replace(fit.stage, name="pretraining"), folder=folder)

        def watch(steps: int, of: int, loss: float) -> None:
            if self.announce:
                self.announce(this, steps, of, loss)

        blocks = self.trained_on(fit.stage, fit.fold)
        pretrain(settings, network, blocks, self.data.front_end, folder, self.experiment.seed, watch)

    def trained_on(self, stage: Stage, fold: int | None) -> dict[str, list[FeatureBlock]]:
        """The recordings that a model may hear whose held-out recordings are those of `fold`, if any."""
        withheld = {fold, self.audit_fold}
        return {key: its for key, its in self.heard(stage).blocks.items() if self.fold_of[key] not in withheld}

    def number_of(self, fold: int | None) -> int:
        """A number for a fold, or for none, that no other has: chance goes by it."""
        return self.experiment.folds + 1 if fold is None else fold

    def pseudo_stretches(self, stage: Stage, teachers: Teachers, species_of: Sequence[int]) -> list[Stretch]:
        """What the pseudo-labels of a stage call present in the annotated recordings, whatever the fold."""
        if stage.pseudo_labels is None or isinstance(stage.windows, EventCrops):
            return []
        lesson = self.lesson(replace(stage, also_hear=()), None, 0, teachers)
        windows = lesson.windows()
        return [
            (windows[row].recording, species_of[species], windows[row].start_s, windows[row].end_s)
            for row, species in np.argwhere(lesson.told(windows).windows.called)
        ]

    def lesson(self, stage: Stage, fold: int | None, repeat: int, teachers: Teachers) -> Lesson:
        """What a stage hears on one fold, and what it is told of it."""
        heard, annotations = self.heard(stage), self.data.data.by_recording
        blocks = self.trained_on(stage, fold)
        told = {key: annotations[key] for key in blocks if key in annotations}
        if self.experiment.faithful_twins:
            for key, its in heard.blocks.items():
                absent = [box for box in annotations.get(key, ()) if not box.present]
                if key not in blocks and absent:
                    blocks[key], told[key] = its, absent
        for name in stage.also_hear:
            blocks |= heard.unlabelled[name]
        pasted = self.pasted.for_fold(fold) if _draws_pasted(stage) else []
        blocks |= {key: self.pasted.blocks[key] for key in pasted}
        told |= {key: self.pasted.annotations[key] for key in pasted}
        chance = Chance(self.experiment.seed + 1000 * repeat, stage.name, self.number_of(fold))
        n_species, front_end = len(self.data.data.species), self.data.front_end
        boxes = [box for its in told.values() for box in its]
        return Lesson(
            stage,
            blocks,
            told,
            teachers,
            n_species,
            front_end.columns_per_second,
            self.experiment.network.columns_per_frame,
            chance,
            frozenset(pasted),
            Bands.of(boxes, n_species, front_end) if isinstance(front_end, FrontEnd) else None,
        )


def _draws_pasted(stage: Stage) -> bool:
    return isinstance(stage.windows, Anchored) and stage.windows.pasted_share > 0
