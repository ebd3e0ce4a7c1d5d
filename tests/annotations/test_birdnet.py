from __future__ import annotations

import pytest

from dawnchorus.annotations import birdnet, formats
from dawnchorus.annotations.marks import ABSENT, PRESENT, UNSEEN, Mark, Told

HEADER = "Start (s),End (s),Scientific name,Common name,Confidence,File"


def table(folder, text: str, name: str = "x.csv"):
    path = folder / name
    path.write_text(text)
    return path


def test_trap_3_3_what_birdnet_found_nobody_looked_at(tmp_path) -> None:
    path = table(tmp_path, HEADER + ",lat,lon\n0,3,Parus major,Great Tit,0.8765,SD1/a.wav,50,8\n")
    expected = Mark("SD1/a.wav", "Parus major", 0.0, 3.0, said=UNSEEN, score=0.8765)
    assert formats.read(path).marks == [expected]
    assert birdnet.read(path, Told(species="Common name")).marks[0].species == "Great Tit"
    assert birdnet.read(path, Told(said=PRESENT)).marks[0].said == PRESENT


@pytest.mark.parametrize(
    ("word", "said"), [("U", UNSEEN), ("", UNSEEN), ("Y", PRESENT), ("1", PRESENT), ("N", ABSENT), ("0", ABSENT)]
)
def test_trap_3_3_the_column_validation_is_a_verdict(tmp_path, word, said) -> None:
    path = table(tmp_path, f"{HEADER},validation\n0,3,Parus major,Great Tit,0.8,a.wav,{word}\n")
    assert [one.said for one in birdnet.read(path).marks] == [said]
    path = table(tmp_path, f"{HEADER},validation\n0,3,Parus major,Great Tit,0.8,a.wav,maybe\n")
    assert birdnet.read(path).problems[0].kind == "bad_verdict"


def test_trap_3_3_older_tables_have_semicolons_and_no_files(tmp_path) -> None:
    text = "Start (s);End (s);Scientific name;Common name;Confidence\n0;3;Parus major;Great Tit;0,8\n"
    path = table(tmp_path, text, "a.BirdNET.results.csv")
    assert birdnet.read(path).marks == [Mark("a", "Parus major", 0.0, 3.0, said=UNSEEN, score=0.8)]
