"""A fit that is killed goes on from its last checkpoint and ends in the same weights, whatever chance it draws."""

from pathlib import Path

import pytest
import torch
from torch.utils.data import Dataset

from dawnchorus.evidence import Evidence, Known
from dawnchorus.experiment import Stage
from dawnchorus.losses.framewise import FramewiseLoss
from dawnchorus.networks.embedding_head import EmbeddingHead
from dawnchorus.training.batches import Batch
from dawnchorus.training.fit import fit
from dawnchorus.windows import Anchored


class ByStep(Dataset[Batch]):
    """Batches that the step alone decides."""

    def __getitem__(self, step: int) -> Batch:
        chance = torch.Generator().manual_seed(step)
        present = (torch.rand(8, 4, 2, generator=chance) < 0.3).float()
        windows = Evidence(present.amax(1), 1 - present.amax(1))
        planes = torch.randn(8, 16, 4, generator=chance) + 2 * present.sum(2)[:, None]
        return Batch(planes, Known(windows, Evidence(present, 1 - present)), None, seed=step)


class Killed(Exception):
    pass


def trained(folder: Path, kill_at: int | None = None) -> torch.Tensor:
    torch.manual_seed(1)
    network = EmbeddingHead(hidden=8, dropout=0.5).build(2, 4, 16)
    stage = Stage("known", 60, Anchored(4), loss=FramewiseLoss())

    def watch(step: int, of: int, loss: float) -> None:
        if step == kill_at:
            raise Killed

    fit(network, stage, ByStep(), folder, watch)  # type: ignore[arg-type]
    return torch.cat([one.detach().flatten() for one in network.parameters()])


def test_dropout_goes_on_where_it_was_when_a_fit_was_killed(tmp_path: Path) -> None:
    whole = trained(tmp_path / "whole")
    with pytest.raises(Killed):
        trained(tmp_path / "killed", kill_at=41)  # after the checkpoint of step 25
    torch.rand(7)  # another process has another past
    assert torch.equal(trained(tmp_path / "killed"), whole)
