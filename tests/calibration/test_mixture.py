from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit

from calibration.worlds import told, world
from dawnchorus.calibration.measures import class_mean_calibration_error, expected_calibration_error
from dawnchorus.calibration.mixture import mixture, retold
from dawnchorus.calibration.odds import LEAST_SLOPE
from dawnchorus.calibration.platt import nearest
from dawnchorus.evidence import Evidence


def few_known(truth: np.ndarray, each: int = 30) -> np.ndarray:
    """The first true cells of each species."""
    return truth & (np.cumsum(truth, axis=0) <= each)


def test_the_map_of_a_mixture_is_bayes_rule():
    scores, truth = world(20_000, [0.2])
    (found,) = mixture(scores, told(truth, few_known(truth, 300)))
    x = np.linspace(-6, 1, 15)
    present, absent = (np.exp(-((x - mean) ** 2) / 2) for mean in (-1.0, -4.0))
    np.testing.assert_allclose(found.platt(expit(x)), 0.2 * present / (0.2 * present + 0.8 * absent), atol=0.05)


def test_presence_that_spreads_wider_than_absence_is_found_whole():
    # calls are near and far: a third of them sounds like nearly nothing
    generator = np.random.default_rng(5)
    truth = generator.random((8000, 1)) < 0.3
    x = np.where(truth, generator.normal(-1.5, 2.0, truth.shape), generator.normal(-5.0, 0.7, truth.shape))
    (found,) = mixture(expit(x), told(truth, few_known(truth)))
    assert found.prevalence == pytest.approx(0.3, abs=0.03)
    assert (found.absent_variance, found.present_variance) == pytest.approx((0.49, 4.0), rel=0.2)
    assert expected_calibration_error(found.platt(expit(x[:, 0])), truth[:, 0]) < 0.05


def test_a_mixture_finds_gaussians_and_prevalence_from_presence_alone():
    scores, truth = world(5000, [0.02, 0.1, 0.4])
    known = few_known(truth)
    found = mixture(scores, told(truth, known))
    for species, one in enumerate(found):
        assert (one.absent_mean, one.absent_variance) == pytest.approx((-4, 1), abs=0.1)
        assert one.present_mean == pytest.approx(-1, abs=0.3)
        assert one.prevalence == pytest.approx(truth[~known[:, species], species].mean(), abs=0.015)
    p = np.stack([one.platt(scores[:, s]) for s, one in enumerate(found)], axis=1)
    assert class_mean_calibration_error(p, truth, ~known) < 0.02


def test_the_prevalence_does_not_move_when_known_presence_is_repeated():
    scores, truth = world(3000, [0.05, 0.2])
    known = few_known(truth)
    rows = np.concatenate([np.arange(3000), np.repeat(np.flatnonzero(known.any(axis=1)), 5)])
    before = mixture(scores, told(truth, known), unlabelled=~known)
    first = np.arange(len(rows)) < 3000  # the cells beside a repeated one are not heard again
    after = mixture(scores[rows], told(truth, known)[rows], unlabelled=~known[rows] & first[:, None])
    for one, other in zip(before, after, strict=True):
        assert other.prevalence == pytest.approx(one.prevalence, abs=0.005)  # counted in, they would add about 0.04


def test_a_species_never_heard_is_found_rare_and_borrows_how_presence_sounds():
    scores, truth = world(3000, [0.2, 0.0], absent=-7.0, present=-4.0)
    found = mixture(scores, told(truth, few_known(truth)))
    assert found[1].prevalence < 0.01
    found = mixture(scores, told(truth, few_known(truth)), strength=100)
    assert found[1].present_mean == pytest.approx(found[0].present_mean, abs=0.3)


def test_known_presence_shapes_its_gaussian():
    scores, truth = world(3000, [0.02, 0.02])
    x = logit(scores)
    x[:, 1] += 3 * truth[:, 1]
    found = mixture(expit(x), told(truth, truth))  # everything present is known
    assert [one.present_mean for one in found] == pytest.approx([-1, 2], abs=0.4)
    assert max(one.prevalence for one in found) < 0.01


