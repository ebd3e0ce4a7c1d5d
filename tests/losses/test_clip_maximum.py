import math

import pytest
import torch

from dawnchorus.evidence import Evidence, Known
from dawnchorus.losses.clip_maximum import ClipMaximumLoss
from dawnchorus.networks.sed import SedOutput


def test_only_the_highest_frame_counts_and_only_it_learns() -> None:
    # Two windows of three frames, one species. Highest logits: 0, where the species is, and ln 3 (p = 3/4), where it is
    # not. The clipwise logits would say the contrary.
    frames = torch.tensor([[[-1.0], [0.0], [-5.0]], [[math.log(3)], [-2.0], [0.5]]], requires_grad=True)
    said = SedOutput(torch.tensor([[-50.0], [50.0]]), frames, torch.zeros(2, 3, 1))
    known = Known(
        Evidence(torch.tensor([[1.0], [0.0]]), torch.tensor([[0.0], [1.0]])),
        Evidence(torch.zeros(2, 3, 1), torch.zeros(2, 3, 1)),
    )
    loss = ClipMaximumLoss()(said, known)
    assert loss.item() == pytest.approx((math.log(2) + math.log(4)) / 2)
    assert ClipMaximumLoss("sum")(said, known).item() == pytest.approx(math.log(8))
    loss.backward()
    assert frames.grad is not None
    assert torch.allclose(frames.grad.squeeze(2), torch.tensor([[0, -0.25, 0], [0.375, 0, 0]]))
