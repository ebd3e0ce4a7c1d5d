import pytest
import torch
from torch import Tensor

from dawnchorus.pretraining.vicreg import VicReg

PLACES, VALUES = 64, 4


def varied(seed: int = 0, values: int = VALUES) -> Tensor:
    """Embeddings whose values have a deviation of 1 and no covariance."""
    drawn = torch.randn(PLACES, values, generator=torch.Generator().manual_seed(seed))
    directions, _ = torch.linalg.qr(drawn - drawn.mean(0))
    return directions * (PLACES - 1) ** 0.5


def test_equal_views_with_all_the_variety_cost_nothing() -> None:
    assert VicReg()(varied(), varied()).item() == pytest.approx(0, abs=1e-3)


def test_a_constant_representation_pays_the_whole_of_variance() -> None:
    constant = torch.full((PLACES, VALUES), 3.0)
    loss = VicReg(invariance=25, variance=25, covariance=1)(constant, constant).item()
    assert loss == pytest.approx(25 * (1 - 1e-2), rel=1e-3)


def test_views_that_differ_pay_invariance_alone() -> None:
    first, second = varied(), varied() + 0.5
    assert VicReg(1, 0, 0)(first, second).item() == pytest.approx(0.25)
    assert VicReg(0, 25, 1)(first, second).item() == pytest.approx(0, abs=1e-3)


def test_values_that_say_the_same_pay_covariance() -> None:
    twice = varied(values=1).repeat(1, 2)
    assert VicReg(0, 0, 1)(twice, twice).item() == pytest.approx(2, rel=1e-3)  # 1 a value, of each view


def test_a_step_against_the_gradient_spreads_what_is_nearly_constant() -> None:
    narrow = (varied() * 0.01).requires_grad_()
    VicReg()(narrow, narrow).backward()
    assert narrow.grad is not None and torch.isfinite(narrow.grad).all()
    moved = (narrow - narrow.grad).detach()
    assert (moved.std(0) > narrow.detach().std(0)).all()


def test_a_constant_has_a_finite_gradient() -> None:
    constant = torch.ones(PLACES, VALUES, requires_grad=True)
    VicReg()(constant, constant).backward()
    assert constant.grad is not None and torch.isfinite(constant.grad).all()
