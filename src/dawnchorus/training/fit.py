"""One stage on one fold: a network, batches, Lightning.

A fit that is killed goes on from its last checkpoint and ends in the same weights as one that wasn't (same machine,
same number of threads).
"""

from __future__ import annotations

import logging
import math
import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, ModelCheckpoint
from torch import Tensor
from torch.utils.data import DataLoader, Sampler

from dawnchorus.experiment import Stage
from dawnchorus.networks.sed import Sed
from dawnchorus.training.batches import Batch, Batches
from dawnchorus.training.precision import grouped_in_float32, precision

STEPS_BETWEEN_CHECKPOINTS = 25

Watcher = Callable[[int, int, float], None]  # called with (steps done, steps in all, loss)


class TrainingError(RuntimeError):
    """Training can't go on; the message says where it stopped and why."""


class _Steps(Sampler[int]):
    """The next steps, up to a checkpoint: one Lightning epoch. They go on from the trainer's step, resumed or not."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.trainer: pl.Trainer | None = None

    def __iter__(self) -> Iterator[int]:
        first = self.trainer.global_step if self.trainer else 0
        return iter(range(first, min(first + STEPS_BETWEEN_CHECKPOINTS, self.total)))

    def __len__(self) -> int:
        return min(STEPS_BETWEEN_CHECKPOINTS, self.total)


class _Module(pl.LightningModule):
    """What Lightning needs to know: the loss of a batch, the optimiser and its schedule."""

    def __init__(self, network: Sed, stage: Stage, score_known: Callable[[], float] | None) -> None:
        super().__init__()
        self.network, self.stage, self.score_known = network, stage, score_known
        self.losses: list[float] = []

    def training_step(self, batch: Batch, _: int) -> Tensor:
        planes, known, mix = batch.planes, batch.known, batch.mix
        mix_map = None
        if mix is not None:
            known = mix.known(known)
            if mix.at == "input":
                planes = mix.sound(planes)
            else:
                mix_map = mix.sound
        loss = self.stage.loss(self.network(planes, mix_map), known)
        if not math.isfinite(loss.item()):
            raise TrainingError(
                f"stage {self.stage.name}, step {self.global_step}: the loss is {loss.item()}; "
                f"a lower learning rate than {self.stage.learning_rate} may help"
            )
        self.losses.append(loss.item())
        return loss

    def on_train_epoch_end(self) -> None:
        if self.score_known is not None:
            self.log("known_score", self.score_known())

    def configure_optimizers(self) -> Any:
        optimiser = torch.optim.Adam(self.network.parameters(), lr=self.stage.learning_rate)
        fall = self.stage.decay_steps or self.stage.steps
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=fall)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": cosine, "interval": "step"}}

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, _: int) -> Batch:
        def moved(known: Any) -> Any:
            return type(known)(known.present.to(device), known.absent.to(device))

        known = type(batch.known)(moved(batch.known.windows), moved(batch.known.frames))
        return Batch(batch.planes.to(device), known, batch.mix)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["losses"] = self.losses

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.losses = list(checkpoint["losses"])


class _Watch(Callback):
    def __init__(self, watcher: Watcher, steps: int) -> None:
        self.watcher, self.steps = watcher, steps

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        assert isinstance(pl_module, _Module)
        self.watcher(trainer.global_step, self.steps, pl_module.losses[-1])


def fit(
    network: Sed,
    stage: Stage,
    batches: Batches,
    folder: Path,
    watcher: Watcher | None = None,
    score_known: Callable[[], float] | None = None,
) -> list[float]:
    """Train the network in place and give the loss of every step.

    Checkpoints go to `folder`, and a fit that finds one there goes on from it. With `keep="best_on_known_cells"`,
    `score_known` judges the network every few steps, and the best weights are kept. Raises TrainingError when the loss
    is no finite number; the checkpoint before is still there.
    """
    network.to(memory_format=torch.channels_last)
    module = _Module(network, stage, score_known if stage.keep == "best_on_known_cells" else None)
    keeps_best = module.score_known is not None
    every_epoch = ModelCheckpoint(folder, "last", save_on_train_epoch_end=True, enable_version_counter=False)
    callbacks: list[Callback] = [every_epoch]
    if keeps_best:
        callbacks.append(ModelCheckpoint(folder, "best", "known_score", mode="max", save_weights_only=True))
    if stage.average:
        callbacks.insert(0, stage.average.callback(stage.steps))  # before the checkpoints, so that they hold its state
    if watcher:
        callbacks.append(_Watch(watcher, stage.steps))
    with _quiet():
        trainer = pl.Trainer(
            max_steps=stage.steps,
            precision=precision(),  # type: ignore[arg-type]
            accelerator="auto",
            devices=1,
            callbacks=callbacks,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=folder,
        )
        steps = _Steps(stage.steps)
        steps.trainer = trainer
        # A GPU is faster than one core prepares windows; on a CPU the cores have enough to do.
        workers = (os.cpu_count() or 0) if torch.cuda.is_available() else 0
        loader = DataLoader(batches, batch_size=None, sampler=steps, num_workers=workers)
        last = folder / "last.ckpt"
        with grouped_in_float32(network):
            trainer.fit(module, loader, ckpt_path=last if last.exists() else None, weights_only=True)
    if keeps_best:
        state = torch.load(folder / "best.ckpt", map_location="cpu", weights_only=True)["state_dict"]
        module.load_state_dict(state)
    network.cpu().eval()
    return module.losses


class _quiet:  # noqa: N801
    """Lightning's advice is for people who write training code, not for those who run ours."""

    def __enter__(self) -> None:
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        warnings.filterwarnings("ignore", module="pytorch_lightning")
        warnings.filterwarnings("ignore", module="torch")
        self._log = logging.getLogger("pytorch_lightning.utilities.rank_zero")
        self._level = self._log.level
        self._log.setLevel(logging.ERROR)

    def __exit__(self, *error: Any) -> None:
        self._log.setLevel(self._level)
        self._warnings.__exit__(*error)
