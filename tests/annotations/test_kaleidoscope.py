from __future__ import annotations

from dawnchorus.annotations import formats, kaleidoscope
from dawnchorus.annotations.marks import ABSENT, PRESENT, UNSEEN

TABLE = """INDIR,extra,FOLDER,IN FILE,OFFSET,DURATION,TOP1MATCH,TOP1DIST,MANUAL ID
C:\\season,1,SD01,a.wav,1.5,3,frog,0.2,
C:\\season,1,SD01,a.wav,4.5,3,frog,0.2,frog
C:\\season,1,SD02,a.wav,7.5,3,frog,0.2,Noise
C:\\season,1,SD02,a.wav,10.5,3,frog,0.2,toad
"""


def test_trap_3_4_complaint_24_manual_ids_are_verdicts_and_other_columns_do_no_harm(tmp_path) -> None:
    path = tmp_path / "cluster.csv"
    path.write_text(TABLE)
    found = formats.read(path).marks
    assert found == kaleidoscope.read(path).marks
    assert [(one.recording, one.species, one.start_s, one.said, one.score) for one in found] == [
        ("C:/season/SD01/a.wav", "frog", 1.5, UNSEEN, 0.8),
        ("C:/season/SD01/a.wav", "frog", 4.5, PRESENT, 0.8),
        ("C:/season/SD02/a.wav", "frog", 7.5, ABSENT, 0.8),
        ("C:/season/SD02/a.wav", "frog", 10.5, ABSENT, 0.8),
        ("C:/season/SD02/a.wav", "toad", 10.5, PRESENT, None),
    ]


def test_the_columns_of_kaleidoscope_itself(tmp_path) -> None:
    path = tmp_path / "id.csv"
    path.write_text("INDIR,FOLDER,IN FILE,DURATION,OFFSET,AUTO ID*,MANUAL ID*\n/x,,a.wav,3,0,frog,frog\n")
    (one,) = kaleidoscope.read(path).marks
    assert (one.recording, one.species, one.said) == ("/x/a.wav", "frog", PRESENT)
