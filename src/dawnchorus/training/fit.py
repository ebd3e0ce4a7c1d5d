"""One stage on one fold: a network, batches, Lightning.

A fit that is killed goes on from its last checkpoint and ends in the same weights as one that wasn't (same machine,
same number of threads).
"""

from __future__ import annotations

import logging
import math
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, ModelCheckpoint
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Sampler

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


class Learning(pl.LightningModule):
    """What Lightning trains: it keeps the loss of every step, and checkpoints keep it too. `name` says what it is."""

    def __init__(self, name: str, learning_rate: float) -> None:
        super().__init__()
        self.name, self.learning_rate = name, learning_rate
        self.losses: list[float] = []

    def kept(self, loss: Tensor) -> Tensor:
        """The loss of a step, noted. Raises TrainingError when it is no finite number."""
        if not math.isfinite(loss.item()):
            raise TrainingError(
                f"{self.name}, step {self.global_step}: the loss is {loss.item()}; "
                f"a lower learning rate than {self.learning_rate} may help"
            )
        self.losses.append(loss.item())
        return loss

    def falling(self, parameters: Iterable[nn.Parameter], steps: int) -> Any:
        """Adam, with a learning rate that falls along a cosine to 0 within so many steps, and rises again."""
        optimiser = torch.optim.Adam(parameters, lr=self.learning_rate)
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": cosine, "interval": "step"}}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add the losses."""
        checkpoint["losses"] = self.losses

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the losses up again."""
        self.losses = list(checkpoint["losses"])


class _Module(Learning):
    """The loss of a stage on a batch, the optimiser and its schedule."""

    def __init__(self, network: Sed, stage: Stage, score_known: Callable[[], float] | None) -> None:
        super().__init__(f"stage {stage.name}", stage.learning_rate)
        self.network, self.stage, self.score_known = network, stage, score_known

    def training_step(self, batch: Batch, _: int) -> Tensor:
        planes, known, mix = batch.planes, batch.known, batch.mix
        torch.manual_seed(batch.seed)  # dropout's chance is the step's, not that of what ran before
        mix_map = None
        if mix is not None:
            known = mix.known(known)
            if mix.at == "input":
                planes = mix.sound(planes)
            else:
                mix_map = mix.sound
        return self.kept(self.stage.loss(self.network(planes, mix_map), known))

    def on_train_epoch_end(self) -> None:
        if self.score_known is not None:
            self.log("known_score", self.score_known())

    def configure_optimizers(self) -> Any:
        return self.falling(self.network.parameters(), self.stage.decay_steps or self.stage.steps)

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, _: int) -> Batch:
        def moved(known: Any) -> Any:
            return type(known)(known.present.to(device), known.absent.to(device))

        known = type(batch.known)(moved(batch.known.windows), moved(batch.known.frames))
        return Batch(batch.planes.to(device), known, batch.mix, batch.seed)


class _Watch(Callback):
    def __init__(self, watcher: Watcher, steps: int) -> None:
        self.watcher, self.steps = watcher, steps

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: Any) -> None:
        assert isinstance(pl_module, Learning)
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
    callbacks: list[Callback] = []
    if stage.average:
        callbacks.append(stage.average.callback(stage.steps))
    if keeps_best:
        kept = ModelCheckpoint(
            folder, "best", "known_score", mode="max", save_weights_only=True, enable_version_counter=False
        )
        callbacks.append(kept)
    train_through(module, batches, stage.steps, folder, watcher, callbacks)
    if keeps_best:
        state = torch.load(folder / "best.ckpt", map_location="cpu", weights_only=True)["state_dict"]
        module.load_state_dict(state)
    network.cpu().eval()
    return module.losses


def train_through(
    module: Learning,
    batches: Dataset[Any],
    total: int,
    folder: Path,
    watcher: Watcher | None = None,
    callbacks: Sequence[Callback] = (),
) -> None:
    """Train for `total` steps, of which step n hears item n of `batches`.

    Checkpoints go to `folder`; where there is one, training goes on from it. They come after `callbacks`, so that they
    hold their state.
    """
    every_epoch = ModelCheckpoint(folder, "last", save_on_train_epoch_end=True, enable_version_counter=False)
    watch = [_Watch(watcher, total)] if watcher else []
    with _quiet():
        trainer = pl.Trainer(
            max_steps=total,
            precision=precision(),  # type: ignore[arg-type]
            accelerator="auto",
            devices=1,
            callbacks=[*callbacks, every_epoch, *watch],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=folder,
        )
        steps = _Steps(total)
        steps.trainer = trainer
        # A GPU is faster than one core prepares windows; on a CPU the cores have enough to do.
        workers = (os.cpu_count() or 0) if torch.cuda.is_available() else 0
        loader = DataLoader(batches, batch_size=None, sampler=steps, num_workers=workers)
        last = folder / "last.ckpt"
        with grouped_in_float32(module):
            trainer.fit(module, loader, ckpt_path=last if last.exists() else None, weights_only=True)


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
