from __future__ import annotations

from dawnchorus.annotations import crowsetta_seq, formats
from dawnchorus.annotations.marks import Mark, Told
from some_marks import recording

HEADER = "label,onset_s,offset_s,onset_sample,offset_sample,notated_path,annot_path,sequence,annotation\n"


def test_trap_3_8_times_in_seconds_or_in_samples(tmp_path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(HEADER + "frog,1.0,2.5,,,SD1/a.WAV,x,0,0\nfrog,,,48000,120000,SD1/a.WAV,x,0,0\n")
    found = formats.read(path)
    assert found.marks == [Mark("SD1/a.WAV", "frog", 1.0, 2.5)]
    assert str(found.problems[0]).endswith("samples, not in seconds, where the recording is not known; left out")
    told = Told(recordings=[recording("SD1/a")])
    assert crowsetta_seq.read(path, told).marks == found.marks * 2
    path.write_text(
        "label,onset_sample,offset_sample,notated_path,annot_path,sequence,annotation\nfrog,48000,120000,a,x,0,0\n"
    )
    assert formats.read(path, told=told).marks == [Mark("a", "frog", 1.0, 2.5)]
