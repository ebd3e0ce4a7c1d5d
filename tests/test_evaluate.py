from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sounds
from dawnchorus import evaluate, run_folder
from dawnchorus import package as packages
from dawnchorus import scores as scoring
from dawnchorus.audio.faults import AudioError
from dawnchorus.audio.header import inspect
from dawnchorus.evaluate import Truth, on_full_truth, on_partial_labels
from dawnchorus.events import Annotation, Recording, Species
from dawnchorus.features import FeatureBlock, FrontEnd
from dawnchorus.package import ModelPackage
from dawnchorus.report.content import FULL_TRUTH, PARTIAL_LABELS
from dawnchorus.report.page import write
from dawnchorus.run_folder import RunFolder
from dawnchorus.scores import EventRule, Scores
from dawnchorus.windows import SlidingWindows

SPECIES = (Species(0, "frog"), Species(1, "bird"))
FRONT_END = FrontEnd(rate_hz=8000, n_fft=512, hop=256, n_mels=16, low_hz=50.0, high_hz=4000.0)
SECONDS = 10


def box(recording: str, species: int, at: int, present: bool = True, seconds: int = 1) -> Annotation:
    return Annotation(recording, species, float(at), float(at + seconds), 100.0, 900.0, present)


def heard(recording: str, frames: np.ndarray) -> Scores:
    """Scores whose frames `(frame, species)` are a second long each, seen in one window."""
    frames = np.float32(frames)
    highest = frames.max(axis=0)[None]
    starts = np.arange(len(frames), dtype=np.float32)
    return Scores(recording, starts[:1], np.float32([len(frames)]), highest, highest, starts, 1.0, frames)


def of_truth(boxes: Sequence[Annotation], recordings: Sequence[str]) -> dict[str, Scores]:
    """Scores that are 1 inside the present boxes and 0 elsewhere."""
    frames = {key: np.zeros((SECONDS, 2)) for key in recordings}
    for one in boxes:
        if one.present and one.recording in frames:
            frames[one.recording][int(one.start_s) : int(one.end_s), one.species] = 1
    return {key: heard(key, values) for key, values in frames.items()}


PARTIAL = (
    box("a", 0, 2),
    box("a", 1, 5, present=False),
    box("b", 1, 7),
    box("b", 0, 1, present=False),
    box("c", 0, 4),
    box("c", 1, 4, present=False),
)
FULL = (box("a", 0, 2), box("a", 0, 5), box("b", 1, 7), box("c", 0, 4, seconds=3))


# ---- partial labels ------------------------------------------------------------------------------------------


@given(seed=st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=10)
def test_scores_outside_the_boxes_change_nothing(seed):
    rng = np.random.default_rng(seed)
    said = {key: heard(key, rng.random((SECONDS, 2))) for key in "abc"}
    altered = {}
    for key, scores in said.items():
        inside = np.zeros((SECONDS, 2), bool)
        for one in PARTIAL:
            if one.recording == key:
                inside[int(one.start_s) : int(one.end_s), one.species] = True
        altered[key] = heard(key, np.where(inside, scores.framewise, rng.random((SECONDS, 2))))
    one, other = (on_partial_labels("1", scores, PARTIAL, 2) for scores in (said, altered))
    assert asdict(one.summary) == asdict(other.summary)
    assert one.floors == other.floors


def test_the_truth_on_the_boxes_scores_1():
    judged = on_partial_labels("1", of_truth(PARTIAL, "abc"), PARTIAL, 2)
    assert (judged.on, judged.fold, judged.event_map) == (PARTIAL_LABELS, None, None)
    assert (judged.summary.cmap, judged.summary.lwlrap, judged.summary.auc) == (1, 1, 1)
    assert (judged.summary.precision, judged.summary.recall) == (1, 1)


def test_each_box_is_a_row_of_which_one_species_is_known():
    judged = on_partial_labels("1", of_truth(PARTIAL, "abc"), PARTIAL, 2)
    assert judged.scores.shape == (len(PARTIAL), 2)
    assert (judged.known.sum(axis=1) == 1).all()
    assert judged.truth[judged.known].tolist() == [one.present for one in PARTIAL]


