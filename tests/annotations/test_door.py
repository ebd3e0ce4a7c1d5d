from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dawnchorus.annotations import check, match
from dawnchorus.annotations.door import by_key
from dawnchorus.events import Annotation, Recording


def recording(name: str, key: str = "", duration_s: float = 60.0) -> Recording:
    path = Path(name)
    return Recording(key or path.with_suffix("").as_posix(), Path("audio") / path, duration_s, 48_000)


def box(name: str, start_s: float = 1, end_s: float = 2, species: int = 0, present: bool = True, line: int = 2):
    where = f"train_{'tp' if present else 'fp'}.csv line {line}"
    return Annotation(name, species, start_s, end_s, 100, 200, present, where=where)


def matched(name: str, *recordings: Recording) -> str:
    """The key that a name is matched to, or the kind of the problem."""
    annotations, problems = match([box(name)], recordings)
    assert len(annotations) + len(problems) == 1
    return annotations[0].recording if annotations else problems[0].kind


# ---- names -----------------------------------------------------------------------------------------------------


def test_a_recording_is_named_by_key_by_path_or_by_file():
    recordings = [recording("card1/a.wav"), recording("card2/b.flac")]
    for name in ("card1/a", "card1/a.wav", "a", "a.wav", "card1\\a.wav"):
        assert matched(name, *recordings) == "card1/a"


def test_a_name_that_two_files_have_is_ambiguous_and_both_are_named():
    recordings = [recording("card1/a.wav"), recording("card2/a.wav")]
    annotations, (problem,) = match([box("a", line=7)], recordings)
    assert annotations == []
    assert (problem.file, problem.line, problem.kind, problem.left_out) == (
        *("train_tp.csv", 7, "ambiguous_recording", True),
    )
    assert str(recordings[0].path) in str(problem)
    assert str(recordings[1].path) in str(problem)
    assert matched("card2/a", *recordings) == "card2/a"


def test_a_key_comes_before_the_name_of_another_file():
    assert matched("a", recording("a.wav"), recording("card1/a.wav")) == "a"
    assert matched("a.wav", recording("a.wav"), recording("a.wav.ogg", key="a.wav")) == "a.wav"


def test_keys_with_extensions_are_keys():
    recordings = [recording("a.wav", key="a.wav"), recording("a.flac", key="a.flac")]
    assert matched("a.flac", *recordings) == "a.flac"
    assert matched("a", *recordings) == "ambiguous_recording"


def test_f29_a_name_without_a_file_is_unknown_wherever_it_points():
    recordings = [recording("card1/a.wav")]
    for name in ("b", "../../card1/a", "/etc/passwd", "../a", "card2/a", "A", "[a]", "*"):
        assert matched(name, *recordings) == "unknown_recording"


def test_composed_and_decomposed_letters_are_one_name():
    assert matched("voz_\u00f1", recording("voz_n\u0303.wav")) == "voz_n\u0303"


def test_every_row_without_a_recording_is_reported_with_its_line():
    rows = [box("a", line=2), box("b", line=3), box("b", line=4)]
    annotations, problems = match(rows, [recording("a.wav")])
    assert annotations == rows[:1]
    assert [str(problem) for problem in problems] == [
        f"train_tp.csv line {line}: recording_id is 'b', not one of the recordings; left out" for line in (3, 4)
    ]


# ---- boxes -----------------------------------------------------------------------------------------------------


def test_f29_a_box_from_after_the_end_is_left_out():
    for start_s in (60, 61):
        annotations, (problem,) = check([box("a", start_s, 62)], [recording("a.wav")], None)
        assert annotations == []
        assert str(problem) == (
            f"train_tp.csv line 2: t_min is {start_s}, not within the 60 s of the recording; left out"
        )


def test_complaint_2_f29_a_box_beyond_the_end_is_cut_and_reported():
    (one,), (problem,) = check([box("a", 59, 60.5)], [recording("a.wav")], None)
    assert one == box("a", 59, 60)
    assert (problem.kind, problem.left_out) == ("beyond_end", False)
    assert str(problem) == "train_tp.csv line 2: t_max is 60.5, not within the 60 s of the recording; cut there"


def test_a_box_that_ends_within_the_tolerance_of_the_end_is_cut_without_a_word():
    assert check([box("a", 59, 60.04)], [recording("a.wav")], None) == ([box("a", 59, 60)], [])


def test_f29_a_species_out_of_range_is_left_out():
    rows = [box("a", species=23), box("a", species=24)]
    annotations, (problem,) = check(rows, [recording("a.wav")], 24)
    assert annotations == rows[:1]
    assert str(problem) == "train_tp.csv line 2: species_id is 24, not below 24; left out"
    assert check(rows, [recording("a.wav")], None) == (rows, [])


def test_f29_a_box_that_is_there_twice_is_kept_once():
    rows = [box("a", line=2), box("a", line=3), box("a", 1, 2.5, line=4)]
    annotations, (problem,) = check(rows, [recording("a.wav")], None)
    assert annotations == [rows[0], rows[2]]
    assert str(problem) == (
        "train_tp.csv line 3: the box is the same as that of train_tp.csv line 2, not a new one; left out"
    )


def test_f29_present_and_absent_at_one_time_is_a_contradiction_that_names_both_lines_and_keeps_both():
    rows = [box("a", 1, 3, line=5), box("a", 2, 4, present=False, line=9)]
    annotations, (problem,) = check(rows, [recording("a.wav")], None)
    assert annotations == rows
    assert (problem.kind, problem.left_out) == ("contradiction", False)
    assert "train_fp.csv line 9" in str(problem)
    assert "train_tp.csv line 5" in str(problem)


