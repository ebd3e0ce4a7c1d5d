"""The focal exponents and the weight of absence."""

import math

import pytest
import torch

from dawnchorus.evidence import Evidence, Known
from dawnchorus.losses.clipwise import ClipwiseLoss
from dawnchorus.losses.framewise import FramewiseLoss
from dawnchorus.losses.known_cells import Norm, cross_entropy
from dawnchorus.networks.sed import SedOutput

AT_90_PERCENT = math.log(9)  # the logit of probability 0.9
PRESENT = Evidence(torch.tensor([1.0]), torch.tensor([0.0]))
ABSENT = Evidence(torch.tensor([0.0]), torch.tensor([1.0]))


def at(logit: float) -> torch.Tensor:
    return torch.tensor([logit])


def test_a_species_heard_with_90_percent_where_it_is_costs_a_hundredth_at_exponent_2() -> None:
    cost = cross_entropy(at(AT_90_PERCENT), PRESENT, "sum", focal_present=2).item()
    assert cost == pytest.approx(0.01 * -math.log(0.9), rel=1e-5)


def test_a_species_heard_with_90_percent_where_it_is_not_costs_81_hundredths_at_exponent_2() -> None:
    cost = cross_entropy(at(AT_90_PERCENT), ABSENT, "sum", focal_absent=2).item()
    assert cost == pytest.approx(0.81 * -math.log(0.1), rel=1e-5)


def test_each_exponent_moves_its_own_side_only() -> None:
    assert cross_entropy(at(1.0), PRESENT, "sum", focal_absent=2) == cross_entropy(at(1.0), PRESENT, "sum")
    assert cross_entropy(at(1.0), ABSENT, "sum", focal_present=2) == cross_entropy(at(1.0), ABSENT, "sum")


def test_the_focal_weight_is_part_of_what_is_learnt() -> None:
    # d/dz of (1-p)^2 * -ln p at p = 1/2 is p(1-p) * (-2(1-p) * -ln p - (1-p)^2 / p) = -(ln 2 + 1/2) / 4; a weight
    # that is held fixed would give -1/8.
    logit = torch.zeros(1, requires_grad=True)
    cross_entropy(logit, PRESENT, "sum", focal_present=2).backward()
    assert logit.grad is not None
    assert logit.grad.item() == pytest.approx(-(math.log(2) + 0.5) / 4)


@pytest.mark.parametrize("logit", [-200.0, -30.0, 30.0, 200.0])
@pytest.mark.parametrize("evidence", [PRESENT, ABSENT])
def test_focal_costs_and_gradients_are_finite_for_the_surest_logits(logit: float, evidence: Evidence) -> None:
    logits = at(logit).requires_grad_()
    cost = cross_entropy(logits, evidence, "sum", 2, 2)
    cost.backward()
    assert logits.grad is not None
    assert torch.isfinite(cost) and torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("norm", ["sum", "cells", "own_mass", "species_mass"])
def test_half_the_weight_of_absence_is_half_the_cost_of_absence_in_every_norm(norm: Norm) -> None:
    evidence = Evidence(torch.tensor([1.0, 0, 0, 0]), torch.tensor([0, 1.0, 1.0, 1.0]))
    logits = torch.tensor([0.5, -1.0, 0.0, 2.0])

    def cost(absent: float) -> float:
        return cross_entropy(logits, evidence, norm, absent=absent).item()

    assert cost(1) == cross_entropy(logits, evidence, norm).item()
    assert cost(0.5) == pytest.approx((cost(1) + cost(0)) / 2)
    assert cost(0) < cost(0.5) < cost(1)


def test_a_species_with_many_cells_pulls_no_more_than_one_with_few() -> None:
    logits = torch.zeros(6, 2, requires_grad=True)
    present = torch.zeros(6, 2)
    present[:, 0], present[0, 1] = 1, 1
    evidence = Evidence(present, torch.zeros(6, 2))
    cross_entropy(logits, evidence, "species_mass").backward()
    assert logits.grad is not None
    of_species = logits.grad.abs().sum(0)
    assert of_species[0].item() == pytest.approx(of_species[1].item())


@pytest.mark.parametrize("kind", [ClipwiseLoss, FramewiseLoss])
def test_a_loss_hands_its_exponents_and_its_weight_on(kind: type) -> None:
    # One window, frame and species of probability 0.9, present with weight 1 and absent with weight 1.
    cell = Evidence(torch.ones(1, 1), torch.ones(1, 1))
    known = Known(cell, Evidence(torch.ones(1, 1, 1), torch.ones(1, 1, 1)))
    logit = torch.full((1, 1), AT_90_PERCENT)
    said = SedOutput(logit, logit[:, None], torch.zeros(1, 1, 1))
    present, absent = -math.log(0.9), -math.log(0.1)
    assert kind()(said, known).item() == pytest.approx(present + absent)
    assert kind(focal_present=2)(said, known).item() == pytest.approx(0.01 * present + absent)
    assert kind(focal_absent=1)(said, known).item() == pytest.approx(present + 0.9 * absent)
    assert kind(absent=0)(said, known).item() == pytest.approx(present)
