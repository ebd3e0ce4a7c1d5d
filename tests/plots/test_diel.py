import math

from dawnchorus.plots.diel import diel_chart


def test_hours_in_which_nothing_was_recorded_have_no_point_and_a_grey_ground() -> None:
    values = [math.nan] * 24
    values[5], values[6] = 2.0, 0.0
    picture = diel_chart({"ridge": values}, "calls")
    assert picture.count("<circle") == 2
    assert picture.count(": nothing recorded") == 22
    assert "No values to draw" in diel_chart({"ridge": [math.nan] * 24}, "calls")
