from dataclasses import replace
from pathlib import Path

import pytest

from dawnchorus import run_folder
from dawnchorus.dataset import Prepared
from dawnchorus.experiment import to_record
from dawnchorus.training.train import other_settings, train
from training import tiny


def test_a_folder_tells_when_it_holds_a_run_of_other_settings(tmp_path: Path) -> None:
    experiment = tiny.experiment()
    assert other_settings(tmp_path, experiment) is None  # it holds no run
    made = {"sound": "32000 Hz, log mel", "network": "a small one", "seed": experiment.seed}
    run_folder.write(tmp_path, [], {}, [], [], {"stages": [], "experiment": to_record(experiment), "made_with": made})
    assert other_settings(tmp_path, experiment) is None
    for other in (replace(experiment, seed=9), replace(experiment, stages=experiment.stages[:1])):
        assert other_settings(tmp_path, other) == f"32000 Hz, log mel, a small one, seed {experiment.seed}"


def test_a_round_that_was_left_out_makes_no_other_settings(tmp_path: Path) -> None:
    asked = tiny.experiment()
    kept = replace(asked, stages=asked.stages[:1])
    record = {"stages": [], "experiment": to_record(kept), "asked": to_record(asked)}
    run_folder.write(tmp_path, [], {}, [], [], record)
    assert other_settings(tmp_path, asked) is None and other_settings(tmp_path, kept) is not None


def test_a_damaged_record_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    assert other_settings(tmp_path, tiny.experiment()) is None


def test_song_types_as_classes_are_refused_before_anything_is_heard(prepared: Prepared, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="song_types are for studies"):
        train(prepared.data, tmp_path / "run", replace(tiny.experiment(), song_types=True), tmp_path)
    assert not (tmp_path / "run").exists()
