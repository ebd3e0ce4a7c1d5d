import csv
import json

import numpy as np
import pytest

from dawnchorus.events import Annotation, Detection
from dawnchorus.export.submission import SubmissionError
from dawnchorus.study.judge import JudgeError, ScorerScript, TruthTable, segment_average_precisions

TRUTH = """recording_id,species_id,songtype_id,t_min,f_min,t_max,f_max
r1,0,1,1.0,100,2.0,200
r1,1,1,3.0,100,4.0,200
r2,1,1,0.0,100,0.5,200
"""
PERFECT = {"r1": (0.9, 0.8), "r2": (0.1, 0.7), "r3": (0.2, 0.1)}
# Species 0 sounds in r1 alone, which is ranked last of three: 1/3. Species 1 sounds in r1 and r2, at ranks 3 and 2.
REVERSED = {key: tuple(1 - value for value in values) for key, values in PERFECT.items()}

SCORER = """
import argparse, csv, json
from pathlib import Path

def clip_truth(benchmark, part="test"):
    return {"r1": {0, 1}, "r2": {1}}

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("benchmark", type=Path)
    for name in ("submission", "detections", "pseudo"):
        parser.add_argument("--" + name, type=Path)
    parser.add_argument("--floors", action="store_true")
    args = parser.parse_args()
    if args.submission and "spoilt" in args.submission.read_text():
        raise SystemExit("the submission is spoilt")
    with (args.benchmark / "asked").open("a") as file:
        file.write("x")
    out = {}
    if args.submission:
        out["submission"] = {"cmap": 0.25, "lwlrap": 0.5, "cmap_95": [0, 1], "ap": {}}
    if args.detections:
        out["detections"] = {"event_map": 0.125, "segment_map": 0.75, "event_f1_best": 1.0}
    if args.pseudo:
        out["pseudo"] = {"precision": float("nan"), "recall": 0.0, "labels": 0}
    if args.floors:
        out["floors"] = {"equal": {"cmap": 0.1, "lwlrap": 0.2}}
    print("words for people")
    print(json.dumps(out))
"""


def submission(folder, scores):
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "submission.csv").open("w", newline="") as file:
        rows = [(key, *values) for key, values in scores.items()]
        csv.writer(file).writerows([("recording_id", "s0", "s1"), *rows])
    return folder