def test_average_precision_on_boxes_by_hand():
    frames = np.zeros((SECONDS, 2))
    frames[[2, 4, 6, 8], 0] = 0.9, 0.8, 0.7, 0.6
    boxes = [box("a", 0, 2), box("a", 0, 4, present=False), box("a", 0, 6), box("a", 0, 8, present=False)]
    judged = on_partial_labels("1", {"a": heard("a", frames)}, boxes, 2)
    assert judged.summary.average_precisions[0] == pytest.approx((1 + 2 / 3) / 2)
    assert math.isnan(judged.summary.average_precisions[1])


def test_lwlrap_ranks_in_each_recording_the_species_known_there():
    # a: present 0 at 0.3, absent 1 at 0.6 -> 1/2; b: present 1 at 0.9, nothing else known -> 1
    frames = {key: np.zeros((SECONDS, 2)) for key in "ab"}
    frames["a"][2, 0], frames["a"][5, 1], frames["b"][7, 1], frames["b"][7, 0] = 0.3, 0.6, 0.9, 1.0
    boxes = [box("a", 0, 2), box("a", 1, 5, present=False), box("b", 1, 7)]
    judged = on_partial_labels("1", {key: heard(key, values) for key, values in frames.items()}, boxes, 2)
    assert judged.summary.lwlrap == pytest.approx(0.75)


def test_a_present_box_decides_over_absent_ones_of_its_species():
    frames = np.zeros((SECONDS, 2))
    frames[1, 0], frames[3, 0], frames[5, 1] = 0.9, 0.2, 0.5
    absent, present, other = box("a", 0, 1, present=False), box("a", 0, 3), box("a", 1, 5, present=False)
    for boxes in ([absent, present, other], [present, absent, other]):
        judged = on_partial_labels("1", {"a": heard("a", frames)}, boxes, 2)
        assert judged.summary.lwlrap == 0.5  # 0.2 of the present box, below the 0.5 of the other species


def test_floors_on_partial_labels_rank_recordings_and_not_boxes():
    judged = on_partial_labels("1", of_truth(PARTIAL, "abc"), PARTIAL, 2)
    # equal scores put what is absent first: of three boxes a species, and of the two species of a recording
    assert judged.floors["equal"] == pytest.approx((((1 / 2 + 2 / 3) / 2 + 1 / 3) / 2, 0.5))
    # species 0 is present in 2 of 3 boxes, species 1 in 1 of 3: right in a and c
    assert judged.floors["prevalence"][1] == pytest.approx((1 + 1 / 2 + 1) / 3)


def test_boxes_of_recordings_that_nobody_scored_are_left_out():
    judged = on_partial_labels("1", of_truth(PARTIAL, "abc"), [*PARTIAL, box("gone", 0, 1)], 2)
    assert len(judged.truth) == len(PARTIAL)


def test_a_fold_without_boxes_has_no_figures():
    judged = on_partial_labels("1", of_truth([], ["z"]), PARTIAL, 2, fold=3)
    assert judged.fold == 3
    assert math.isnan(judged.summary.cmap)
    assert math.isnan(judged.summary.lwlrap)
    (record,) = evaluate.as_record([judged], SPECIES)
    assert record["cmap"] is None
    assert record["lwlrap_95"] == [None, None]


# ---- full truth ----------------------------------------------------------------------------------------------


def test_the_truth_itself_scores_1_on_full_truth():
    said = of_truth(FULL, "abcd")
    events = [event for scores in said.values() for event in EventRule().events(scores)]
    judged = on_full_truth("2", said, events, FULL, 2)
    assert judged.on == FULL_TRUTH
    assert (judged.summary.cmap, judged.summary.lwlrap, judged.event_map) == (1, 1, 1)
    assert judged.truth.tolist() == [[True, False], [False, True], [True, False], [False, False]]
    assert judged.known.all()


def test_every_recording_counts_on_full_truth_the_silent_ones_too():
    said = of_truth(FULL, "abcd")
    said["d"] = heard("d", np.ones((SECONDS, 2)))  # nothing calls there
    judged = on_full_truth("2", said, [], FULL, 2)
    assert judged.summary.average_precisions == pytest.approx((((1 / 2) + (2 / 3)) / 2, 1 / 2))
    assert judged.event_map == 0