def test_absence_known_from_boxes_says_nothing_of_other_species():
    scores, truth = world(1000, [0.2, 0.2])
    known = few_known(truth)
    boxes = np.full((50, 2), 0.999)  # an unheard cell of a box may hold anything
    boxes[:, 0] = 0.03
    absent = np.concatenate([np.zeros_like(known), np.tile([True, False], (50, 1))])
    everything = Evidence(np.concatenate([known, np.zeros((50, 2), bool)]) * 1.0, absent * 1.0)
    unlabelled = np.concatenate([~known, np.zeros((50, 2), bool)])
    with_boxes = mixture(np.concatenate([scores, boxes]), everything, unlabelled)
    without = mixture(scores, told(truth, known))
    assert with_boxes[1].prevalence == pytest.approx(without[1].prevalence, abs=0.002)
    assert with_boxes[0].absent_mean > without[0].absent_mean


def test_presence_known_at_low_scores_leaves_the_map_rising():
    scores, truth = world(500, [0.5], absent=1.0, present=-3.0)
    (found,) = mixture(scores, told(truth, few_known(truth, 200)))
    assert found.present_mean > found.absent_mean
    assert found.platt.a >= LEAST_SLOPE * (1 - 1e-9)


@pytest.mark.parametrize("present", [0.0, 1.0])
def test_a_mixture_needs_presence_and_unlabelled_cells(present):
    known = Evidence(np.full((4, 2), present), np.zeros((4, 2)))
    with pytest.raises(ValueError, match="known present, and unlabelled"):
        mixture(np.full((4, 2), 0.5), known)


def test_of_two_answers_that_explain_the_scores_the_one_with_more_presence_is_found():
    # A species that is nearly everywhere, and more often faint than loud: what is loud alone could be its presence.
    generator = np.random.default_rng(1134)
    truth = generator.random((360, 2)) < (0.9, 0.2)
    often = np.where(truth[:, 0], generator.gamma(2.0, 0.5, 360) - 0.5, generator.normal(-0.3, 0.5, 360))
    seldom = np.where(truth[:, 1], generator.normal(2, 1, 360), generator.normal(0, 0.8, 360))
    found = mixture(expit(np.stack([often, seldom], axis=1)), told(truth, few_known(truth, 15)))
    assert found[0].prevalence > 0.45  # from below EM would stop at 0.37


# ---- a pupil's maps from its teacher's probabilities ---------------------------------------------------------


def taught(apart: float, pupil_apart: float, shares_of: float = 0.3):
    """Scores of a pupil, Bayes' probabilities of its teacher, and the truth; means lie so many deviations apart."""
    generator = np.random.default_rng(3)
    truth = generator.random((4000, 2)) < shares_of
    teacher = np.where(truth, apart / 2, -apart / 2) + generator.normal(size=truth.shape)
    pupil = np.where(truth, pupil_apart / 2, -pupil_apart / 2) + generator.normal(size=truth.shape)
    return expit(pupil), expit(apart * teacher + logit(shares_of)), truth


@pytest.mark.parametrize(("apart", "pupil_apart"), [(1.5, 5.0), (2.0, 3.0), (3.0, 3.0)])
def test_a_pupil_that_tells_as_well_as_its_teacher_is_surer_than_the_map_nearest_to_it(apart, pupil_apart):
    scores, shares, truth = taught(apart, pupil_apart)
    p = np.stack([one(scores[:, s]) for s, one in enumerate(retold(scores, shares))], axis=1)
    nearest_to_it = [nearest(logit(scores[:, s]), shares[:, s])(scores[:, s]) for s in range(2)]
    error, of_nearest = (class_mean_calibration_error(one, truth) for one in (p, np.stack(nearest_to_it, axis=1)))
    assert error < 0.7 * of_nearest
    assert p.mean(axis=0) == pytest.approx(shares.mean(axis=0), abs=0.02)


def test_a_pupil_that_tells_less_than_its_teacher_is_not_much_surer_than_it_tells():
    scores, shares, truth = taught(5.0, 1.5)
    p = np.stack([one(scores[:, s]) for s, one in enumerate(retold(scores, shares))], axis=1)
    assert class_mean_calibration_error(p, truth) < 0.05


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_species_that_a_teacher_finds_nowhere_or_everywhere_stays_so(share):
    scores = expit(np.random.default_rng(0).normal(size=(50, 1)))
    (found,) = retold(scores, np.full((50, 1), share))
    assert np.abs(found(scores) - share).max() < 0.05
