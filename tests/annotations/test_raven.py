from __future__ import annotations

from pathlib import Path

import pytest

from dawnchorus.annotations import AnnotationError, formats, raven
from dawnchorus.annotations.marks import ABSENT, PRESENT, UNSEEN, Mark, Told
from dawnchorus.export import raven as raven_out
from some_marks import recording

HEADER = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tSpecies"
ROW = "1\tSpectrogram 1\t1\t1.5\t2.25\t500.0\t3000.0\tfrog"
FROG = Mark("a", "frog", 1.5, 2.25, 500.0, 3000.0, channel=1)


def table(folder: Path, *rows: str, header: str = HEADER, name: str = "a.Table.1.selections.txt") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("trailing", ["", "\t"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_trap_3_1_marks_line_ends_and_trailing_tabs(tmp_path, mark, end, trailing, last) -> None:
    path = tmp_path / "a.Table.1.selections.txt"
    text = mark + (trailing + end).join([HEADER, ROW]) + trailing + (end if last else "")
    path.write_text(text, encoding="utf-8", newline="")
    assert raven.read(path) == formats.read(path, "raven")
    assert raven.read(path).marks == [FROG]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("a.Table.1.selections.txt", "a"),
        ("a.selections.txt", "a"),
        ("a.Table.2.selections.TXT", "a"),
        ("a.BirdNET.selection.table.txt", "a"),
        ("20260401_050000.txt", "20260401_050000"),
        ("a.b.Table.x.txt", "a.b.Table.x"),
    ],
)
def test_a_table_without_files_is_of_the_recording_that_it_is_named_after(tmp_path, name, key) -> None:
    assert raven.read(table(tmp_path, ROW, name=name)).marks[0].recording == key


def test_trap_3_1_waveform_twins_are_one_selection(tmp_path) -> None:
    rows = [ROW.replace("Spectrogram", "Waveform"), ROW, "2\tWaveform 1\t1\t5\t6\t0\t0\tbird"]
    found = raven.read(table(tmp_path, *rows)).marks
    assert found == [FROG, Mark("a", "bird", 5.0, 6.0, channel=1)]
    assert raven.read(table(tmp_path, *reversed(rows))).marks == found


def test_trap_3_1_the_column_of_species_is_never_guessed_among_several(tmp_path) -> None:
    path = table(tmp_path, ROW + "\tsong\tnote", header=HEADER + "\tSound type\tComments")
    with pytest.raises(AnnotationError, match="columns Species, Sound type, Comments: say which it is"):
        raven.read(path)
    assert raven.read(path, Told(species="sound type")).marks[0].species == "song"
    with pytest.raises(AnnotationError, match="no column 'Call'"):
        raven.read(path, Told(species="Call"))
    with pytest.raises(AnnotationError, match="no column that could name the species"):
        raven.read(table(tmp_path, header=HEADER.removesuffix("\tSpecies")))


def test_trap_3_1_times_of_several_files_are_their_offsets(tmp_path) -> None:
    header = HEADER + "\tBegin Path\tFile Offset (s)"
    path = table(tmp_path, "1\tSpectrogram 1\t1\t61.5\t63\t0\t9\tfrog\tC:\\SD01\\a.WAV\t1.5", header=header)
    assert raven.read(path).marks == [Mark("C:/SD01/a.WAV", "frog", 1.5, 3.0, 0.0, 9.0, channel=1)]


def test_trap_3_1_running_times_without_offsets_need_the_files_in_order(tmp_path) -> None:
    header = HEADER + "\tBegin File"
    rows = ["1\tSpectrogram 1\t1\t1\t2\t0\t9\tfrog\ta.WAV", "2\tSpectrogram 1\t1\t121\t122\t0\t9\tfrog\tc.WAV"]
    path = table(tmp_path, *rows, header=header)
    with pytest.raises(AnnotationError, match=r"several sound files and has no column 'File Offset \(s\)'"):
        raven.read(path)
    told = Told(recordings=[recording("x/a"), recording("x/b"), recording("x/c")])
    assert [(one.recording, one.start_s, one.end_s) for one in raven.read(path, told).marks] == [
        ("a.WAV", 1.0, 2.0),
        ("c.WAV", 1.0, 2.0),
    ]
    (problem,) = raven.read(path, Told(recordings=told.recordings[:2])).problems
    assert problem.kind == "unknown_recording"


