import csv
import json
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from dawnchorus import memo, metrics
from dawnchorus.experiment import changes, to_record
from dawnchorus.study.adapt import Scale
from dawnchorus.study.compare import (
    CompareError,
    Spread,
    compare,
    drawn_cmap,
    paired,
    read_csv,
    seed_folders,
    write_csv,
)
from dawnchorus.study.judge import TruthTable
from dawnchorus.study.table import as_markdown, comparison_table
from dawnchorus.study.values import Reported, Study, Variant

SCALE = Scale(budget=0.5, folds=2)
RECORDINGS = [f"r{number:02}" for number in range(40)]
# Species 0 sounds in every second recording, species 1 in every fifth.
POSITIVES = {
    name: {species for species, each in ((0, 2), (1, 5)) if number % each == 0}
    for number, name in enumerate(RECORDINGS)
}
TRUTH = np.array([[species in POSITIVES[name] for species in (0, 1)] for name in RECORDINGS])
PERFECT = TRUTH.astype(float) + np.linspace(0, 0.1, 40)[:, None]
REVERSED = -PERFECT

BRIGHT = memo.with_stage(memo.first, "1", augment=memo.bright_and_gamma)
STUDY = Study(
    Path("experiments/which.py"),
    "Which one?\n\nThe first, it is hoped.",
    "plain",
    {
        "plain": Variant(memo.first, Reported(cv=0.7889, lb=0.842), ("exp0109",)),
        "bright": Variant(BRIGHT, Reported(failed=True), ("exp0105", "a | b"), "read as §2"),
        "planned": Variant(memo.second, Reported(precision=0.4)),
        "words": Variant(None, Reported(lb=0.9)),
    },
)


def submission(folder, scores, recordings=RECORDINGS):
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "submission.csv").open("w", newline="") as file:
        rows = [(name, *row) for name, row in zip(recordings, scores.tolist(), strict=True)]
        csv.writer(file).writerows([("recording_id", "s0", "s1"), *rows])
    return folder


def run(out, variant, seed, scores=None, scale=SCALE, cv=0.5, **more):
    """What study/run.py leaves of a variant of STUDY."""
    folder = out / "which" / variant / f"seed-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    if scores is not None:
        submission(folder, scores)
    experiment = STUDY.variants[variant].experiment
    record = {
        "key": "k",
        "seed": seed,
        "network": "resnet18, none",
        "scale": asdict(scale),
        "comparable": True,
        "saw_test": False,
        "lost": "",
        "changes": changes(memo.first, experiment),
        "cv_faithful": cv,
        "precision_faithful": None,
        "cv": cv / 2,
        "precision": 0.25,
        "pseudo_labels": 3,
        "seconds": 1.0,
        "experiment": to_record(scale(experiment, seed)),
    }
    (folder / "result.json").write_text(json.dumps(record | more))
    return folder


@pytest.fixture
def judge(tmp_path):
    path = tmp_path / "truth.csv"
    rows = [f"{name},{species},1,0,0,1,1" for name in RECORDINGS for species in sorted(POSITIVES[name])]
    header = "recording_id,species_id,songtype_id,t_min,f_min,t_max,f_max"
    path.write_text("\n".join([header, *rows]) + "\n")
    return TruthTable(path)


def rows_of(comparison):
    return {row.name: row for row in comparison.rows}


# ---------------------------------------------------------------------------------------------- paired differences


def test_a_run_against_itself_is_exactly_0(tmp_path):
    noise = np.random.default_rng(1).random((40, 2)).round(1)  # with ties
    folders = {seed: submission(tmp_path / str(seed), noise + seed) for seed in (0, 1)}
    gain = paired(POSITIVES, folders, folders)
    assert (gain.mean, gain.low, gain.high, gain.seeds) == (0, 0, 0, 2)


def test_a_clear_gain_is_clear_of_0(tmp_path):
    good = {0: submission(tmp_path / "good", PERFECT)}
    bad = {0: submission(tmp_path / "bad", REVERSED)}
    gain = paired(POSITIVES, good, bad)
    assert gain.mean == pytest.approx(metrics.cmap(PERFECT, TRUTH) - metrics.cmap(REVERSED, TRUTH))
    assert 0 < gain.low < gain.mean < gain.high and gain.seeds == 1
    assert paired(POSITIVES, bad, good).mean == -gain.mean


def test_only_seeds_in_common_count(tmp_path):
    good, bad = submission(tmp_path / "good", PERFECT), submission(tmp_path / "bad", REVERSED)
    assert paired(POSITIVES, {0: good, 1: bad}, {0: good, 2: bad}) == paired(POSITIVES, {0: good}, {0: good})
    with pytest.raises(CompareError, match="no seed in common"):
        paired(POSITIVES, {0: good}, {1: good})