def detections(folder, rows):
    with (folder / "detections.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("recording_id", "species_id", "t_min", "t_max", "score"), *rows])


@pytest.fixture
def truth(tmp_path):
    path = tmp_path / "truth.csv"
    path.write_text(TRUTH)
    return TruthTable(path)


@pytest.fixture
def script(tmp_path):
    benchmark = tmp_path / "benchmark"
    benchmark.mkdir()
    (benchmark / "train_tp.csv").write_text("a")
    path = tmp_path / "score.py"
    path.write_text(SCORER)
    return ScorerScript(path, benchmark)


def times_asked(script):
    return len((script.benchmark / "asked").read_text())


def test_a_table_says_what_sounds_where(truth):
    assert truth.positives() == {"r1": {0, 1}, "r2": {1}}


def test_a_perfect_submission_scores_1_and_a_reversed_one_what_its_ranks_give(truth, tmp_path):
    assert truth.judge(submission(tmp_path / "a", PERFECT)) == {"cmap": 1.0, "lwlrap": 1.0}
    said = truth.judge(submission(tmp_path / "b", REVERSED))
    assert said["cmap"] == pytest.approx((1 / 3 + (1 / 2 + 2 / 3) / 2) / 2)
    # in r1 both species sound; in r2 the one that sounds stands second
    assert said["lwlrap"] == pytest.approx((1 + 1 + 1 / 2) / 3)


def test_events_and_seconds_are_judged_where_there_are_detections(truth, tmp_path):
    folder = submission(tmp_path / "a", PERFECT)
    detections(folder, [("r1", 0, 1.0, 2.0, 0.9), ("r1", 1, 3.0, 4.0, 0.8), ("r2", 1, 5.0, 6.0, 0.9)])
    said = truth.judge(folder)
    # species 1: the first of two detections is wrong, the second right, one event is missed
    assert said["event_map"] == pytest.approx((1 + 1 / 2 / 2) / 2)
    assert said["segment_map"] == pytest.approx((1 + 1 / 2 / 2) / 2)


def test_a_second_has_its_highest_detection_and_missed_seconds_count():
    truth = [Annotation("r", 0, 0.5, 2.5, 0, 1, True)]  # touches seconds 0, 1, 2
    found = [Detection("r", 0, 2.0, 4.0, 0.4), Detection("r", 0, 1.2, 2.2, 0.9)]
    # seconds by score: 1 and 2 (0.9) are right, 3 (0.4) is wrong, 0 is missed
    assert segment_average_precisions(found, truth, 2)[0] == pytest.approx(2 / 3)
    assert np.isnan(segment_average_precisions(found, truth, 2)[1])


def test_a_recording_in_a_folder_is_known_by_its_last_name(truth, tmp_path):
    folder = submission(tmp_path / "a", PERFECT)
    detections(folder, [("site/r1", 0, 1.0, 2.0, 0.9)])
    assert truth.judge(folder)["event_map"] == pytest.approx(1 / 2)


def test_floors_are_those_of_the_recordings_of_the_run(truth, tmp_path):
    floors = truth.floors(submission(tmp_path / "a", PERFECT))
    # equal scores count against: species 0 is 1 of 3, found last; species 1 is 2 of 3, found at ranks 2 and 3
    assert floors["equal"]["cmap"] == pytest.approx((1 / 3 + (1 / 2 + 2 / 3) / 2) / 2)


@pytest.mark.parametrize(
    ("extra", "word"),
    [
        ("r9,0,1,1,1,2,2\n", "r9"),
        ("r1,5,1,1,1,2,2\n", "species_id 5"),
        ("r1,0,1,3,1,2,2\n", "line 5"),
    ],
)
def test_a_truth_that_does_not_fit_the_run_is_refused(truth, tmp_path, extra, word):
    truth.path.write_text(TRUTH + extra)
    with pytest.raises(JudgeError, match=word):
        TruthTable(truth.path).judge(submission(tmp_path / "a", PERFECT))


def test_a_run_without_predictions_is_refused(truth, tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(JudgeError, match=r"no submission\.csv"):
        truth.judge(tmp_path / "a")


@pytest.mark.parametrize("cell", ["nan", "x", ""])
def test_a_submission_with_a_cell_that_is_no_number_is_refused(truth, tmp_path, cell):
    with pytest.raises(SubmissionError, match=r"submission\.csv"):
        truth.judge(submission(tmp_path / "a", PERFECT | {"r1": (0.5, cell)}))


def test_detections_elsewhere_are_refused(truth, tmp_path):
    folder = submission(tmp_path / "a", PERFECT)
    detections(folder, [("r7", 0, 1.0, 2.0, 0.9)])
    with pytest.raises(JudgeError, match="line 2"):
        truth.judge(folder)


def test_a_script_is_quoted_and_what_has_no_value_is_left_out(script, tmp_path):
    folder = submission(tmp_path / "a", PERFECT)
    assert script.judge(folder) == {"cmap": 0.25, "lwlrap": 0.5}
    (folder / "detections.csv").write_text("recording_id\n")
    (folder / "pseudo.csv").write_text("recording_id\n")
    assert script.judge(folder) == {
        "cmap": 0.25,
        "lwlrap": 0.5,
        "event_map": 0.125,
        "segment_map": 0.75,
        "pseudo_recall": 0.0,
    }
    assert script.positives() == {"r1": {0, 1}, "r2": {1}}
    assert script.floors(folder) == {"equal": {"cmap": 0.1, "lwlrap": 0.2}}


def test_a_run_is_judged_once_while_files_and_truth_are_the_same(script, tmp_path):
    folder = submission(tmp_path / "a", PERFECT)
    script.judge(folder)
    assert ScorerScript(script.script, script.benchmark).judge(folder)["cmap"] == 0.25
    assert times_asked(script) == 1
    submission(folder, REVERSED)
    script.judge(folder)
    assert times_asked(script) == 2
    (script.benchmark / "train_tp.csv").write_text("another benchmark in its place")
    script.judge(folder)
    assert times_asked(script) == 3
    script.script.write_text(SCORER.replace("0.25", "0.375"))
    assert ScorerScript(script.script, script.benchmark).judge(folder)["cmap"] == 0.375
    assert json.loads((folder / "judged.json").read_text())["figures"]["cmap"] == 0.375


def test_another_truth_judges_anew(truth, tmp_path):
    folder = submission(tmp_path / "a", PERFECT)
    assert truth.judge(folder)["cmap"] == 1
    truth.path.write_text(TRUTH + "r3,0,1,1,1,2,2\n")
    assert TruthTable(truth.path).judge(folder)["cmap"] == 1  # r1 0.9, r3 0.2, r2 0.1
    truth.path.write_text(TRUTH + "r2,0,1,1,1,2,2\n")
    assert TruthTable(truth.path).judge(folder)["cmap"] == pytest.approx(((1 + 2 / 3) / 2 + 1) / 2)


def test_a_script_that_fails_says_why(script, tmp_path):
    folder = submission(tmp_path / "a", {"spoilt": (1, 1)})
    with pytest.raises(JudgeError, match="the submission is spoilt"):
        script.judge(folder)


def test_a_file_that_is_no_scorer_is_refused(script, tmp_path):
    script.script.write_text("print(1)")
    with pytest.raises(JudgeError, match="clip_truth"):
        script.positives()
    with pytest.raises(JudgeError, match="no Python file"):
        ScorerScript(tmp_path / "none.py", tmp_path).positives()