def test_boxes_of_other_species_recordings_or_times_do_not_contradict():
    absent = box("a", 2, 4, present=False)
    others = [box("b", 2, 4), box("a", 2, 4, species=1), box("a", 1, 2), box("a", 4, 5), replace(absent, end_s=3)]
    rows = [absent, *others]
    assert check(rows, [recording("a.wav"), recording("b.wav")], None) == (rows, [])


SHORT = st.builds(
    lambda start, length, present: box("a", start, start + length, present=present),
    *(st.integers(0, 30), st.integers(1, 10), st.booleans()),
)


@given(rows=st.lists(SHORT, max_size=25))
def test_exactly_the_boxes_that_are_contradicted_are_named(rows):
    rows = [replace(one, where=f"t.csv line {i}") for i, one in enumerate(rows)]
    annotations, problems = check(rows, [recording("a.wav")], None)
    contradictions = [problem for problem in problems if problem.kind == "contradiction"]
    named = {f"t.csv line {problem.line}" for problem in contradictions}
    named |= {problem.found.rpartition(" in ")[2] for problem in contradictions}
    expected = {
        one.where for one in annotations if any(o.present != one.present and o.overlaps(one) for o in annotations)
    }
    assert named == expected
    assert len(contradictions) <= len(annotations)
    assert len(annotations) + sum(problem.left_out for problem in problems) == len(rows)


def test_the_time_of_a_check_grows_with_the_rows_not_with_their_square():
    rows = [box("a", i / 1000, 59 + i / 1e6, present=i % 2 == 0, line=i + 2) for i in range(20_000)]
    begin = time.process_time()
    annotations, problems = check(*match(rows, [recording("a.wav")])[:1], [recording("a.wav")], 24)
    assert time.process_time() - begin < 3  # all pairs would take minutes
    assert len(annotations) == 20_000
    assert 10_000 <= len(problems) <= 20_000


# ---- paths of other computers ----------------------------------------------------------------------------------


def test_complaint_2_paths_of_other_computers_find_the_card_and_not_another_of_that_name():
    cards = [recording(f"SD{card:02}/20260401_050000.WAV") for card in range(10)]
    assert matched("C:\\season\\SD03\\20260401_050000.WAV", *cards) == "SD03/20260401_050000"
    assert matched("/media/x/season/SD09/20260401_050000.wav", *cards) == "SD09/20260401_050000"
    assert matched("/media/x/SD10/20260401_050000.WAV", *cards) == "unknown_recording"
    assert matched("20260401_050000.WAV", *cards) == "ambiguous_recording"


def test_complaint_3_extensions_in_capitals_are_the_same():
    assert matched("a.WAV", recording("a.wav")) == "a"
    assert matched("x/a.wav", recording("x/a.WAV")) == "x/a"


def test_a_file_right_under_the_audio_folder_is_named_with_it():
    assert matched("/season/audio/a.wav", recording("a.wav")) == "a"
    assert matched("/season/other/a.wav", recording("a.wav")) == "unknown_recording"


# ---- several audio folders -------------------------------------------------------------------------------------


def test_a_path_under_one_of_several_audio_folders_finds_its_recording():
    recordings = [
        recording("CARDS/siteB/2024/x.flac"),
        recording("train/plotA/train0000.wav"),
        recording("train/y.wav"),
    ]
    for name in ("siteB/2024/x", "siteB/2024/x.flac", "siteB\\2024\\x.FLAC", "2024/x"):
        assert matched(name, *recordings) == "CARDS/siteB/2024/x"
    assert matched("plotA/train0000", *recordings) == "train/plotA/train0000"
    assert matched("y", *recordings) == "train/y"


def test_a_key_ends_in_whole_names_of_folders_and_in_nothing_else():
    for name in ("B/x", "siteA/x", "../siteB/x", "CARDS/x", "/siteB/x", "siteB/x/", "siteB"):
        assert matched(name, recording("CARDS/siteB/x.flac")) == "unknown_recording", name


def test_a_path_under_two_audio_folders_is_ambiguous_and_both_are_named():
    recordings = [recording("CARDS/siteB/x.flac"), recording("copy/siteB/x.flac")]
    annotations, (problem,) = match([box("siteB/x")], recordings)
    assert (annotations, problem.kind) == ([], "ambiguous_recording")
    assert all(str(one.path) in str(problem) for one in recordings)
    assert matched("copy/siteB/x", *recordings) == "copy/siteB/x"


def test_a_whole_key_comes_before_the_end_of_another():
    recordings = [recording("siteB/x.flac"), recording("CARDS/siteB/x.flac")]
    for name in ("siteB/x", "siteB/x.flac", "siteB/x.FLAC"):
        assert matched(name, *recordings) == "siteB/x"


def test_the_end_of_a_key_comes_before_a_key_that_has_less_of_the_name():
    recordings = [recording("CARDS/siteB/2024/x.flac"), recording("2024/x.flac")]
    assert matched("siteB/2024/x", *recordings) == "CARDS/siteB/2024/x"


def test_the_audio_folder_and_a_folder_of_its_name_are_told_apart_by_no_name():
    assert matched("audio/a.wav", recording("a.wav"), recording("copy/audio/a.wav")) == "ambiguous_recording"


# ---- what a table says of recordings ---------------------------------------------------------------------------


def test_a_site_reaches_its_recording_by_any_name_the_most_exact_first():
    recordings = [recording("card1/a.wav"), recording("card2/a.wav"), recording("card2/b.wav")]
    sites = {"a": "ridge", "card2\\a.WAV": "river", "b": "", "card2/b.wav": "pond", "test0": "x"}
    assert by_key(sites, recordings) == ({"card1/a": "ridge", "card2/a": "river", "card2/b": "pond"}, ["test0"])
