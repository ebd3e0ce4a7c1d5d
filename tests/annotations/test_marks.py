from __future__ import annotations

import pytest

from dawnchorus.annotations.marks import ABSENT, UNSEEN, UNSURE, Bad, Mark, number, numbered, of_annotations
from dawnchorus.events import Annotation, Species


def test_what_people_said_is_numbered_and_what_nobody_said_is_left() -> None:
    marks = [
        Mark("a", "toad", 1.0, 2.0, 10.0, 20.0, where="x line 2"),
        Mark("a", "frog", 1.0, 2.0, said=ABSENT),
        Mark("a", "bird", 1.0, 2.0, said=UNSEEN, score=0.9),
        Mark("a", "fish", 1.0, 2.0, said=UNSURE),
    ]
    boxes, species, problems = numbered(marks)
    assert species == (Species(0, "frog"), Species(1, "toad"))
    assert boxes == [Annotation("a", 1, 1.0, 2.0, 10.0, 20.0, True), Annotation("a", 0, 1.0, 2.0, 0.0, 0.0, False)]
    assert boxes[0].where == "x line 2"
    assert problems == []
    assert of_annotations(boxes, {0: "frog", 1: "toad"}) == marks[:2]


def test_names_that_are_none_of_the_species_and_points_are_problems() -> None:
    marks = [Mark("a", "Frog", 1.0, 2.0, where="x line 2"), Mark("a", "frog", 3.0, 3.0, where="x line 3")]
    boxes, _, problems = numbered(marks, [Species(0, "frog")])
    assert boxes == []
    assert [(one.line, one.kind) for one in problems] == [(2, "bad_species"), (3, "ends_before_start")]


@pytest.mark.parametrize(
    ("kinds", "numbers"),
    [(("", "Call"), (1, 1)), (("Call", "Song"), (1, 2)), (("1", "4"), (1, 4)), (("Call", "1", "3"), (2, 1, 3))],
)
def test_trap_3_7_a_class_is_a_species_with_a_song_type(kinds, numbers) -> None:
    boxes, species, _ = numbered([Mark("a", "frog", 1.0, 2.0, song_type=kind) for kind in kinds])
    assert len(species) == 1
    assert tuple(box.song_type for box in boxes) == numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:01:05", "a number of seconds, such as 65"),
        ("1:05.25", "a number of seconds, such as 65.25"),
        ("2:00:00,5", "a number of seconds, such as 7200.5"),
        ("1:2:3:4", "a number"),
        ("05:", "a number"),
        ("1,5", "a number with a decimal point"),
        ("soon", "a number"),
    ],
)
def test_what_is_no_number_is_told_with_the_number_that_was_perhaps_meant(text: str, expected: str) -> None:
    with pytest.raises(Bad) as bad:
        number(text, "t_min")
    assert bad.value.args == ("not_a_number", f"t_min is {text!r}", expected)
