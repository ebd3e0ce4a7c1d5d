import pytest
import torch

from dawnchorus.networks.dropout import dropped


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_share_is_left_out_and_the_mean_stays(share: float) -> None:
    torch.manual_seed(0)
    left = dropped(torch.ones(1001, 333), share, training=True)
    assert (left == 0).float().mean().item() == pytest.approx(share, abs=0.004)
    assert left.mean().item() == pytest.approx(1, abs=0.015)
    assert len(left.unique()) == 2


def test_places_are_left_out_independently() -> None:
    torch.manual_seed(0)
    zero = (dropped(torch.ones(400_000), 0.5, training=True) == 0).float()
    for apart in (1, 7, 8, 64):  # eight neighbours share a number that was drawn
        both = (zero[apart:] * zero[:-apart]).mean().item()
        assert both == pytest.approx(0.25, abs=0.004)


def test_what_is_left_out_has_no_gradient() -> None:
    torch.manual_seed(0)
    values = torch.ones(3, 5, 7, requires_grad=True)
    left = dropped(values, 0.5, training=True)
    left.sum().backward()
    assert values.grad is not None and torch.equal(values.grad, left.detach())


def test_nothing_is_left_out_of_training_and_the_same_seed_leaves_out_the_same() -> None:
    values = torch.randn(9, 5)
    assert dropped(values, 0.5, training=False) is values
    assert dropped(values, 0.0, training=True) is values
    drawn = []
    for _ in range(2):
        torch.manual_seed(3)
        drawn.append(dropped(values, 0.5, training=True))
    assert torch.equal(*drawn)
    assert not torch.equal(drawn[0], dropped(values, 0.5, training=True))


def test_types_stay() -> None:
    assert dropped(torch.ones(8, dtype=torch.bfloat16), 0.5, training=True).dtype == torch.bfloat16
