import math

from dawnchorus.plots.axes import ticks


def test_ticks_are_round_and_inside():
    assert ticks(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert ticks(0, 60, 10) == [0, 10, 20, 30, 40, 50, 60]
    assert ticks(math.nan, 1) == []
