"""Stages over folds: fit, score what was held out, let the scores label, fit again.

Every fit is stored under a key made of its own settings and of everything that it came from, so that experiments which
share a stage train it once, a changed teacher changes its pupils, and a run that was stopped goes on.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch

from dawnchorus import metrics
from dawnchorus import scores as scoring
from dawnchorus.dataset import Prepared
from dawnchorus.experiment import Experiment, Stage, to_record
from dawnchorus.files import read_json, value_hash, whole, write_json
from dawnchorus.networks.sed import Sed
from dawnchorus.pseudo_labels.teachers import Teachers
from dawnchorus.scores import Scores
from dawnchorus.training.batches import Batches, Chance, sliding_windows
from dawnchorus.training.fit import fit, precision
from dawnchorus.training.folds import assign
from dawnchorus.windows import EventCrops

Announce = Callable[["Fit", int, int, float], None]  # called with (fit, steps done, steps in all, loss)


@dataclass(frozen=True)
class Fit:
    """One stage on one fold and repeat, and the folder where its results lie."""

    stage: Stage
    fold: int
    repeat: int
    folder: Path

    @property
    def weights(self) -> Path:
        """The trained weights."""
        return self.folder / "weights.safetensors"

    @property
    def scores(self) -> Path:
        """What the network says of the recordings of its fold, which it never heard."""
        return self.folder / "scores.npz"

    @property
    def record(self) -> Path:
        """Losses, counts of labels, and what the fit came from. It is written last: what has it is finished."""
        return self.folder / "fit.json"


@dataclass(frozen=True)
class Run:
    """A finished run: its fits in the order of training, and the fold of each recording."""

    experiment: Experiment
    data: Prepared
    fold_of: dict[str, int]
    fits: tuple[Fit, ...]

    def of_stage(self, name: str) -> list[Fit]:
        """The fits of one stage."""
        return [one for one in self.fits if one.stage.name == name]

    def out_of_fold(self, stage: str) -> dict[str, Scores]:
        """Scores of every recording from the mean of the models of this stage that never heard it."""
        return {key: scoring.mean(said) for key, said in teachers_of(self.of_stage(stage)).items()}


def folds_of(experiment: Experiment, data: Prepared) -> dict[str, int]:
    """The fold of each recording that can be heard. Recordings of one site share a fold when sites are known."""
    by_site = experiment.group_by == "site"
    groups = {r.key: (by_site and r.site) or r.key for r in data.data.recordings if r.key in data.blocks}
    return assign(groups, data.data.annotations, experiment.folds, len(data.data.species), experiment.seed)


def run(experiment: Experiment, data: Prepared, cache: Path, announce: Announce | None = None) -> Run:
    """Run all stages over all folds and repeats; what `cache` holds already is not trained again."""
    fold_of = folds_of(experiment, data)
    data_key = _data_key(data, fold_of)
    done: list[Fit] = []
    for stage in experiment.stages:
        teachers = teachers_of([one for one in done if one.stage.name == stage.teacher])
        for repeat, fold in product(range(experiment.repeats), range(experiment.folds)):
            done.append(
                _one_fit(experiment, stage, fold, repeat, data, fold_of, data_key, teachers, done, cache, announce)
            )
    return Run(experiment, data, fold_of, tuple(done))


def teachers_of(fits: Iterable[Fit]) -> dict[str, list[Scores]]:
    """For each recording what the models say that never heard it: one Scores a repeat."""
    said: dict[str, list[Scores]] = {}
    for one in fits:
        for recording, its_scores in scoring.read(one.scores).items():
            said.setdefault(recording, []).append(its_scores)
    return said


def _one_fit(
    experiment: Experiment,
    stage: Stage,
    fold: int,
    repeat: int,
    data: Prepared,
    fold_of: Mapping[str, int],
    data_key: str,
    teachers: Teachers,
    done: Sequence[Fit],
    cache: Path,
    announce: Announce | None,
) -> Fit:
    before = {(one.stage.name, one.fold, one.repeat): one.folder.name for one in done}
    origin = {
        # Its name is part of where its chance comes from; the stages it builds on are told by what they gave.
        "stage": {name: value for name, value in to_record(stage).items() if name not in ("start_from", "teacher")},
        "network": to_record(experiment.network),
        "windows": to_record(experiment.score_windows),
        "data": data_key,
        "fold": fold,
        "seed": experiment.seed + 1000 * repeat,
        "precision": precision(),
        "start": before.get((stage.start_from or "", fold, repeat), "initial"),
        # A pupil depends on all its teachers: the models of the other folds label its training recordings.
        "teachers": sorted(name for (of, _, _), name in before.items() if of == stage.teacher),
    }
    this = Fit(stage, fold, repeat, cache / value_hash(origin))
    if this.record.exists():
        return this
    training = [recording for recording in data.recordings if fold_of[recording] != fold]
    held_out = [recording for recording in data.recordings if fold_of[recording] == fold]
    torch.manual_seed(experiment.seed + 1000 * repeat + fold)  # a fresh head's first weights
    network = build(experiment, data)
    if stage.start_from is not None:
        load(network, cache / origin["start"] / "weights.safetensors")
    chance = Chance(experiment.seed + 1000 * repeat, stage.name, fold)
    per_frame = experiment.network.backbone.columns_per_frame
    batches = Batches(stage, data, training, teachers, per_frame, chance)

    def watch(steps: int, of: int, loss: float) -> None:
        if announce:
            announce(this, steps, of, loss)

    def judge() -> float:
        annotated = [key for key in held_out if key in data.data.by_recording]
        return known_score(data, score(network, experiment, data, annotated))

    losses = fit(network, stage, batches, this.folder / "checkpoints", watch, judge)
    save(network, this.weights)
    held_out_scores = score(network, experiment, data, held_out)
    scoring.write(this.scores, held_out_scores.values())
    labels = label_counts(stage, data, training, teachers, per_frame)
    write_json(this.record, {"origin": origin, "losses": losses, "items": batches.source.size, "labels": labels})
    shutil.rmtree(this.folder / "checkpoints", ignore_errors=True)
    return this


def _data_key(data: Prepared, fold_of: Mapping[str, int]) -> str:
    """Stands for the sound, the annotations and the folds."""
    boxes = [
        (b.recording, b.species, b.song_type, b.start_s, b.end_s, b.low_hz, b.high_hz, b.present)
        for b in data.data.annotations
    ]
    sound = {key: [str(getattr(block.source, "name", "")) for block in data.blocks[key]] for key in data.recordings}
    front_end = to_record(data.front_end)
    return value_hash([sorted(boxes), sound, front_end, dict(sorted(fold_of.items())), len(data.data.species)])


def build(experiment: Experiment, data: Prepared) -> Sed:
    """The network of an experiment, with its initial weights."""
    return experiment.network.build(
        len(data.data.species), experiment.score_windows.columns, experiment.front_end.n_mels
    )


def save(network: Sed, path: Path) -> None:
    """Write weights as safetensors, wholly or not at all."""
    from safetensors.torch import save_file

    with whole(path) as temporary:
        save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, temporary)


def load(network: Sed, path: Path) -> None:
    """Load weights that `save` wrote."""
    from safetensors.torch import load_file

    network.load_state_dict(load_file(path))


def score(
    network: Sed, experiment: Experiment, data: Prepared, recordings: Sequence[str], batch: int = 32
) -> dict[str, Scores]:
    """What a network says of recordings, with the windows that scoring uses."""
    per_second = data.front_end.columns_per_second
    network = network.to(memory_format=torch.channels_last).eval()
    said: dict[str, Scores] = {}
    for recording in recordings:
        windows = [w for block in data.blocks[recording] for w in experiment.score_windows.over(block, per_second)]
        clipwise, framewise = [], []
        for start in range(0, len(windows), batch):
            planes = np.stack([w.block.plane(w.start, w.columns) for w in windows[start : start + batch]])
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=precision() == "bf16-mixed"):
                output = network(torch.from_numpy(planes))
            clipwise.append(torch.sigmoid(output.clipwise).numpy())
            framewise.append(torch.sigmoid(output.framewise).numpy())
        per_frame = experiment.network.backbone.columns_per_frame
        said[recording] = scoring.of_recording(windows, np.concatenate(clipwise), np.concatenate(framewise), per_frame)
    network.train()
    return said


def known_score(data: Prepared, said: Mapping[str, Scores]) -> float:
    """CmAP over the annotated boxes alone: the figure that `best_on_known_cells` goes by. 0 when there is none."""
    boxes, values, truth = metrics.partial_cells(
        data.data.annotations,
        lambda box: said[box.recording].highest_between(box.start_s, box.end_s) if box.recording in said else None,
    )
    species = np.array([box.species for box in boxes], int)
    each = [metrics.average_precision(values[species == s], truth[species == s]) for s in np.unique(species)]
    return float(np.nan_to_num(metrics.nanmean(each)))


def label_counts(
    stage: Stage, data: Prepared, recordings: Sequence[str], teachers: Teachers, columns_per_frame: int
) -> dict[str, Any]:
    """How many boxes people gave, and how many windows the pseudo-labels added, for each species."""
    n_species = len(data.data.species)
    keys = set(recordings)
    boxes = [box for box in data.data.annotations if box.recording in keys]
    counts: dict[str, Any] = {
        "annotated_present": np.bincount([b.species for b in boxes if b.present], minlength=n_species).tolist(),
        "annotated_absent": np.bincount([b.species for b in boxes if not b.present], minlength=n_species).tolist(),
        "pseudo_present": [0] * n_species,
        "pseudo_absent": [0] * n_species,
    }
    if stage.pseudo_labels is not None and not isinstance(stage.windows, EventCrops):
        windows = sliding_windows(data, recordings, stage)
        told = stage.pseudo_labels(teachers, windows, n_species, columns_per_frame).windows
        counts["pseudo_present"] = (told.present > 0).sum(axis=0).tolist()
        counts["pseudo_absent"] = (told.absent > 0).sum(axis=0).tolist()
    return counts


def pseudo_stretches(run_: Run, stage: Stage) -> list[tuple[str, int, float, float]]:
    """The stretches that a stage's pseudo-labels call present: (recording, species, start_s, end_s)."""
    if stage.pseudo_labels is None or stage.teacher is None or isinstance(stage.windows, EventCrops):
        return []
    teachers = teachers_of(run_.of_stage(stage.teacher))
    windows = sliding_windows(run_.data, run_.data.recordings, stage)
    n_species = len(run_.data.data.species)
    per_frame = run_.experiment.network.backbone.columns_per_frame
    present = stage.pseudo_labels(teachers, windows, n_species, per_frame).windows.present
    return [
        (windows[row].recording, int(species), windows[row].start_s, windows[row].end_s)
        for row, species in np.argwhere(present > 0)
    ]


def losses_of(one: Fit) -> list[float]:
    """The loss of every step of a finished fit."""
    losses: list[float] = read_json(one.record)["losses"]
    return losses
