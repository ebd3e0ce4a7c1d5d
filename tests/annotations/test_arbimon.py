from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dawnchorus.annotations import AnnotationError, arbimon, formats
from dawnchorus.annotations.marks import ABSENT, PRESENT, UNSEEN, UNSURE, Mark, Told
from some_marks import recording

PATTERN = (
    "id,recording,site,year,month,day,hour,minute,species,songtype,x1,x2,y1,y2,frequency,validated,url,score,site_id"
)
CLASSIFIER = "site_id,site_name,detection_start,detection_end,detection_class,confidence,validation_status"


def table(folder, *lines: str):
    path = folder / "x.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def pattern(validated: str = "present", name: str = "S_20240319_135700.WAV", time: str = "2024,3,19,13,57") -> str:
    return f"7,{name},Bio 3,{time},Amazona albifrons,Simple Call,9.5,11,1000.5,23000,24000,{validated},https://x,0.25,5"


@pytest.mark.parametrize(
    ("validated", "said"),
    [
        ("present", PRESENT),
        ("1", PRESENT),
        ("not present", ABSENT),
        ("0", ABSENT),
        ("-1", ABSENT),
        ("unknown", UNSURE),
        ("(not validated)", UNSEEN),
        ("null", UNSEEN),
        ("", UNSEEN),
        ("-", UNSEEN),
    ],
)
def test_trap_3_7_a_row_of_pattern_matching_has_a_verdict(tmp_path, validated, said) -> None:
    (one,) = formats.read(table(tmp_path, PATTERN, pattern(validated))).marks
    expected = Mark("S_20240319_135700.WAV", "Amazona albifrons", 9.5, 11.0, 1000.5, 23000.0, said, 0.25)
    assert one == expected._replace(song_type="Simple Call")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("-", UNSEEN),
        ("", UNSEEN),
        ("not present", ABSENT),
        ("-1", ABSENT),
        ("unknown", UNSURE),
        ("0", UNSURE),
        ("1", PRESENT),
    ],
)
def test_trap_3_7_zero_is_unknown_in_the_status_of_a_job_and_not_present_elsewhere(tmp_path, status, said) -> None:
    path = table(tmp_path, CLASSIFIER, f"s1,Bio 3,2026-04-01T05:00:10.500Z,2026-04-01T05:00:12Z,frog,0.9,{status}")
    there = replace(recording("SD1/a"), site="Bio 3", start=datetime(2026, 4, 1, 5, tzinfo=UTC))
    told = Told(recordings=[there, replace(there, key="SD2/a", site="Bio 4")])
    assert arbimon.read(path, told).marks == [Mark("SD1/a", "frog", 10.5, 12.0, said=said, score=0.9)]
    with pytest.raises(AnnotationError, match="names sites and times, not recordings"):
        formats.read(path)


def test_a_detection_when_nothing_was_recorded_is_a_problem(tmp_path) -> None:
    rows = [f"s1,Bio 3,2026-04-01T05:0{n}:10{zone},2026-04-01T05:00:12Z,frog,0.9,-" for n, zone in ((1, "Z"), (0, ""))]
    there = replace(recording("a"), site="Bio 3", start=datetime(2026, 4, 1, 5, tzinfo=UTC))
    found = arbimon.read(table(tmp_path, CLASSIFIER, *rows), Told(recordings=[there]))
    assert [one.kind for one in found.problems] == ["unknown_recording", "bad_time"]


def test_pieces_of_a_long_file_are_put_where_they_were(tmp_path) -> None:
    rows = [pattern(time=f"2024,3,19,{hour},{minute}") for hour, minute in ((13, 57), (14, 1))]
    assert [one.start_s for one in formats.read(table(tmp_path, PATTERN, *rows)).marks] == [9.5, 249.5]
    rows = [pattern(name="night.WAV", time=f"2024,3,19,13,{minute}") for minute in (57, 58)]
    found = formats.read(table(tmp_path, PATTERN, *rows))
    assert [one.kind for one in found.problems] == ["bad_time", "bad_time"]
    rows = [pattern(time="2024,3,19,12,57"), pattern()]
    assert "within a day after" in str(formats.read(table(tmp_path, PATTERN, *rows)).problems[0])


def test_a_file_of_one_piece_is_not_shifted_whatever_the_zone(tmp_path) -> None:
    (one,) = formats.read(table(tmp_path, PATTERN, pattern(time="2024,3,19,7,57"))).marks
    assert one.start_s == 9.5


@pytest.mark.parametrize(("present", "said"), [("1", PRESENT), ("0", ABSENT), ("", UNSEEN)])
def test_trap_3_7_validations_are_of_whole_recordings(tmp_path, present, said) -> None:
    path = table(tmp_path, "recording,species,songtype,present", f"a.WAV,frog,Call,{present}")
    found = arbimon.read(path, Told(recordings=[recording("SD1/a")]))
    assert found.marks == [Mark("SD1/a", "frog", 0.0, 60.0, said=said, song_type="Call")]
    assert [one.kind for one in arbimon.read(path).problems] == ["unknown_recording"]
