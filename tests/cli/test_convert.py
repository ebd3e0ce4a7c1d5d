from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

import sounds
from dawnchorus.annotations import formats
from dawnchorus.cli import app
from dawnchorus.export import formats as writers
from detect import archive, tiny_model

runner = CliRunner()
LABELS = "1.5\t2.25\tfrog\n\\\t500\t3000\n4\t5\ttoad\n"


@pytest.fixture
def season(tmp_path: Path) -> Path:
    """Two cards with a file of one name, and a label track of each."""
    for card in ("SD01", "SD02"):
        for folder in ("audio", "labels"):
            (tmp_path / folder / card).mkdir(parents=True)
        soundfile.write(tmp_path / "audio" / card / "20260401_050000.WAV", np.zeros(48_000), 8000)
        (tmp_path / "labels" / card / "20260401_050000.txt").write_text(LABELS)
    return tmp_path


def run(*words: object) -> str:
    result = runner.invoke(app, ["convert", *map(str, words)], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("format", writers.WRITERS)
def test_labels_go_to_every_format_with_the_names_of_two_cards(season: Path, format: str) -> None:
    out = season / {"raven": "out", "audacity": "out", "rfcx": "out", "parquet": "x.parquet", "aoef": "x.json"}.get(
        format, "x.csv"
    )
    run(season / "labels", out, "--to", format, "--audio", season / "audio")
    again = formats.read(out, format).marks
    refused = runner.invoke(app, ["convert", str(season / "labels"), str(out), "--to", format], env={"COLUMNS": "200"})
    assert refused.exit_code == 1 and "exists; --overwrite replaces it" in refused.output
    run(season / "labels", out, "--to", format, "--audio", season / "audio", "--overwrite")
    found = {
        (one.recording.removesuffix(".WAV").removeprefix(f"{season}/audio/"), one.species, one.start_s) for one in again
    }
    assert found >= {(f"SD0{n}/20260401_050000", "frog", 1.5) for n in (1, 2)}
    assert len(again) == 4


def test_what_is_lost_is_said_once_with_its_count(season: Path) -> None:
    output = run(season / "labels", season / "x.csv", "--to", "kaleidoscope")
    assert output.splitlines() == [
        "4 rows read",
        "rows that lose their frequencies (2)",
        f"written: {season / 'x.csv'}",
    ]
    told = json.loads(run(season / "labels", season / "x.csv", "--to", "kaleidoscope", "--json", "--overwrite"))
    assert told == {"rows": 4, "silence": 0, "lost": {"lose their frequencies": 2}, "problems": []}


@pytest.mark.parametrize(
    ("format", "theirs"), [("raven", "SD01/20260401_050000.selections.txt"), ("rfcx", "train_tp.csv")]
)
def test_what_somebody_corrected_is_not_written_over(season: Path, format: str, theirs: str) -> None:
    out = season / "recordings"
    (out / theirs).parent.mkdir(parents=True)
    (out / "notes.csv").touch()
    (out / theirs).write_text("corrected")
    words = ["convert", str(season / "labels"), str(out), "--to", format]
    refused = runner.invoke(app, words, env={"COLUMNS": "200"})
    assert refused.exit_code == 1 and f"{out / theirs}: exists; --overwrite replaces it" in refused.output
    assert (out / theirs).read_text() == "corrected"
    (out / theirs).unlink()
    run(*words[1:])


def test_rows_that_cannot_be_used_are_told(season: Path) -> None:
    (season / "labels" / "SD03").mkdir()
    (season / "labels" / "SD03" / "a.txt").write_text("3\t1\tfrog\n5\t6\tfrog\n")
    output = run(season / "labels", season / "x.csv", "--audio", season / "audio")
    assert "SD03/a.txt line 1: the end is 1 s, not after the start at 3 s; left out" in output
    assert "SD03/a.txt line 2: recording_id is 'SD03/a', not one of the recordings; left out" in output


def test_a_table_of_which_no_row_can_be_used_is_refused_and_one_without_rows_is_not(season: Path) -> None:
    (season / "other").mkdir()
    (season / "other" / "b.txt").write_text(LABELS)
    out = season / "x.csv"
    result = runner.invoke(app, ["convert", str(season / "other"), str(out), "--audio", str(season / "audio")])
    assert result.exit_code == 1 and not out.exists()
    assert (
        f"{season / 'other'}: no row of it can be used; the recordings are named such as 'SD01/20260401_050000'; "
        "the problems:\nother/b.txt line 1: recording_id is 'b', not one of the recordings; left out, and 1 more like"
    ) in result.output
    (season / "other" / "b.txt").write_text("")
    assert run(season / "other", out, "--from", "audacity").startswith("0 rows read") and out.exists()


def test_columns_names_and_verdicts_as_the_user_says(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('Sound,Bird,From,To\na.wav,great tit,"1,5","2,5"\n')
    (tmp_path / "names.csv").write_text("scientific,common\nParus major,Great Tit\n")
    columns = [word for pair in ("recording=Sound", "start=From", "end=To") for word in ("--column", pair)]
    options = ["--species-column", "Bird", "--verdict", "absent", "--decimal-comma", "--names", tmp_path / "names.csv"]
    run(tmp_path / "in.csv", tmp_path / "out.csv", "--from", "csv", *columns, *options)
    (one,) = formats.read(tmp_path / "out.csv").marks
    assert (one.recording, one.species, one.start_s, one.end_s, one.said) == (
        "a.wav",
        "Parus major",
        1.5,
        2.5,
        "absent",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["none.csv", "x.csv"], "none.csv: no such file or folder"),
        (["labels", "x.xml"], "its name does not tell the format"),
        (["labels", "x.csv", "--from", "xml"], "no format is named 'xml'"),
        (["labels", "one.txt", "--to", "audacity"], "a label track is of one recording, and there are 2"),
        (["labels", "one.selections.txt"], "needs the sound, whose lengths its times run on over"),
    ],
)
def test_what_cannot_be_is_a_sentence(season: Path, monkeypatch, words: list[str], said: str) -> None:
    monkeypatch.chdir(season)
    result = runner.invoke(app, ["convert", *words])
    assert result.exit_code == 1
    assert said in result.output


