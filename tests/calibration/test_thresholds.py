from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from calibration.worlds import told
from dawnchorus.calibration.thresholds import thresholds_for_precision
from dawnchorus.evidence import Evidence


def test_thresholds_by_hand():
    p = np.array([[0.95, 0.6], [0.85, 0.5], [0.6, 0.4], [0.1, 0.1]])
    whole, first, second = thresholds_for_precision(p, 0.8)
    assert (first.species, first.threshold) == (0, 0.6)  # (0.95 + 0.85 + 0.6) / 3 is 0.8
    assert (second.species, second.threshold) == (1, math.inf)
    assert (whole.species, whole.threshold) == (None, 0.85)  # with both 0.6 it is 0.75: ties go together
    assert (first.n, first.precision_low, first.precision_high) == (0, 0, 1)


def test_the_interval_of_a_threshold_by_hand():
    p = np.full((12, 1), 0.9)
    truth = np.ones((12, 1), bool)
    known = np.arange(12)[:, None] < 10
    _, all_right = thresholds_for_precision(p, 0.9, told(truth, known))
    # of ten right ones the lower end solves q^10 = 0.025
    assert (all_right.n, all_right.precision_low, all_right.precision_high) == pytest.approx((10, 0.025**0.1, 1))
    _, all_wrong = thresholds_for_precision(p, 0.9, told(~truth, known))
    assert (all_wrong.precision_low, all_wrong.precision_high) == pytest.approx((0, 1 - 0.025**0.1))


def test_only_known_cells_at_or_above_the_threshold_are_counted():
    p = np.array([[0.9], [0.9], [0.9], [0.2]])
    known = Evidence(np.array([[1.0], [1.0], [0.0], [1.0]]), np.array([[0.0], [1.0], [0.0], [0.0]]))
    pooled, own = thresholds_for_precision(p, 0.9, known)
    assert own.n == 2  # one right, one contradicted
    assert (own.precision_low, own.precision_high) == pytest.approx((1 - own.precision_high, 1 - own.precision_low))
    assert replace(pooled, species=0) == own


@pytest.mark.parametrize("target", [0.5, 0.8, 0.95])
def test_thresholds_meet_their_target_and_no_lower_one_would(target):
    rng = np.random.default_rng(0)
    p = rng.beta(0.5, [1.0, 2.0, 4.0], (40_000, 3))
    truth = rng.random(p.shape) < p
    for one in thresholds_for_precision(p, target, told(truth)):
        its_p, its_truth = (a.ravel() if one.species is None else a[:, one.species] for a in (p, truth))
        if one.threshold == math.inf:
            assert its_p.max() < target
            continue
        precision = its_truth[its_p >= one.threshold].mean()
        assert precision == pytest.approx(target, abs=max(0.015, 2 / math.sqrt(one.n)))
        assert one.precision_low <= precision <= one.precision_high
        assert its_p[its_p >= one.threshold * 0.98].mean() < target


def test_nothing_scored_reaches_nothing():
    assert thresholds_for_precision(np.zeros((0, 1)), 0.5)[0].threshold == math.inf
