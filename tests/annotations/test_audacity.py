from __future__ import annotations

import pytest

from dawnchorus.annotations import AnnotationError, audacity, formats
from dawnchorus.annotations.marks import ABSENT, Mark, Told

FROG = Mark("a", "frog", 1.5, 2.25, 500.0, 3000.0)


def track(folder, text: str, name: str = "a.txt", encoding: str = "utf-8"):
    path = folder / name
    path.write_text(text, encoding=encoding, newline="")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "1.5\t2.25\tfrog\n\\\t500\t3000\n",
        "\ufeff1.500000\t2.250000\tfrog\r\n\\\t500.000000\t3000.000000\r\n",
        "1,5\t2,25\tfrog\n\\\t500,0\t3000,0\n",
        "1.5\t2.25\tfrog\n\\\t500\t3000",
        "\n1.5\t2.25\tfrog \n\\\t500\t3000\n\n",
    ],
    ids=["plain", "windows", "comma", "no last end", "blank lines"],
)
def test_complaint_1_trap_3_2_labels_with_frequencies_in_all_variants(tmp_path, text) -> None:
    path = track(tmp_path, text)
    assert audacity.read(path).marks == [FROG]
    assert formats.read(path).marks == [FROG]  # guessed


def test_trap_3_2_points_undefined_frequencies_and_labels_without_them(tmp_path) -> None:
    text = "1\t1\tpoint\n2\t3\tlow\n\\\t-1\t900\n4\t5\tnone\n\\\t-1\t-1\n6\t7\tplain\n"
    assert audacity.read(track(tmp_path, text)).marks == [
        Mark("a", "point", 1.0, 1.0),
        Mark("a", "low", 2.0, 3.0, 0.0, 900.0),
        Mark("a", "none", 4.0, 5.0),
        Mark("a", "plain", 6.0, 7.0),
    ]


def test_trap_3_2_quotes_are_a_part_of_the_label_and_a_fourth_column_too(tmp_path) -> None:
    found = audacity.read(track(tmp_path, '1\t2\t"frog", big\n1\t2\tfrog\t0.87\n')).marks
    assert [one.species for one in found] == ['"frog", big', "frog\t0.87"]


def test_a_track_says_what_the_user_says(tmp_path) -> None:
    (one,) = audacity.read(track(tmp_path, "1\t2\tfrog\n"), Told(said=ABSENT)).marks
    assert one.said == ABSENT


def test_a_label_without_text_is_a_problem_and_other_files_are_refused(tmp_path) -> None:
    found = audacity.read(track(tmp_path, "1\t2\tfrog\n3\t4\t\n5\tx\tfrog\n"))
    assert [(one.line, one.kind) for one in found.problems] == [(2, "missing"), (3, "not_a_number")]
    with pytest.raises(AnnotationError, match="no label track of Audacity"):
        audacity.read(track(tmp_path, "Selection\tView\n1\t2\n"))
    with pytest.raises(AnnotationError, match="not UTF-8"):
        audacity.read(track(tmp_path, "1\t2\tñu\n", encoding="cp1252"))


def test_an_empty_track_was_looked_at(tmp_path) -> None:
    assert audacity.read(track(tmp_path, "")).empty == ("a",)
