import re

import pytest

from dawnchorus.plots.site_map import Spot, site_map


def test_a_map_is_as_long_east_as_north_and_dots_are_as_large_as_their_values() -> None:
    north, east = Spot("north", 60.01, 10.0, 4.0), Spot("east", 60.0, 10.02, 1.0)
    picture = site_map([Spot("here", 60.0, 10.0, 0.0), north, east], "calls")
    dots = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"[^>]*><title>(\w+):', picture)
    at = {name: (float(x), float(y), float(r)) for x, y, r, name in dots}
    assert at["here"][1] - at["north"][1] == pytest.approx(at["east"][0] - at["here"][0], rel=0.01)
    assert (at["north"][2], at["east"][2], at["here"][2]) == (16, 10, 4)
    assert "km</text>" in picture or " m</text>" in picture
