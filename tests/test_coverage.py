from __future__ import annotations

import xml.etree.ElementTree as xml

import pytest

from dawnchorus.annotations.marks import ABSENT, UNSEEN, UNSURE, Mark, Table
from dawnchorus.coverage import Said, coverage, spelt_alike
from some_marks import recording

ROWS = [
    Mark("a", "frog", 0.0, 20.0, where="x line 2"),
    Mark("a", "frog", 10.0, 30.0, where="x line 3"),
    Mark("b", "frog", 5.0, 11.0, said=ABSENT, where="x line 4"),
    Mark("a", "frog", 25.0, 31.0, said=ABSENT, where="x line 5"),
    Mark("a", "toad", 1.0, 2.0, said=UNSURE, where="x line 6"),
    Mark("a", "toad", 1.0, 2.0, said=UNSEEN, where="x line 7"),
    Mark("b", "toad", 50.0, 70.0, where="x line 8"),
    Mark("b", "toad", 60.5, 70.0, where="x line 9"),
]


def test_rows_hours_and_contradictions_of_each_species() -> None:
    found = coverage(Table(ROWS), [recording("a"), recording("b"), recording("c")])
    assert found.species == (
        Said("frog", 2, 2, 0, 0, 2, round(30 / 3600, 6), round(12 / 3600, 6), 1),
        Said("toad", 2, 0, 1, 1, 2, round(10 / 3600, 6), 0.0, 0),
    )
    assert [(one.line, one.kind) for one in found.problems] == [
        (8, "beyond_end"),
        (9, "starts_after_end"),
        (5, "contradiction"),
    ]
    assert "'frog' is absent here and present at the same time in x line 3" in str(found.problems[2])
    assert (found.annotated, found.recordings, found.hours) == (2, 3, 0.05)


def test_without_the_sound_no_box_is_outside_it() -> None:
    found = coverage(Table(ROWS))
    assert [one.kind for one in found.problems] == ["contradiction"]
    assert (found.recordings, found.hours) == (0, 0.0)


@pytest.mark.parametrize(
    ("names", "alike"),
    [
        (["Parus major", "parus_major"], [("Parus major", "parus_major")]),
        (["Eleutherodactylus", "Eleuterodactylus"], [("Eleuterodactylus", "Eleutherodactylus")]),
        (["frog", "toad"], []),
        (["Parus major 1", "Parus major 2"], []),
        (["Ñandú", "N\u0303andu\u0301"], [("N\u0303andu\u0301", "Ñandú")]),
    ],
)
def test_species_that_may_be_spelt_two_ways(names, alike) -> None:
    assert spelt_alike(sorted(names)) == alike


def test_the_picture_has_a_bar_for_each_species() -> None:
    picture = coverage(Table(ROWS)).picture()
    assert "frog" in picture and "toad" in picture
    for one in (picture, coverage(Table([])).picture()):  # without its namespace a browser shows a file as text
        assert xml.fromstring(one).tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize(("seconds", "shown"), [(60.0, "seconds"), (3_000.0, "minutes"), (86_400.0, "hours")])
def test_the_picture_counts_in_the_unit_that_suits_it(seconds: float, shown: str) -> None:
    assert f"{shown} in boxes" in coverage(Table([Mark("a", "frog", 0.0, seconds)])).picture()
