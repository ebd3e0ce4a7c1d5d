import math

import pytest
import torch

from dawnchorus.evidence import Evidence, Known
from dawnchorus.losses.asymmetric import AsymmetricLoss
from dawnchorus.losses.clipwise import ClipwiseLoss
from dawnchorus.networks.sed import SedOutput


def case(logit: float, present: float, absent: float) -> tuple[SedOutput, Known]:
    clip = torch.tensor([[logit]], requires_grad=True)
    frames = torch.zeros(1, 2, 1)
    nothing = Evidence(torch.zeros(1, 2, 1), torch.zeros(1, 2, 1))
    return SedOutput(clip, frames, frames), Known(
        Evidence(torch.tensor([[present]]), torch.tensor([[absent]])), nothing
    )


def test_an_absence_within_the_margin_has_neither_cost_nor_gradient() -> None:
    output, known = case(math.log(0.04 / 0.96), 0, 1)  # a probability of 0.04
    loss = AsymmetricLoss(margin=0.05)(output, known)
    loss.backward()
    assert loss.item() == 0 and output.clipwise.grad.item() == 0


def test_an_absence_of_one_half_costs_as_worked_out_by_hand() -> None:
    output, known = case(0.0, 0, 1)
    # p - margin = 0.4: -log(0.6) * 0.4 ** 2
    assert AsymmetricLoss(margin=0.1, focal_absent=2)(output, known).item() == pytest.approx(-math.log(0.6) * 0.16)


def test_without_margin_and_exponents_it_is_cross_entropy() -> None:
    for present, absent in ((1, 0), (0, 1)):
        output, known = case(0.7, present, absent)
        plain = AsymmetricLoss(margin=0, focal_absent=0)(output, known)
        assert plain.item() == pytest.approx(ClipwiseLoss("own_mass")(output, known).item(), rel=1e-5)


def test_a_certain_mistake_has_a_finite_cost() -> None:
    output, known = case(60.0, 0, 1)
    loss = AsymmetricLoss(margin=0)(output, known)
    loss.backward()
    assert math.isfinite(loss.item()) and math.isfinite(output.clipwise.grad.item())
