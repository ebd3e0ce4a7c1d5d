from __future__ import annotations

import pytest

from dawnchorus.annotations import formats
from dawnchorus.annotations.marks import ABSENT, UNSEEN, Mark
from dawnchorus.export import opensoundscape
from some_marks import recording

SAID = [
    Mark("SD1/a", "frog", 0.0, 3.0),
    Mark("SD1/a", "toad", 0.0, 3.0, said=ABSENT),
    Mark("SD1/a", "toad", 3.0, 6.0, score=0.5, said=UNSEEN),
]


def test_trap_3_5_labels_are_one_zero_and_nothing(tmp_path) -> None:
    lost = opensoundscape.write(tmp_path / "x.csv", SAID, [recording("SD1/a")])
    assert lost == {"were not looked at: left out": 1}
    text = "file,start_time,end_time,frog,toad\nSD1/a.WAV,0.0,3.0,1.0,0.0\n"
    assert (tmp_path / "x.csv").read_text() == text
    said = [(one.species, one.said) for one in formats.read(tmp_path / "x.csv").marks]
    assert said == [("frog", "present"), ("toad", "absent")]


def test_trap_3_5_predictions_are_scores(tmp_path) -> None:
    assert opensoundscape.write(tmp_path / "x.csv", SAID[2:]) == {}
    assert formats.read(tmp_path / "x.csv").marks == SAID[2:]


def test_of_two_rows_for_a_clip_and_a_class_the_higher_counts_and_it_is_said(tmp_path) -> None:
    lost = opensoundscape.write(tmp_path / "x.csv", [SAID[0], Mark("SD1/a", "frog", 0.0, 3.0, said=ABSENT)])
    assert lost == {"are of a clip and a class that have one already: the higher value counts": 1}
    assert [one.said for one in formats.read(tmp_path / "x.csv").marks] == ["present"]


def test_the_frame_has_the_index_of_opensoundscape() -> None:
    pytest.importorskip("pandas")
    frame = opensoundscape.frame(SAID, [recording("SD1/a")])
    assert list(frame.index.names) == ["file", "start_time", "end_time"]
    assert frame.loc[("SD1/a.WAV", 0.0, 3.0)].to_dict() == {"frog": 1.0, "toad": 0.0}
