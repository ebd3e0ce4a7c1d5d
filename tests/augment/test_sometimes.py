import numpy as np

from dawnchorus.augment.gamma import Gamma
from dawnchorus.augment.sometimes import Sometimes


def test_all_parts_or_none() -> None:
    both = Sometimes((Gamma(2.0, 1), Gamma(3.0, 1)), 0.5)
    rng, plane = np.random.default_rng(0), np.full((2, 3), 0.5, np.float32)
    seen = {float(both(plane, rng)[0, 0]) for _ in range(50)}
    assert seen == {0.5, 0.5**6}


def test_the_probability_is_that_of_all_together() -> None:
    rng, plane = np.random.default_rng(0), np.ones((1, 1), np.float32)
    changed = [Sometimes((lambda p, _: p * 0,), 0.3)(plane, rng)[0, 0] == 0 for _ in range(2000)]
    assert abs(np.mean(changed) - 0.3) < 0.04
