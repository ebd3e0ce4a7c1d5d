import math

import pytest
import torch

from dawnchorus.evidence import Evidence, Known
from dawnchorus.losses.log_odds import LogOddsLoss
from dawnchorus.networks.sed import SedOutput


def case(logits: list[float], present: list[float], absent: list[float]) -> tuple[SedOutput, Known]:
    """Windows of one frame; both grains say the same."""
    clip = torch.tensor(logits)[:, None].requires_grad_()
    frames = torch.tensor(logits)[:, None, None].requires_grad_()
    windows = Evidence(torch.tensor(present)[:, None], torch.tensor(absent)[:, None])
    inside = Evidence(torch.tensor(present)[:, None, None], torch.tensor(absent)[:, None, None])
    return SedOutput(clip, frames, frames), Known(windows, inside)


@pytest.mark.parametrize("grain", ["windows", "frames"])
def test_a_student_that_says_the_teachers_log_odds_pays_nothing(grain: str) -> None:
    said = [0.02, 0.5, 0.9]
    output, known = case([math.log(q / (1 - q)) for q in said], said, [1 - q for q in said])
    assert LogOddsLoss(grain)(output, known).item() == pytest.approx(0, abs=1e-9)  # type: ignore[arg-type]


def test_costs_as_worked_out_by_hand() -> None:
    output, known = case([1.0, 1.0], [0.5, 1.0], [0.5, 0.0])
    # 1 from log odds of 0, counted 2.5 times; 3 from a person's 4, counted 4 times; two cells of weight 1
    assert LogOddsLoss()(output, known).item() == pytest.approx((2.5 * 1 + 4 * 9) / 2)


def test_an_unknown_cell_has_no_gradient() -> None:
    output, known = case([5.0, -2.0], [0.0, 0.3], [0.0, 0.7])
    LogOddsLoss()(output, known).backward()
    gradient = output.framewise.grad
    assert gradient is not None and gradient[0].item() == 0 and gradient[1].item() != 0


def test_a_batch_of_which_nothing_is_known_costs_nothing() -> None:
    output, known = case([5.0], [0.0], [0.0])
    assert LogOddsLoss()(output, known).item() == 0


def test_silences_are_as_far_apart_as_a_doubt_and_a_call() -> None:
    quiet, known = case([math.log(0.05 / 0.95)], [0.005], [0.995])
    far = LogOddsLoss(emphasis=0, limit=9)(quiet, known).item()
    loud, said = case([0.0], [10 / 11], [1 / 11])
    assert far == pytest.approx(LogOddsLoss(emphasis=0)(loud, said).item(), rel=0.05)