def test_the_chance_of_training_widens_the_interval(tmp_path):
    good, bad = submission(tmp_path / "good", PERFECT), submission(tmp_path / "bad", REVERSED)
    steady = paired(POSITIVES, {0: good, 1: good}, {0: bad, 1: bad})
    shaky = paired(POSITIVES, {0: good, 1: bad}, {0: bad, 1: bad})
    assert shaky.mean == pytest.approx(steady.mean / 2)
    assert shaky.high - shaky.low > 2 * (steady.high - steady.low)
    assert shaky.low == 0  # both draws may be the seed that gained nothing


def test_the_order_of_rows_is_no_matter_and_other_recordings_are_refused(tmp_path):
    plain = {0: submission(tmp_path / "plain", PERFECT)}
    turned = {0: submission(tmp_path / "turned", PERFECT[::-1], RECORDINGS[::-1])}
    assert paired(POSITIVES, plain, turned).high == 0
    other = {0: submission(tmp_path / "other", PERFECT, ["x", *RECORDINGS[1:]])}
    with pytest.raises(CompareError, match="other recordings"):
        paired(POSITIVES, plain, other)


def test_a_truth_that_does_not_fit_is_refused(tmp_path):
    folders = {0: submission(tmp_path / "a", PERFECT)}
    with pytest.raises(CompareError, match="nothing is known to sound"):
        paired({"elsewhere": {0}}, folders, folders)
    with pytest.raises(CompareError, match="species 2"):
        paired({"r01": {2}}, folders, folders)


def test_weighing_recordings_is_drawing_them():
    rng = np.random.default_rng(3)
    scores, truth = rng.random((30, 4)).round(1), rng.random((30, 4)) < 0.3
    truth[:, 3] = False  # a species that is nowhere
    truth[5:, 2] = False  # and one that some draws miss
    drawn = rng.integers(0, 30, (50, 30))
    counts = np.stack([np.bincount(row, minlength=30) for row in drawn])
    expected = [metrics.cmap(scores[row], truth[row]) for row in drawn]
    assert drawn_cmap(scores, truth, counts) == pytest.approx(expected, abs=1e-12)


# ------------------------------------------------------------------------------------------------------ comparison


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


def test_csv_gives_back_the_same_comparison(tmp_path, judge):
    for seed in (0, 1):
        run(tmp_path, "plain", seed, REVERSED, cv=1 / 3 + seed)
    run(tmp_path, "bright", 1, PERFECT, saw_test=True, comparable=False, lost='a "reason", with\nlines')
    comparison = compare(STUDY, tmp_path, judge)
    write_csv(tmp_path / "docs/which.csv", comparison)
    assert read_csv(tmp_path / "docs/which.csv") == comparison
    write_csv(tmp_path / "again.csv", read_csv(tmp_path / "docs/which.csv"))
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "docs/which.csv").read_bytes()


def test_another_csv_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("kind,name\nstudy,x\n")
    with pytest.raises(CompareError, match="is no comparison"):
        read_csv(tmp_path / "a.csv")


def test_markdown_says_what_people_need(tmp_path, judge):
    run(tmp_path, "plain", 0, REVERSED)
    run(tmp_path, "bright", 0, PERFECT, saw_test=True)
    text = as_markdown(compare(STUDY, tmp_path, judge))
    lines = text.splitlines()
    table = [line for line in lines if line.startswith("| ")]
    assert len({line.replace("\\|", "").count("|") for line in table}) == 1  # every row has as many cells
    (bright,) = (line for line in table if line.startswith("| bright †"))
    assert "exp0105, a \\| b | very bad |  | very bad" in bright and "1.000 | 1.000 |  | +0.7" in bright
    assert "¹" in bright
    assert any("one seed: the interval covers the choice of recordings" in line for line in lines)
    assert any(line.startswith("† trained on the sound of the test") for line in lines)
    assert any("floor: equal" in line for line in table)
    assert "| planned |  |  | 0.4 |" in text and "not run |" in text and "not runnable |" in text
    assert "Which one?" in text and "read as §2" in text and "augment.1.kind" in text


def test_a_terminal_shows_it_too(tmp_path, judge):
    run(tmp_path, "plain", 0, REVERSED)
    odd = replace(STUDY, variants=STUDY.variants | {"[bold]x": Variant(None)})
    console = Console(width=220, record=True, file=StringIO())
    console.print(comparison_table(compare(odd, tmp_path, judge)))
    shown = console.export_text()
    assert "[bold]x" in shown and "very bad" in shown and "floor: equal" in shown and "baseline" in shown


def test_seeds_are_in_order_and_unfinished_ones_are_left_out(tmp_path):
    for seed in (10, 2):
        run(tmp_path, "plain", seed)
    (tmp_path / "which/plain/seed-3").mkdir()
    assert list(seed_folders(tmp_path, "which", "plain")) == [2, 10]
