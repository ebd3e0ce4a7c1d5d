from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from dawnchorus.events import Species
from dawnchorus.export import scores_parquet

SPECIES = [Species(0, "frog"), Species(1, "鳥")]


def line(recording: str, frames: int, end_s: float, channel: int = 0) -> scores_parquet.Line:
    rng = np.random.default_rng(frames)
    return recording, channel, end_s, 0.5 * np.arange(frames), rng.random((frames, 2)).astype(np.float16)


def test_a_row_is_a_frame_and_a_column_a_species(tmp_path: Path) -> None:
    one = line("a/b", 3, 1.25)
    assert scores_parquet.write(tmp_path / "s.parquet", [one], 0.5, SPECIES) == 3
    rows = parquet.read_table(tmp_path / "s.parquet").to_pylist()
    assert list(rows[0]) == [*scores_parquet.FIXED, "frog", "鳥"]
    assert [(row["t_min"], row["t_max"]) for row in rows] == [(0, 0.5), (0.5, 1.0), (1.0, 1.25)]
    assert [row["鳥"] for row in rows] == one[4][:, 1].astype(np.float32).tolist()


def test_what_is_read_is_what_was_written_over_the_borders_of_row_groups(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(scores_parquet, "ROWS_AT_ONCE", 7)
    lines = [line("a", 5, 2.5), line("b", 20, 10.0, 1), line("b", 4, 10.0, 2), line("c", 1, 0.3)]
    scores_parquet.write(tmp_path / "s.parquet", iter(lines), 0.5, SPECIES)
    found = list(scores_parquet.read(tmp_path / "s.parquet"))
    assert [(scores.recording, channel) for channel, scores in found] == [("a", 0), ("b", 1), ("b", 2), ("c", 0)]
    for (_, _, end_s, start_s, values), (_, scores) in zip(lines, found, strict=True):
        np.testing.assert_array_equal(scores.framewise, values.astype(np.float32))
        np.testing.assert_array_equal(scores.frame_start_s, start_s)
        assert (scores.frame_s, scores.window_end_s.max()) == (0.5, min(end_s, start_s[-1] + 0.5))
        assert scores.whole_recording() == pytest.approx(values.max(axis=0))


def test_without_recordings_there_are_the_columns(tmp_path: Path) -> None:
    assert scores_parquet.write(tmp_path / "s.parquet", [], 0.5, SPECIES) == 0
    assert list(scores_parquet.read(tmp_path / "s.parquet")) == []
