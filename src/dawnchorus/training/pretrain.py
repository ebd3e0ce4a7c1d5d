"""A backbone learns from recordings without annotations, and its weights are stored for trainings to start from."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from dawnchorus import __version__
from dawnchorus.experiment import to_record
from dawnchorus.features import FeatureBlock, Features, frozen_settings
from dawnchorus.files import content_hash, read_json, value_hash, write_json
from dawnchorus.networks.sed import SedNetwork
from dawnchorus.pretraining.folder import RECORD, WEIGHTS
from dawnchorus.pretraining.learner import Learner, Pretraining
from dawnchorus.training.batches import Chance
from dawnchorus.training.fit import Learning, Watcher, train_through
from dawnchorus.training.precision import precision
from dawnchorus.training.weights import save

Blocks = Mapping[str, Sequence[FeatureBlock]]
Pair = tuple[Tensor, Tensor]  # planes `(place, mel, column)` of the first and of the second views


class Pairs(Dataset[Pair]):
    """The batches of pairs. Each pass draws one place of every block, in a new order; step n is always the same."""

    def __init__(self, settings: Pretraining, blocks: Blocks, seed: int) -> None:
        self.settings, self.chance = settings, Chance(seed, "pretraining", 0)
        # Nothing can be told of silence, and two silences would be alike for the wrong reason.
        self.blocks = [block for key in sorted(blocks) for block in blocks[key] if not block.silent]
        if not self.blocks:
            raise ValueError(f"pretraining: there is no sound in the {len(blocks)} recordings")
        self._lap, self._order = -1, np.arange(0)

    def __getitem__(self, step: int) -> Pair:
        """The pairs of one optimiser step."""
        batch = self.settings.batch
        pairs = [self._pair(*divmod(place, len(self.blocks))) for place in range(step * batch, (step + 1) * batch)]
        first, second = (torch.from_numpy(np.stack(views)) for views in zip(*pairs, strict=True))
        return first, second

    def _pair(self, lap: int, number: int) -> tuple[Any, Any]:
        if lap != self._lap:
            self._lap, self._order = lap, self.chance.generator("lap", lap).permutation(len(self.blocks))
        generator = self.chance.generator("item", lap, number)
        return self.settings.views.pair(self.blocks, int(self._order[number]), generator)


class _Module(Learning):
    def __init__(self, learner: Learner, settings: Pretraining) -> None:
        super().__init__("pretraining", settings.learning_rate)
        self.learner, self.settings = learner, settings

    def training_step(self, batch: Pair, _: int) -> Tensor:
        first, second = self.learner(torch.cat(batch)).chunk(2)
        return self.kept(self.settings.loss(first, second))

    def configure_optimizers(self) -> Any:
        return self.falling(self.learner.parameters(), self.settings.steps)


def origin_of(
    settings: Pretraining, network: SedNetwork, blocks: Blocks, front_end: Features, seed: int
) -> dict[str, Any]:
    """All that the weights come from, as a JSON value: its hash is their key.

    Raises WeightsError when what the network starts from is a file and that is gone.
    """
    return {
        "pretraining": to_record(settings),
        "network": to_record(network.by_content()),
        "front_end": frozen_settings(front_end),
        "sound": value_hash({key: [block.stored_as for block in its] for key, its in blocks.items()}),
        "seed": seed,
        "precision": precision(),
    }


def pretrain(
    settings: Pretraining,
    network: SedNetwork,
    blocks: Blocks,
    front_end: Features,
    folder: Path,
    seed: int = 0,
    watcher: Watcher | None = None,
) -> Path:
    """Let the backbone of a network learn from recordings, and give the file of its weights.

    `blocks` are the recordings that it may hear, and it hears no other. `folder` is described in `pretraining.folder`.
    What is finished there is not done again, and what was stopped goes on.

    Raises ValueError when there is no sound, when the network can't be pretrained or starts from the weights in
    `folder`, WeightsError when its initial weights can't be had, TrainingError when the loss is no finite number.
    """
    origin = origin_of(settings, network, blocks, front_end, seed)
    record, weights = folder / RECORD, folder / WEIGHTS
    if record.exists() and read_json(record)["origin"] == origin:
        return weights
    if network.backbone.weights_file and network.backbone.weights_file.resolve() == weights.resolve():
        raise ValueError(f"{weights}: pretraining would replace what it starts from; name another folder")
    for other in (record, weights):
        other.unlink(missing_ok=True)
    pairs = Pairs(settings, blocks, seed)
    torch.manual_seed(seed)
    learner = settings.learner(network, front_end.rows).to(memory_format=torch.channels_last)
    module = _Module(learner, settings)
    train_through(module, pairs, settings.steps, folder / f"checkpoints-{value_hash(origin)}", watcher)
    save(learner.backbone.cpu(), weights)
    learnt = {
        "made_with": f"dawnchorus {__version__}",
        "origin": origin,
        "recordings": len(blocks),
        "seconds": round(sum(block.end_s - block.start_s for its in blocks.values() for block in its), 1),
        "started_from": network.initial,
        "losses": module.losses,
        "weights": content_hash(weights),
    }
    write_json(record, learnt)
    for left in folder.glob("checkpoints-*"):
        shutil.rmtree(left, ignore_errors=True)
    return weights
