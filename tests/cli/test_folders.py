"""Folders that are something else are told at once, each with what it is and where the other may be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import sounds
from dawnchorus.audio.extensions import audio_folder
from dawnchorus.cli import app, folders
from detect import tiny_model


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data set, a run with its model, a folder of sound and one without any."""
    sounds.write_wav(tmp_path / "data" / "train" / "a.wav", sounds.noise(1.0))
    (tmp_path / "data" / "train_tp.csv").touch()
    (tmp_path / "outer").mkdir()
    (tmp_path / "outer" / "data").symlink_to(tmp_path / "data")
    sounds.write_wav(tmp_path / "sound" / ".hidden" / "a.wav", sounds.noise(1.0))
    sounds.write_wav(tmp_path / "sound" / "site" / "b.WAV", sounds.noise(1.0))
    tiny_model.write(tmp_path / "run" / "model")
    (tmp_path / "run" / "run.json").write_text("{}")
    (tmp_path / "run" / "annotations").mkdir()
    (tmp_path / "run" / "annotations" / "train_tp.csv").touch()
    (tmp_path / "run" / "model" / "networks").mkdir()
    for folder in ("run/found", "found", "run/shards/parts", "shards/parts"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("run/found/files.csv", "found/files.csv", "found/ledger.sqlite"):
        (tmp_path / file).touch()
    for folder in ("shards", "run/shards"):
        (tmp_path / folder / "ledger-0001-of-0002.sqlite").touch()
    (tmp_path / "begun" / "cache").mkdir(parents=True)
    (tmp_path / "silent").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "other.csv").write_text("recording_id,s0,frog\na,0,0\n")
    (tmp_path / "strangers.csv").write_text("recording_id,s0,s1\na,0,0\n")
    sounds.write_wav(tmp_path / "twin" / "a.wav", sounds.noise(1.0))
    (tmp_path / "truth.csv").touch()
    for file in ("sites/recordings.csv", "named/species.csv", "season/season.html"):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("train nowhere --out x", "nowhere: not there"),
        ("train run --out x", "run is a run of `train`\n"),
        ("train data/train --out x", "Did you mean data?"),
        ("train outer --out x", "Did you mean outer/data?"),
        ("train data --out file", "file: is a file"),
        ("train data --out file/x", "file: is a file"),
        ("train data --out data", "data: is the folder of the data"),
        ("train data --out data/train/x", "data/train/x: lies in data/train"),
        ("train data --out sound/x --audio sound", "sound/x: lies in sound"),
        ("train data --out found", "found: holds ledger.sqlite, what `detect` found; choose another folder"),
        ("train data --out shards", "shards: holds ledger-0001-of-0002.sqlite, what `detect` found"),
        ("train data --out season", "season: holds season.html, what `summarise` made"),
        ("train data --out run/model", "run/model: holds package.json, a model"),
        ("train data --out x --audio silent", "silent: no sound files found"),
        ("train data --out x --teacher run/model", "run/model is a model. Did you mean run?"),
        ("train silent --annotations truth.csv --out x", "silent: no sound files found"),
        ("evaluate run/model", "run/model is a model. Did you mean run?"),
        ("evaluate data", "data is a data set"),
        ("evaluate begun", "begun is a run of `train` that is not finished"),
        ("evaluate run --truth gone.csv --audio sound", "gone.csv: no such file; expected a table"),
        ("evaluate run --truth sound --audio sound", "sound: a folder; expected a table"),
        ("evaluate run --truth truth.csv --audio silent", "silent: no sound files found"),
        ("detect run sound --out x", "run is a run of `train`. Did you mean run/model?"),
        ("detect run/model nowhere --out x", "nowhere: no such file or folder"),
        ("detect run/model silent --out x", "silent: no sound files found"),
        ("detect run/model sound --out file", "file: is a file"),
        ("detect run/model data/train --out data", "data: holds train_tp.csv, a table of a data set; choose another"),
        ("detect run/model sound --out sites", "sites: holds recordings.csv, a table of a data set"),
        ("detect run/model sound --out named", "named: holds species.csv, a table of a data set"),
        ("detect run/model sound --out run", "run: holds run.json, a run of `train`"),
        ("detect run/model sound --out run/model", "run/model: holds package.json, a model"),
        ("detect run/model sound --out season", "season: holds season.html, what `summarise` made"),
        (
            "detect run/model sound --out sound",
            "sound: is a folder of recordings; choose another, new or of an earlier",
        ),
        ("detect run/model sound --out twin", "twin: is a folder of recordings"),
        (
            "detect run/model sound --out x --submission other.csv",
            "its columns are recording_id, s0, frog; expected recording_id, s0, s1",
        ),
        (
            "detect run/model sound --out x --submission strangers.csv",
            "strangers.csv line 2: no recording is named 'a', and none as any other row says; expected names such as "
            "'site/b'",
        ),
        (
            "detect run/model data/train twin --out x --submission strangers.csv",
            "strangers.csv line 2: 2 recordings are named 'a', first 'train/a'",
        ),
        ("merge run x", "Did you mean run/model?"),
        ("merge shards run/model", "shards is shards of what `detect` found"),
        (
            "merge run/model shards/parts",
            "no ledger-*-of-*.sqlite here; expected the --out folder of `dawnchorus detect",
        ),
        ("merge run/model shards/parts", "Did you mean shards?"),
        ("merge run/model run", "run is a run of `train`. Did you mean run/shards?"),
        ("merge run/model found", "found is what `detect` found"),
        ("blend run/model run --out x", "run/model is a model. Did you mean run?"),
        ("blend run run/model/networks --out x", "Did you mean run?"),
        (
            "blend data --out x",
            "expected a finished run, a folder with submission.csv or scores.parquet, or a submission table. data is a",
        ),
        ("summarise run --out x", "run is a run of `train`. Did you mean run/found?"),
        ("summarise found/files.csv --out x", "found/files.csv is a file. Did you mean found?"),
        ("summarise shards --out x", "`dawnchorus merge` joins them"),
        ("quantise run sound", "Did you mean run/model?"),
        ("quantise run/model silent", "silent: no sound files found"),
        ("pretrain silent --out x", "silent: no sound files found"),
        ("check silent", "silent: no sound files found"),
        ("info data", "data is a data set"),
        ("simulate file", "file: is a file"),
        ("experiment run study.py --data run", "run is a run of `train`\n"),
    ],
)
def test_a_wrong_folder_is_told_before_anything_is_written(here: Path, command: str, words: str) -> None:
    before = sorted(here.rglob("*"))
    result = CliRunner().invoke(app, command.split())
    assert result.exit_code == 1, result.output
    assert words in result.output and "Traceback" not in result.output
    assert sorted(here.rglob("*")) == before


