"""The page on formats names all of them, and its examples run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from dawnchorus.annotations import formats as readers
from dawnchorus.cli import app
from dawnchorus.export import formats as writers

PAGE = (Path(__file__).parents[1] / "docs" / "formats.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^(\w+):\n\n```\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL)
OTHERS = [block for block in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL) if block not in dict(EXAMPLES).values()]


def test_the_table_names_every_format_that_is_read_and_written() -> None:
    named = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert sorted(named) == sorted(readers.READERS) == sorted(writers.WRITERS) == sorted(dict(EXAMPLES))


def test_a_format_a_file() -> None:
    package = Path(readers.__file__).parent
    modules = {read.__module__.rpartition(".")[2] for read in readers.READERS.values()}
    assert len(modules) == len(readers.READERS)
    assert all((package / f"{module}.py").is_file() for module in modules)


@pytest.fixture
def season(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for card in ("SD01", "SD02"):
        for folder in ("recordings", "labels"):
            (tmp_path / folder / card).mkdir(parents=True)
        soundfile.write(tmp_path / "recordings" / card / "20260401_050000.WAV", np.zeros(48_000), 8000)
        (tmp_path / "labels" / card / "20260401_050000.txt").write_text("1.5\t2.25\tfrog\n\\\t500\t3000\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("format", "lines"), EXAMPLES)
def test_an_example_writes_a_format_and_reads_it_again(season: Path, format: str, lines: str) -> None:
    first, second = (shlex.split(line)[1:] for line in lines.splitlines())
    for words in (first, second):
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, result.output
    found = readers.read(season / "again.csv").marks
    keys = {one.recording.removesuffix(".WAV") for one in found}
    assert keys == {"SD01/20260401_050000", "SD02/20260401_050000"}
    assert {(one.species, one.start_s, one.end_s, one.said) for one in found} == {("frog", 1.5, 2.25, "present")}
    if format != "rfcx":
        kinds = {readers.guess(path) for path in [season / first[2]] if path.is_file()}
        assert kinds <= {format}


@pytest.mark.parametrize("block", OTHERS)
def test_the_other_examples_run(season: Path, block: str) -> None:
    for line in block.splitlines():
        result = CliRunner().invoke(app, shlex.split(line)[1:])
        assert result.exit_code == 0, result.output
