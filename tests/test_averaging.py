from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pl = pytest.importorskip("pytorch_lightning")

from pytorch_lightning.callbacks import ModelCheckpoint  # noqa: E402
from torch import Tensor, nn  # noqa: E402
from torch.utils.data import DataLoader, Sampler  # noqa: E402

from dawnchorus.averaging import WeightAverage  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:Checkpoint directory .* exists and is not empty")  # it goes on there

STEPS_AN_EPOCH = 5


class Walk(pl.LightningModule):
    """Its one weight is the number of steps done; its batch normalisation has seen the numbers of the steps."""

    def __init__(self, stop_at: int | None = None) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))
        self.norm = nn.BatchNorm1d(1, affine=False, momentum=None)
        self.stop_at = stop_at

    def training_step(self, batch: Tensor, _: int) -> Tensor:
        if self.global_step == self.stop_at:
            raise RuntimeError("killed")
        self.norm(torch.full((2, 1), float(self.global_step)))
        return -self.weight

    def configure_optimizers(self) -> Any:
        return torch.optim.SGD(self.parameters(), lr=1.0)


class Epochs(Sampler[int]):
    """Five steps an epoch, however training is cut, fewer at its end: as `training.fit` does."""

    def __init__(self, steps: int) -> None:
        self.steps, self.trainer = steps, None

    def __iter__(self):
        first = self.trainer.global_step if self.trainer else 0
        return iter(range(first, min(first + STEPS_AN_EPOCH, self.steps)))

    def __len__(self) -> int:
        return STEPS_AN_EPOCH


def fitted(average: WeightAverage, steps: int, folder: Path, stop_at: int | None = None) -> Walk:
    """Train from the folder's last checkpoint, which is written after every epoch."""
    walk, epochs = Walk(stop_at), Epochs(steps)
    trainer = pl.Trainer(
        max_steps=steps,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[
            ModelCheckpoint(folder, "last", save_on_train_epoch_end=True, enable_version_counter=False),
            average.callback(steps),
        ],
    )
    epochs.trainer = trainer
    last = folder / "last.ckpt"
    loader = DataLoader(list(range(steps)), sampler=epochs)
    trainer.fit(walk, loader, ckpt_path=last if last.exists() else None, weights_only=True)
    return walk


def test_weights_count_from_the_start_on_every_few_steps_and_at_the_end():
    def counted(average: WeightAverage, steps: int) -> list[int]:
        return [done for done in range(1, steps + 1) if average.counts(done, steps)]

    assert counted(WeightAverage(), 100) == [50, 75, 100]
    assert counted(WeightAverage(0.5, 2), 9) == [6, 8, 9]
    assert counted(WeightAverage(0.0, 4), 10) == [4, 8, 10]
    assert counted(WeightAverage(1.0, 1), 10) == [10]
    assert counted(WeightAverage(), 3) == [3]


@pytest.mark.parametrize(
    ("average", "steps", "mean"),
    [
        (WeightAverage(0.5, 2), 10, (6 + 8 + 10) / 3),
        (WeightAverage(0.5, 2), 9, (6 + 8 + 9) / 3),
        (WeightAverage(0.0, 1), 4, (1 + 2 + 3 + 4) / 4),
        (WeightAverage(), 7, 7),
    ],
)
def test_the_trained_weight_is_the_mean_of_those_that_count(tmp_path, average, steps, mean):
    assert fitted(average, steps, tmp_path).weight.item() == pytest.approx(mean)


def test_the_statistics_of_batch_normalisation_are_averaged_too(tmp_path):
    walk = fitted(WeightAverage(0.5, 2), 6, tmp_path)
    # Weights count after 4 and 6 steps. The running mean was that of 0..3, then that of 0..5.
    assert walk.norm.running_mean.item() == pytest.approx((1.5 + 2.5) / 2)
    assert walk.norm.num_batches_tracked.item() == 5


@pytest.mark.parametrize("stop_at", [7, 13])  # before the first weights that count, and between them
def test_a_fit_that_was_killed_ends_in_the_same_mean(tmp_path, stop_at):
    average = WeightAverage(0.5, 3)  # 9, 12, 15, 16
    with pytest.raises(RuntimeError, match="killed"):
        fitted(average, 16, tmp_path, stop_at)
    assert (tmp_path / "last.ckpt").exists()
    assert fitted(average, 16, tmp_path).weight.item() == pytest.approx((9 + 12 + 15 + 16) / 4)


def test_a_fit_killed_after_its_last_step_ends_in_the_mean(tmp_path):
    average = WeightAverage(0.5, 2)
    assert fitted(average, 10, tmp_path).weight.item() == 8
    assert (
        fitted(average, 10, tmp_path, stop_at=10).weight.item() == 8
    )  # goes on from its last checkpoint: no step left


def test_a_checkpoint_holds_the_weight_and_the_mean_so_far(tmp_path):
    with pytest.raises(RuntimeError, match="killed"):
        fitted(WeightAverage(0.0, 2), 10, tmp_path, stop_at=7)
    held = torch.load(tmp_path / "last.ckpt", weights_only=True)
    assert held["current_model_state"]["weight"].item() == 5
    assert held["state_dict"]["weight"].item() == (2 + 4) / 2


@pytest.mark.parametrize(("start", "every"), [(-0.1, 1), (1.1, 1), (0.5, 0)])
def test_a_share_beyond_the_stage_and_no_steps_are_refused(start, every):
    with pytest.raises(ValueError, match="must"):
        WeightAverage(start, every)
