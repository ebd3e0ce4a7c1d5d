import json

from dawnchorus import memo
from dawnchorus.experiment import changes
from dawnchorus.study.adapt import Scale
from dawnchorus.study.compare import Spread, compare, seed_folders
from dawnchorus.study.judge import TruthTable
from study.runs import BRIGHT, PERFECT, RECORDINGS, REVERSED, STUDY, rows_of, run, submission


def test_a_variant_is_set_beside_the_baseline_and_beside_the_memo(tmp_path, judge):
    for seed in (0, 1):
        run(tmp_path, "plain", seed, REVERSED, cv=0.25 * (seed + 1))
        run(tmp_path, "bright", seed, PERFECT)
    rows = rows_of(compare(STUDY, tmp_path, judge))
    assert list(rows) == ["plain", "bright", "planned", "words"]
    assert rows["plain"].figures["cv_faithful"] == Spread(0.375, 0.25, 0.5)
    assert rows["plain"].figures["cv"] == Spread(0.1875, 0.125, 0.25)
    assert "precision_faithful" not in rows["plain"].figures
    assert rows["plain"].difference is None and rows["plain"].reported.lb == 0.842
    assert rows["bright"].figures["cmap"].mean == 1
    assert rows["bright"].difference.low > 0 and rows["bright"].seeds == (0, 1)
    assert rows["bright"].changes == tuple(changes(memo.first, BRIGHT)) and rows["bright"].comparable


def test_what_was_not_run_shows_what_was_reported(tmp_path, judge):
    run(tmp_path, "plain", 0, PERFECT)
    rows = rows_of(compare(STUDY, tmp_path, judge))
    assert not rows["planned"].seeds and rows["planned"].runnable and not rows["planned"].figures
    assert not rows["words"].runnable and rows["words"].reported.lb == 0.9
    assert compare(STUDY, tmp_path / "nothing", judge).floors == {}


def test_a_run_without_test_recordings_keeps_its_own_figures(tmp_path, judge):
    run(tmp_path, "plain", 0)
    run(tmp_path, "bright", 0)
    row = rows_of(compare(STUDY, tmp_path, judge))["bright"]
    assert row.figures["cv"].mean == 0.25 and "cmap" not in row.figures and row.difference is None


def test_what_keeps_runs_from_being_compared_is_said(tmp_path, judge):
    run(tmp_path, "plain", 0, PERFECT)
    assert compare(STUDY, tmp_path, judge).warnings == []
    run(tmp_path, "bright", 0, PERFECT, Scale(budget=0.1, folds=2))
    (warning,) = compare(STUDY, tmp_path, judge).warnings
    assert "different scales" in warning
    assert "plain at budget 0.5, folds 2" in warning and "bright at budget 0.1" in warning
    run(tmp_path, "bright", 0, PERFECT, comparable=False, lost="no weights of imagenet")
    (warning,) = compare(STUDY, tmp_path, judge).warnings
    assert "bright" in warning and "no weights of imagenet" in warning
    run(tmp_path, "bright", 0, PERFECT)
    submission(tmp_path / "which/bright/seed-0", PERFECT[:-1], RECORDINGS[:-1])
    no_last = TruthTable(tmp_path / "less.csv")
    no_last.path.write_text("recording_id,species_id,songtype_id,t_min,f_min,t_max,f_max\nr00,0,1,0,0,1,1\n")
    comparison = compare(STUDY, tmp_path, no_last)
    assert ["different test recordings" in warning for warning in comparison.warnings] == [True]
    assert rows_of(comparison)["bright"].difference is None


def test_a_study_that_has_changed_since_is_said(tmp_path, judge):
    folder = run(tmp_path, "bright", 0, PERFECT)
    run(tmp_path, "plain", 0, PERFECT)
    record = json.loads((folder / "result.json").read_text())
    # weights that could not be had are told in another place
    record["experiment"]["network"]["backbone"]["weights"] = "none"
    (folder / "result.json").write_text(json.dumps(record))
    assert not rows_of(compare(STUDY, tmp_path, judge))["bright"].outdated
    record["experiment"]["stages"][0]["learning_rate"] = 0.5
    (folder / "result.json").write_text(json.dumps(record))
    comparison = compare(STUDY, tmp_path, judge)
    assert rows_of(comparison)["bright"].outdated and not rows_of(comparison)["plain"].outdated
    assert "bright was run with other settings" in comparison.warnings[0]


def test_seeds_are_in_order_and_unfinished_ones_are_left_out(tmp_path):
    for seed in (10, 2):
        run(tmp_path, "plain", seed)
    (tmp_path / "which/plain/seed-3").mkdir()
    assert list(seed_folders(tmp_path, "which", "plain")) == [2, 10]
