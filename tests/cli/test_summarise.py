"""From recordings with names and headers to a season's tables, on the command line."""

from __future__ import annotations

import csv
import json
import struct
from pathlib import Path

import pytest
from typer.testing import CliRunner

import sounds
from dawnchorus.cli import app
from detect import archive, tiny_model
from seasons import simulated

runner = CliRunner()
WHERE = ["--pattern", "{site}", "--clock", "UTC", "--zone", "Europe/Berlin"]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, and two cards with the same names, on one of which something is heard."""
    folder = tmp_path_factory.mktemp("summarise")
    tiny_model.write(folder / "model")
    for card, loud in (("ridge", 1.0), ("creek", 0.0)):
        x = loud * archive.bursts(2.0, 0.5)
        sounds.write_flac(folder / "audio" / card / "20260329_005959.flac", x, archive.RATE_HZ)
    (folder / "sites.csv").write_text("site,latitude,longitude\nridge,18.34567,-65.81234\ncreek,,\n")
    return folder


def detect(home: Path, out: Path, *more: str) -> str:
    said = runner.invoke(app, ["detect", str(home / "model"), str(home / "audio"), "--out", str(out), *more])
    assert said.exit_code == 0, said.output
    return said.output


def test_the_same_run_learns_of_sites_and_zones_without_analysing_again(home: Path, tmp_path: Path) -> None:
    said = detect(home, tmp_path)
    assert "no start time: its name does not say in which time zone" in said
    assert "dawnchorus review" in said and "dawnchorus summarise" not in said
    assert "summarise needs start times: detect again with --clock or --pattern" in said
    refused = runner.invoke(app, ["summarise", str(tmp_path), "--out", str(tmp_path / "season")])
    assert refused.exit_code == 1
    assert "none of 2 files has a start time" in refused.output
    said = detect(home, tmp_path, *WHERE, "--sites", str(home / "sites.csv"), "--round-coordinates", "1")
    assert f"dawnchorus summarise {tmp_path} --out SEASON" in said.replace("\n", "")
    found = table(tmp_path / "detections.csv")
    assert {row["site"] for row in found} == {"ridge"}
    assert found[0]["time_utc"].startswith("2026-03-29T00:59:59.") or found[0]["time_utc"] >= "2026-03-29T01:00:00"
    assert found[-1]["time_local"].startswith(("2026-03-29T01:59:59.", "2026-03-29T03:00:0"))
    assert (found[0]["latitude"], found[0]["longitude"]) == ("18.3", "-65.8")
    assert "18.34567" not in (tmp_path / "files.csv").read_text()
    said = runner.invoke(app, ["summarise", str(tmp_path), "--out", str(tmp_path / "season"), "--json"])
    assert said.exit_code == 0, said.output
    record = json.loads(said.output)
    assert record["sites"] == ["creek", "ridge"]
    assert record["files_without_start"] == 0
    assert {Path(path).name for path in record["written"]} == {
        "hours.csv", "days.csv", "first_last.csv", "histories.csv", "effort.csv", "sites.csv", "season.html",
    }  # fmt: skip
    seen = {(row["species"], row["site"]): row["2026-03-29"] for row in table(tmp_path / "season" / "histories.csv")}
    assert {site: value for (name, site), value in seen.items() if name == record["species"][0]} == {
        "creek": "0",
        "ridge": "1",
    }


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--clock", "Mars"], "time zone 'Mars'; expected a name"),
        (["--pattern", "site"], "pattern 'site'; expected {site}, {date} or {time}"),
    ],
)
def test_a_wrong_zone_or_pattern_is_told_before_anything_is_heard(
    home: Path, tmp_path: Path, options: list[str], words: str
) -> None:
    said = runner.invoke(
        app, ["detect", str(home / "model"), str(home / "audio"), "--out", str(tmp_path / "x"), *options]
    )
    assert said.exit_code == 1
    assert words in said.output
    assert not (tmp_path / "x").exists()


def test_of_a_detection_without_any_nothing_is_next(home: Path, tmp_path: Path) -> None:
    assert "next:" not in (said := detect(home, tmp_path, *WHERE, "--threshold", "1")), said
    assert "0 detections in 2 recordings" in said


def test_what_has_no_start_or_no_site_is_told(tmp_path: Path) -> None:
    its = {"20260324T040000Z.WAV": (60.0, [(0, 1.0)]), "x.wav": (60.0, [(0, 1.0)])}
    simulated.write(tmp_path, its, simulated.Rules())
    said = runner.invoke(app, ["summarise", str(tmp_path), "--out", str(tmp_path / "out"), "--zone", "UTC-4"])
    assert said.exit_code == 0, said.output
    assert "in no table for want of a start time: 1 file with 1 detection;" in said.output
    assert "some files have no site" in said.output


def test_what_a_recorder_wrote_into_a_file_reaches_the_tables(home: Path, tmp_path: Path) -> None:
    comment = b"Recorded at 05:30:00 01/05/2024 (UTC-4) by AudioMoth 24E144085F2569D1 at medium gain"
    words = b"INFOICMT" + struct.pack("<I", len(comment) + 1) + comment + b"\0" * (1 + (len(comment) + 1) % 2)
    path = sounds.write_wav(tmp_path / "audio" / "20240501_053000.WAV", archive.bursts(2.0, 0.5), archive.RATE_HZ)
    content = path.read_bytes() + b"LIST" + struct.pack("<I", len(words)) + words
    path.write_bytes(content[:4] + struct.pack("<I", len(content) - 8) + content[8:])
    said = runner.invoke(app, ["detect", str(home / "model"), str(tmp_path / "audio"), "--out", str(tmp_path / "out")])
    assert said.exit_code == 0, said.output
    (row,) = table(tmp_path / "out" / "files.csv")
    assert (row["start_local"], row["zone"]) == ("2024-05-01T05:30:00.000-04:00", "UTC-04:00")
    assert (row["start_from"], row["recorder"], row["warnings"]) == ("comment", "AudioMoth 24E144085F2569D1", "")
    assert float(row["seconds"]) == 2.0
