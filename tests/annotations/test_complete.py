from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dawnchorus.annotations.complete import complete
from dawnchorus.annotations.marks import ABSENT, UNSURE, Mark
from some_marks import recording

RECORDINGS = [recording("a"), recording("b"), recording("c")]


def silence(*marks: Mark, **options) -> list[tuple[str, str, float, float]]:
    found = complete(marks, RECORDINGS, **options)
    assert found[: len(marks)] == list(marks)
    assert all(one.said == ABSENT for one in found[len(marks) :])
    return [(one.recording, one.species, one.start_s, one.end_s) for one in found[len(marks) :]]


def test_what_is_not_listed_is_absent_and_files_that_nobody_listed_stay_unknown() -> None:
    said = Mark("a", "frog", 10.0, 12.0), Mark("b", "toad", 0.0, 60.0)
    assert silence(*said) == [
        ("a", "frog", 0.0, 10.0),
        ("a", "frog", 12.0, 60.0),
        ("a", "toad", 0.0, 60.0),
        ("b", "frog", 0.0, 60.0),
    ]


def test_complaint_opso_1071_an_empty_file_makes_true_negatives() -> None:
    assert silence(empty=["c", "elsewhere"], species=["frog"]) == [("c", "frog", 0.0, 60.0)]


def test_nothing_is_said_within_the_margin_nor_where_nobody_was_sure() -> None:
    said = Mark("a", "frog", 10.0, 12.0), Mark("a", "frog", 20.0, 30.0, said=UNSURE), Mark("a", "frog", 59.0, 60.0)
    assert silence(*said, margin_s=5.0) == [("a", "frog", 0.0, 5.0), ("a", "frog", 35.0, 54.0)]


@given(st.lists(st.tuples(st.floats(0, 60), st.floats(0, 60)).map(sorted), max_size=8))
def test_rows_and_silence_cover_the_recording_and_never_each_other(times) -> None:
    said = [Mark("a", "frog", start_s, end_s) for start_s, end_s in times]
    gaps = [(start_s, end_s) for _, _, start_s, end_s in silence(*said, empty=["a"], species=["frog"])]
    for start_s, end_s in gaps:
        assert 0 <= start_s < end_s <= 60
        assert not any(one.start_s < end_s and start_s < one.end_s for one in said)
    edges = sorted([*gaps, *((one.start_s, one.end_s) for one in said)])
    reached = 0.0
    for start_s, end_s in edges:
        assert start_s <= reached
        reached = max(reached, end_s)
    assert reached == 60
