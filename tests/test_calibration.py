from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from dawnchorus import calibration
from dawnchorus.calibration import Calibration, Platt, SpeciesCalibration, Threshold
from dawnchorus.evidence import Evidence


def told(truth: np.ndarray, known: np.ndarray | None = None) -> Evidence:
    """The truth itself in the known cells."""
    known = np.ones_like(truth) if known is None else known
    return Evidence((truth & known).astype(np.float32), (~truth & known).astype(np.float32))


def world(
    rows: int, prevalence: list[float], absent: float = -4.0, present: float = -1.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Scores and truth `(row, species)`: two Gaussians of variance 1 in logits."""
    rng = np.random.default_rng(seed)
    truth = rng.random((rows, len(prevalence))) < prevalence
    return expit(rng.normal(np.where(truth, present, absent))), truth


def honest(a: float, b: float, prevalence: float) -> SpeciesCalibration:
    return SpeciesCalibration(a, b, prevalence, "mixture", 12, 3)


@st.composite
def labelled(draw: st.DrawFn) -> tuple[np.ndarray, Evidence]:
    """Scores on a grid with 0 and 1, and knowledge that need not fit them, in cells `(row, species)`."""
    shape = draw(st.integers(2, 30)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    known = rng.random(shape) < draw(st.floats(0, 0.9))
    return rng.integers(0, 101, shape) / 100, told(rng.random(shape) < draw(st.floats(0, 1)), known)


# ---- Platt ---------------------------------------------------------------------------------------------------


def test_platt_finds_the_map_that_made_the_labels():
    rng = np.random.default_rng(0)
    true = [Platt(0.6, 1.0), Platt(1.5, -0.5)]
    scores = expit(rng.normal(-1, 2, (20_000, 2)))
    truth = rng.random(scores.shape) < np.stack([true[s](scores[:, s]) for s in range(2)], axis=1)
    for found, one in zip(calibration.platt(scores, told(truth)), true, strict=True):
        assert (found.a, found.b) == pytest.approx((one.a, one.b), abs=0.08)


def test_the_soft_targets_of_one_species_by_hand():
    # All scores alike, so the map's height alone is fitted: three present count 4/5 each, one absent 1/3. The prior is
    # wide, and its centre, the pooled fit, is that of the same four cells.
    scores, truth = np.full((4, 1), 0.5), np.array([[True], [True], [True], [False]])
    (found,) = calibration.platt(scores, told(truth), prior_sd=1e4)
    assert found(np.array(0.5)) == pytest.approx((3 * 4 / 5 + 1 / 3) / 4, abs=1e-4)


def test_a_weight_of_two_is_two_cells():
    scores, truth = world(200, [0.4])
    once = told(truth)
    twice = Evidence(np.tile(once.present, (2, 1)), np.tile(once.absent, (2, 1)))
    (weighted,), (repeated,) = (
        calibration.platt(scores, once.weighted(2.0, 2.0)),
        calibration.platt(np.tile(scores, (2, 1)), twice),
    )
    assert (weighted.a, weighted.b) == pytest.approx((repeated.a, repeated.b), abs=1e-4)


def test_species_without_a_label_take_the_pooled_fit():
    scores, truth = world(300, [0.3] * 4)
    known = np.zeros_like(truth)
    known[:, :2] = True
    first, second, *without = calibration.platt(scores, told(truth, known))
    assert without[0] == without[1] != first
    # drawn wholly to the pooled fit, a species with labels is like one without
    drawn = calibration.platt(scores, told(truth, known), prior_sd=1e-4)[0]
    assert (drawn.a, drawn.b) == pytest.approx((without[0].a, without[0].b), abs=1e-3)
    assert min(first.a, second.a) < without[0].a < max(first.a, second.a)


def test_few_labels_move_a_species_less_than_many():
    scores, truth = world(2000, [0.3, 0.3])
    truth[:, 1] = ~truth[:, 1]  # here high scores mean absence

    def slope(labels: int) -> float:
        known = np.ones_like(truth)
        known[labels:, 1] = False
        return calibration.platt(scores, told(truth, known))[1].a

    assert slope(0) > slope(5) > slope(2000) == calibration.LEAST_SLOPE


def test_scores_stay_as_they_are_where_nothing_is_known():
    scores = np.array([[0.1, 0.9], [0.5, 0.2]])
    maps = calibration.platt(scores, Evidence.unknown(2, 2))
    assert maps == (Platt(1.0, 0.0), Platt(1.0, 0.0))
    np.testing.assert_allclose(maps[0](scores), scores)


def test_one_kind_of_label_alone_makes_no_certainty():
    scores = np.full((50, 1), 0.9)
    (found,) = calibration.platt(scores, told(np.ones((50, 1), bool)))
    assert 0.9 < found(np.array(0.9)) < 0.999


@given(labelled())
@settings(deadline=None, max_examples=50)
def test_maps_never_change_the_order_of_scores(case):
    scores, known = case
    maps = list(calibration.platt(scores, known))
    if known.present.any() and not known.known.all():
        maps += [one.platt for one in calibration.mixture(scores, known)]
    grid = np.arange(0, 1001) / 1000
    for one in maps:
        assert one.a >= calibration.LEAST_SLOPE * (1 - 1e-9)
        assert (np.diff(one(grid)) >= 0).all()


# ---- prevalence ----------------------------------------------------------------------------------------------


def test_the_labelled_prior_by_hand():
    known = Evidence(np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0]]), np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]]))
    # all species: 3 of 4; two cells more of that share
    assert calibration.labelled_prior(known).tolist() == pytest.approx([(3 + 1.5) / 5, 1.5 / 3, 0.75])
    assert calibration.labelled_prior(Evidence.unknown(3, 2)).tolist() == [0.5, 0.5]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10), st.floats(0, 1))
@settings(deadline=None)
def test_a_shift_to_the_same_prevalence_changes_nothing(probabilities, prior):
    p = np.array(probabilities)[:, None]
    np.testing.assert_allclose(calibration.shifted(p, prior, np.array([prior])), p, rtol=1e-9, atol=1e-300)


def test_a_shift_by_hand():
    # odds 1 become 1 * (1/9) / (1/1): of ten, one
    assert calibration.shifted(np.array([0.5]), 0.5, 0.1) == pytest.approx(0.1)
    assert calibration.shifted(np.array([0.0, 1.0]), 0.5, 0.1).tolist() == [0, 1]
    there_and_back = calibration.shifted(calibration.shifted(np.array([0.3]), 0.5, 0.1), 0.1, 0.5)
    assert there_and_back == pytest.approx(0.3)


def test_a_map_is_shifted_as_what_it_says_is():
    scores, one = np.array([0.01, 0.3, 0.8]), Platt(0.7, -0.4)
    np.testing.assert_allclose(one.shifted(0.4, 0.05)(scores), calibration.shifted(one(scores), 0.4, 0.05))


@pytest.mark.parametrize("now", [0.02, 0.1, 0.7])
def test_em_finds_the_prevalence_that_moved(now):
    scores, truth = world(20_000, [now, 0.3])
    prior = np.array([0.4, 0.4])
    # Bayes' rule on the Gaussians -4 and -1: log odds 3 * (x + 2.5), and those of the prior
    probabilities = expit(3 * (logit(scores) + 2.5) + logit(prior))
    found = calibration.prevalence_by_em(probabilities, prior)
    np.testing.assert_allclose(found, truth.mean(axis=0), atol=0.01)


# ---- mixture -------------------------------------------------------------------------------------------------


def few_known(truth: np.ndarray, each: int = 30) -> np.ndarray:
    """The first true cells of each species."""
    return truth & (np.cumsum(truth, axis=0) <= each)


def test_the_map_of_a_mixture_is_bayes_rule():
    scores, truth = world(20_000, [0.2])
    (found,) = calibration.mixture(scores, told(truth, few_known(truth, 300)))
    x = np.linspace(-6, 1, 15)
    present, absent = (np.exp(-((x - mean) ** 2) / 2) for mean in (-1.0, -4.0))
    np.testing.assert_allclose(found.platt(expit(x)), 0.2 * present / (0.2 * present + 0.8 * absent), atol=0.05)


def test_presence_that_spreads_wider_than_absence_is_found_whole():
    # calls are near and far: a third of them sounds like nearly nothing
    generator = np.random.default_rng(5)
    truth = generator.random((8000, 1)) < 0.3
    x = np.where(truth, generator.normal(-1.5, 2.0, truth.shape), generator.normal(-5.0, 0.7, truth.shape))
    (found,) = calibration.mixture(expit(x), told(truth, few_known(truth)))
    assert found.prevalence == pytest.approx(0.3, abs=0.03)
    assert (found.absent_variance, found.present_variance) == pytest.approx((0.49, 4.0), rel=0.2)
    assert calibration.expected_calibration_error(found.platt(expit(x[:, 0])), truth[:, 0]) < 0.05


def test_a_mixture_finds_gaussians_and_prevalence_from_presence_alone():
    scores, truth = world(5000, [0.02, 0.1, 0.4])
    known = few_known(truth)
    found = calibration.mixture(scores, told(truth, known))
    for species, one in enumerate(found):
        assert (one.absent_mean, one.absent_variance) == pytest.approx((-4, 1), abs=0.1)
        assert one.present_mean == pytest.approx(-1, abs=0.3)
        assert one.prevalence == pytest.approx(truth[~known[:, species], species].mean(), abs=0.015)
    p = np.stack([one.platt(scores[:, s]) for s, one in enumerate(found)], axis=1)
    assert calibration.class_mean_calibration_error(p, truth, ~known) < 0.02


def test_the_prevalence_does_not_move_when_known_presence_is_repeated():
    scores, truth = world(3000, [0.05, 0.2])
    known = few_known(truth)
    rows = np.concatenate([np.arange(3000), np.repeat(np.flatnonzero(known.any(axis=1)), 5)])
    before = calibration.mixture(scores, told(truth, known), unlabelled=~known)
    first = np.arange(len(rows)) < 3000  # the cells beside a repeated one are not heard again
    after = calibration.mixture(scores[rows], told(truth, known)[rows], unlabelled=~known[rows] & first[:, None])
    for one, other in zip(before, after, strict=True):
        assert other.prevalence == pytest.approx(one.prevalence, abs=0.005)  # counted in, they would add about 0.04


def test_a_species_never_heard_is_found_rare_and_borrows_how_presence_sounds():
    scores, truth = world(3000, [0.2, 0.0], absent=-7.0, present=-4.0)
    found = calibration.mixture(scores, told(truth, few_known(truth)))
    assert found[1].prevalence < 0.01
    found = calibration.mixture(scores, told(truth, few_known(truth)), strength=100)
    assert found[1].present_mean == pytest.approx(found[0].present_mean, abs=0.3)


def test_known_presence_shapes_its_gaussian():
    scores, truth = world(3000, [0.02, 0.02])
    x = logit(scores)
    x[:, 1] += 3 * truth[:, 1]
    found = calibration.mixture(expit(x), told(truth, truth))  # everything present is known
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
    with_boxes = calibration.mixture(np.concatenate([scores, boxes]), everything, unlabelled)
    without = calibration.mixture(scores, told(truth, known))
    assert with_boxes[1].prevalence == pytest.approx(without[1].prevalence, abs=0.002)
    assert with_boxes[0].absent_mean > without[0].absent_mean


def test_presence_known_at_low_scores_leaves_the_map_rising():
    scores, truth = world(500, [0.5], absent=1.0, present=-3.0)
    (found,) = calibration.mixture(scores, told(truth, few_known(truth, 200)))
    assert found.present_mean > found.absent_mean
    assert found.platt.a >= calibration.LEAST_SLOPE * (1 - 1e-9)


@pytest.mark.parametrize("present", [0.0, 1.0])
def test_a_mixture_needs_presence_and_unlabelled_cells(present):
    known = Evidence(np.full((4, 2), present), np.zeros((4, 2)))
    with pytest.raises(ValueError, match="known present, and unlabelled"):
        calibration.mixture(np.full((4, 2), 0.5), known)


# ---- measures ------------------------------------------------------------------------------------------------


def test_the_calibration_error_by_hand():
    p, truth = np.array([0.1, 0.2, 0.7, 0.8]), np.array([False, True, False, True])
    # two bins: means 0.15 and 0.75 against one half each
    assert calibration.expected_calibration_error(p, truth, bins=2) == pytest.approx((0.35 + 0.25) / 2)
    assert calibration.expected_calibration_error(p, truth, bins=1) == pytest.approx(0.5 - 0.45)
    assert math.isnan(calibration.expected_calibration_error(p[:0], truth[:0]))


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_a_constant_that_is_too_sure_is_off_by_what_it_claims_too_much(order):
    truth = (np.arange(100) < 60)[order]  # 60 % against 0.9, however the items are sorted
    assert calibration.expected_calibration_error(np.full(100, 0.9), truth) == pytest.approx(0.3)


def test_perfect_probabilities_of_a_large_sample_have_nearly_no_error():
    rng = np.random.default_rng(0)
    p = rng.beta(0.5, 2, 100_000)
    truth = rng.random(len(p)) < p
    assert calibration.expected_calibration_error(p, truth) < 0.005
    assert calibration.expected_calibration_error(p**0.5, truth) > 0.1


def test_the_class_mean_counts_known_rows_and_species_that_have_some():
    p = np.array([[0.9, 0.4, 0.5], [0.9, 0.4, 0.5]])
    truth = np.array([[True, True, False], [False, False, False]])
    known = np.array([[True, True, False], [True, False, False]])
    # |0.9 - 1/2| and |0.4 - 1|; the third species has no known row
    assert calibration.class_mean_calibration_error(p, truth, known) == pytest.approx((0.4 + 0.6) / 2)


def test_the_brier_skill_by_hand():
    p, truth = np.array([[0.8], [0.4]]), np.array([[True], [False]])
    # errors 0.04 + 0.16 against 0.25 + 0.25
    assert calibration.brier_skill(p, truth, 0.5) == pytest.approx(1 - 0.2 / 0.5)
    assert calibration.brier_skill(p, truth, 0.5, np.array([[True], [False]])) == pytest.approx(1 - 0.04 / 0.25)
    assert calibration.brier_skill(truth * 1.0, truth, 0.5) == 1
    assert math.isnan(calibration.brier_skill(p, np.ones((2, 1), bool), 1.0))


def test_the_floor_itself_has_no_skill():
    _, truth = world(200, [0.1, 0.5])
    prevalence = truth.mean(axis=0)
    floor = np.broadcast_to(prevalence, truth.shape)
    assert calibration.brier_skill(floor, truth, prevalence) == pytest.approx(0)


# ---- thresholds ----------------------------------------------------------------------------------------------


def test_thresholds_by_hand():
    p = np.array([[0.95, 0.6], [0.85, 0.5], [0.6, 0.4], [0.1, 0.1]])
    whole, first, second = calibration.thresholds_for_precision(p, 0.8)
    assert (first.species, first.threshold) == (0, 0.6)  # (0.95 + 0.85 + 0.6) / 3 is 0.8
    assert (second.species, second.threshold) == (1, math.inf)
    assert (whole.species, whole.threshold) == (None, 0.85)  # with both 0.6 it is 0.75: ties go together
    assert (first.n, first.precision_low, first.precision_high) == (0, 0, 1)


def test_the_interval_of_a_threshold_by_hand():
    p = np.full((12, 1), 0.9)
    truth = np.ones((12, 1), bool)
    known = np.arange(12)[:, None] < 10
    _, all_right = calibration.thresholds_for_precision(p, 0.9, told(truth, known))
    # of ten right ones the lower end solves q^10 = 0.025
    assert (all_right.n, all_right.precision_low, all_right.precision_high) == pytest.approx((10, 0.025**0.1, 1))
    _, all_wrong = calibration.thresholds_for_precision(p, 0.9, told(~truth, known))
    assert (all_wrong.precision_low, all_wrong.precision_high) == pytest.approx((0, 1 - 0.025**0.1))


def test_only_known_cells_at_or_above_the_threshold_are_counted():
    p = np.array([[0.9], [0.9], [0.9], [0.2]])
    known = Evidence(np.array([[1.0], [1.0], [0.0], [1.0]]), np.array([[0.0], [1.0], [0.0], [0.0]]))
    pooled, own = calibration.thresholds_for_precision(p, 0.9, known)
    assert own.n == 2  # one right, one contradicted
    assert (own.precision_low, own.precision_high) == pytest.approx((1 - own.precision_high, 1 - own.precision_low))
    assert replace(pooled, species=0) == own


@pytest.mark.parametrize("target", [0.5, 0.8, 0.95])
def test_thresholds_meet_their_target_and_no_lower_one_would(target):
    rng = np.random.default_rng(0)
    p = rng.beta(0.5, [1.0, 2.0, 4.0], (40_000, 3))
    truth = rng.random(p.shape) < p
    for one in calibration.thresholds_for_precision(p, target, told(truth)):
        its_p, its_truth = (a.ravel() if one.species is None else a[:, one.species] for a in (p, truth))
        if one.threshold == math.inf:
            assert its_p.max() < target
            continue
        precision = its_truth[its_p >= one.threshold].mean()
        assert precision == pytest.approx(target, abs=max(0.015, 2 / math.sqrt(one.n)))
        assert one.precision_low <= precision <= one.precision_high
        assert its_p[its_p >= one.threshold * 0.98].mean() < target


def test_nothing_scored_reaches_nothing():
    assert calibration.thresholds_for_precision(np.zeros((0, 1)), 0.5)[0].threshold == math.inf


# ---- what is kept --------------------------------------------------------------------------------------------

KEPT = Calibration(
    "c0ffee",
    (honest(0.1 + 0.2, -1 / 3, 0.01), honest(2.0, 0.0, 0.5)),
    (Threshold(None, 2 / 3, 0.9, 7, 0.1, 0.99), Threshold(1, math.inf, 0.9, 0, 0.0, 1.0)),
)


def test_a_calibration_comes_back_as_it_was_written(tmp_path):
    calibration.write(tmp_path, KEPT)
    assert calibration.read(tmp_path, "c0ffee") == KEPT
    assert (tmp_path / "calibration.csv").read_text(encoding="utf-8").splitlines()[
        2
    ] == "1,2.0,0.0,0.5,mixture,12,3,c0ffee"
    assert (tmp_path / "thresholds.csv").read_text(encoding="utf-8").splitlines()[2] == "1,inf,0.9,0,0.0,1.0,c0ffee"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_calibration_is_put_together_from_what_was_fitted():
    known = Evidence(np.array([[0.5, 0], [1, 0]]), np.array([[0, 0], [0, 2.0]]))
    made = Calibration.of("c0ffee", "platt", [Platt(1.0, 2.0), Platt(3.0, 4.0)], np.array([0.1, 0.2]), known)
    assert made.species[0] == SpeciesCalibration(1.0, 2.0, 0.1, "platt", 2, 0)
    assert made.species[1] == SpeciesCalibration(3.0, 4.0, 0.2, "platt", 0, 1)


def test_a_calibration_applies_each_map_along_the_last_axis():
    scores = np.random.default_rng(0).random((3, 5, 2)).astype(np.float32)
    applied = KEPT.apply(scores)
    for species, one in enumerate(KEPT.species):
        np.testing.assert_allclose(applied[..., species], Platt(one.a, one.b)(scores[..., species]))
    with pytest.raises(ValueError, match="scores of 1 species; the calibration is of 2"):
        KEPT.apply(scores[..., :1])


def test_certain_scores_give_finite_odds():
    applied = KEPT.apply(np.array([[0.0, 1.0]]))
    assert ((applied > 0) & (applied < 1)).all()


def test_the_calibration_of_another_model_is_refused(tmp_path):
    calibration.write(tmp_path, KEPT)
    with pytest.raises(ValueError, match=r"calibration.csv line 2: model_hash is 'c0ffee', not 'decaf'"):
        calibration.read(tmp_path, "decaf")
    calibration.write(tmp_path / "other", replace(KEPT, model_hash="decaf"))
    (tmp_path / "other" / "thresholds.csv").replace(tmp_path / "thresholds.csv")
    with pytest.raises(ValueError, match=r"thresholds.csv line 2: model_hash is 'decaf', not 'c0ffee'"):
        calibration.read(tmp_path, "c0ffee")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("calibration", "\n1,2.0", "\n2,2.0", "line 3: species_id is '2', not 1: one row each, in order"),
        ("calibration", "1,2.0", "1,-2.0", "line 3: a is '-2.0', not a number above 0"),
        ("calibration", "2.0,0.0", "2.0,nan", "line 3: b is 'nan', not a number"),
        ("calibration", "2.0,0.0", "2.0,", "line 3: b is '', not a number"),
        ("calibration", "0.5,mixture", "1.5,mixture", "line 3: prevalence is '1.5', not a number from 0 to 1"),
        ("calibration", "0.5,mixture,12", "0.5,mixture,1.5", "line 3: n_present is '1.5', not a whole number from 0"),
        ("calibration", "prevalence", "prevalance", "has no column prevalence"),
        ("thresholds", "all", "any", "line 2: species_id is 'any', not 'all' or a number from 0 to 1"),
        ("thresholds", "\n1,inf", "\n2,inf", "line 3: species_id is '2', not 'all' or a number from 0 to 1"),
        ("thresholds", "inf", "-inf", "line 3: threshold is '-inf', not a number from 0 to 1, or inf"),
        ("thresholds", "0.1,0.99", "0.99,0.1", "line 2: low is 0.99 and high 0.1, not the other way round"),
    ],
)
def test_a_broken_table_is_named_with_file_and_line(tmp_path, file, old, new, said):
    calibration.write(tmp_path, KEPT)
    path: Path = tmp_path / f"{file}.csv"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError) as caught:
        calibration.read(tmp_path, "c0ffee")
    assert f"{file}.csv" in str(caught.value)
    assert said in str(caught.value)


def test_a_table_without_species_is_refused(tmp_path):
    calibration.write(tmp_path, replace(KEPT, species=()))
    with pytest.raises(ValueError, match="calibration.csv has no row; it should have one for each species"):
        calibration.read(tmp_path, "c0ffee")


# ---- thresholds of scores ------------------------------------------------------------------------------------


def test_the_score_threshold_of_a_species_has_the_probability_of_the_threshold_over_all():
    made = replace(KEPT, thresholds=(Threshold(None, 0.7, 0.9, 10, 0.5, 1.0),))
    probabilities = made.apply(np.array(made.score_thresholds()))
    np.testing.assert_allclose(probabilities, 0.7, rtol=1e-6)


@pytest.mark.parametrize("thresholds", [(), (Threshold(None, math.inf, 0.9, 0, 0.0, 1.0),)])
def test_without_a_threshold_that_is_reached_nothing_is_called(thresholds):
    assert set(replace(KEPT, thresholds=thresholds).score_thresholds()) == {math.inf}
