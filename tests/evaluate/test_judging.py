from __future__ import annotations

from dawnchorus.evaluate.judging import judge_on_partial_labels, judge_on_truth
from dawnchorus.evaluate.truth import Truth
from dawnchorus.report.content import FULL_TRUTH
from evaluate.runs import FULL, RULE, KnowsTheTruth


def test_every_stage_is_judged_over_all_folds_and_in_each(run):
    judged = judge_on_partial_labels(run)
    assert [(one.stage, one.fold) for one in judged] == [(s, f) for s in ("1", "2") for f in (None, 0, 1)]
    assert [one.summary.cmap for one in judged[3:]] == [1, 1, 1]
    assert judged[0].summary.cmap == judged[0].floors["equal"][0]
    assert [len(one.truth) for one in judged[:3]] == [6, 4, 2]


def test_the_models_are_judged_on_the_truth(run, monkeypatch):
    monkeypatch.setattr("dawnchorus.evaluate.judging.Detector", KnowsTheTruth)
    ticks: list[tuple[int, int]] = []
    truth = Truth(tuple(run.recordings), FULL, ())
    judged, said = judge_on_truth(run, truth, RULE, lambda *tick: ticks.append(tick))
    assert [(one.stage, one.on) for one in judged] == [("1", FULL_TRUTH), ("2", FULL_TRUTH)]
    assert (judged[1].summary.cmap, judged[1].event_map) == (1, 1)
    assert judged[0].event_map == 0
    assert ticks == [(1, 3), (2, 3), (3, 3)]
    assert list(said["2"]) == ["a", "b", "c"]


def test_a_recording_of_the_truth_that_cannot_be_heard_is_left_out(run, monkeypatch):
    monkeypatch.setattr("dawnchorus.evaluate.judging.Detector", KnowsTheTruth)
    run.recordings[1].path.write_bytes(b"")
    failures: list[str] = []
    judged, said = judge_on_truth(run, Truth(tuple(run.recordings), FULL, ()), RULE, None, failures)
    assert list(said["2"]) == ["a", "c"]
    assert len(failures) == 1 and failures[0].startswith("b: ") and failures[0].endswith("not judged")
    assert len(judged[1].truth) == 2
