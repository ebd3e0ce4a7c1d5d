from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.special import expit

from calibration.worlds import labelled, told, world
from dawnchorus.calibration.mixture import mixture
from dawnchorus.calibration.odds import LEAST_SLOPE, logits
from dawnchorus.calibration.platt import Platt, nearest, platt
from dawnchorus.evidence import Evidence


def test_platt_finds_the_map_that_made_the_labels():
    rng = np.random.default_rng(0)
    true = [Platt(0.6, 1.0), Platt(1.5, -0.5)]
    scores = expit(rng.normal(-1, 2, (20_000, 2)))
    truth = rng.random(scores.shape) < np.stack([true[s](scores[:, s]) for s in range(2)], axis=1)
    for found, one in zip(platt(scores, told(truth)), true, strict=True):
        assert (found.a, found.b) == pytest.approx((one.a, one.b), abs=0.08)


def test_the_nearest_map_to_probabilities_is_the_one_that_made_them():
    scores, made = expit(np.random.default_rng(0).normal(-1, 2, 5_000)), Platt(0.6, 1.0)
    found = nearest(logits(scores), made(scores))
    assert (found.a, found.b) == pytest.approx((made.a, made.b), abs=0.01)


def test_the_soft_targets_of_one_species_by_hand():
    # All scores alike, so the map's height alone is fitted: three present count 4/5 each, one absent 1/3. The prior is
    # wide, and its centre, the pooled fit, is that of the same four cells.
    scores, truth = np.full((4, 1), 0.5), np.array([[True], [True], [True], [False]])
    (found,) = platt(scores, told(truth), prior_sd=1e4)
    assert found(np.array(0.5)) == pytest.approx((3 * 4 / 5 + 1 / 3) / 4, abs=1e-4)


def test_a_weight_of_two_is_two_cells():
    scores, truth = world(200, [0.4])
    once = told(truth)
    twice = Evidence(np.tile(once.present, (2, 1)), np.tile(once.absent, (2, 1)))
    (weighted,), (repeated,) = (
        platt(scores, once.weighted(2.0, 2.0)),
        platt(np.tile(scores, (2, 1)), twice),
    )
    assert (weighted.a, weighted.b) == pytest.approx((repeated.a, repeated.b), abs=1e-4)


def test_species_without_a_label_take_the_pooled_fit():
    scores, truth = world(300, [0.3] * 4)
    known = np.zeros_like(truth)
    known[:, :2] = True
    first, second, *without = platt(scores, told(truth, known))
    assert without[0] == without[1] != first
    # drawn wholly to the pooled fit, a species with labels is like one without
    drawn = platt(scores, told(truth, known), prior_sd=1e-4)[0]
    assert (drawn.a, drawn.b) == pytest.approx((without[0].a, without[0].b), abs=1e-3)
    assert min(first.a, second.a) < without[0].a < max(first.a, second.a)


def test_few_labels_move_a_species_less_than_many():
    scores, truth = world(2000, [0.3, 0.3])
    truth[:, 1] = ~truth[:, 1]  # here high scores mean absence

    def slope(labels: int) -> float:
        known = np.ones_like(truth)
        known[labels:, 1] = False
        return platt(scores, told(truth, known))[1].a

    assert slope(0) > slope(5) > slope(2000) == LEAST_SLOPE


def test_scores_stay_as_they_are_where_nothing_is_known():
    scores = np.array([[0.1, 0.9], [0.5, 0.2]])
    maps = platt(scores, Evidence.unknown(2, 2))
    assert maps == (Platt(1.0, 0.0), Platt(1.0, 0.0))
    np.testing.assert_allclose(maps[0](scores), scores)


def test_one_kind_of_label_alone_makes_no_certainty():
    scores = np.full((50, 1), 0.9)
    (found,) = platt(scores, told(np.ones((50, 1), bool)))
    assert 0.9 < found(np.array(0.9)) < 0.999


@given(labelled())
@settings(deadline=None, max_examples=50)
def test_maps_never_change_the_order_of_scores(case):
    scores, known = case
    maps = list(platt(scores, known))
    if known.present.any() and not known.known.all():
        maps += [one.platt for one in mixture(scores, known)]
    grid = np.arange(0, 1001) / 1000
    for one in maps:
        assert one.a >= LEAST_SLOPE * (1 - 1e-9)
        assert (np.diff(one(grid)) >= 0).all()
