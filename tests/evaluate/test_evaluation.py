from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dawnchorus.evaluate.evaluation import as_record, on_full_truth, on_partial_labels
from dawnchorus.evaluate.judging import judge_on_partial_labels
from dawnchorus.report.content import FULL_TRUTH, PARTIAL_LABELS
from evaluate.runs import FULL, PARTIAL, RULE, SECONDS, SPECIES, box, heard, of_truth


@given(seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=10)
def test_scores_outside_the_boxes_change_nothing(seed):
    rng = np.random.default_rng(seed)
    said = {key: heard(key, rng.random((SECONDS, 2))) for key in "abc"}
    altered = {}
    for key, scores in said.items():
        inside = np.zeros((SECONDS, 2), bool)
        for one in PARTIAL:
            if one.recording == key:
                inside[int(one.start_s) : int(one.end_s), one.species] = True
        altered[key] = heard(key, np.where(inside, scores.framewise, rng.random((SECONDS, 2))))
    one, other = (on_partial_labels("1", scores, PARTIAL, 2) for scores in (said, altered))
    assert asdict(one.summary) == asdict(other.summary)
    assert one.floors == other.floors


def test_the_truth_on_the_boxes_scores_1():
    judged = on_partial_labels("1", of_truth(PARTIAL, "abc"), PARTIAL, 2)
    assert (judged.on, judged.fold, judged.event_map) == (PARTIAL_LABELS, None, None)
    assert (judged.summary.cmap, judged.summary.lwlrap, judged.summary.auc) == (1, 1, 1)
    assert (judged.summary.precision, judged.summary.recall) == (1, 1)


def test_each_box_is_a_row_of_which_one_species_is_known():
    judged = on_partial_labels("1", of_truth(PARTIAL, "abc"), PARTIAL, 2)
    assert judged.scores.shape == (len(PARTIAL), 2)
    assert (judged.known.sum(axis=1) == 1).all()
    assert judged.truth[judged.known].tolist() == [one.present for one in PARTIAL]


def test_average_precision_on_boxes_by_hand():
    frames = np.zeros((SECONDS, 2))
    frames[[2, 4, 6, 8], 0] = 0.9, 0.8, 0.7, 0.6
    boxes = [box("a", 0, 2), box("a", 0, 4, present=False), box("a", 0, 6), box("a", 0, 8, present=False)]
    judged = on_partial_labels("1", {"a": heard("a", frames)}, boxes, 2)
    assert judged.summary.average_precisions[0] == pytest.approx((1 + 2 / 3) / 2)
    assert math.isnan(judged.summary.average_precisions[1])


def test_lwlrap_ranks_in_each_recording_the_species_known_there():
    # a: present 0 at 0.3, absent 1 at 0.6 -> 1/2; b: present 1 at 0.9, nothing else known -> 1
    frames = {key: np.zeros((SECONDS, 2)) for key in "ab"}
    frames["a"][2, 0], frames["a"][5, 1], frames["b"][7, 1], frames["b"][7, 0] = 0.3, 0.6, 0.9, 1.0
    boxes = [box("a", 0, 2), box("a", 1, 5, present=False), box("b", 1, 7)]
    judged = on_partial_labels("1", {key: heard(key, values) for key, values in frames.items()}, boxes, 2)
    assert judged.summary.lwlrap == pytest.approx(0.75)


def test_a_present_box_decides_over_absent_ones_of_its_species():
    frames = np.zeros((SECONDS, 2))
    frames[1, 0], frames[3, 0], frames[5, 1] = 0.9, 0.2, 0.5
    absent, present, other = box("a", 0, 1, present=False), box("a", 0, 3), box("a", 1, 5, present=False)
    for boxes in ([absent, present, other], [present, absent, other]):
        judged = on_partial_labels("1", {"a": heard("a", frames)}, boxes, 2)
        assert judged.summary.lwlrap == 0.5  # 0.2 of the present box, below the 0.5 of the other species


def test_floors_on_partial_labels_rank_recordings_and_not_boxes():
    judged = on_partial_labels("1", of_truth(PARTIAL, "abc"), PARTIAL, 2)
    # equal scores put what is absent first: of three boxes a species, and of the two species of a recording
    assert judged.floors["equal"] == pytest.approx((((1 / 2 + 2 / 3) / 2 + 1 / 3) / 2, 0.5))
    # species 0 is present in 2 of 3 boxes, species 1 in 1 of 3: right in a and c
    assert judged.floors["prevalence"][1] == pytest.approx((1 + 1 / 2 + 1) / 3)


def test_boxes_of_recordings_that_nobody_scored_are_left_out():
    judged = on_partial_labels("1", of_truth(PARTIAL, "abc"), [*PARTIAL, box("gone", 0, 1)], 2)
    assert len(judged.truth) == len(PARTIAL)


def test_a_fold_without_boxes_has_no_figures():
    judged = on_partial_labels("1", of_truth([], ["z"]), PARTIAL, 2, fold=3)
    assert judged.fold == 3
    assert math.isnan(judged.summary.cmap)
    assert math.isnan(judged.summary.lwlrap)
    (record,) = as_record([judged], SPECIES)
    assert record["cmap"] is None
    assert record["lwlrap_95"] == [None, None]


def test_the_truth_itself_scores_1_on_full_truth():
    said = of_truth(FULL, "abcd")
    events = [event for scores in said.values() for event in RULE.events(scores)]
    judged = on_full_truth("2", said, events, FULL, 2)
    assert judged.on == FULL_TRUTH
    assert (judged.summary.cmap, judged.summary.lwlrap, judged.event_map) == (1, 1, 1)
    assert judged.truth.tolist() == [[True, False], [False, True], [True, False], [False, False]]
    assert judged.known.all()


def test_every_recording_counts_on_full_truth_the_silent_ones_too():
    said = of_truth(FULL, "abcd")
    said["d"] = heard("d", np.ones((SECONDS, 2)))  # nothing calls there
    judged = on_full_truth("2", said, [], FULL, 2)
    assert judged.summary.average_precisions == pytest.approx((((1 / 2) + (2 / 3)) / 2, 1 / 2))
    assert judged.event_map == 0


def test_a_missed_event_counts_and_one_of_an_unheard_recording_does_not():
    said = of_truth(FULL, "ab")
    events = [event for scores in said.values() for event in RULE.events(scores)]
    judged = on_full_truth("2", said, [one for one in events if one.start_s != 5], FULL, 2)
    assert judged.event_map == pytest.approx((1 / 2 + 1) / 2)
    low, high = judged.event_map_interval
    assert low < judged.event_map < high


def test_floors_of_full_truth_are_those_of_its_recordings():
    judged = on_full_truth("2", of_truth(FULL, "abcd"), [], FULL, 2)
    assert judged.floors["equal"] == pytest.approx((((1 / 3 + 2 / 4) / 2 + 1 / 4) / 2, 0.5))


def test_the_record_is_plain_values(run):
    records = as_record(judge_on_partial_labels(run), SPECIES)
    assert records[3]["ap"] == {"frog": 1.0, "bird": 1.0}
    assert records[3]["floors"]["equal"] == {"cmap": pytest.approx(0.458333), "lwlrap": 0.5}
    assert (records[3]["event_map"], records[3]["on"]) == (None, PARTIAL_LABELS)
    assert records[3]["event_map_95"] == [None, None]
