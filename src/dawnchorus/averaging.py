"""Stochastic weight averaging: the mean of the weights that training passes through near its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytorch_lightning as pl
    from pytorch_lightning.callbacks import Callback


@dataclass(frozen=True)
class WeightAverage:
    """The trained network is the mean of its weights over the last part of a stage (Izmailov et al. 2018).

    Once the share `start` of the steps is done, the weights count after each step whose number is a multiple of
    `every`, and after the last step; each of them counts alike.

    The running means and variances of batch normalisation are averaged like weights, which is what Lightning's callback
    does unless told otherwise. The paper measures them anew on the training data instead.
    """

    start: float = 0.5
    every: int = 25

    def __post_init__(self) -> None:
        if not 0 <= self.start <= 1 or self.every < 1:
            raise ValueError(f"start {self.start} must lie between 0 and 1, and every {self.every} must be at least 1")

    def counts(self, done: int, steps: int) -> bool:
        """Whether the weights count after `done` of `steps` steps."""
        return done == steps or (done >= self.start * steps and done % self.every == 0)

    def callback(self, steps: int) -> Callback:
        """What averages the weights of a fit of `steps` steps, and leaves the mean in the network at its end.

        Checkpoints hold both the weights and their mean so far, so a fit that was stopped can go on. One that is saved
        with its weights only (`save_weights_only`) holds the weights of its moment and no mean.
        """
        # Lightning takes seconds to import, and settings are read where nobody trains.
        from pytorch_lightning.callbacks import WeightAveraging
        from torch.optim.swa_utils import get_swa_avg_fn

        counts = self.counts

        class Averaging(WeightAveraging):
            def should_update(self, step_idx: int | None = None, epoch_idx: int | None = None) -> bool:
                return step_idx is not None and counts(step_idx + 1, steps)

            def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
                # A fit that goes on from the checkpoint of its last step never comes to on_train_end, which does this.
                self.on_train_end(trainer, pl_module)

        # This is torch's usual mean. Unnamed, torch takes another way on GPUs, which fails for whole numbers: batch
        # normalisation counts its batches.
        return Averaging(avg_fn=get_swa_avg_fn())  # type: ignore[no-untyped-call]
