import math

import pytest

from dawnchorus.plots.lines import line_chart


@pytest.mark.parametrize("series", [{}, {"a": ([], [])}, {"a": ([1.0], [math.nan])}])
def test_a_chart_of_nothing_says_so(series):
    assert "No values" in line_chart(series, "step", "loss")


def test_a_chart_of_one_point_shows_it():
    assert line_chart({"a": ([3.0], [0.0])}, "step", "loss").count("<circle") == 1
