import math

import pytest
import torch

from dawnchorus.evidence import Evidence, Known
from dawnchorus.losses.ranking import RankingLoss
from dawnchorus.networks.sed import SedOutput


def case(logits: list[list[float]], present: list[list[float]], absent: list[list[float]]) -> tuple[SedOutput, Known]:
    clip = torch.tensor(logits, requires_grad=True)
    frames = torch.zeros(len(logits), 2, len(logits[0]))
    known = Known(Evidence(torch.tensor(present), torch.tensor(absent)), Evidence(frames, frames))
    return SedOutput(clip, frames, frames), known


def test_one_pair_costs_the_logarithm_of_one_plus_the_exponent_of_its_difference() -> None:
    output, known = case([[1.0, 3.0]], [[1, 0]], [[0, 1]])
    assert RankingLoss()(output, known).item() == pytest.approx(math.log(1 + math.exp(2)), rel=1e-5)


def test_all_pairs_of_a_window_add_up_and_windows_without_a_pair_take_no_part() -> None:
    output, known = case([[0.0, 0, 0], [5, 5, 5]], [[1, 1, 0], [1, 0, 0]], [[0, 0, 1], [0, 0, 0]])
    assert RankingLoss()(output, known).item() == pytest.approx(math.log(1 + 2), rel=1e-5)


def test_raising_all_scores_changes_nothing() -> None:
    (one, known), (two, _) = (case([[a, b + a]], [[1, 0]], [[0, 1]]) for a, b in ((0.0, 1.0), (50.0, 1.0)))
    assert RankingLoss()(one, known).item() == pytest.approx(RankingLoss()(two, known).item(), rel=1e-4)
