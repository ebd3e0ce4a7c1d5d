from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dawnchorus.annotations import AnnotationError, formats, rfcx
from dawnchorus.events import Annotation

HEADER = "recording_id,species_id,songtype_id,t_min,f_min,t_max,f_max\n"


def table(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "train_tp.csv"
    path.write_text(header + "".join(row + "\n" for row in rows), encoding="utf-8")
    return path


def test_trap_3_6_a_row_is_a_box_with_the_verdict_of_its_table(tmp_path):
    path = table(tmp_path, "003bec244,14,1,44.544,2531.25,45.1307,5531.25")
    expected = Annotation("003bec244", 14, 44.544, 45.1307, 2531.25, 5531.25, True, 1)
    assert rfcx.read(path, present=True) == ([expected], [])
    (absent,), _ = rfcx.read(path, present=False)
    assert not absent.present
    assert absent.where == "train_tp.csv line 2"


@pytest.mark.parametrize(
    ("row", "kind", "sentence"),
    [
        ("a,3,1,4.0,0,3.2,9", "ends_before_start", "t_max is 3.2, not after t_min 4.0"),
        ("a,3,1,4.0,0,4,9", "ends_before_start", "t_max is 4, not after t_min 4.0"),
        ("a,3,1,x,0,4,9", "not_a_number", "t_min is 'x', not a number"),
        ("a,3,1,nan,0,4,9", "not_a_number", "t_min is 'nan', not a number"),
        ("a,3,1,0,0,inf,9", "not_a_number", "t_max is 'inf', not a number"),
        ("a,3,1,0,0,1_0,9", "not_a_number", "t_max is '1_0', not a number"),
        ('a,3,1,0,0,"3,2",9', "not_a_number", "t_max is '3,2', not a number with a decimal point"),
        ("a,3,1,0,=cmd|' /C calc'!A0,4,9", "not_a_number", "f_min is \"=cmd|' /C calc'!A0\", not a number"),
        ("a,3,1,0,0,4", "not_a_number", "f_max is '', not a number"),
        ("a,-1,1,0,0,4,9", "bad_species", "species_id is -1, not a whole number from 0 on"),
        ("a,1.5,1,0,0,4,9", "bad_species", "species_id is 1.5, not a whole number from 0 on"),
        ("a,3,0.5,0,0,4,9", "bad_song_type", "songtype_id is 0.5, not a whole number from 0 on"),
        ("a,3,1,-0.1,0,4,9", "negative_time", "t_min is -0.1, not 0 or more"),
        ("a,3,1,0,9,4,8", "bad_frequency", "f_max is 8, not f_min 9 or above"),
        (",3,1,0,0,4,9", "missing", "recording_id is empty, not the name of a recording"),
    ],
)
def test_f29_a_row_that_is_no_box_is_left_out_and_said_so(tmp_path, row, kind, sentence):
    annotations, (problem,) = rfcx.read(table(tmp_path, "ok,0,1,0,0,1,1", row, "ok,0,1,0,0,1,1"), present=True)
    assert len(annotations) == 2
    assert (problem.file, problem.line, problem.kind, problem.left_out) == ("train_tp.csv", 3, kind, True)
    assert str(problem) == f"train_tp.csv line 3: {sentence}; left out"


def test_no_row_is_lost_between_boxes_and_problems(tmp_path):
    rows = [f"a,{i % 4 - 1},1,{i},0,{i * 1.5 - 3},9" for i in range(50)]
    annotations, problems = rfcx.read(table(tmp_path, *rows), present=True)
    assert len(annotations) + len(problems) == 50


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("recording_id,species_id,t_min,f_min,tmax,f_max\n", "no column t_max.*is 'tmax' meant to be 't_max'"),
        ("recording_id,t_min,f_min,t_max,f_max\n", "no column species_id; its columns are recording_id, t_min"),
        (HEADER.replace(",", ";"), "separated by ';'"),
        (HEADER.replace(",", "\t"), "separated by tabs"),
        (HEADER.replace("f_max", "t_max"), "t_max twice"),
        ("", "is empty"),
    ],
)
def test_f29_a_table_with_other_columns_is_refused_with_what_it_has(tmp_path, header, message):
    with pytest.raises(AnnotationError, match=message):
        rfcx.read(table(tmp_path, header=header), present=True)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "train_tp.csv"
    path.write_bytes(HEADER.encode() + "ñ,0,1,0,0,1,1\n".encode("cp1252"))
    with pytest.raises(AnnotationError, match=r"train_tp\.csv line 2 is not UTF-8"):
        rfcx.read(path, present=True)


def test_marks_blanks_extra_columns_and_windows_line_ends_are_taken(tmp_path):
    path = tmp_path / "train_tp.csv"
    header = "note, t_max ,recording_id,species_id,t_min,f_min,f_max\r\n"
    path.write_text(
        "\ufeff" + header + "\r\n,,,\r\nhi, 2.5 , a b ,3.0, 1.5,0,10,more\r\n", encoding="utf-8", newline=""
    )
    (one,), problems = rfcx.read(path, present=True)
    assert problems == []
    assert one == Annotation("a b", 3, 1.5, 2.5, 0, 10, True, 1)
    assert one.where == "train_tp.csv line 4"


def test_lines_are_counted_as_an_editor_counts_them(tmp_path):
    path = table(tmp_path, '"two\nlines",0,1,0,0,1,1', "", "a,0,1,x,0,1,1")
    (one,), (problem,) = rfcx.read(path, present=True)
    assert one.recording == "two\nlines"
    assert one.where == "train_tp.csv line 2"
    assert problem.line == 5


NUMBERS = st.floats(0, 1e6)
NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1).map(str.strip)
BOXES = st.builds(
    lambda name, species, song, start_s, length_s, low_hz, width_hz: Annotation(
        name, species, start_s, start_s + length_s, low_hz, low_hz + width_hz, True, song
    ),
    *(NAMES.filter(bool), st.integers(0, 10_000), st.integers(0, 9), NUMBERS, st.floats(1e-6, 1e5), NUMBERS, NUMBERS),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("round_trip")


@given(boxes=st.lists(BOXES.filter(lambda one: one.end_s > one.start_s), max_size=5))
def test_what_is_written_is_read_again(folder, boxes):
    path = folder / "train_tp.csv"
    rfcx.write(path, boxes)
    assert rfcx.read(path, present=True) == (boxes, [])


def test_written_numbers_are_plain(tmp_path):
    path = tmp_path / "new" / "train_fp.csv"
    rfcx.write(path, [Annotation("a", 2, 1, 0.1 + 0.2, 20, math.pi, False, 4)])
    assert path.read_bytes() == HEADER.encode() + b"a,2,4,1.0,20.0,0.30000000000000004,3.141592653589793\n"


def test_trap_3_6_a_recording_may_be_in_both_tables_and_several_times(tmp_path):
    table(tmp_path, "a,3,1,1,0,2,9", "a,3,4,5,0,6,9", "a,7,1,1,0,2,9")
    (tmp_path / "train_fp.csv").write_text(HEADER + "a,3,1,8,0,9,9\na,0,1,1,0,2,9\n")
    marks = formats.read(tmp_path).marks
    assert [(one.species, one.start_s, one.said) for one in marks] == [
        ("s3", 1.0, "present"),
        ("s3", 5.0, "present"),
        ("s7", 1.0, "present"),
        ("s3", 8.0, "absent"),  # of this species in this box, and of nothing else
        ("s0", 1.0, "absent"),
    ]
