"""The first labels of species that no model knows: calls marked in recordings alone, and a model trained on them."""

from __future__ import annotations

# ruff: noqa: E402  what an extra brings may be missing, which skips these tests
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

for needed in ("fastapi", "uvicorn", "sqlalchemy"):
    pytest.importorskip(needed, reason="needs the review extra")

from typer.testing import CliRunner

from dawnchorus.annotations import rfcx
from dawnchorus.cli import app
from dawnchorus.events import Annotation
from dawnchorus.review.verdicts import read_verdicts
from dawnchorus.run_folder import RunFolder
from review.desks import Client, Served

NAMES = ("tink frog", "Pájaro 鳥")
QUICK = ["--backbone", "test_resnet", "--weights", "none", "--detail", "coarse", "--steps", "2", "--batch", "4",
         "--repeats", "1"]  # fmt: skip


def pressed(marked: dict[str, Any], answer: str = "present") -> dict[str, Any]:
    return {"key": os.urandom(8).hex(), "answer": answer, "by": "Ana", "marked": marked}


def found_like(client: Client, content: str, box: dict[str, Any]) -> list[dict[str, Any]]:
    status, begun = client.post("/api/similar", {"content": content, **box})
    assert status == 200, begun
    while not (state := client.json(f"/api/similar/{begun['search']}"))["over"]:
        time.sleep(0.05)
    return list(state["nearest"])


@pytest.mark.slow
def test_from_recordings_alone_to_a_model(forest: Path, tmp_path: Path) -> None:
    """As docs/review.md tells it: mark a call of each species, find the like, answer, train, review what was found."""
    audio, answers = tmp_path / "archive", tmp_path / "answers" / "reviews.db"
    shutil.copytree(forest / "train", audio)
    truth, _ = rfcx.read(forest / "truth" / "train.csv", present=True)
    mark(audio, answers, truth)
    verdicts = read_verdicts(answers)
    assert {one.species for one in verdicts} == {0, 1} and {one.asked for one in verdicts} == {"marked", "similar"}

    run = tmp_path / "run"
    command = ["train", str(audio), "--out", str(run), "--verdicts", str(answers), *QUICK]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert f"species that the verdicts alone name: {', '.join(NAMES)}" in result.output
    folder = RunFolder(run)
    assert [one.name for one in folder.species] == list(NAMES)
    said = {(one.recording, one.species, round(one.start_s, 3), one.present) for one in folder.annotations}
    assert said == {
        (one.recording, one.species, round(one.start_s, 3), one.present) for one in verdicts if one.present is not None
    }

    found = tmp_path / "found"
    detected = ["detect", str(run / "model"), str(audio), "--out", str(found), "--threshold", "0.01", "--workers", "1"]
    result = CliRunner().invoke(app, detected)
    assert result.exit_code == 0, result.output
    served = Served(str(found), "--audio", str(audio), "--verdicts", str(answers), "--order", "disagreement")
    served.start()
    try:
        session = Client(served.port).json("/api/session")
        assert session["species"] == list(NAMES) and session["clips"] > 0
    finally:
        served.kill()


def mark(audio: Path, answers: Path, truth: list[Annotation]) -> None:
    """Mark a call of each species, find the like, and answer as the truth says."""
    served = Served("--audio", str(audio), "--verdicts", str(answers))
    served.start()
    try:
        client = Client(served.port)
        session = client.json("/api/session")
        assert (session["clips"], session["species"]) == (0, [])
        assert client.json("/api/clips") == {
            "clips": [],
            "counts": {"open": 0, "present": 0, "absent": 0, "unsure": 0},
        }
        number = {one["name"]: one["number"] for one in client.json("/api/recordings")}
        for species, name in enumerate(NAMES):
            call = next(one for one in truth if one.species == species)
            box = {"start_s": call.start_s, "end_s": call.end_s, "low_hz": call.low_hz, "high_hz": call.high_hz}
            first = {"recording": number[call.recording], **box}
            near = found_like(client, session["content"], first)
            press = [pressed({**first, "name": name})]
            for one in near:
                start_s, end_s = one["start_s"], one["end_s"]
                if one["recording"] == call.recording and abs(start_s - call.start_s) < 0.1:
                    continue  # the call itself
                there = any(
                    each.species == species and each.recording == one["recording"]
                    and each.start_s < end_s and start_s < each.end_s for each in truth
                )  # fmt: skip
                marked = {"recording": one["recording_number"], **box, "start_s": start_s, "end_s": end_s}
                marked |= {"name": name, "asked": "similar"}
                press.append(pressed(marked, "present" if there else "absent"))
            status, told = client.post("/api/verdicts", {"content": session["content"], "answers": press})
            assert status == 200 and told["species"] == list(NAMES[: species + 1]), told
    finally:
        served.kill()