@pytest.mark.parametrize("option", [["--verdict", "maybe"], ["--column", "start"]])
def test_options_that_say_nothing_are_refused(season: Path, option: list[str]) -> None:
    result = runner.invoke(app, ["convert", str(season / "labels"), str(season / "x.csv"), *option])
    assert result.exit_code == 2


def test_silence_in_a_complete_list_is_written_as_absence(season: Path) -> None:
    (season / "audio" / "quiet.wav").write_bytes((season / "audio" / "SD01" / "20260401_050000.WAV").read_bytes())
    (season / "labels" / "quiet.txt").write_text("")
    sound = ["--audio", season / "audio", "--complete"]
    output = run(season / "labels", season / "x.csv", *sound)
    assert output.splitlines()[:2] == ["4 rows read", "2 stretches without a call, as absent"]
    silent = [one for one in formats.read(season / "x.csv").marks if one.said == "absent"]
    assert [(one.recording, one.species, one.start_s, one.end_s) for one in silent] == [
        ("quiet", "frog", 0.0, 6.0),
        ("quiet", "toad", 0.0, 6.0),
    ]  # within 8.2 s of a call nothing is said, and the others last 6 s
    output = run(season / "labels", season / "tracks", "--to", "audacity", *sound)
    assert "rows that say absent: left out (2)" in output


def test_a_complete_list_without_the_sound_has_no_end(season: Path) -> None:
    result = runner.invoke(app, ["convert", str(season / "labels"), str(season / "x.csv"), "--complete"])
    assert result.exit_code == 1 and "which only the sound tells" in result.output
    assert not (season / "x.csv").exists()


def test_detections_of_a_run_go_to_raven_and_back_at_the_same_times(tmp_path: Path) -> None:
    tiny_model.write(tmp_path / "model")
    for card in ("SD01", "SD02"):
        path = tmp_path / "audio" / card / "20260401_050000.WAV"
        sounds.write_wav(path, archive.bursts(6, 1.0, 4.0), archive.RATE_HZ)
    out = tmp_path / "out"
    words = ["detect", tmp_path / "model", tmp_path / "audio", "--out", out, "--workers", 1]
    result = runner.invoke(app, [*map(str, words), "--pattern", "{site}/*", "--clock", "UTC-4"])
    assert result.exit_code == 0, result.output
    found = formats.read(out / "detections.parquet").marks
    assert {one.recording for one in found} == {"SD01/20260401_050000", "SD02/20260401_050000"}
    assert all(one.said == "" and one.score is not None for one in found)
    run(out / "detections.parquet", tmp_path / "raven", "--to", "raven", "--audio", tmp_path / "audio")
    assert formats.guess(tmp_path / "raven" / "SD01" / "20260401_050000.selections.txt") == "raven"
    again = formats.read(tmp_path / "raven").marks
    assert [one._replace(channel=0) for one in again] == found  # Raven counts channels from 1
    run(tmp_path / "raven", tmp_path / "again.parquet")
    assert formats.read(tmp_path / "again.parquet").marks == again
    (tmp_path / "x.csv").write_bytes((out / "detections.csv").read_bytes())
    assert [one.start_s for one in formats.read(tmp_path / "x.csv").marks] == [round(one.start_s, 3) for one in found]


@pytest.mark.parametrize("command", ["convert", "check"])
def test_encodings_of_tables_at_the_door(season: Path, command: str) -> None:
    table = season / "x.csv"
    table.write_bytes("recording_id;species;t_min;t_max\nSD01/20260401_050000;Zaunkönig;1,5;2\n".encode("cp1252"))
    words = {"convert": [table, season / "y.csv"], "check": ["--annotations", table]}[command]

    def said(*more: str) -> str:
        return runner.invoke(app, [command, *map(str, words), *more], env={"COLUMNS": "200"}).output

    assert "line 2 is not UTF-8 text (byte 0xf6); pass --encoding, e.g. cp1252 or shift_jis" in said()
    assert "no encoding of text is named 'cp1259'" in said("--encoding", "cp1259")
    assert "no encoding of text is named 'base64'" in said("--encoding", "base64")
    assert {"convert": "1 row read", "check": "Zaunkönig"}[command] in said("--encoding", "cp1252")


def test_a_folder_without_recordings_is_the_wrong_one(season: Path) -> None:
    words = ["check", str(season / "labels"), "--annotations", str(season / "labels")]
    assert "no recording is in" in runner.invoke(app, words, env={"COLUMNS": "400"}).output
