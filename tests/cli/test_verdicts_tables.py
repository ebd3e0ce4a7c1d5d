"""The command `verdicts`."""

from __future__ import annotations

# ruff: noqa: E402  what an extra brings may be missing, which skips these tests
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("sqlalchemy", reason="needs the review extra")

from dawnchorus.cli import app
from dawnchorus.review.verdicts import Row, Store

runner = CliRunner()


def test_counts_writes_and_reads(tmp_path: Path) -> None:
    where = tmp_path / "reviews.db"
    with Store(where) as store:
        one = Row("key-0001", "a", 0, "Frog", 1.0, 2.0, 300.0, 900.0, "present", "Ana")
        store.add([one, Row("key-0002", "a", 0, "Frog", 1.0, 2.0, 300.0, 900.0, "absent", "Ben")])
    out = ["--rfcx", str(tmp_path / "out"), "--arbimon", str(tmp_path / "v.csv")]
    told = runner.invoke(app, ["verdicts", str(where), *out])
    assert told.exit_code == 0, told.output
    assert "Frog: 1 present, 1 absent" in told.output and "1 stretch of which people" in told.output
    again = runner.invoke(app, ["verdicts", str(tmp_path / "new.db"), "--add", str(tmp_path / "v.csv"), "--json"])
    assert json.loads(again.output) == {
        "species": {"Frog": {"present": 1, "absent": 1, "unsure": 0}},
        "disagreements": 1,
        "problems": [],
    }
    assert (tmp_path / "out" / "train_fp.csv").is_file()


@pytest.mark.parametrize(("option", "theirs"), [("--rfcx", "v1/train_fp.csv"), ("--arbimon", "v1")])
def test_tables_that_are_there_are_replaced_on_purpose_alone(tmp_path: Path, option: str, theirs: str) -> None:
    (tmp_path / theirs).parent.mkdir(exist_ok=True)
    (tmp_path / theirs).write_text("the project's own")
    with Store(tmp_path / "reviews.db") as store:
        store.add([Row("key-0001", "a", 0, "Frog", 1.0, 2.0, 300.0, 900.0, "absent", "Ben")])
    words = ["verdicts", str(tmp_path / "reviews.db"), option, str(tmp_path / "v1")]
    refused = runner.invoke(app, words)
    assert refused.exit_code == 1 and f"{tmp_path / theirs}: exists; --overwrite replaces it" in refused.output
    assert (tmp_path / theirs).read_text() == "the project's own"
    assert runner.invoke(app, [*words, "--overwrite"]).exit_code == 0
    assert (tmp_path / theirs).read_text() != "the project's own"


def test_what_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    told = runner.invoke(app, ["verdicts", str(tmp_path / "none.db")])
    assert told.exit_code == 1 and "no such file" in told.output and not (tmp_path / "none.db").exists()
