import numpy as np
import pytest

from dawnchorus.plots.marks import Box, Track, species_of
from dawnchorus.plots.place import Place, row_edges


def test_a_place_has_its_ends_at_the_edges_and_low_frequencies_below():
    hz = row_edges(np.zeros((2, 5)), 0.0, [1000.0, 3000.0], 4000.0)
    place = Place(10.0, 20.0, 110.0, 60.0, 10.0, hz, {})
    assert [place.x(time_s) for time_s in (-1.0, 0.0, 5.0, 10.0, 99.0)] == [10.0, 10.0, 60.0, 110.0, 110.0]
    assert [place.y(hz) for hz in (0.0, 1000.0, 3000.0, 4000.0)] == [60.0, 50.0, 30.0, 20.0]
    assert place.around(Box(0.0, 0.0, 1000.0, 1000.0, "frog", "present")) == (10.0, 50.0, 12.0, 52.0)


def test_rows_without_a_rising_frequency_are_refused():
    with pytest.raises(ValueError, match="rising"):
        row_edges(np.zeros((2, 5)), 0.0, [3000.0, 1000.0], 4000.0)


def test_species_with_a_curve_come_first():
    boxes = [Box(0.0, 1.0, 0.0, 1.0, name, "present") for name in ("owl", "frog", "toad")]
    assert species_of(boxes, [Track("frog", [0.0], [0.5])]) == ["frog", "owl", "toad"]