def test_a_missed_event_counts_and_one_of_an_unheard_recording_does_not():
    said = of_truth(FULL, "ab")
    events = [event for scores in said.values() for event in EventRule().events(scores)]
    judged = on_full_truth("2", said, [one for one in events if one.start_s != 5], FULL, 2)
    assert judged.event_map == pytest.approx((1 / 2 + 1) / 2)


def test_floors_of_full_truth_are_those_of_its_recordings():
    judged = on_full_truth("2", of_truth(FULL, "abcd"), [], FULL, 2)
    assert judged.floors["equal"] == pytest.approx((((1 / 3 + 2 / 4) / 2 + 1 / 4) / 2, 0.5))


def test_a_table_of_truth_is_checked_at_the_door(tmp_path):
    sounds.write_wav(tmp_path / "audio" / "a.wav", sounds.noise(10, 8000), 8000)
    table = tmp_path / "test.csv"
    table.write_text("recording_id,species_id,t_min,f_min,t_max,f_max\na,0,2,100,3,900\na,9,2,1,3,9\nz,0,2,1,3,9\n")
    truth = evaluate.read_truth(table, tmp_path / "audio", 2)
    assert truth.boxes == (box("a", 0, 2),)
    assert [recording.key for recording in truth.recordings] == ["a"]
    assert sorted(problem.kind for problem in truth.problems) == ["bad_species", "unknown_recording"]


# ---- a run ---------------------------------------------------------------------------------------------------


def fit(fold: int) -> dict[str, object]:
    kinds = ("annotated_present", "annotated_absent", "pseudo_present", "pseudo_absent")
    return {"fold": fold, "repeat": 0, "losses": [1.0, 0.5], "labels": {kind: [2, 1] for kind in kinds}}


def a_run(folder: Path, said: Mapping[str, Scores]) -> RunFolder:
    """A run of two stages and two folds whose networks are empty files; stage 1 knows nothing, stage 2 says `said`."""
    recordings = []
    for seed, key in enumerate("abc"):
        path = sounds.write_wav(folder / "audio" / f"{key}.wav", sounds.noise(SECONDS, 8000, seed=seed), 8000)
        recordings.append(Recording(key, path, float(SECONDS), 8000))
    stages = [
        {"name": name, "fits": [fit(0), fit(1)], "pseudo": pseudo}
        for name, pseudo in (("1", []), ("2", [["a", 1, 0.0, 4.0]]))
    ]
    record = {"stages": stages, "data": str(folder), "failures": [{"recording": "bad", "fault": "empty: no bytes"}],
              "problems": ["train_tp.csv line 3: odd"], "made_with": {"dawnchorus": "0"}}  # fmt: skip
    run_folder.write(folder / "run", recordings, {"a": 0, "b": 1, "c": 0}, PARTIAL, SPECIES, record)
    run = RunFolder(folder / "run")
    nothing = {key: heard(key, np.full((SECONDS, 2), 0.5)) for key in said}
    for name, scores in (("1", nothing), ("2", said)):
        scoring.write(run.path / "scores" / f"{name}.npz", scores.values())
        home = run.path / "stages" / name
        home.mkdir(parents=True)
        (home / "model.0.onnx").write_bytes(b"")
        bands = ((100.0, 900.0),) * 2
        windows = SlidingWindows(256, 16)
        packages.write(ModelPackage(home, name, FRONT_END, windows, 32, SPECIES, bands, ("model.0.onnx",), {}))
    return run


class KnowsTheTruth:
    """Stands in for a Detector: the model of stage 2 says the truth, that of stage 1 the same of everything."""

    def __init__(self, package: ModelPackage) -> None:
        self.package = package

    def score_blocks(self, recording: Recording, blocks: Sequence[FeatureBlock]) -> Scores:
        assert [block.recording for block in blocks] == [recording.key]
        said = of_truth(FULL, "abcd")[recording.key]
        return (
            said
            if self.package.name == "2"
            else replace(said, framewise=said.framewise * 0, window_maximum=said.window_maximum * 0)
        )


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return a_run(tmp_path, of_truth(PARTIAL, "abc"))


