"""Stretches with like embeddings are found, nearest first."""

from __future__ import annotations

import numpy as np
import pytest

from dawnchorus.features import FeatureBlock, Range
from dawnchorus.review.embedded import nearest, sample

PER_SECOND = 2.0


def block(recording: str, columns: np.ndarray, start_s: float = 0.0) -> FeatureBlock:
    """A block of embeddings `(feature, column)`."""
    end_s = start_s + columns.shape[1] / PER_SECOND
    return FeatureBlock(recording, 0, start_s, end_s, columns.shape[1], Range(-1, 0, False), columns.astype(np.float16))


def noise(seed: int, columns: int = 40) -> np.ndarray:
    """Embeddings by chance."""
    return np.random.default_rng(seed).normal(0, 1, (32, columns))


def with_call(seed: int, at: int, gain: float = 1.0) -> np.ndarray:
    """The same with a call of three columns."""
    columns = noise(seed)
    columns[:, at : at + 3] = gain * noise(99, 3)
    return columns


def test_the_call_is_found_where_it_is_however_loud() -> None:
    blocks = {
        "a": [block("a", with_call(0, 10))],
        "b": [block("b", with_call(1, 25, 0.1))],
        "c": [block("c", noise(2))],
    }
    call = sample(blocks["a"], 5.0, 6.5, PER_SECOND)
    first, second, third, *_ = nearest(call, blocks, PER_SECOND)
    assert (first.recording, first.start_s, first.end_s) == ("a", 5.0, 6.5)
    assert (second.recording, second.start_s, second.end_s) == ("b", 12.5, 14.0)
    assert first.likeness == pytest.approx(1, abs=1e-3) and second.likeness > 0.99 > 0.7 > third.likeness


def test_stretches_fall_in_likeness_do_not_overlap_and_are_few_of_one_recording() -> None:
    blocks = {name: [block(name, noise(n)), block(name, noise(n + 10), 20.0)] for n, name in enumerate("abc")}
    found = nearest(sample(blocks["a"], 21.0, 22.5, PER_SECOND), blocks, PER_SECOND, most=100, of_one=4)
    assert (found[0].recording, found[0].start_s) == ("a", 21.0)
    assert [one.likeness for one in found] == sorted((one.likeness for one in found), reverse=True)
    assert len(found) == 12
    for name in "abc":
        its = sorted((one.start_s, one.end_s) for one in found if one.recording == name)
        assert len(its) == 4 and all(end <= start for (_, end), (start, _) in zip(its, its[1:], strict=False))


def test_no_more_than_asked() -> None:
    blocks = {name: [block(name, noise(n))] for n, name in enumerate("abc")}
    assert len(nearest(sample(blocks["b"], 0.0, 1.0, PER_SECOND), blocks, PER_SECOND, most=5)) == 5


def test_a_block_shorter_than_the_call_has_nothing() -> None:
    blocks = {"a": [block("a", noise(0))], "b": [block("b", noise(1, 2))]}
    found = nearest(sample(blocks["a"], 0.0, 3.0, PER_SECOND), blocks, PER_SECOND)
    assert {one.recording for one in found} == {"a"}


def test_no_stretch_and_nothing_in_it_are_told() -> None:
    one = [block("a", noise(0))]
    with pytest.raises(ValueError, match="30 to 31 s is no stretch"):
        sample(one, 30.0, 31.0, PER_SECOND)
    with pytest.raises(ValueError, match="there is nothing from 1 to 2 s"):
        sample([block("a", np.zeros((32, 40)))], 1.0, 2.0, PER_SECOND)
