"""What is asked next, and what was answered: a day's filters, bouts, other models, other servers."""

from __future__ import annotations

# ruff: noqa: E402  what an extra brings may be missing, which skips these tests
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the review extra")

import sounds
from dawnchorus.events import Detection
from dawnchorus.review import found as tables
from dawnchorus.review.clips import Sounds
from dawnchorus.review.desk import Desk, Wanted
from dawnchorus.review.verdicts import Row, Store
from review import desks

NAMES = ("20260401_233000", "20260402_051500", "20260403_120000")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    for name in NAMES:
        sounds.write_wav(tmp_path / "audio" / f"{name}.wav", sounds.tone(1000, 0.1))
    its = [Detection(name, 0, start_s, start_s + 1, 0.5) for name in NAMES for start_s in (1.0, 2.5, 60.0)]
    found = tables.read(desks.write(tmp_path / "found", [*its, Detection("gone", 0, 1.0, 2.0, 0.9)]))
    return Desk(found, Sounds([tmp_path / "audio"]), Store(tmp_path / "reviews.db"), "highest")


def names(desk: Desk, wanted: Wanted) -> list[str]:
    return sorted({desk.found.detection(int(clip)).recording for clip in desk.open(wanted)})


def test_a_bout_is_asked_about_once_and_missing_recordings_never(desk: Desk) -> None:
    asked = [desk.found.detection(int(clip)) for clip in desk.open(Wanted())]
    assert len(asked) == 6 and {one.recording for one in asked} == set(NAMES)


def test_days_and_hours_are_those_of_the_recorder(desk: Desk) -> None:
    assert names(desk, Wanted(first_day="2026-04-02")) == list(NAMES[1:])
    assert names(desk, Wanted(last_day="2026-04-02")) == list(NAMES[:2])
    assert names(desk, Wanted(from_hour=5, to_hour=6)) == [NAMES[1]]
    assert names(desk, Wanted(from_hour=22, to_hour=6)) == list(NAMES[:2])  # over midnight


def test_an_answer_closes_its_bout_and_taking_it_back_opens_it(desk: Desk) -> None:
    clip = int(desk.open(Wanted())[0])
    row = desk.row_of_clip(clip, "key-0001", "present", "Ana")
    desk.add([row])
    assert len(desk.open(Wanted())) == 5
    desk.add([replace(row, key="key-0002", answer="undo", takes_back="key-0001")])
    assert len(desk.open(Wanted())) == 6 and desk.judged(Wanted(), 0, 10) == []


def test_what_was_taken_back_is_asked_again_after_the_server_started_anew(desk: Desk) -> None:
    row = desk.row_of_clip(int(desk.open(Wanted())[0]), "key-0001", "present", "Ana")
    desk.add([row, replace(row, key="key-0002", answer="undo", takes_back="key-0001")])
    again = Desk(desk.found, desk.sounds, desk.store, "highest")
    assert len(again.open(Wanted())) == 6


def test_what_another_server_wrote_is_seen(desk: Desk) -> None:
    clip = int(desk.open(Wanted())[0])
    with Store(desk.store.where) as other:
        other.add([desk.row_of_clip(clip, "key-0001", "absent", "Ben")])
    desk.refresh()
    assert desk.judged(Wanted(), 0, 10) == [clip] and len(desk.open(Wanted())) == 5


def test_what_was_said_of_another_models_box_on_the_call_is_not_asked_again(desk: Desk) -> None:
    desk.add([Row("key-0001", NAMES[0], 0, desks.SPECIES[0].name, 60.2, 60.9, 0, 0, "present", "Ana", model="another")])
    again = Desk(desk.found, desk.sounds, desk.store, "highest")
    assert len(again.open(Wanted())) == 5


def test_answers_to_a_model_with_other_numbers_are_those_of_the_named_species(desk: Desk) -> None:
    """The table may hold what people said of an earlier model; names tell which species they meant."""
    clip = int(desk.open(Wanted())[0])
    row = desk.row_of_clip(clip, "key-0001", "present", "Ana")
    desk.add([replace(row, species=7), replace(row, key="key-0002", species=0, name="Newt", answer="absent")])
    assert len(desk.open(Wanted())) == 5 and int(desk.answer[clip]) == 1
    assert [one.name for one in desk.species()] == [*(one.name for one in desks.SPECIES), "Newt"]
