"""The command `review`: what can't be reviewed is told in a sentence."""

from __future__ import annotations

# ruff: noqa: E402  what an extra brings may be missing, which skips these tests
import importlib.util
from pathlib import Path

import pytest
from typer.testing import CliRunner

for needed in ("fastapi", "uvicorn", "sqlalchemy"):
    pytest.importorskip(needed, reason="needs the review extra")

import sounds
from dawnchorus.cli import app
from dawnchorus.review.queue import ORDERS
from review import desks

runner = CliRunner()


def test_a_missing_extra_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "uvicorn" else find(name))
    told = runner.invoke(app, ["review", str(tmp_path), "--audio", str(tmp_path)])
    assert told.exit_code == 1
    assert told.output.strip() == 'dawnchorus: review needs uvicorn; install it with: pip install "dawnchorus[review]"'


def test_folders_without_detections_or_recordings_are_told(tmp_path: Path) -> None:
    nothing = runner.invoke(app, ["review", str(tmp_path), "--audio", str(tmp_path), "--no-browser"])
    assert nothing.exit_code == 1 and "expected the --out folder of `dawnchorus detect`" in nothing.output
    missing = runner.invoke(app, ["review", str(tmp_path), "--audio", str(tmp_path / "no"), "--no-browser"])
    assert missing.exit_code == 1 and "no such folder" in missing.output
    found = desks.write(tmp_path / "found", desks.detections(["a", "b"]))
    sounds.write_wav(tmp_path / "audio" / "other.wav", sounds.tone(1000, 1.0))
    strange = runner.invoke(
        app, ["review", str(found), "--audio", str(tmp_path / "audio"), "--no-browser", "--port", "0"]
    )
    assert strange.exit_code == 1 and "none of the 2 recordings" in strange.output


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_of_the_queue_can_be_asked_for(order: str, tmp_path: Path) -> None:
    told = runner.invoke(app, ["review", str(tmp_path), "--audio", str(tmp_path), "--no-browser", "--order", order])
    assert told.exit_code == 1 and "no detections here" in told.output  # and not that there is no such order


def test_what_has_no_order_or_no_recordings_is_told(tmp_path: Path) -> None:
    found = desks.write(tmp_path / "found", desks.detections(["a"]))
    sounds.write_wav(tmp_path / "audio" / "a.wav", sounds.tone(1000, 1.0))
    audio = ["--audio", str(tmp_path / "audio"), "--no-browser", "--port", "0"]
    told = runner.invoke(app, ["review", str(found), *audio, "--order", "disagreement"])
    assert told.exit_code == 1 and "nothing here says how far networks disagree" in told.output
    told = runner.invoke(app, ["review", str(found), *audio, "--store", str(tmp_path)])
    assert told.exit_code == 1 and "no embeddings here; expected the store of a training" in told.output
    told = runner.invoke(app, ["review", str(found), "--no-browser"])
    assert told.exit_code == 2 and "expected the folder of the recordings" in told.output
    told = runner.invoke(app, ["review", *audio])
    assert told.exit_code == 2 and "say where the answers go" in told.output
    told = runner.invoke(app, ["review", "--model", str(tmp_path), "--no-browser"])
    assert told.exit_code == 2 and "say where these are" in told.output
    nowhere = ["--audio", str(found), "--no-browser", "--port", "0", "--verdicts", str(tmp_path / "reviews.db")]
    told = runner.invoke(app, ["review", *nowhere])
    assert told.exit_code == 1 and "no sound files found" in told.output


def test_without_detections_the_start_page_is_served() -> None:
    served = desks.Served()
    address = served.start()
    try:
        assert address.endswith(f":{served.port}/")
        assert desks.Client(served.port).json("/start/state")["job"] is None
    finally:
        served.kill()
