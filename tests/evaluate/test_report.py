from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dawnchorus.evaluate.judging import judge_on_partial_labels, judge_on_truth
from dawnchorus.evaluate.report import PARTIAL_WARNING, heard_before, report_of, warnings_of
from dawnchorus.evaluate.truth import Truth
from dawnchorus.files import write_json
from dawnchorus.report.content import FULL_TRUTH, PARTIAL_LABELS
from dawnchorus.report.page import write
from dawnchorus.run_folder import RunFolder
from evaluate.runs import FULL, RULE, KnowsTheTruth


def test_a_report_on_partial_labels_warns_and_a_page_is_made_of_it(run, tmp_path):
    made = report_of(run, judge_on_partial_labels(run))
    assert made.warnings == [PARTIAL_WARNING]
    assert made.on == "6 annotated boxes"
    assert "2 species was trained in 2 stages on 3 recordings with 6 boxes: 3 present, 3 absent." in made.summary
    assert made.problems == ["train_tp.csv line 3: odd", "bad: empty: no bytes"]
    assert [(floor.name, floor.on) for floor in made.floors] == [
        (name, PARTIAL_LABELS) for name in ("equal", "random", "prevalence")
    ]
    assert sorted(figure.name for figure in made.recordings) == ["a", "b", "c"]
    (figure,) = [figure for figure in made.recordings if figure.name == "a"]
    assert sorted((mark.label, mark.kind) for mark in figure.boxes) == [
        ("bird", "absent"),
        ("bird", "pseudo"),
        ("frog", "present"),
    ]
    heard = {"1": ("fold 0", "fold 1"), "2": ("fold 0", "fold 1", "all folds")}
    assert set(made.losses) == {f"stage {stage}, {each}" for stage, those in heard.items() for each in those}
    write(tmp_path / "report.html", made)
    assert PARTIAL_WARNING.split(".")[0] in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_scores_of_a_stage_that_models_taught_are_said_to_be_too_high(run):
    stages = [{"name": "1", "teacher": None}, {"name": "2", "teacher": "1"}]
    write_json(run.path / "run.json", run.record | {"experiment": {"stages": stages}})
    told = warnings_of(RunFolder(run.path))
    assert told[0] == PARTIAL_WARNING and len(told) == 2
    assert told[1].startswith("Too high are the scores of stage 2 here:")
    assert told[1].endswith("Those of stage 1 are of boxes that its models never had.")
    pupil = [{"name": "1", "teacher": "elsewhere"}, {"name": "2", "teacher": "1"}]
    write_json(run.path / "run.json", run.record | {"experiment": {"stages": pupil}})
    assert "of stage 1 and 2 here" in warnings_of(RunFolder(run.path))[1]
    assert "never had" not in warnings_of(RunFolder(run.path))[1]


def test_a_species_that_no_box_says_is_absent_is_named(run):
    run.annotations[:] = [box for box in run.annotations if box.present or box.species != 1]
    told = warnings_of(run)
    assert len(told) == 2 and told[1].startswith("No box says absent of bird:")


def test_scores_on_recordings_that_were_learnt_from_are_said_to_be_too_high(run):
    elsewhere = replace(run.recordings[0], path=Path("elsewhere.wav"))
    assert heard_before(run, Truth((elsewhere,), (), ())) == []
    (told,) = heard_before(run, Truth((elsewhere, *run.recordings), (), ()))
    assert told.startswith("Too high are these scores: of the 4 recordings, 3 are among those that the run learnt from")


def test_a_report_on_truth_shows_the_events_that_are_known(run, monkeypatch):
    monkeypatch.setattr("dawnchorus.evaluate.judging.Detector", KnowsTheTruth)
    truth = Truth(tuple(run.recordings), FULL, ())
    on_truth, said = judge_on_truth(run, truth, RULE)
    made = report_of(run, [*judge_on_partial_labels(run), *on_truth], truth, said["2"])
    assert made.on == "3 recordings, truth known"
    assert [one.event_map_interval for one in made.stages if one.on == FULL_TRUTH] == [(0, 0), (1, 1)]
    assert {floor.on for floor in made.floors} == {FULL_TRUTH, PARTIAL_LABELS}
    assert [mark.kind for figure in made.recordings[2:] for mark in figure.boxes] == ["truth"] * 3
    assert {curve.stage for curve in made.species} == {"stage 1", "stage 2"}
