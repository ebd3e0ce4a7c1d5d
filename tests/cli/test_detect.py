"""The command `detect`: where files are heard, where they come from, and what is not believed."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import sounds
from dawnchorus.cli import app
from detect import archive, bucket, tiny_model


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("detect")
    tiny_model.write(folder / "model")
    path = sounds.write_wav(folder / "audio" / "a.wav", archive.bursts(6, 1.0, 4.0), archive.RATE_HZ)
    sounds.claim_wav_bytes(path, 48_000)
    return folder


def detect(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["detect", *map(str, arguments)])
    return done.exit_code, done.output


def test_repair_reads_what_the_header_does_not_speak_of(home: Path, tmp_path: Path) -> None:
    common = (home / "model", home / "audio", "--out", tmp_path, "--workers", 1)
    code, said = detect(*common)
    assert code == 0 and "3.0 s analysed + 3.0 s lost (header_mismatch 3.0 s)" in said
    code, said = detect(*common, "--repair")
    assert code == 1 and "repair: null before, true now" in said
    code, said = detect(*common, "--repair", "--restart")
    assert code == 0 and "6.0 s analysed + 0.0 s lost" in said


def test_recordings_come_from_an_object_store_and_results_go_there(home: Path, tmp_path: Path) -> None:
    with bucket.served() as files:
        url = bucket.fill(files, home / "audio", "cards")
        code, said = detect(
            home / "model", url, "--out", tmp_path, "--workers", 1, "--copy-to", f"s3://{bucket.NAME}/out"
        )
        assert code == 0 and "1 recording:" in said
        with files.open_input_stream(f"{bucket.NAME}/out/detections.csv") as copy:
            assert copy.read() == (tmp_path / "detections.csv").read_bytes()
        code, said = detect(home / "model", "s3://nowhere/at/all", "--out", tmp_path / "other")
        assert code == 1 and "dawnchorus: s3://nowhere/at/all: " in said


def test_another_engine_is_refused(home: Path, tmp_path: Path) -> None:
    code, said = detect(home / "model", home / "audio", "--out", tmp_path, "--engine", "spark")
    assert code == 2 and "expected local or ray" in said


def test_a_row_of_the_sample_without_a_recording_is_told_first_and_is_zeros(home: Path, tmp_path: Path) -> None:
    sample = tmp_path / "sample.csv"
    sample.write_text("recording_id,s0,s1\na,0,0\ngone,0,0\n")
    code, said = detect(home / "model", home / "audio", "--out", tmp_path / "out", "--submission", sample)
    assert code == 0
    assert said.startswith(f"{sample} line 3: no recording is named 'gone'; its row will be zeros\n")
    rows = (tmp_path / "out" / "submission.csv").read_text().splitlines()
    assert rows[2] == "gone,0.000000,0.000000" and not rows[1].endswith("0.000000,0.000000")
