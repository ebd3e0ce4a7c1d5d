"""The last verdict of a clip is a box; what people disagree about is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dawnchorus.dataset import DataError, DataSet
from dawnchorus.events import Annotation, Recording, Species, Verdict
from dawnchorus.review.as_annotations import as_annotations, disagreements, joined, last_words, with_verdicts

AT = datetime(2026, 5, 1, tzinfo=UTC)
BANDS = [(100.0, 900.0), (2000.0, 4000.0)]


def verdict(
    present: bool | None, by: str = "ana", minute: int = 0, start_s: float = 1.0, species: int = 1, name: str = "r"
) -> Verdict:
    """A word on two seconds."""
    return Verdict(name, species, start_s, start_s + 2, present, by, AT + timedelta(minutes=minute))


def test_present_and_absent_become_boxes_of_the_species_band() -> None:
    boxes = as_annotations([verdict(True), verdict(False, start_s=9.0, species=0)], BANDS)
    assert boxes == [
        Annotation("r", 1, 1.0, 3.0, 2000.0, 4000.0, True),
        Annotation("r", 0, 9.0, 11.0, 100.0, 900.0, False),
    ]
    assert boxes[0].where == "the verdict of ana at 2026-05-01T00:00:00+00:00"


def test_unsure_says_nothing_even_of_what_was_said_before() -> None:
    assert as_annotations([verdict(True), verdict(None, minute=1)], BANDS) == []


def test_the_last_counts_whoever_said_it_and_in_whatever_order_they_come() -> None:
    first, last = verdict(True, "ana", 0), verdict(False, "bo", 5)
    for both in ([first, last], [last, first]):
        assert last_words(both) == [last]
        assert [box.present for box in as_annotations(both, BANDS)] == [False]


def test_of_equal_times_the_later_listed_counts() -> None:
    assert [one.present for one in last_words([verdict(True), verdict(False)])] == [False]


def test_times_that_differ_by_less_than_a_millisecond_are_one_clip() -> None:
    assert len(last_words([verdict(True), verdict(True, start_s=1.0001)])) == 1
    assert len(last_words([verdict(True), verdict(True, start_s=1.01)])) == 2


def test_people_disagree_by_their_last_words() -> None:
    assert disagreements([verdict(True), verdict(False, minute=1)]) == []  # one person who thought again
    both = [verdict(True), verdict(False, "bo", 1), verdict(None, "cy", 2)]
    (found,) = disagreements(both)
    assert found.verdicts == tuple(both)
    assert str(found) == "r, 1 to 3 s, species 1: ana: present, bo: absent, cy: unsure; the last counts"
    assert disagreements([*both, verdict(True, "bo", 3)]) == []  # they agree now


def test_a_species_without_a_band_has_no_frequencies() -> None:
    (box,) = as_annotations([verdict(True, species=7)], BANDS)
    assert (box.low_hz, box.high_hz) == (0.0, 0.0)


def test_a_verdict_replaces_boxes_that_say_otherwise_of_its_time_and_no_others() -> None:
    (said,) = as_annotations([verdict(False)], BANDS)
    contradicted = Annotation("r", 1, 2.0, 4.0, 0, 9, True)
    kept = [
        Annotation("r", 1, 3.0, 4.0, 0, 9, True),  # begins where the verdict ends
        Annotation("r", 1, 2.0, 4.0, 0, 9, False),  # says the same
        Annotation("r", 0, 2.0, 4.0, 0, 9, True),
        Annotation("q", 1, 2.0, 4.0, 0, 9, True),
    ]
    assert joined([contradicted, *kept], [said]) == [*kept, said]


def test_verdicts_alone_make_a_data_set_when_one_says_present() -> None:
    alone = DataSet((Recording("r", Path("r.wav"), 10.0, 32_000),), (), (Species(0, "a"), Species(1, "b")))
    (box,) = with_verdicts(alone, [verdict(True)], "verdicts").annotations
    assert (box.recording, box.species, box.present) == ("r", 1, True)
    with pytest.raises(DataError, match="nobody says of any recording here that a species is present"):
        with_verdicts(alone, [verdict(False)], "verdicts")


CARDS = (
    Recording("CARDS/siteB/x", Path("/season/CARDS/siteB/x.flac"), 10.0, 32_000),
    Recording("CARDS/siteC/x", Path("/season/CARDS/siteC/x.flac"), 10.0, 32_000),
    Recording("train/plotA/a", Path("/data/train/plotA/a.wav"), 10.0, 32_000),
)
BOXED = DataSet(CARDS, (Annotation("train/plotA/a", 0, 1.0, 2.0, 0, 9, True),), (Species(0, "a"), Species(1, "b")))


def test_verdicts_on_one_folder_of_recordings_are_learnt_from_beside_others() -> None:
    said = [verdict(True, name="siteB/x"), verdict(False, name="CARDS/siteC/x"), verdict(True, name="elsewhere")]
    found = with_verdicts(BOXED, said, "verdicts")
    assert [box.recording for box in found.annotations] == ["train/plotA/a", "CARDS/siteB/x", "CARDS/siteC/x"]
    assert [problem.kind for problem in found.problems] == ["unknown_recording"]


@pytest.mark.parametrize("name", ["elsewhere", "x"])
def test_verdicts_on_none_of_the_recordings_are_an_error_that_names_the_folders(name: str) -> None:
    with pytest.raises(DataError, match="none of the 2 answers, present or absent, fits one recording") as error:
        with_verdicts(BOXED, [verdict(True, name=name), verdict(False, name=name, start_s=5.0)], "verdicts")
    assert f"lie in {Path('/data/train').absolute()}, {Path('/season/CARDS').absolute()};" in str(error.value)
    assert f"recording_id is {name!r}" in str(error.value) or "siteB/x.flac and" in str(error.value)


def test_verdicts_that_are_all_unsure_are_no_error() -> None:
    assert with_verdicts(BOXED, [verdict(None, name="elsewhere")], "verdicts") == BOXED
