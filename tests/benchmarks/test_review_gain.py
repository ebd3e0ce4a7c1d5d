"""The simulated review round: its labels, its head, its orders."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import review_gain
from dawnchorus.events import Annotation, Detection
from dawnchorus.review.queue import Candidates, ordered

HOP_S = 0.5
CALLS = {"a": 3, "b": 20, "c": 11}  # the frame at which each recording's call begins


def sounds() -> SimpleNamespace:
    """Recordings of 30 frames in which two frames sound otherwise."""
    rng = np.random.default_rng(0)
    lines = {key: rng.normal(0, 1, (30, 16)).astype(np.float32) for key in CALLS}
    for key, at in CALLS.items():
        lines[key][at : at + 2] += np.linspace(-5, 5, 16, dtype=np.float32)
    return SimpleNamespace(train=lines, hop_s=HOP_S)


def box(key: str, at: int, present: bool = True) -> Annotation:
    """A box of two frames."""
    return Annotation(key, 0, at * HOP_S, (at + 2) * HOP_S, 0.0, 0.0, present)


def test_boxes_are_known_and_the_rest_is_hardly_absent() -> None:
    known = review_gain.known_frames(sounds(), [box("a", 3), box("b", 5, False)], ["a", "b"], 2)
    assert known.present.shape == (60, 2)
    assert known.present[3:5, 0].tolist() == [1, 1] and known.present.sum() == 2
    assert known.absent[35:37, 0].tolist() == [1, 1]
    assert 0 < known.absent[10, 0] < 0.5


def test_a_head_learns_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review_gain, "COMPONENTS", 16)
    monkeypatch.setattr(review_gain, "STEPS", 30)
    bench = SimpleNamespace(sound=sounds(), data=SimpleNamespace(species=["frog"]))
    network = review_gain.trained(bench, [box("a", 3), box("b", 20), box("a", 15, False)], ["a", "b"], 0)
    said = review_gain.said_of(network, {"c": bench.sound.train["c"]})["c"][:, 0]
    assert set(np.argsort(said)[-2:]) == {11, 12}


def test_a_plus_makes_a_mix() -> None:
    found = [Detection(f"r{n}", n % 2, 0.0, 1.0, n / 20) for n in range(20)]
    some = Candidates.of(found)
    assert review_gain.asked_in(some, "rare+random", 0, []) == ordered(some, "mix", 0, [], ("rare", "random"))
    assert review_gain.asked_in(some, "highest", 0, []) == ordered(some, "highest")
