from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dawnchorus.export import submission
from dawnchorus.export.submission import SubmissionError


def sample(folder: Path, *recordings: str, header: str = "recording_id,s0,s1") -> Path:
    path = folder / "sample_submission.csv"
    path.write_text(header + "\n" + "".join(f"{one},0,0\n" for one in recordings), encoding="utf-8")
    return path


def scores(*values: float) -> np.ndarray:
    return np.float32(values)


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_rows_and_their_order_are_those_of_the_sample(tmp_path):
    said = {"a": scores(0.1, 0.2), "b": scores(1, 0.123456789), "unasked": scores(1, 1)}
    assert submission.write(tmp_path / "out" / "s.csv", sample(tmp_path, "b", "a"), said) == []
    assert lines(tmp_path / "out" / "s.csv") == [
        "recording_id,s0,s1",
        "b,1.000000,0.123457",
        "a,0.100000,0.200000",
    ]


def test_a_recording_without_scores_has_zeros_and_is_told(tmp_path):
    missing = submission.write(tmp_path / "s.csv", sample(tmp_path, "a", "gone", "b"), {"a": scores(0.5, 0.5)})
    assert missing == ["gone", "b"]
    assert lines(tmp_path / "s.csv")[2:] == ["gone,0.000000,0.000000", "b,0.000000,0.000000"]


def test_recordings_are_found_by_their_stem(tmp_path):
    said = {"card1/day/a": scores(0.5, 0), "b": scores(0, 0.25)}
    assert submission.write(tmp_path / "s.csv", sample(tmp_path, "a", "b", "card1/day/a"), said) == []
    assert lines(tmp_path / "s.csv")[1:] == [
        "a,0.500000,0.000000",
        "b,0.000000,0.250000",
        "card1/day/a,0.500000,0.000000",
    ]


def test_a_key_comes_before_the_stem_of_another(tmp_path):
    said = {"a": scores(0.5, 0.5), "card1/a": scores(0, 0)}
    submission.write(tmp_path / "s.csv", sample(tmp_path, "a"), said)
    assert lines(tmp_path / "s.csv")[1] == "a,0.500000,0.500000"


def test_a_stem_that_fits_two_recordings_is_refused(tmp_path):
    said = {"card1/a": scores(0.5, 0.5), "card2/a": scores(0, 0)}
    with pytest.raises(
        SubmissionError, match="line 2: 2 recordings are named 'a', first 'card1/a'; expected the name of"
    ):
        submission.write(tmp_path / "s.csv", sample(tmp_path, "a"), said)
    assert submission.write(tmp_path / "s.csv", sample(tmp_path, "card1/a", "card2/a"), said) == []


def test_a_sample_with_a_byte_order_mark_is_read(tmp_path):
    path = sample(tmp_path, "a")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert submission.write(tmp_path / "s.csv", path, {"a": scores(0, 1)}) == []


@pytest.mark.parametrize(
    "header",
    ["recording_id,s0", "recording_id,s0,s1,s2", "recording_id,s1,s0", "id,s0,s1", "recording_id,frog,bird", ""],
)
def test_other_columns_are_named_beside_the_expected_ones(tmp_path, header):
    path = sample(tmp_path, "a", header=header)
    with pytest.raises(SubmissionError) as error:
        submission.write(tmp_path / "s.csv", path, {"a": scores(0, 1)})
    assert f"its columns are {', '.join(header.split(',')) or 'none'}; " in str(error.value)
    assert "expected recording_id, s0, s1" in str(error.value)
    assert not (tmp_path / "s.csv").exists()


@pytest.mark.parametrize(
    ("said", "expected"),
    [({"card/other": np.float32([0, 1])}, "card/other"), ({}, "of recordings that can be heard")],
    ids=["others", "none"],
)
def test_a_sample_of_other_recordings_is_refused(tmp_path, said, expected):
    words = f"sample_submission.csv line 2: no recording is named 'a', and none as .* such as '{expected}'"
    with pytest.raises(SubmissionError, match=words):
        submission.write(tmp_path / "s.csv", sample(tmp_path, "a", "b"), said)


def test_what_is_read_is_what_was_written(tmp_path):
    submission.write_all(tmp_path / "s.csv", {"é/b": scores(0.25, 1), "a": scores(0, 0.5)})
    recordings, values = submission.read(tmp_path / "s.csv")
    assert recordings == ["é/b", "a"]
    assert values.tolist() == [[0.25, 1], [0, 0.5]]


@pytest.mark.parametrize("row", ["a,nan,0", "a,x,0", "a,0", "a,0,0,0", ""])
def test_a_table_without_a_number_in_every_cell_is_refused(tmp_path, row):
    (tmp_path / "s.csv").write_text(f"recording_id,s0,s1\n{row}\n")
    with pytest.raises(SubmissionError, match=r"s\.csv"):
        submission.read(tmp_path / "s.csv")


def test_a_recording_in_two_rows_is_refused(tmp_path):
    (tmp_path / "s.csv").write_text("recording_id,s0\na,0.9\nb,0.5\na,0.1\n", encoding="utf-8")
    with pytest.raises(SubmissionError, match="'a' is in 2 rows"):
        submission.read(tmp_path / "s.csv")
