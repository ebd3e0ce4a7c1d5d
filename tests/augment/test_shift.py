import numpy as np

from dawnchorus.augment.shift import Shift


def test_every_distance_to_either_side_is_drawn_alike_and_none_beyond() -> None:
    # One loud column in the middle of nine: where it comes to lie says how far the plane moved.
    plane = np.zeros((2, 9), np.float32)
    plane[:, 4] = 1
    places = [int(Shift(2)(plane, np.random.default_rng(seed))[0].argmax()) - 4 for seed in range(1000)]
    counts = np.bincount(np.array(places) + 2)
    assert len(counts) == 5
    assert counts.min() > 150 and counts.max() < 250


def test_what_moves_out_is_lost_and_silence_comes_in() -> None:
    plane = np.array([[1, 2, 3]], np.float32)
    seen = {tuple(Shift(1)(plane, np.random.default_rng(seed))[0].tolist()) for seed in range(50)}
    assert seen == {(0, 1, 2), (1, 2, 3), (2, 3, 0)}


def test_a_plane_may_leave_altogether() -> None:
    plane = np.ones((1, 2), np.float32)
    sums = {float(Shift(5)(plane, np.random.default_rng(seed)).sum()) for seed in range(100)}
    assert sums == {0, 1, 2}
