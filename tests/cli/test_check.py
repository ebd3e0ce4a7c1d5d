from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import soundfile
from typer.testing import CliRunner

from dawnchorus.cli import app

runner = CliRunner()


def test_tables_of_annotations_are_looked_at_with_their_sound(tmp_path: Path) -> None:
    (tmp_path / "audio" / "SD1").mkdir(parents=True)
    soundfile.write(tmp_path / "audio" / "SD1" / "a.WAV", np.zeros(80_000), 8000)
    (tmp_path / "a.txt").write_text("1\t2\tGreat Tit\n3\t4\tgreat tit\n9\t12\tfrog [x]\n")
    words = ["check", str(tmp_path / "audio"), "--annotations", str(tmp_path / "a.txt")]
    shown = runner.invoke(app, [*words, "--picture", str(tmp_path / "x.svg")], env={"COLUMNS": "200"})
    assert shown.exit_code == 0, shown.output
    assert "'Great Tit' and 'great tit' may be one species" in shown.output
    assert "a.txt line 3: t_max is 12, not within the 10 s of the recording; cut there" in shown.output
    assert "1 recording with annotations of 1 (0.00 h); 1 problem\n" in shown.output
    assert "frog [x]" in shown.output
    assert (tmp_path / "x.svg").read_text().startswith("<svg")
    told = json.loads(runner.invoke(app, [*words, "--json"]).stdout)
    assert [one["species"] for one in told["species"]] == ["Great Tit", "frog [x]", "great tit"]


def test_nothing_to_check_is_a_slip() -> None:
    assert runner.invoke(app, ["check"]).exit_code == 2


def test_silence_of_a_complete_list_is_counted(tmp_path: Path) -> None:
    (tmp_path / "audio").mkdir()
    soundfile.write(tmp_path / "audio" / "a.wav", np.zeros(160_000), 8000)
    (tmp_path / "a.txt").write_text("1\t2\tfrog\n")
    words = ["check", str(tmp_path / "audio"), "--annotations", str(tmp_path / "a.txt"), "--complete", "--json"]
    (frog,) = json.loads(runner.invoke(app, words).stdout)["species"]
    assert (frog["present"], frog["absent"]) == (1, 1)
    assert frog["absent_h"] == round((20 - 2 - 8.2) / 3600, 6)
