import math

import pytest
import torch

from dawnchorus.evidence import Evidence, Known
from dawnchorus.losses.attention_self_label import AttentionSelfLabel
from dawnchorus.networks.sed import SedOutput

AT_70_PERCENT = math.log(0.7 / 0.3)


def said(frames: list[float], attention: list[float]) -> SedOutput:
    """One window of one species."""

    def line(values: list[float]) -> torch.Tensor:
        return torch.tensor(values).view(1, -1, 1).requires_grad_()

    return SedOutput(torch.zeros(1, 1, requires_grad=True), line(frames), line(attention))


def nothing(frames: int) -> Known:
    return Known(
        Evidence(torch.zeros(1, 1), torch.zeros(1, 1)),
        Evidence(torch.zeros(1, frames, 1), torch.zeros(1, frames, 1)),
    )


def test_two_frames_by_hand() -> None:
    # Attention logits 0 and ln 3 are attention 1/4 and 3/4. The second frame alone is loud enough.
    loss = AttentionSelfLabel()(said([0.0, 2.0], [0.0, math.log(3)]), nothing(2))
    assert loss.item() == pytest.approx((math.log1p(math.exp(0.25)) + math.log1p(math.exp(-0.75))) / 2)


def test_a_frame_is_heard_from_the_threshold_on() -> None:
    # One frame has all the attention, 1: ln(1 + e) where nothing is heard, ln(1 + 1/e) where something is.
    below, above = ([AT_70_PERCENT - 0.01], [AT_70_PERCENT + 0.01])
    assert AttentionSelfLabel()(said(below, [0.0]), nothing(1)).item() == pytest.approx(math.log(1 + math.e))
    assert AttentionSelfLabel()(said(above, [0.0]), nothing(1)).item() == pytest.approx(math.log(1 + 1 / math.e))
    assert AttentionSelfLabel(0.5)(said(below, [0.0]), nothing(1)).item() == pytest.approx(math.log(1 + 1 / math.e))


def test_it_teaches_the_attention_alone_and_pulls_it_to_what_is_heard() -> None:
    output = said([-3.0, 3.0, -3.0], [0.0, 0.0, 0.0])
    AttentionSelfLabel()(output, nothing(3)).backward()
    assert output.framewise.grad is None and output.clipwise.grad is None
    assert output.attention.grad is not None
    first, heard, last = output.attention.grad.ravel().tolist()
    assert heard < 0 < first == pytest.approx(last)


def test_what_people_know_changes_nothing() -> None:
    output = said([-3.0, 3.0], [0.5, 0.0])
    told = Known(Evidence(torch.ones(1, 1), torch.zeros(1, 1)), Evidence(torch.zeros(1, 2, 1), torch.ones(1, 2, 1)))
    assert torch.equal(AttentionSelfLabel()(output, told), AttentionSelfLabel()(output, nothing(2)))
