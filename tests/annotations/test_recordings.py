from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from dawnchorus.annotations import AnnotationError, recordings


def table(folder: Path, text: str) -> Path:
    path = folder / "recordings.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_recording_has_its_site(tmp_path):
    path = table(tmp_path, "recording_id,site\ncard1/a,ridge\ncard1/b,\n")
    assert recordings.read(path) == ({"card1/a": "ridge", "card1/b": ""}, [])


def test_the_first_of_two_rows_counts_and_the_second_is_a_problem(tmp_path):
    path = table(tmp_path, "recording_id,site\na,ridge\nb,river\na,river\n,river\n")
    sites, problems = recordings.read(path)
    assert sites == {"a": "ridge", "b": "river"}
    assert [str(problem) for problem in problems] == [
        "recordings.csv line 4: 'a' is already in recordings.csv line 2, not a new recording; left out",
        "recordings.csv line 5: recording_id is empty, not the name of a recording; left out",
    ]


def test_a_start_has_its_zone(tmp_path):
    rows = "a,x,2026-04-01T05:30:00-04:00\nb,x,2026-04-01T05:30Z\nc,x,2026-04-01T05:30\nd,x,dawn\ne,x,\n"
    starts, problems = recordings.read_starts(table(tmp_path, "recording_id,site,start\n" + rows))
    assert starts == {
        "a": datetime(2026, 4, 1, 5, 30, tzinfo=timezone(timedelta(hours=-4))),
        "b": datetime(2026, 4, 1, 5, 30, tzinfo=UTC),
    }
    assert [(problem.line, problem.kind) for problem in problems] == [(4, "bad_start"), (5, "bad_start")]


def test_without_a_column_of_starts_there_are_none(tmp_path):
    assert recordings.read_starts(table(tmp_path, "recording_id,site\na,x\n")) == ({}, [])


def test_a_table_without_sites_is_refused(tmp_path):
    with pytest.raises(AnnotationError, match="is 'sites' meant to be 'site'"):
        recordings.read(table(tmp_path, "recording_id,sites\na,x\n"))


def test_sites_may_stand_in_another_column(tmp_path):
    path = table(tmp_path, "recording_id,site,plot\na,forest,7\n")
    assert recordings.read(path, "plot") == ({"a": "7"}, [])
    with pytest.raises(AnnotationError, match="no column block"):
        recordings.read(path, "block")