def test_it_is_told_without_a_slow_import(here: Path) -> None:
    slow = ("torch", "pytorch_lightning", "openvino", "scipy", "pyarrow", "soundfile", "numpy")
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom dawnchorus.cli import app\n"
        "for words in ('train run --out x', 'detect run sound --out x', 'evaluate run/model',"
        " 'blend run/model --out x', 'merge run/model found', 'summarise run --out x'):\n"
        "    assert CliRunner().invoke(app, words.split()).exit_code == 1\n"
        f"print([m for m in {slow!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_run_may_lie_beside_the_recordings_of_the_data(here: Path) -> None:
    folders.can_write(Path("data/run"), Path("data"), [audio_folder(Path("data"))])


def test_a_run_or_a_detection_may_go_on_beside_other_tables(here: Path) -> None:
    for name in ("run/species.csv", "found/recordings.csv", "found/train_tp.csv"):
        (here / name).touch()
    folders.can_write(Path("run"), Path("data"))
    folders.can_detect(Path("found"), ["sound"])


def test_what_summarise_and_blend_did_not_leave_is_not_replaced(here: Path) -> None:
    kept = here / "found" / "sites.csv"
    kept.write_text("mine")
    with pytest.raises(folders.FolderError, match="sites.csv: would be replaced, and is of something else"):
        folders.can_leave(here / "found", "season.html", ["days.csv", "sites.csv"])
    (here / "found" / "season.html").touch()
    folders.can_leave(here / "found", "season.html", ["days.csv", "sites.csv"])
    folders.can_leave(here / "new", "season.html", ["days.csv", "sites.csv"])


def test_patterns_lists_and_urls_are_left_to_detection(here: Path) -> None:
    folders.need_heard(["sound", "nowhere/*.wav", "s3://bucket/prefix", "truth.csv"])


def test_what_was_heard_stays_when_its_folder_is_gone(here: Path) -> None:
    command = ["detect", "run/model", "sound", "--out", "found", "--workers", "1"]
    assert CliRunner().invoke(app, command).exit_code == 0
    (here / "sound" / "site" / "b.WAV").unlink()
    result = CliRunner().invoke(app, command)
    assert "no sound files" not in result.output and "in 1 recording:" in result.output
