"""Events are cut where scores are high for as long as a call lasts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dawnchorus.event_rule import TYPICAL_S, EventRule, running_mean
from dawnchorus.scores import Scores
from factories import line


def found(
    scores: Scores, typical_s: float = 1.0, company: float = 0.0, **rule: float
) -> list[tuple[float, float, float]]:
    its = EventRule(typical_s=(typical_s,), company=company, **rule)
    return [(e.start_s, e.end_s, round(e.score, 3)) for e in its.events(scores)]


def test_two_calls_give_two_events():
    assert found(line(0.0, 0.9, 0.0, 0.6, 0.0)) == [(1.0, 2.0, 0.9), (3.0, 4.0, 0.6)]


def test_a_call_across_two_frames_is_one_event():
    assert found(line(0.0, 0.9, 0.8, 0.0)) == [(1.0, 2.0, 0.9)]
    assert found(line(0.0, 0.8, 0.9, 0.0), typical_s=2.0)[0] == (1.0, 3.0, 0.85)


def test_a_score_is_the_mean_over_as_long_as_a_call_lasts():
    ((_, _, score),) = found(line(0.0, 0.3, 0.9, 0.6, 0.0), typical_s=3.0)
    assert score == 0.6
    ((_, _, score),) = found(line(0.0, 0.0, 0.0, 0.3, 0.9, 0.6, 0.0, 0.0, 0.0), typical_s=5.0, threshold=0.31)
    assert score == 0.36


def test_one_loud_frame_is_worth_less_than_a_call_of_full_length():
    short, full = found(line(0.0, 0.9, 0.0), typical_s=3.0), found(line(0.6, 0.6, 0.6), typical_s=3.0)
    assert max(short, key=lambda event: event[2])[2] < full[0][2]


def test_a_long_call_is_several_events_of_typical_length_which_a_gap_joins():
    events = found(line(*[0.7] * 40), typical_s=4.0)
    assert [start for start, _, _ in events] == [0.0, *range(3, 39, 4)]
    assert events[0][0] == 0 and all(one[1] == other[0] for one, other in zip(events, events[1:], strict=False))
    assert found(line(*[0.7] * 40), typical_s=4.0, gap_s=0.5) == [(0.0, 39.0, 0.7)]


def test_frames_at_the_ends_of_an_event_that_are_far_below_its_score_are_left_out():
    ((start, end, score),) = found(line(0, 0, 0.2, 0.9, 1.0, 0.9, 0.5, 0, 0), typical_s=5.0, threshold=0.7)
    assert (start, end, score) == (3.0, 7.0, 0.7)
    ((start, end, _),) = found(line(0, 0, 0.2, 0.9, 1.0, 0.9, 0.5, 0, 0), typical_s=5.0, threshold=0.7, edge=0.2)
    assert (start, end) == (2.0, 7.0)
    ((start, end, _),) = found(line(0, 0, 0.2, 0.9, 1.0, 0.9, 0.5, 0, 0), typical_s=5.0, threshold=0.7, edge=1.0)
    assert (start, end) == (3.0, 6.0)


def test_each_species_has_its_own_typical_length():
    both = replace(line(0.0, 0.9, 0.0, 0.0), framewise=np.float32([[0, 0], [0.9, 0.9], [0, 0], [0, 0]]))
    events = EventRule(typical_s=(1.0, 3.0)).events(both)
    best = [max(one.score for one in events if one.species == species) for species in (0, 1)]
    np.testing.assert_allclose(best, [0.9, 0.45])  # at the start of the recording two frames are all there is


def test_without_a_word_on_calls_they_are_taken_for_a_second_and_a_half():
    scores = line(*np.linspace(0, 1, 20).round(2), frame_s=0.5)
    assert EventRule().events(scores) == EventRule(typical_s=(TYPICAL_S,)).events(scores)


def test_a_peak_below_the_threshold_is_none():
    assert found(line(0.0, 0.049, 0.0)) == []
    assert found(line(0.0, 0.3, 0.0), threshold=0.31) == []
    assert found(line(0.0, 0.3, 0.0), threshold=0.3) == [(1.0, 2.0, 0.3)]
    assert EventRule(thresholds=(math.inf,)).events(line(1.0, 1.0)) == []


def test_silence_holds_no_event_whatever_the_threshold():
    assert found(line(0.0, 0.0, 0.0), threshold=0.0) == []


def test_an_event_has_the_spread_of_its_peak():
    scores = line(0.1, 0.8, 0.9, 0.1, 0.6, 0.0)
    rule = EventRule(0.5, typical_s=(1.0,))
    assert [one.spread for one in rule.events(scores)] == [0.0, 0.0]
    apart = replace(scores, framewise_spread=np.float32([[0.5], [0.4], [0.25], [0.5], [0.125], [0.5]]))
    assert [one.spread for one in rule.events(apart)] == [0.25, 0.125]
    assert [one.spread for one in replace(rule, gap_s=2.0).events(apart)] == [0.25]  # joined, and of the higher one


def test_close_events_are_joined_and_keep_the_higher_score():
    scores = line(0.6, 0.0, 0.9, 0.0, 0.0, 0.5)
    assert found(scores) == [(0.0, 1.0, 0.6), (2.0, 3.0, 0.9), (5.0, 6.0, 0.5)]
    assert found(scores, gap_s=1.0) == found(scores)
    assert found(scores, gap_s=1.5) == [(0.0, 3.0, 0.9), (5.0, 6.0, 0.5)]
    assert found(scores, gap_s=2.5) == [(0.0, 6.0, 0.9)]


def test_short_events_are_left_out_after_joining():
    scores = line(0.6, 0.0, 0.9, 0.0, 0.0, 0.5)
    assert found(scores, shortest_s=1.5) == []
    assert found(scores, shortest_s=1.5, gap_s=1.5) == [(0.0, 3.0, 0.9)]


def test_the_last_event_ends_with_the_recording():
    assert found(line(0.0, 0.0, 0.9, end_s=2.25)) == [(2.0, 2.25, 0.9)]
    assert found(line(0.0, 0.0, 0.9, end_s=2.0)) == []  # a last frame that only the padding fills


def test_no_event_spans_lost_sound():
    scores = line(0.0, 0.0, 0.9, 0.9, 0.0, 0.0)
    (whole,) = EventRule(0.8, typical_s=(2.0,)).events(scores)
    assert (whole.start_s, whole.end_s) == (2.0, 4.0)
    lost = replace(
        scores, frame_start_s=scores.frame_start_s + np.float64([0, 0, 0, 30, 30, 30]), window_end_s=np.float64([36])
    )
    assert [(one.start_s, one.end_s) for one in EventRule(0.8, typical_s=(2.0,)).events(lost)] == [(2.0, 3.0)]
    joined = EventRule(0.4, gap_s=100.0, typical_s=(2.0,)).events(lost)
    assert [(one.start_s, one.end_s) for one in joined] == [(2.0, 3.0), (33.0, 34.0)]


def test_events_carry_species_recording_and_band():
    values = np.random.default_rng(0).random((9, 4), np.float32)
    scores = replace(line(*[0.0] * 9), recording="a/b", framewise=values)
    events = EventRule(0.4).events(scores, [(100.0 * s, 200.0 * s) for s in range(4)])
    assert {event.recording for event in events} == {"a/b"} and {event.species for event in events} == {0, 1, 2, 3}
    assert [event.species for event in events] == sorted(event.species for event in events)
    assert all((event.low_hz, event.high_hz) == (100.0 * event.species, 200.0 * event.species) for event in events)


@given(st.lists(st.floats(0, 1, width=16), min_size=1, max_size=30), st.integers(1, 9))
def test_a_running_mean_is_the_mean_of_the_frames_around(values, length):
    line = np.float32(values)
    for frame, mean in enumerate(running_mean(line, length)):
        around = line[max(0, frame - (length - 1) // 2) : frame + length // 2 + 1]
        assert mean == pytest.approx(around.mean(), abs=1e-6)


@given(
    values=st.lists(st.floats(0, 1, width=16), min_size=1, max_size=60),
    threshold=st.floats(0.01, 1),
    edge=st.floats(0.1, 1),
    gap_s=st.sampled_from([0.0, 0.7, 2.0]),
    cut_s=st.floats(0, 0.5),
    typical_s=st.sampled_from([0.1, 0.5, 1.5, 2.0, 40.0]),
)
@settings(deadline=None)
def test_events_are_inside_the_recording_apart_and_score_their_highest_mean(
    values, threshold, edge, gap_s, cut_s, typical_s
):
    end_s = 0.5 * len(values) - cut_s
    rule = EventRule(threshold, edge, gap_s=gap_s, typical_s=(typical_s,))
    events = rule.events(line(*values, frame_s=0.5, end_s=end_s))
    highest = running_mean(np.float32(values), max(1, round(typical_s / 0.5)))
    for event in events:
        assert 0 <= event.start_s < event.end_s <= end_s + 1e-5
        assert threshold - 1e-6 <= event.score <= highest.max() + 1e-6
    for one, other in zip(events, events[1:], strict=False):
        assert one.end_s <= other.start_s
    # A last frame may be filled by padding alone, and then be no event.
    if highest.max() >= threshold + 1e-6 and int(highest.argmax()) < len(values) - 1:
        assert max(event.score for event in events) == pytest.approx(highest.max())


@given(
    st.lists(st.floats(0, 1, width=16), min_size=1, max_size=60), st.floats(0, 1), st.sampled_from([0.1, 1.0, 2.0, 3.0])
)
@settings(deadline=None)
def test_a_threshold_leaves_events_out_and_changes_no_other(values, threshold, typical_s):
    rule = EventRule(0.0, typical_s=(typical_s,))
    every = rule.events(line(*values, frame_s=0.5))
    assert replace(rule, threshold=threshold).events(line(*values, frame_s=0.5)) == [
        one for one in every if np.float32(one.score) >= np.float32(threshold)
    ]


@given(st.lists(st.floats(0, 1, width=16), min_size=1, max_size=40), st.lists(st.floats(0, 1, width=16), min_size=1))
@settings(deadline=None)
def test_what_lies_far_apart_is_cut_as_if_it_stood_alone(before, after):
    rule, silence = EventRule(0.2, typical_s=(3.0,), company=0.0), [0.0] * 12
    alone = rule.events(line(*before, *silence)), rule.events(line(*silence, *after))
    together = rule.events(line(*before, *silence, *after))
    shift = float(len(before))
    moved = [replace(one, start_s=one.start_s + shift, end_s=one.end_s + shift) for one in alone[1]]
    expected = [*alone[0], *moved]
    assert [(one.start_s, one.end_s) for one in together] == [(one.start_s, one.end_s) for one in expected]
    np.testing.assert_allclose([one.score for one in together], [one.score for one in expected], atol=1e-6)


def test_a_faint_call_beside_a_loud_one_is_surer_than_alone():
    alone, beside = found(line(0.0, 0.2, 0.0), company=0.5), found(line(0.0, 0.2, 0.0, 0.0, 0.8), company=0.5)
    assert alone == [(1.0, 2.0, 0.2)]
    assert beside == [(1.0, 2.0, 0.5), (4.0, 5.0, 0.8)]  # halfway between odds of 1/4 and of 4
    assert found(line(0.0, 0.2, 0.0, 0.0, 1.0), company=0.0) == [(1.0, 2.0, 0.2), (4.0, 5.0, 1.0)]


def test_calls_of_other_species_are_no_company():
    both = replace(line(0.0, 0.2, 0.0, 0.0), framewise=np.float32([[0, 0], [0.2, 0], [0, 0], [0, 0.9]]))
    events = EventRule(typical_s=(1.0, 1.0)).events(both)
    np.testing.assert_allclose([one.score for one in events], [0.2, 0.9], rtol=1e-6)


@given(
    st.lists(st.lists(st.floats(0, 1, width=16), min_size=56, max_size=56), min_size=1, max_size=4),
    st.floats(0, 1),
    st.sampled_from([0.5, 1.0, 2.0]),
)
@settings(deadline=None, max_examples=30)
def test_the_events_of_a_day_score_like_those_of_its_minutes(minutes, company, typical_s):
    minutes = [[0.0, 0.0, *minute, 0.0, 0.0] for minute in minutes]
    rule = EventRule(0.0, typical_s=(typical_s,), company=company)
    day = rule.events(line(*[frame for minute in minutes for frame in minute]))
    each = [
        replace(one, start_s=one.start_s + 60 * number, end_s=one.end_s + 60 * number)
        for number, minute in enumerate(minutes)
        for one in rule.events(line(*minute))
    ]
    assert [(one.start_s, one.end_s) for one in day] == [(one.start_s, one.end_s) for one in each]
    np.testing.assert_allclose([one.score for one in day], [one.score for one in each], rtol=1e-5)


@given(st.lists(st.floats(0, 1, width=16), min_size=1, max_size=60), st.floats(0, 1))
@settings(deadline=None)
def test_company_lowers_no_score_and_leaves_the_highest(values, company):
    scores, rule = line(*values), EventRule(0.0, typical_s=(1.0,), company=company)
    alone = {(one.start_s, one.end_s): one.score for one in replace(rule, company=0.0).events(scores)}
    for one in rule.events(scores):
        if (one.start_s, one.end_s) in alone:
            assert one.score >= alone[one.start_s, one.end_s]
    if any(values[:-1]):
        assert max(one.score for one in rule.events(scores)) == pytest.approx(max(alone.values()))
