from __future__ import annotations

from dawnchorus.annotations import formats
from dawnchorus.annotations.marks import ABSENT, PRESENT, UNSEEN, Mark


def table(folder, text: str):
    path = folder / "x.csv"
    path.write_text(text)
    return path


def test_trap_3_5_one_is_present_zero_is_absent_and_nan_says_nothing(tmp_path) -> None:
    text = "file,start_time,end_time,frog,toad\nSD1/a.wav,0.0,3.0,1,\nSD1/a.wav,3.0,6.0,0.0,nan\nb.wav,0,3,True,False\n"
    assert formats.read(table(tmp_path, text)).marks == [
        Mark("SD1/a.wav", "frog", 0.0, 3.0),
        Mark("SD1/a.wav", "frog", 3.0, 6.0, said=ABSENT),
        Mark("b.wav", "frog", 0.0, 3.0, said=PRESENT),
        Mark("b.wav", "toad", 0.0, 3.0, said=ABSENT),
    ]


def test_trap_3_5_predictions_are_logits_and_failed_clips_are_told(tmp_path) -> None:
    found = formats.read(table(tmp_path, "file,start_time,end_time,frog\na.wav,0,3,-4.5\na.wav,3,6,\nb.wav,,,\n"))
    assert found.marks == [Mark("a.wav", "frog", 0.0, 3.0, said=UNSEEN, score=-4.5)]
    assert [(one.line, one.kind) for one in found.problems] == [(4, "unreadable")]


def test_boxes_with_and_without_frequencies_and_files_that_are_empty(tmp_path) -> None:
    text = (
        "audio_file,annotation_file,annotation,start_time,end_time,low_f,high_f\n"
        "a.wav,a.txt,frog,1,2,100,200\na.wav,a.txt,frog,3,4,,\nb.wav,b.txt,,,,,\n"
    )
    found = formats.read(table(tmp_path, text))
    assert found.marks == [Mark("a.wav", "frog", 1.0, 2.0, 100.0, 200.0), Mark("a.wav", "frog", 3.0, 4.0)]
    assert (found.empty, found.problems) == (("b.wav",), [])
