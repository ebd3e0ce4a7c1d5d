"""The command `quantise`."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import sounds
from dawnchorus import offline
from dawnchorus.cli import app
from detect import archive, tiny_model

runner = CliRunner()


def test_without_nncf_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ImportError("No module named 'nncf'")

    monkeypatch.setattr(offline, "nncf", missing)
    tiny_model.write(tmp_path / "model")
    path = sounds.write_wav(tmp_path / "a.wav", archive.bursts(4, 1.0), archive.RATE_HZ)
    result = runner.invoke(app, ["quantise", str(tmp_path / "model"), str(path)])
    assert result.exit_code == 1 and "dawnchorus[int8]" in result.output


def test_a_truth_needs_its_recordings(tmp_path: Path) -> None:
    tiny_model.write(tmp_path / "model")
    result = runner.invoke(app, ["quantise", str(tmp_path / "model"), "x", "--truth", "truth.csv"])
    assert result.exit_code == 2 and "belong together" in result.output


def test_detection_refuses_int8_that_is_not_there(tmp_path: Path) -> None:
    tiny_model.write(tmp_path / "model")
    path = sounds.write_wav(tmp_path / "a.wav", archive.bursts(4, 1.0), archive.RATE_HZ)
    options = ["detect", str(tmp_path / "model"), str(path), "--out", str(tmp_path / "out"), "--precision"]
    result = runner.invoke(app, [*options, "int8", "--force"])
    assert result.exit_code == 1 and "dawnchorus quantise" in result.output
    assert not (tmp_path / "out").exists()
    assert runner.invoke(app, [*options, "f16"]).exit_code == 2
