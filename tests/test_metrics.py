from __future__ import annotations

import math
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dawnchorus import metrics
from dawnchorus.events import Annotation, Detection


def box(recording: str, species: int, start_s: float, end_s: float, present: bool = True) -> Annotation:
    return Annotation(recording, species, start_s, end_s, 0.0, 1000.0, present)


def call(recording: str, species: int, start_s: float, end_s: float, score: float) -> Detection:
    return Detection(recording, species, start_s, end_s, score)


def slow_average_precision(scores: list[float], truth: list[bool]) -> float:
    """By the definition, item by item: of those ranked at or above a true item, the share that is true.

    Ties count against: a false item of the same score stands above, of true ones only those counted before.
    """
    positives = [i for i, right in enumerate(truth) if right]
    total = 0.0
    for place, i in enumerate(positives):
        above = [j for j in positives if scores[j] > scores[i]]
        before = [j for j in positives[:place] if scores[j] == scores[i]]
        wrong = [j for j, right in enumerate(truth) if not right and scores[j] >= scores[i]]
        right_here = len(above) + len(before) + 1
        total += right_here / (right_here + len(wrong))
    return total / len(positives) if positives else math.nan


@st.composite
def rankings(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    size = draw(st.integers(1, 25))
    scores = draw(st.lists(st.integers(0, 8), min_size=size, max_size=size))  # few values: many ties
    truth = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    return np.array(scores) / 8, np.array(truth)


@st.composite
def tables(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, truth and what is known of `(row, species)`."""
    rows, species = draw(st.integers(1, 8)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (rows, species)
    return rng.integers(0, 9, shape) / 8, rng.random(shape) < 0.4, rng.random(shape) < draw(st.floats(0, 1))


# ---- ranking -------------------------------------------------------------------------------------------------


def test_average_precision_by_hand():
    # ranks of the true ones: 1, 3, 4 -> precisions 1, 2/3, 3/4
    scores, truth = np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([1, 0, 1, 1, 0], bool)
    assert metrics.average_precision(scores, truth) == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert metrics.average_precision(scores, truth, positives=6) == pytest.approx((1 + 2 / 3 + 3 / 4) / 6)


@given(rankings())
@settings(deadline=None)
def test_average_precision_is_that_of_the_definition(ranking):
    scores, truth = ranking
    expected = slow_average_precision(scores.tolist(), truth.tolist())
    assert metrics.average_precision(scores, truth) == pytest.approx(expected, nan_ok=True)


@given(rankings(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_the_items_does_not_matter(ranking, random):
    scores, truth = ranking
    order = list(range(len(scores)))
    random.shuffle(order)
    mixed = metrics.average_precision(scores[order], truth[order])
    assert mixed == pytest.approx(metrics.average_precision(scores, truth), nan_ok=True)


def test_ties_count_against_the_system():
    truth = np.array([1, 0, 0, 0], bool)
    assert metrics.average_precision(np.zeros(4), truth) == 0.25
    assert metrics.lwlrap(np.zeros((1, 4)), truth[None]) == 0.25
    recall, precision = metrics.precision_recall(np.zeros(4), truth)
    assert recall.tolist() == [0, 0, 0, 1]
    assert precision.tolist() == [0, 0, 0, 0.25]


def test_a_species_without_positives_has_no_figure_and_is_left_out_of_the_mean():
    scores = np.array([[0.9, 0.5], [0.1, 0.6]])
    truth = np.array([[True, False], [False, False]])
    each = metrics.average_precisions(scores, truth)
    assert each[0] == 1
    assert math.isnan(each[1])
    assert metrics.cmap(scores, truth) == 1
    assert math.isnan(metrics.cmap(scores, np.zeros_like(truth)))
    assert math.isnan(metrics.lwlrap(scores, np.zeros_like(truth)))


@given(rankings())
@settings(deadline=None)
def test_the_area_under_the_curve_is_the_share_of_pairs_in_order(ranking):
    scores, truth = ranking
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[truth] for b in scores[~truth]]
    expected = sum(pairs) / len(pairs) if pairs else math.nan
    assert metrics.area_under_roc(scores, truth) == pytest.approx(expected, nan_ok=True)


@given(rankings())
@settings(deadline=None)
def test_the_curve_ends_at_full_recall_and_the_share_of_true_items(ranking):
    scores, truth = ranking
    recall, precision = metrics.precision_recall(scores, truth)
    assert recall[-1] == (1 if truth.any() else 0)
    assert precision[-1] == pytest.approx(truth.mean())
    assert (np.diff(recall) >= 0).all()


# ---- LWLRAP --------------------------------------------------------------------------------------------------


def test_lwlrap_by_hand():
    # row 0: true at ranks 1 and 3 -> 1, 2/3; row 1: true at rank 2 -> 1/2; three labels
    scores = np.array([[0.9, 0.5, 0.1], [0.3, 0.9, 0.1]])
    truth = np.array([[True, False, True], [True, False, False]])
    assert metrics.lwlrap(scores, truth) == pytest.approx((1 + 2 / 3 + 1 / 2) / 3)


def test_lwlrap_weighs_labels_and_not_rows():
    # two true labels in perfect order and a third at rank 3: labels (1 + 1 + 1/3) / 3, rows (1 + 1/3) / 2
    scores = np.array([[0.9, 0.8, 0.1], [0.9, 0.8, 0.1]])
    truth = np.array([[True, True, False], [False, False, True]])
    assert metrics.lwlrap(scores, truth) == pytest.approx((1 + 1 + 1 / 3) / 3)


def test_lwlrap_depends_on_the_order_within_a_row_alone():
    scores = np.array([[0.9, 0.5], [0.02, 0.01]])
    truth = np.array([[True, False], [True, False]])
    assert metrics.lwlrap(scores, truth) == 1
    assert metrics.lwlrap(scores[:, ::-1], truth) == 0.5


@given(tables())
@settings(deadline=None)
def test_lwlrap_is_that_of_the_definition(table):
    scores, truth, known = table
    values: list[float] = []
    for row in range(len(truth)):
        there = known[row]
        each, right = scores[row, there].tolist(), truth[row, there].tolist()
        values += [slow_average_precision(each, right)] * sum(right)  # the mean over its labels, once for each
    expected = sum(values) / len(values) if values else math.nan
    assert metrics.lwlrap(scores, truth, known) == pytest.approx(expected, nan_ok=True)


# ---- thresholds ----------------------------------------------------------------------------------------------


def test_precision_and_recall_by_hand():
    scores = np.array([[0.9, 0.2], [0.5, 0.3], [0.4, 0.1], [0.8, 0.0]])
    truth = np.array([[True, True], [False, False], [True, False], [False, False]])
    # species 0: calls rows 0, 1, 3, one is right of two true; species 1: no call, precision and recall 0
    precision, recall = metrics.precision_and_recall(scores, truth)
    assert precision == pytest.approx((1 / 3 + 0) / 2)
    assert recall == pytest.approx((1 / 2 + 0) / 2)


# ---- what is known, what is perfect --------------------------------------------------------------------------


@given(tables(), st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=50)
def test_unknown_cells_change_nothing(table, seed):
    scores, truth, known = table
    rng = np.random.default_rng(seed)
    other_scores = np.where(known, scores, rng.random(scores.shape))
    other_truth = np.where(known, truth, rng.random(scores.shape) < 0.5)
    one = metrics.summarise(scores, truth, known, times=5)
    other = metrics.summarise(other_scores, other_truth, known, times=5)
    np.testing.assert_equal(asdict(other), asdict(one))
    np.testing.assert_equal(metrics.floors(other_truth, known), metrics.floors(truth, known))


@given(tables())
@settings(deadline=None, max_examples=50)
def test_a_perfect_detector_scores_1(table):
    _, truth, known = table
    summary = metrics.summarise(truth.astype(float), truth, known, times=5)
    figures = [summary.cmap, summary.lwlrap, summary.precision, summary.recall]
    if (truth & known).any():
        assert figures == pytest.approx([1, 1, 1, 1])
    else:
        assert all(map(math.isnan, figures))
    assert math.isnan(summary.auc) or summary.auc == 1


@given(tables())
@settings(deadline=None, max_examples=50)
def test_no_scores_are_below_the_floor_of_equal_ones(table):
    scores, truth, known = table
    floors = metrics.floors(truth, known)
    others = [*floors.values(), (metrics.cmap(scores, truth, known), metrics.lwlrap(scores, truth, known))]
    for cmap, lwlrap in others:
        assert math.isnan(cmap) or cmap >= floors["equal"][0] - 1e-9
        assert math.isnan(lwlrap) or lwlrap >= floors["equal"][1] - 1e-9


def test_prevalence_ranks_the_common_species_first():
    truth = np.zeros((10, 3), bool)
    truth[:8, 0], truth[8:, 2] = True, True
    floors = metrics.floors(truth)
    assert floors["prevalence"][1] == pytest.approx((8 * 1 + 2 * 1 / 2) / 10)
    assert floors["equal"][1] == pytest.approx(1 / 3)
    assert floors["equal"][0] == floors["prevalence"][0]  # the same in every row ranks no row


def test_prevalence_is_the_share_of_the_known_rows():
    truth = np.array([[True, False], [False, True], [False, False], [False, False]])
    known = np.array([[True, True], [False, True], [False, True], [False, True]])
    # species 0 is true in all its known rows, species 1 in a quarter of them: where both are known, 0 stands first
    assert metrics.floors(truth, known)["prevalence"][1] == pytest.approx((1 + 1) / 2)


def test_no_rows_have_no_figures():
    nothing = np.zeros((0, 3))
    summary = metrics.summarise(nothing, nothing > 0)
    assert math.isnan(summary.cmap)
    assert all(map(math.isnan, summary.cmap_interval))
    assert all(math.isnan(value) for pair in metrics.floors(nothing > 0).values() for value in pair)


# ---- intervals -----------------------------------------------------------------------------------------------


def test_the_interval_holds_the_value_and_is_the_same_every_time():
    rng = np.random.default_rng(0)
    truth = rng.random((120, 3)) < 0.3
    scores = 0.4 * truth + rng.random(truth.shape)
    one, again = (metrics.summarise(scores, truth) for _ in range(2))
    assert one == again
    assert one.cmap_interval[0] < one.cmap < one.cmap_interval[1]
    assert one.lwlrap_interval[0] < one.lwlrap < one.lwlrap_interval[1]


def test_rows_of_one_group_are_drawn_together():
    drawn: list[list[int]] = []

    def statistic(rows: np.ndarray) -> float:
        drawn.append(rows.tolist())
        return 0.0

    metrics.bootstrap(statistic, ["a", "b", "a", "c"], times=50)
    for rows in drawn:
        assert rows.count(0) == rows.count(2)
        assert rows.count(0) + rows.count(1) + rows.count(3) == 3
    assert len({tuple(rows) for rows in drawn}) > 5


def test_one_group_alone_has_an_interval_of_no_width():
    assert metrics.bootstrap(lambda rows: float(len(rows)), ["a", "a"]) == (2.0, 2.0)


def test_draws_without_a_figure_are_left_out_of_the_interval():
    values = iter([math.nan, 1.0, math.nan, 1.0])
    assert metrics.bootstrap(lambda _: next(values), ["a"], times=4) == (1.0, 1.0)
    assert all(map(math.isnan, metrics.bootstrap(lambda _: math.nan, ["a"], times=4)))


# ---- events --------------------------------------------------------------------------------------------------


def test_event_average_precision_by_hand():
    truth = [box("a", 0, 0, 1), box("a", 0, 5, 6), box("b", 0, 0, 1)]
    found = [
        call("a", 0, 0.0, 1.0, 0.9),  # right
        call("a", 0, 0.1, 1.1, 0.8),  # the event is taken
        call("b", 0, 0.5, 1.5, 0.7),  # intersection 0.5 of 1.5: right
        call("b", 0, 0.9, 1.9, 0.6),  # intersection 0.1 of 1.9
    ]
    # precisions at the right ones 1 and 2/3, the third event is missed
    assert metrics.event_average_precisions(found, truth, 1)[0] == pytest.approx((1 + 2 / 3) / 3)


def test_an_event_is_found_once():
    truth = [box("a", 0, 0, 1)]
    twice = [call("a", 0, 0, 1, 0.9), call("a", 0, 0, 1, 0.8)]
    assert metrics.event_average_precisions(twice, truth, 1)[0] == 1  # the second comes after full recall
    nearly = [call("a", 0, 0, 1, 0.8), call("a", 0, 0.2, 1, 0.9)]
    assert metrics.event_average_precisions(nearly, [*truth, box("a", 0, 8, 9)], 1)[0] == 0.5


def test_a_detection_takes_the_event_that_it_fits_best():
    truth = [box("a", 0, 0, 2), box("a", 0, 1, 3)]
    found = [call("a", 0, 1, 3, 0.9), call("a", 0, 0, 2, 0.8)]
    assert metrics.event_average_precisions(found, truth, 1)[0] == 1


def test_events_of_other_species_recordings_and_verdicts_do_not_count():
    truth = [box("a", 0, 0, 1), box("a", 1, 0, 1), box("b", 0, 0, 1, present=False)]
    found = [call("a", 1, 0, 1, 0.9), call("b", 0, 0, 1, 0.9)]
    assert metrics.event_average_precisions(found, truth, 3).tolist() == pytest.approx([0, 1, math.nan], nan_ok=True)


def test_no_detection_at_all_scores_0():
    assert metrics.event_average_precisions([], [box("a", 0, 0, 1)], 1).tolist() == [0]


def test_the_interval_of_event_map_is_that_of_recordings_drawn_in_fact():
    rng = np.random.default_rng(0)
    truth = [box(key, int(rng.integers(2)), at, at + 1) for key in "abcd" for at in range(0, 20, 2)]
    found = [
        call(key, int(rng.integers(2)), at, at + 1, round(float(rng.random()), 1)) for key in "abcd" for at in range(20)
    ]

    def drawn_in_fact(rows):
        names = {key: [f"{key}{n}" for n, row in enumerate(rows) if "abcd"[row] == key] for key in "abcd"}
        boxes, calls = (
            [replace(one, recording=name) for one in each for name in names[one.recording]] for each in (truth, found)
        )
        return metrics.nanmean(metrics.event_average_precisions(calls, boxes, 3))

    low, high = metrics.event_map_interval(found, truth, "abcd", 3, times=20)
    assert (low, high) == pytest.approx(metrics.bootstrap(drawn_in_fact, "abcd", 20))
    assert low < metrics.nanmean(metrics.event_average_precisions(found, truth, 3)) < high


def test_the_interval_of_nothing_found_is_0_and_of_nothing_true_is_unknown():
    assert metrics.event_map_interval([], [box("a", 0, 0, 1)], "a", 1) == (0, 0)
    assert all(map(math.isnan, metrics.event_map_interval([call("a", 0, 0, 1, 0.5)], [], "a", 1)))


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 50)), min_size=1, max_size=20, unique=True))
@settings(deadline=None)
def test_the_events_themselves_with_any_scores_score_1(events):
    truth = [box("a", species, at, at + 1) for species, at in events]
    found = [call("a", species, at, at + 1, (at % 7) / 7) for species, at in events]
    each = metrics.event_average_precisions(found, truth, 2)
    assert each[~np.isnan(each)].tolist() == pytest.approx([1] * len({species for species, _ in events}))


# ---- truth ---------------------------------------------------------------------------------------------------


def test_presence_is_where_a_box_says_so():
    boxes = [box("b", 1, 0, 1), box("b", 1, 3, 4), box("a", 0, 0, 1, present=False), box("elsewhere", 0, 0, 1)]
    assert metrics.presence(boxes, ["a", "b"], 3).tolist() == [[False] * 3, [False, True, False]]


def test_partial_cells_are_the_boxes_that_somebody_scored():
    boxes = [box("a", 1, 0, 1), box("gone", 0, 0, 1), box("a", 0, 0, 1, present=False)]
    judged, values, present = metrics.partial_cells(
        boxes, lambda one: np.array([0.25, 0.75]) if one.recording == "a" else None
    )
    assert judged == [boxes[0], boxes[2]]
    assert values.tolist() == [0.75, 0.25]
    assert present.tolist() == [True, False]
