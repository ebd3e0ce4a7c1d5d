"""A study's variants on a small forest, with a tiny network and a step a stage."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dawnchorus.added_noise import AddedNoise
from dawnchorus.augment.masks import Masks
from dawnchorus.experiment import Prediction
from dawnchorus.export import submission
from dawnchorus.files import read_json
from dawnchorus.study.adapt import Scale
from dawnchorus.study.run import Material, material, result_folder, run_variant
from dawnchorus.study.values import Study, Variant
from dawnchorus.windows import SlidingWindows
from training import tiny

TINY = tiny.experiment((1, 1, 1))
STUDY = Study(
    Path("which.py"),
    "Does it run?",
    "mean",
    {
        "mean": Variant(TINY),
        "max": Variant(replace(TINY, predict=Prediction(join="max"))),
        "masked": Variant(replace(TINY, predict=Prediction(views=(Masks(),), draws=2))),
        "noisy": Variant(replace(TINY, predict=Prediction(noise=AddedNoise("quiet_windows", quiet_below=1.1)))),
        "windows": Variant(replace(TINY, predict=Prediction(windows=SlidingWindows(128, 64)))),
        "denoised": Variant(replace(TINY, predict=Prediction(denoised=True))),
        "audited": Variant(replace(TINY, audit=True)),
        "only_reported": Variant(None),
    },
)


@pytest.fixture(scope="module")
def heard(forest: Path) -> Material:
    return material(forest)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.mark.parametrize("name", ["mean", "max", "masked", "noisy", "windows"])
def test_a_variant_leaves_its_scores_and_predictions(heard: Material, out: Path, name: str) -> None:
    folder = run_variant(STUDY, name, 0, Scale(), heard, out)
    assert folder == result_folder(out, "which", name, 0)
    recordings, scores = submission.read(folder / "submission.csv")
    assert len(recordings) == len(heard.test)
    assert (scores > 0).all()
    assert (folder / "detections.csv").is_file()
    result = read_json(folder / "result.json")
    assert result["comparable"] and not result["saw_test"]
    assert 0 <= result["cv"] <= 1


def test_the_maximum_of_the_folds_is_nowhere_below_their_mean(heard: Material, out: Path) -> None:
    mean, highest = (run_variant(STUDY, name, 0, Scale(), heard, out) for name in ("mean", "max"))
    assert mean and highest
    assert (submission.read(highest / "submission.csv")[1] >= submission.read(mean / "submission.csv")[1]).all()


def test_denoised_recordings_are_not_taken_for_plain_ones(heard: Material, out: Path) -> None:
    plain, denoised = (run_variant(STUDY, name, 0, Scale(), heard, out) for name in ("mean", "denoised"))
    assert plain and denoised
    assert (plain / "submission.csv").read_text() != (denoised / "submission.csv").read_text()


def test_what_differs_from_the_baseline_is_noted(heard: Material, out: Path) -> None:
    folder = run_variant(STUDY, "max", 0, Scale(), heard, out)
    assert folder
    assert read_json(folder / "result.json")["changes"] == ["predict.join: mean -> max"]


def test_what_was_done_is_not_done_again(heard: Material, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_variant(STUDY, "mean", 0, Scale(), heard, out)
    monkeypatch.setattr("dawnchorus.study.run.run", lambda *_: pytest.fail("trained again"))
    assert run_variant(STUDY, "mean", 0, Scale(), heard, out) == result_folder(out, "which", "mean", 0)


def test_other_settings_under_the_same_name_replace_the_result(heard: Material, out: Path) -> None:
    folder = run_variant(STUDY, "mean", 0, Scale(), heard, out)
    assert folder
    before = json.loads((folder / "result.json").read_text())["key"]
    assert run_variant(STUDY, "mean", 0, Scale(budget=2), heard, out) == folder
    assert json.loads((folder / "result.json").read_text())["key"] != before


def test_what_an_audit_left_out_is_not_judged(heard: Material, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = iter((0.5, 0.6, 0.4))
    monkeypatch.setattr("dawnchorus.training.run._Running.audit_score", lambda self, fits: next(judged))
    folder = run_variant(STUDY, "audited", 0, Scale(), heard, out)
    assert folder
    assert read_json(folder / "result.json")["audit"] == {"1": 0.5, "2": 0.6, "3": 0.4}
    assert (
        read_json(folder / "result.json")["pseudo_labels"] == 0
    )  # of the third stage, which was worse than the second


def test_what_is_only_reported_is_not_run(heard: Material, out: Path) -> None:
    assert run_variant(STUDY, "only_reported", 0, Scale(), heard, out) is None


def test_nothing_of_an_earlier_run_is_left_where_there_is_nothing_now(heard: Material, tmp_path: Path) -> None:
    folder = run_variant(STUDY, "mean", 0, Scale(), heard, tmp_path)
    assert folder
    (folder / "pseudo.csv").write_text("recording_id,species_id,t_min,t_max\nold,0,0,1\n")
    (folder / "calibration.csv").write_text("old")
    (folder / "thresholds.csv").write_text("old")
    again = run_variant(STUDY, "mean", 0, Scale(budget=2), heard, tmp_path)
    assert again == folder
    assert not (folder / "pseudo.csv").exists() or "old" not in (folder / "pseudo.csv").read_text()
    assert all(path.read_text() != "old" for path in folder.glob("*.csv"))
