"""Precision by score, recall and thresholds from a sample of verdicts."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dawnchorus.annotations.problems import AnnotationError
from dawnchorus.detect.reviewed import thresholds as read_thresholds
from dawnchorus.events import Detection, Species, Verdict
from dawnchorus.review import precision
from dawnchorus.review.precision import by_bin, jeffreys, judged, thresholds
from dawnchorus.review.queue import Candidates, ordered

AT = datetime(2026, 5, 1, tzinfo=UTC)
SPECIES = (Species(0, "frog"), Species(1, "Pájaro 鳥"))


def detection(number: int, score: float, species: int = 0) -> Detection:
    """A detection in a recording of its own."""
    return Detection(f"r{number}", species, 1.0, 2.0, score)


def verdict(one: Detection, present: bool | None) -> Verdict:
    """A word on a detection."""
    return Verdict(one.recording, one.species, one.start_s, one.end_s, present, "ana", AT)


def world(n: int = 3000, seed: int = 0) -> tuple[list[Detection], list[bool]]:
    """Detections whose score is the probability that they are right; low scores are far more common."""
    rng = np.random.default_rng(seed)
    scores = rng.beta(0.5, 2, n)
    return [detection(k, float(s)) for k, s in enumerate(scores)], (rng.random(n) < scores).tolist()


def reviewed(found: list[Detection], right: list[bool], asked: int, seed: int = 0) -> precision.Judged:
    """What is known when the first questions of the stratified order were answered."""
    queue = ordered(Candidates.of(found), "stratified", seed)[:asked]
    given, elsewhere = judged(found, [verdict(found[k], right[k]) for k in queue])
    assert not elsewhere
    return given


@given(st.integers(0, 50), st.integers(0, 50))
def test_jeffreys_holds_the_share_and_stays_in_bounds(right: int, wrong: int) -> None:
    low, high = jeffreys(right, right + wrong)
    assert 0 <= low <= (right / (right + wrong) if right + wrong else 0.5) <= high <= 1


def test_jeffreys_narrows_with_what_was_asked() -> None:
    assert jeffreys(0, 0) == (0.0, 1.0)
    few, many = jeffreys(8, 10), jeffreys(80, 100)
    assert few[0] < many[0] < 0.8 < many[1] < few[1]
    assert few == pytest.approx((0.4972, 0.9560), abs=1e-3)  # the interval that Brown, Cai and DasGupta tabulate


def test_a_detection_takes_the_verdict_that_shares_most_time_and_unsure_says_nothing() -> None:
    found = [Detection("a", 0, 1.0, 2.0, 0.9), Detection("a", 0, 2.0, 4.0, 0.5), Detection("a", 1, 1.0, 4.0, 0.5)]
    said = Verdict("a", 0, 1.5, 3.5, True, "ana", AT)
    missed = Verdict("a", 0, 10.0, 11.0, True, "ana", AT)
    given, elsewhere = judged(found, [said, missed, verdict(found[0], None)])
    assert np.isnan(given.right[[0, 2]]).all() and given.right[1] == 1
    assert elsewhere == [missed]


def test_bins_count_detections_questions_and_right_answers() -> None:
    found = [detection(k, score) for k, score in enumerate((0.0, 0.04, 0.95, 0.96, 1.0))]
    given, _ = judged(found, [verdict(found[0], False), verdict(found[2], True), verdict(found[4], False)])
    low, high = by_bin(given)
    assert (low.detections, low.asked, low.right, low.precision) == (2, 1, 0, 0.0)
    assert (high.detections, high.asked, high.right, high.precision) == (3, 2, 1, 0.5)
    assert (low.low, low.high, high.high) == (0.0, pytest.approx(0.1), 1.0)


def test_precision_by_bin_finds_the_truth_from_a_stratified_sample() -> None:
    found, right = world()
    covered = [
        one.precision_low <= (one.low + one.high) / 2 <= one.precision_high
        for seed in range(5)
        for one in by_bin(reviewed(found, right, 300, seed))
    ]
    assert np.mean(covered) > 0.85


def test_a_threshold_reaches_the_wanted_precision_and_its_intervals_hold_the_truth() -> None:
    misses, holds = [], []
    for seed in range(8):
        found, right = world(seed=seed)
        (one,) = thresholds(reviewed(found, right, 400, seed), 1, 0.8)
        above = np.array([each.score >= one.threshold for each in found])
        truth = np.array(right)
        misses.append(truth[above].mean() - 0.8)
        recall = truth[above].sum() / truth.sum()
        holds += [one.precision_low <= truth[above].mean() <= one.precision_high]
        holds += [one.recall_low <= recall <= one.recall_high]
    assert abs(np.mean(misses)) < 0.03 and np.abs(misses).max() < 0.12
    assert np.mean(holds) > 0.8


def test_a_bin_without_a_verdict_leaves_recall_unknown() -> None:
    found = [detection(k, k / 100) for k in range(100)]
    given, _ = judged(found, [verdict(one, True) for one in found[90:]])
    (one,) = thresholds(given, 1, 0.9)
    assert math.isnan(one.recall) and math.isnan(one.recall_low)


def test_a_precision_that_no_score_reaches_gives_an_infinite_threshold() -> None:
    found = [detection(k, k / 100) for k in range(100)]
    given, _ = judged(found, [verdict(one, False) for one in found])
    (one,) = thresholds(given, 1, 0.9)
    assert one.threshold == math.inf and one.n == 0


@pytest.mark.parametrize("target", [0.0, -0.1, 1.1, math.nan])
def test_a_precision_that_is_no_share_is_refused(target: float) -> None:
    given, _ = judged([detection(0, 0.5)], [])
    with pytest.raises(ValueError, match="expected more than 0 and at most 1"):
        thresholds(given, 1, target)


def test_thresholds_are_read_by_detection_for_the_same_model_alone(tmp_path: Path) -> None:
    found = [detection(k, k / 100, k % 2) for k in range(100)]
    given, _ = judged(found, [verdict(one, one.score > 0.5) for one in found])
    wanted = thresholds(given, 2, 0.9)
    precision.write(tmp_path, by_bin(given), wanted, SPECIES, "abc")
    path = tmp_path / "thresholds.csv"
    assert read_thresholds(path, "abc", 2) == tuple(one.threshold for one in wanted)
    assert "Pájaro 鳥" in (tmp_path / "precision.csv").read_text(encoding="utf-8")
    with pytest.raises(AnnotationError, match="line 2: model_hash is 'abc', not 'abd'"):
        read_thresholds(path, "abd", 2)
    with pytest.raises(AnnotationError, match="line 3: species_id is '1', not 0 to 0"):
        read_thresholds(path, "abc", 1)
    assert read_thresholds(path, "abc", 3)[2] == math.inf


def test_nothing_was_asked() -> None:
    given, _ = judged([detection(k, k / 10) for k in range(10)], [])
    assert all(one.asked == 0 and math.isnan(one.precision) for one in by_bin(given))
    (one,) = thresholds(given, 1, 0.9)
    assert one.n == 0 and math.isnan(one.precision)