def test_complaint_24_one_table_runs_on_over_all_files_and_leaves_strangers_out(tmp_path) -> None:
    recordings = [recording(key, length) for key, length in (("SD01/a", 60.0), ("SD02/a", 30.5), ("SD03/a", 60.0))]
    said = [Mark("SD03/a", "frog", 1.0, 2.0), Mark("elsewhere", "frog", 1.0, 2.0), Mark("SD01/a", "frog", 5.0, 6.0)]
    path = tmp_path / "all.selections.txt"
    lost = raven_out.write(path, said, recordings)
    assert lost == {"are of recordings that are not there: left out": 1}
    cells = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    assert [(row[3], row[4], row[8], row[9]) for row in cells] == [
        ("5.0", "6.0", "SD01/a.WAV", "5.0"),
        ("91.5", "92.5", "SD03/a.WAV", "1.0"),
    ]
    assert [one._replace(channel=0) for one in raven.read(path).marks] == [
        said[2]._replace(recording="SD01/a.WAV"),
        said[0]._replace(recording="SD03/a.WAV"),
    ]


def test_complaint_24_the_channel_is_the_real_one(tmp_path) -> None:
    raven_out.write(tmp_path / "out", [Mark("a", "x", 0.0, 1.0, channel=3)])
    assert raven.read(tmp_path / "out" / "a.selections.txt").marks[0].channel == 3


def test_the_tables_of_birdnet_are_what_nobody_looked_at(tmp_path) -> None:
    header = (
        "Selection\tBegin Time (s)\tEnd Time (s)\tCommon Name\tScientific Name\tSpecies Code\tConfidence\tView\tChannel"
        "\tFile Offset (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tBegin Path"
    )
    row = "1\t0\t3\tGreat Tit\tParus major\tgretit1\t0.8765\tSpectrogram 1\t1\t0\t0\t15000\t/x/a.wav"
    path = table(tmp_path, row, header=header, name="a.BirdNET.selection.table.txt")
    with pytest.raises(AnnotationError, match="BirdNET's tables have several names"):
        raven.read(path)
    (one,) = raven.read(path, Told(species="Scientific Name")).marks
    assert (one.species, one.score, one.said) == ("Parus major", 0.8765, UNSEEN)
    (one,) = raven.read(path, Told(species="Species Code", said=PRESENT)).marks
    assert (one.species, one.said) == ("gretit1", PRESENT)


def test_a_verdict_that_is_no_word_of_ours_is_a_problem(tmp_path) -> None:
    header = HEADER + "\tVerdict"
    table_of = raven.read(table(tmp_path, ROW + "\tAbsent", ROW + "\tmaybe", header=header))
    assert [one.said for one in table_of.marks] == [ABSENT]
    assert str(table_of.problems[0]).endswith(
        "line 3: Verdict is 'maybe', not present, absent, unsure or empty; left out"
    )


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("1\tSpectrogram 1\t1\tx\t2\t0\t9\tfrog", "not_a_number"),
        ("1\tSpectrogram 1\t1\t3\t2\t0\t9\tfrog", "ends_before_start"),
        ("1\tSpectrogram 1\t1\t-3\t2\t0\t9\tfrog", "negative_time"),
        ("1\tSpectrogram 1\t1\t1\t2\t9\t0\tfrog", "bad_frequency"),
        ("1\tSpectrogram 1\t1\t1\t2\t0\t9\t", "missing"),
        ("1\tSpectrogram 1\t1\t1", "not_a_number"),
    ],
)
def test_a_row_that_is_no_box_is_a_problem(tmp_path, row, kind) -> None:
    found = raven.read(table(tmp_path, ROW, row))
    assert found.marks == [FROG]
    assert [(one.line, one.kind) for one in found.problems] == [(3, kind)]


def test_complaint_2_ten_cards_with_the_same_names(tmp_path) -> None:
    for card in range(10):
        table(tmp_path, ROW, name=f"SD{card}/20260401_050000.Table.1.selections.txt")
    assert [one.recording for one in formats.read(tmp_path).marks] == [f"SD{n}/20260401_050000" for n in range(10)]


def test_complaint_opso_1071_a_table_without_selections_says_that_it_was_looked_at(tmp_path) -> None:
    assert raven.read(table(tmp_path)).empty == ("a",)
