from __future__ import annotations

import math

import numpy as np
import pytest

from calibration.worlds import world
from dawnchorus.calibration.measures import (
    brier_skill,
    class_mean_calibration_error,
    error_of_chance,
    expected_calibration_error,
)


def test_the_calibration_error_by_hand():
    p, truth = np.array([0.1, 0.2, 0.7, 0.8]), np.array([False, True, False, True])
    # two bins: means 0.15 and 0.75 against one half each
    assert expected_calibration_error(p, truth, bins=2) == pytest.approx((0.35 + 0.25) / 2)
    assert expected_calibration_error(p, truth, bins=1) == pytest.approx(0.5 - 0.45)
    assert math.isnan(expected_calibration_error(p[:0], truth[:0]))


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_a_constant_that_is_too_sure_is_off_by_what_it_claims_too_much(order):
    truth = (np.arange(100) < 60)[order]  # 60 % against 0.9, however the items are sorted
    assert expected_calibration_error(np.full(100, 0.9), truth) == pytest.approx(0.3)


def test_perfect_probabilities_of_a_large_sample_have_nearly_no_error():
    rng = np.random.default_rng(0)
    p = rng.beta(0.5, 2, 100_000)
    truth = rng.random(len(p)) < p
    assert expected_calibration_error(p, truth) < 0.005
    assert expected_calibration_error(p**0.5, truth) > 0.1


def test_the_class_mean_counts_known_rows_and_species_that_have_some():
    p = np.array([[0.9, 0.4, 0.5], [0.9, 0.4, 0.5]])
    truth = np.array([[True, True, False], [False, False, False]])
    known = np.array([[True, True, False], [True, False, False]])
    # |0.9 - 1/2| and |0.4 - 1|; the third species has no known row
    assert class_mean_calibration_error(p, truth, known) == pytest.approx((0.4 + 0.6) / 2)


def test_the_brier_skill_by_hand():
    p, truth = np.array([[0.8], [0.4]]), np.array([[True], [False]])
    # errors 0.04 + 0.16 against 0.25 + 0.25
    assert brier_skill(p, truth, 0.5) == pytest.approx(1 - 0.2 / 0.5)
    assert brier_skill(p, truth, 0.5, np.array([[True], [False]])) == pytest.approx(1 - 0.04 / 0.25)
    assert brier_skill(truth * 1.0, truth, 0.5) == 1
    assert math.isnan(brier_skill(p, np.ones((2, 1), bool), 1.0))


def test_the_floor_itself_has_no_skill():
    _, truth = world(200, [0.1, 0.5])
    prevalence = truth.mean(axis=0)
    floor = np.broadcast_to(prevalence, truth.shape)
    assert brier_skill(floor, truth, prevalence) == pytest.approx(0)


def test_perfect_probabilities_have_the_error_of_chance_and_others_more() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(size=(320, 8))
    truth = rng.random(p.shape) < p
    chance = error_of_chance(p)
    assert class_mean_calibration_error(p, truth) == pytest.approx(chance, rel=0.25)
    assert class_mean_calibration_error(np.sqrt(p), truth) > 2 * chance


def test_chance_errs_less_in_larger_tests() -> None:
    small, large = (error_of_chance(np.full((rows, 2), 0.3), 50) for rows in (100, 10_000))
    assert small > 5 * large > 0
    assert error_of_chance(np.ones((20, 2)), 3) == 0
