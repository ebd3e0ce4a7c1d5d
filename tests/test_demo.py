from pathlib import Path

import pytest
from typer.testing import CliRunner

from conftest import TINY_FOREST
from dawnchorus import demo, recommended
from dawnchorus.cli import app
from training import tiny


def test_the_demo_goes_the_whole_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "SIMULATION", TINY_FOREST)
    monkeypatch.setattr(demo, "experiment", lambda: tiny.experiment((1, 1, 1)))
    for _ in range(2):  # it can be run again
        result = CliRunner().invoke(app, ["demo", "--out", str(tmp_path / "demo")])
        assert result.exit_code == 0, result.output
    assert "stage 3" in result.output and "prevale" in result.output
    assert (tmp_path / "demo" / "run" / "report.html").is_file()
    assert (tmp_path / "demo" / "detections" / "submission.csv").is_file()


def test_the_demo_trains_the_recommended_stages_on_coarse_columns() -> None:
    planned = demo.experiment()
    assert [stage.name for stage in planned.stages] == ["1", "2", "3"]
    assert (planned.front_end, planned.score_windows) == recommended.DETAIL["coarse"]