def test_every_stage_is_judged_over_all_folds_and_in_each(run):
    judged = evaluate.judge_on_partial_labels(run)
    assert [(one.stage, one.fold) for one in judged] == [(s, f) for s in ("1", "2") for f in (None, 0, 1)]
    assert [one.summary.cmap for one in judged[3:]] == [1, 1, 1]
    assert judged[0].summary.cmap == judged[0].floors["equal"][0]
    assert [len(one.truth) for one in judged[:3]] == [6, 4, 2]


def test_the_models_are_judged_on_the_truth(run, monkeypatch):
    monkeypatch.setattr(evaluate, "Detector", KnowsTheTruth)
    ticks: list[tuple[int, int]] = []
    truth = Truth(tuple(run.recordings), FULL, ())
    judged, said = evaluate.judge_on_truth(run, truth, EventRule(), lambda *tick: ticks.append(tick))
    assert [(one.stage, one.on) for one in judged] == [("1", FULL_TRUTH), ("2", FULL_TRUTH)]
    assert (judged[1].summary.cmap, judged[1].event_map) == (1, 1)
    assert judged[0].event_map == 0
    assert ticks == [(1, 3), (2, 3), (3, 3)]
    assert list(said["2"]) == ["a", "b", "c"]


def test_a_recording_of_the_truth_that_cannot_be_heard_is_left_out(run, monkeypatch):
    monkeypatch.setattr(evaluate, "Detector", KnowsTheTruth)
    run.recordings[1].path.write_bytes(b"")
    failures: list[str] = []
    judged, said = evaluate.judge_on_truth(run, Truth(tuple(run.recordings), FULL, ()), EventRule(), None, failures)
    assert list(said["2"]) == ["a", "c"]
    assert len(failures) == 1 and failures[0].startswith("b: ") and failures[0].endswith("not judged")
    assert len(judged[1].truth) == 2


def test_the_record_is_plain_values(run):
    records = evaluate.as_record(evaluate.judge_on_partial_labels(run), SPECIES)
    assert records[3]["ap"] == {"frog": 1.0, "bird": 1.0}
    assert records[3]["floors"]["equal"] == {"cmap": pytest.approx(0.458333), "lwlrap": 0.5}
    assert (records[3]["event_map"], records[3]["on"]) == (None, PARTIAL_LABELS)


def test_a_report_on_partial_labels_warns_and_a_page_is_made_of_it(run, tmp_path):
    made = evaluate.report_of(run, evaluate.judge_on_partial_labels(run))
    assert made.warnings == [evaluate.PARTIAL_WARNING]
    assert made.on == "6 annotated boxes"
    assert "2 species was trained in 2 stages on 3 recordings with 3 boxes that say present and 3" in made.summary
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
    assert len(made.losses) == 4
    write(tmp_path / "report.html", made)
    assert evaluate.PARTIAL_WARNING.split(".")[0] in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_report_on_truth_shows_the_events_that_are_known(run, monkeypatch):
    monkeypatch.setattr(evaluate, "Detector", KnowsTheTruth)
    truth = Truth(tuple(run.recordings), FULL, ())
    on_truth, said = evaluate.judge_on_truth(run, truth, EventRule())
    made = evaluate.report_of(run, [*evaluate.judge_on_partial_labels(run), *on_truth], truth, said["2"])
    assert made.on == "3 recordings, truth known"
    assert {floor.on for floor in made.floors} == {FULL_TRUTH, PARTIAL_LABELS}
    assert [mark.kind for figure in made.recordings[2:] for mark in figure.boxes] == ["truth"] * 3
    assert {curve.stage for curve in made.species} == {"stage 1", "stage 2"}


def test_a_report_does_without_recordings_that_have_gone(run):
    for recording in run.recordings:
        recording.path.unlink()
    with pytest.raises(AudioError):
        inspect(run.recordings[0].path)
    assert evaluate.report_of(run, evaluate.judge_on_partial_labels(run)).recordings == []
