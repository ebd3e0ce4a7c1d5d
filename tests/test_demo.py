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
    assert "recordings with it" in result.output and "dawnchorus review " in result.output
    assert (tmp_path / "demo" / "run" / "report.html").is_file()
    assert (tmp_path / "demo" / "detections" / "submission.csv").is_file()


def test_the_demo_trains_the_recommended_stages_on_coarse_columns() -> None:
    planned = demo.experiment()
    assert [stage.name for stage in planned.stages] == ["1", "2", "3"]
    assert (planned.front_end, planned.score_windows) == recommended.DETAIL["coarse"]


def test_what_was_found_is_counted_beside_the_truth(tmp_path: Path) -> None:
    places = demo.Places(tmp_path)
    tables = {
        places.data / "species.csv": "species_id,name\n0,frog\n1,bird\n",
        places.data / "truth" / "test.csv": "recording_id,species_id\na,0\na,0\nb,0\n",
        places.detections / "detections.csv": "recording_id,species_id\nb,0\nc,0\nc,1\n",
    }
    for path, text in tables.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert demo.found(places) == [demo.Found("frog", 2, 2, 1), demo.Found("bird", 0, 1, 0)]
