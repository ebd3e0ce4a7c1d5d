"""The queue: every order asks each group once, and nothing that was answered."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dawnchorus.events import Detection, Verdict
from dawnchorus.review import queue
from dawnchorus.review.queue import ORDERS, Candidates, Order, groups, ordered, sounding_alike

AT = datetime(2026, 5, 1, tzinfo=UTC)


@st.composite
def lists(draw: st.DrawFn) -> Candidates:
    """Some detections of three species in three recordings."""
    found = []
    for _ in range(draw(st.integers(0, 30))):
        start = draw(st.integers(0, 100))
        name, species = draw(st.sampled_from("abc")), draw(st.integers(0, 2))
        score = draw(st.floats(0, 1))
        found.append(Detection(name, species, float(start), start + draw(st.sampled_from([0.5, 3.0])), score))
    spread = draw(st.lists(st.floats(0, 1), min_size=len(found), max_size=len(found)))
    alike = draw(st.lists(st.integers(0, 40), min_size=len(found), max_size=len(found)))
    return Candidates.of(found, [0.2, 0.5, 0.9], spread, alike)


def verdict(candidates: Candidates, number: int, present: bool | None = True) -> Verdict:
    """An answer on one candidate."""
    start, end = candidates.start_s[number], candidates.end_s[number]
    name = candidates.names[candidates.recording[number]]
    return Verdict(name, int(candidates.species[number]), float(start), float(end), present, "ana", AT)


def far_apart(scores: list[float], species: list[int] | None = None, spread: list[float] | None = None) -> Candidates:
    """Candidates in recordings of their own."""
    each = species or [0] * len(scores)
    found = [Detection(f"r{n}", each[n], 0.0, 1.0, score) for n, score in enumerate(scores)]
    return Candidates.of(found, 0.5, spread)


@given(lists(), st.sampled_from(ORDERS), st.integers(0, 5))
def test_every_group_is_asked_exactly_once(candidates: Candidates, order: Order, seed: int) -> None:
    asked = ordered(candidates, order, seed)
    group = groups(candidates)
    assert len(set(asked)) == len(asked)
    assert sorted(group[asked]) == sorted(set(group))


@given(lists(), st.sampled_from(ORDERS), st.integers(0, 5))
def test_the_same_seed_gives_the_same_order(candidates: Candidates, order: Order, seed: int) -> None:
    assert ordered(candidates, order, seed) == ordered(candidates, order, seed)


@given(lists(), st.sampled_from(ORDERS), st.data())
def test_what_was_answered_is_not_asked_again_nor_its_like(
    candidates: Candidates, order: Order, data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.integers(0, max(0, len(candidates) - 1)), max_size=5))
    answers = [
        verdict(candidates, n, data.draw(st.sampled_from([True, False, None]))) for n in chosen if len(candidates)
    ]
    asked = ordered(candidates, order, 0, answers)
    group = groups(candidates)
    for number in asked:
        for one in answers:
            name = candidates.names[candidates.recording[number]]
            same = name == one.recording and candidates.species[number] == one.species
            assert not (same and candidates.start_s[number] < one.end_s and one.start_s < candidates.end_s[number])
    assert not {group[n] for n in chosen if len(candidates)} & set(group[asked])


@given(lists(), st.sampled_from(ORDERS))
def test_asking_one_by_one_ends(candidates: Candidates, order: Order) -> None:
    answers: list[Verdict] = []
    while asked := ordered(candidates, order, 0, answers):
        answers.append(verdict(candidates, asked[0], None))
    assert len(answers) <= len(candidates)


@given(lists())
def test_highest_falls(candidates: Candidates) -> None:
    scores = candidates.score[ordered(candidates, "highest")]
    assert (np.diff(scores) <= 0).all()


def test_threshold_comes_from_both_sides_nearest_first() -> None:
    assert ordered(far_apart([0.9, 0.5, 0.3, 0.6]), "threshold") == [1, 3, 2, 0]


def test_disagreement_asks_where_models_differ_most() -> None:
    assert ordered(far_apart([0.9, 0.5, 0.3], spread=[0.1, 0.0, 0.4]), "disagreement") == [2, 0, 1]


def test_rare_takes_species_in_turn_and_the_rarest_first() -> None:
    candidates = far_apart([0.9, 0.8, 0.7, 0.6], [0, 0, 0, 1])
    assert ordered(candidates, "rare") == [3, 0, 1, 2]


def test_stratified_takes_every_bin_of_every_species_in_its_first_round() -> None:
    scores = np.random.default_rng(0).random(400)
    candidates = far_apart(scores.tolist(), [n % 2 for n in range(400)])
    first = ordered(candidates, "stratified", 3)[: 2 * queue.BINS]
    parts = {(int(candidates.species[n]), int(queue.bins(candidates)[n])) for n in first}
    assert len(parts) == 2 * queue.BINS


def test_mix_takes_from_its_orders_in_turn() -> None:
    candidates = far_apart([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], spread=[0.0, 0.0, 0.0, 0.0, 0.1, 0.2])
    assert ordered(candidates, "mix", mix=("highest", "highest", "disagreement")) == [0, 1, 5, 2, 3, 4]
    assert ordered(candidates, "mix", mix=("highest", "disagreement")) == [0, 5, 1, 4, 2, 3]
    assert ordered(candidates, "mix") == ordered(candidates, "mix", mix=queue.MIX)


def test_when_nobody_says_otherwise_the_rare_come_first() -> None:
    candidates = far_apart([0.9, 0.8, 0.7, 0.6], species=[0, 0, 0, 1])
    assert queue.FIRST == "rare"
    assert ordered(candidates) == ordered(candidates, "rare") == [3, 0, 1, 2]


def test_another_seed_draws_another_random_order() -> None:
    candidates = far_apart([0.5] * 30)
    assert ordered(candidates, "random", 0) != ordered(candidates, "random", 1)


def test_a_bout_is_asked_once_and_a_long_one_more_often() -> None:
    calls = [Detection("a", 0, float(start), start + 1.0, 0.5) for start in range(0, 180, 2)]
    assert len(ordered(Candidates.of(calls[:10]), "highest")) == 1
    assert len(ordered(Candidates.of(calls), "highest")) == 3
    apart = [Detection("a", 0, float(start), start + 1.0, 0.5) for start in range(0, 180, 30)]
    assert len(ordered(Candidates.of(apart), "highest")) == 6


def test_another_species_in_the_bout_is_asked_of_its_own() -> None:
    calls = [Detection("a", species, 1.0, 2.0, 0.5) for species in (0, 1)]
    assert sorted(ordered(Candidates.of(calls), "highest")) == [0, 1]


def test_what_sounds_alike_is_asked_once() -> None:
    vectors = np.array([[1.0, 0.0], [0.99, 0.01], [0.0, 1.0], [0.0, 2.0]])
    assert sounding_alike(vectors).tolist() == [0, 0, 2, 2]
    calls = [Detection(name, 0, 0.0, 1.0, score) for name, score in zip("abcd", (0.1, 0.2, 0.3, 0.4), strict=True)]
    assert ordered(Candidates.of(calls, alike=sounding_alike(vectors)), "highest") == [3, 1]


@pytest.mark.parametrize("order", ORDERS)
def test_nothing_to_ask(order: Order) -> None:
    assert ordered(Candidates.of([]), order) == []


def test_a_million_candidates_are_put_in_order_within_seconds() -> None:
    rng = np.random.default_rng(0)
    n = 1_000_000
    start = rng.random(n) * 3600
    some = Candidates(
        tuple(f"r{number}" for number in range(1000)),
        rng.integers(0, 1000, n),
        rng.integers(0, 8, n),
        start,
        start + 1,
        rng.random(n),
        np.full(n, 0.5),
        np.zeros(n),
        np.arange(n),
    )
    assert len(ordered(some, "mix")) > 1000
