"""The recordings with pasted events that each fold trains on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dawnchorus.dataset import Prepared
from dawnchorus.events import Annotation
from dawnchorus.experiment import Experiment
from dawnchorus.feature_store import build_store
from dawnchorus.features import FeatureBlock
from dawnchorus.files import value_hash
from dawnchorus.pasted import PastingError
from dawnchorus.training.keys import sound_key


@dataclass(frozen=True)
class Pasted:
    """Recordings with pasted events, by key: their columns, what is known of them, their folds; what went wrong."""

    blocks: dict[str, list[FeatureBlock]]
    annotations: dict[str, list[Annotation]]
    fold_of: dict[str, int]
    problems: tuple[str, ...] = ()

    def for_fold(self, fold: int | None) -> list[str]:
        """Those that a model may hear whose held-out recordings are those of `fold`; None: all."""
        return [key for key in sorted(self.blocks) if self.fold_of[key] != fold]

    def key(self, fold: int | None) -> str:
        """Stands for what `for_fold` gives."""
        keys = self.for_fold(fold)
        return value_hash([sound_key(self.blocks, keys), [str(box) for key in keys for box in self.annotations[key]]])


def paste(experiment: Experiment, data: Prepared, fold_of: Mapping[str, int], cache: Path) -> Pasted:
    """Make the recordings with pasted events of each fold from the calls and the hosts of that fold.

    A fold where nothing can be pasted has none, and a problem. A call that can't be cut is a problem, and so is a host
    that can't be read.
    """
    assert experiment.pasted is not None
    recordings = {one.key: one for one in data.data.recordings if one.key in data.blocks}
    blocks: dict[str, list[FeatureBlock]] = {}
    annotations: dict[str, list[Annotation]] = {}
    folds: dict[str, int] = {}
    problems = []
    for fold in range(experiment.folds):
        hosts = [one for key, one in recordings.items() if fold_of[key] == fold]
        boxes = [box for box in data.data.annotations if fold_of.get(box.recording) == fold]
        if not any(box.present for box in boxes):
            continue
        try:
            made = experiment.pasted.make(hosts, boxes, recordings, cache / "pasted", f"pasted{fold}", experiment.seed)
        except PastingError as error:
            problems.append(f"fold {fold} is trained without pasted calls: {error}")
            continue
        built = build_store(made.recordings, cache / "pasted-features", data.front_end)
        problems += [*made.problems, *(f"{one.recording}: {one.fault}" for one in built.failures)]
        blocks |= built.blocks
        folds |= dict.fromkeys(built.blocks, fold)
        for box in made.annotations:
            annotations.setdefault(box.recording, []).append(box)
    return Pasted(blocks, {key: annotations.get(key, []) for key in blocks}, folds, tuple(problems))
