import argparse
import csv
import importlib
import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dawnchorus import metrics, scores
from dawnchorus.events import Annotation, Detection, Species
from dawnchorus.export import scores_parquet
from dawnchorus.study.judge import segment_average_precisions

HOME = Path(__file__).parents[2]
RECORDINGS = [f"r{number:02}" for number in range(12)]


def imported(name, folder="benchmarks"):
    """A module of a folder of scripts, whose files import each other as scripts do."""
    sys.path.insert(0, str(HOME / folder))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


accuracy = imported("accuracy")
common, lr, probe = (imported(name, "benchmarks/accuracy_peers") for name in ("common", "birdnet_lr", "hoplite_probe"))


def frames(score, frame_s=1.0, hop_s=1.0, seconds=None, recording="r00"):
    score = np.asarray(score, float).reshape(len(score), -1)
    start_s = hop_s * np.arange(len(score))
    return accuracy.Frames(recording, seconds or start_s[-1] + frame_s, start_s, frame_s, score)


def made_truth(rng, n_species=3):
    """Events of a small world, and detections of which some find them."""
    events, found = {}, []
    for recording in RECORDINGS:
        for species in range(n_species):
            for _ in range(rng.integers(0, 4)):
                start = float(rng.uniform(0, 50))
                events.setdefault((recording, species), []).append((start, start + 2))
                for _ in range(rng.integers(0, 3)):
                    near = start + float(rng.uniform(-2, 2))
                    found.append(Detection(recording, species, max(0, near), near + 2.5, round(rng.random(), 1)))
            start = float(rng.uniform(0, 50))
            found.append(Detection(recording, species, start, start + 2, round(rng.random(), 1)))
    present = {}
    for recording, species in events:
        present.setdefault(recording, set()).add(species)
    return accuracy.Truth(RECORDINGS, list(range(n_species)), present, events, None), found


def boxes_of(truth, counts=None):
    """The events as annotations; a recording drawn twice is two recordings."""
    return [
        Annotation(f"{recording}~{copy}", species, a, b, 0, 0, True)
        for (recording, species), times in truth.events.items()
        for a, b in times
        for copy in range(1 if counts is None else counts[RECORDINGS.index(recording)])
    ]


def copied(found, counts=None):
    return [
        Detection(f"{one.recording}~{copy}", one.species, one.start_s, one.end_s, one.score)
        for one in found
        for copy in range(1 if counts is None else counts[RECORDINGS.index(one.recording)])
    ]


# ----------------------------------------------------------------------------------------------------------- events


def test_a_window_that_stands_out_is_one_event_over_all_that_it_heard():
    line = frames([0.1, 0.1, 0.8, 0.1, 0.1], frame_s=3, hop_s=1.5)
    best = accuracy.Extractor(windows="whole", most=1000).events([line])[0]
    assert (best.start_s, best.end_s, best.score) == (3, 6, pytest.approx(0.8))


def test_of_two_windows_beside_each_other_one_is_an_event():
    line = frames([0.01, 0.7, 0.8, 0.01], frame_s=3, hop_s=1.5)
    starts = [one.start_s for one in accuracy.Extractor(windows="whole").events([line]) if one.score > 0.5]
    assert starts == [3]
    apart = frames([0.01, 0.8, 0.1, 0.8, 0.01], frame_s=3, hop_s=1.5)
    assert [one.start_s for one in accuracy.Extractor(windows="whole").events([apart])[:2]] == [1.5, 4.5]


def test_windows_laid_side_by_side_have_the_mean_of_those_over_them():
    line = frames([0.2, 0.4, 0.8], frame_s=3, hop_s=1.5)
    laid = accuracy.Extractor(windows="mean").laid(line)
    np.testing.assert_allclose(laid.score[:, 0], [0.2, 0.3, 0.6, 0.8])
    assert laid.frame_s == 1.5
    assert laid.over == 1
    np.testing.assert_allclose(laid.start_s, [0, 1.5, 3, 4.5])


def test_windows_at_their_centre_stand_for_their_middle():
    laid = accuracy.Extractor(windows="centre").laid(frames([0.2, 0.4], frame_s=3, hop_s=1.5))
    np.testing.assert_allclose(laid.start_s, [0.75, 2.25])
    np.testing.assert_allclose(laid.score[:, 0], [0.2, 0.4])


def test_pieces_behind_the_end_of_a_recording_are_left_out():
    line = frames([0.2, 0.4], frame_s=3, hop_s=1.5, seconds=3.2)
    assert len(accuracy.Extractor(windows="mean").laid(line).score) == 3
    assert max(one.end_s for one in accuracy.Extractor(windows="whole").events([line])) == 3.2


def test_fine_frames_are_left_as_they_are():
    line = frames([0.1, 0.9, 0.5, 0.1], frame_s=0.5, hop_s=0.5)
    for windows in ("mean", "centre", "whole"):
        assert accuracy.Extractor(windows=windows).laid(line) is line


def test_the_threshold_keeps_as_many_events_of_each_species_whatever_the_scale():
    rng = np.random.default_rng(0)
    score = rng.random((60, 2)) * [1, 1e-3]
    found = accuracy.Extractor(most=3).events([frames(score)])
    assert [sum(one.species == species for one in found) for species in (0, 1)] == [3, 3]
    everything = accuracy.Extractor(most=1000).events([frames(score)])
    rare = sorted((one.score for one in everything if one.species == 1), reverse=True)
    assert min(one.score for one in found if one.species == 1) == rare[2]


def test_an_unknown_setting_is_named():
    with pytest.raises(ValueError, match="'median'"):
        accuracy.Extractor(windows="median")


def test_scores_of_one_stay_finite_and_in_order():
    found = accuracy.Extractor(most=1000, edge=1.0).events([frames([0.2, 1.0, 0.2, 0.99, 0.2])], [0.1])
    assert [one.start_s for one in found[:2]] == [1, 3]
    assert all(math.isfinite(one.score) for one in found)


def test_a_store_of_dawnchorus_scores_is_read_too(tmp_path):
    said = scores.Scores(
        "a",
        np.array([0.0, 2.0]),
        np.array([4.0, 5.5]),
        np.zeros((2, 1), np.float32),
        np.zeros((2, 1), np.float32),
        np.arange(11) / 2,
        0.5,
        np.linspace(0, 1, 11, dtype=np.float32)[:, None],
    )
    scores.write(tmp_path / "frames.npz", [said])
    (one,) = accuracy.read_frames(tmp_path / "frames.npz")
    assert (one.recording, one.seconds, one.frame_s, one.over) == ("a", 5.5, 0.5, 1)
    np.testing.assert_allclose(one.score[:, 0], np.linspace(0, 1, 11), atol=1e-3)


def test_frames_have_the_names_of_the_submission(tmp_path):
    (tmp_path / "submission.csv").write_text("recording_id,s0\na,0\nsite/b,0\n")
    heard = [frames([0.5], recording=name) for name in ("test/a", "site/b")]
    assert [one.recording for one in accuracy.named_as_in(tmp_path / "submission.csv", heard)] == ["a", "site/b"]


# -------------------------------------------------------------------------------------------------- drawn recordings


def test_event_and_segment_figures_are_those_of_the_package_on_recordings_drawn_in_fact():
    truth, found = made_truth(np.random.default_rng(1))
    counts = accuracy.draws(len(RECORDINGS), 20)
    of_events = accuracy.mean_over_species(accuracy.ranked_events(truth, found), counts)
    of_segments = accuracy.mean_over_species(accuracy.ranked_segments(truth, found), counts)
    for number, drawn in enumerate(counts):
        boxes, events = boxes_of(truth, drawn), copied(found, drawn)
        assert of_events[number] == pytest.approx(
            metrics.nanmean(metrics.event_average_precisions(events, boxes, 3)), abs=1e-9
        )
        assert of_segments[number] == pytest.approx(
            metrics.nanmean(segment_average_precisions(events, boxes, 3)), abs=1e-9
        )


def test_perfect_detections_score_one_in_every_draw():
    truth, _ = made_truth(np.random.default_rng(2))
    perfect = [
        Detection(recording, species, a, b, 1.0)
        for (recording, species), times in truth.events.items()
        for a, b in times
    ]
    counts = accuracy.draws(len(RECORDINGS), 30)
    assert accuracy.mean_over_species(accuracy.ranked_events(truth, perfect), counts).min() == 1
    assert accuracy.mean_over_species(accuracy.ranked_segments(truth, perfect), counts).min() == 1


def test_a_system_without_detections_scores_nothing():
    truth, _ = made_truth(np.random.default_rng(2))
    for ranked in (accuracy.ranked_events, accuracy.ranked_segments):
        assert accuracy.mean_over_species(ranked(truth, []), accuracy.draws(12, 5)).max() == 0


def test_what_nobody_listened_to_takes_no_part():
    events = {("r00", 0): [(1.0, 2.0)]}
    spans = {"r00": [(0.0, 5.0)]}
    truth = accuracy.Truth(RECORDINGS, [0], {"r00": {0}}, events, spans)
    found = [Detection("r00", 0, 30.0, 31.0, 0.9), Detection("r00", 0, 1.0, 2.0, 0.5)]
    once = np.ones((1, len(RECORDINGS)), int)
    for ranked in (accuracy.ranked_events, accuracy.ranked_segments):
        assert accuracy.mean_over_species(ranked(truth, found), once)[0] == 1


def test_lwlrap_is_that_of_the_package_on_recordings_drawn_in_fact():
    rng = np.random.default_rng(3)
    said, present = rng.random((12, 4)).round(1), rng.random((12, 4)) < 0.4
    counts = accuracy.draws(12, 20)
    figures = accuracy.drawn_lwlrap(said, present, counts)
    for number, drawn in enumerate(counts):
        rows = np.repeat(np.arange(12), drawn)
        assert figures[number] == pytest.approx(metrics.lwlrap(said[rows], present[rows]))


def test_the_interval_holds_the_mean_and_draws_seeds_too():
    rng = np.random.default_rng(4)
    values = np.concatenate([np.full((1, 3), 0.5), 0.5 + 0.01 * rng.standard_normal((400, 3))])
    narrow = accuracy.Interval.over_draws(values)
    wide = accuracy.Interval.over_draws(values + [-0.1, 0, 0.1])
    assert narrow.low < narrow.mean < narrow.high
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)
    assert wide.seeds == 3


# ------------------------------------------------------------------------------------------------------------ prior


def test_prior_correction_finds_how_common_species_are_and_keeps_the_order_within_each():
    rng = np.random.default_rng(5)
    shares = np.array([0.1, 0.5, 0.8])
    present = rng.random((4000, 3)) < shares
    logit = rng.normal(np.where(present, 1.5, -1.5), np.sqrt(3))  # calibrated for a share of one half
    said = 1 / (1 + np.exp(-logit))
    moved = accuracy.prior_corrected(said, given=0.5)
    np.testing.assert_allclose(moved.mean(axis=0), shares, atol=0.03)
    assert (np.argsort(moved, axis=0) == np.argsort(said, axis=0)).all()


def test_prior_correction_leaves_scores_alone_that_say_the_share_already():
    said = np.random.default_rng(6).random((50, 1))
    np.testing.assert_allclose(accuracy.prior_corrected(said), said)


def test_prior_correction_refuses_what_is_no_probability():
    with pytest.raises(ValueError, match="to 2"):
        accuracy.prior_corrected(np.array([[0.5, 2.0]]))


# ---------------------------------------------------------------------------------------------------------- workers


def benchmark(home):
    """A benchmark of four short recordings of noise, with the public files and a truth."""
    rng = np.random.default_rng(7)
    columns = ["recording_id", "species_id", "songtype_id", "t_min", "f_min", "t_max", "f_max"]
    for part in ("train", "test"):
        (home / part).mkdir(parents=True)
        for number in range(4):
            wave = 0.1 * rng.standard_normal(8000 * 6)
            soundfile.write(home / part / f"{part}{number}.flac", wave, 8000)
    (home / "truth").mkdir()
    tables = {
        "species.csv": [["species_id", "name"], [0, "cat"], [1, "cow"]],
        "train_tp.csv": [columns, ["train0", 0, 1, 1, 100, 2, 900], ["train1", 1, 1, 3, 100, 4, 900]],
        "train_fp.csv": [columns, ["train2", 0, 1, 1, 100, 2, 900]],
        "sample_submission.csv": [["recording_id", "s0", "s1"], *([f"test{number}", 0, 0] for number in range(4))],
        "truth/test.csv": [columns, ["test0", 0, 1, 0, 1, 3, 9], ["test1", 1, 1, 1.5, 1, 4.5, 9]],
    }
    for name, rows in tables.items():
        with (home / name).open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    return home


def test_windows_cover_a_recording():
    np.testing.assert_allclose(common.window_starts(6, 3, 1.5), [0, 1.5, 3])
    np.testing.assert_allclose(common.window_starts(6.1, 3, 1.5), [0, 1.5, 3, 4.5])
    np.testing.assert_allclose(common.window_starts(2, 3, 1.5), [0])


def leave_run(home, made, seed=0, cat=0.9):
    """A run as a worker leaves it, which hears the cat in test0 as `cat` and the cow in test1."""
    starts = [common.window_starts(6, 3, 1.5)] * 4
    said = [np.full((3, 2), 0.1) for _ in starts]
    said[0][0, 0], said[1][1, 1] = cat, 0.8
    clock = common.Clock(60.0, 30.0)
    common.write_run(home / f"seed-{seed}", common.Benchmark(made), said, starts, 3.0, clock, clock, seed=seed)
    return home / f"seed-{seed}"


def test_a_worker_leaves_submission_frames_and_result(tmp_path):
    made = benchmark(tmp_path / "made")
    boxes = common.Benchmark(made).boxes()
    assert [(box.recording, box.species, box.present) for box in boxes] == [
        ("train0", 0, True),
        ("train1", 1, True),
        ("train2", 0, False),
    ]
    folder = leave_run(tmp_path / "out", made)
    assert (folder / "submission.csv").read_text().splitlines()[:2] == ["recording_id,s0,s1", "test0,0.9,0.1"]
    first = accuracy.read_frames(folder / "frames.npz")[0]
    assert (first.recording, first.seconds, first.frame_s, first.over) == ("test0", 6, 3, 2)
    result = json.loads((folder / "result.json").read_text())
    assert result["hours_a_minute"] == pytest.approx(24 / 3600, abs=1e-4)


BOXES = [
    common.Box("a", 0, 10, 11, True),
    common.Box("a", 1, 10, 12, True),
    common.Box("b", 0, 4, 5, False),
    common.Box("c", 1, 4, 5, True),
]
STARTS = np.array([9.0, 9.5, 3.0, 3.0])


def test_logistic_regression_learns_from_the_boxes_of_a_species():
    picked, present = lr.examples(BOXES, STARTS, 0, others=False)
    assert (picked.tolist(), present.tolist()) == ([0, 2], [True, False])


def test_boxes_of_others_are_negative_unless_the_species_was_boxed_in_them_too():
    picked, present = lr.examples(BOXES, STARTS, 0, others=True)
    assert (picked.tolist(), present.tolist()) == ([0, 2, 3], [True, False, False])


def test_a_window_is_labelled_by_the_boxes_that_have_their_centre_in_it():
    label, mask = probe.labels(BOXES, "a", 8.0, 3)
    assert (label.tolist(), mask.tolist()) == ([1, 1, 0], [1, 1, 0])
    label, mask = probe.labels(BOXES, "b", 4.0, 3)
    assert (label.tolist(), mask.tolist()) == ([0, 0, 0], [1, 0, 0])
    assert probe.labels(BOXES, "a", 20.0, 3)[1].sum() == 0


def test_the_probe_finds_the_least_loss_of_its_docstring():
    rng = np.random.default_rng(8)
    windows = rng.standard_normal((60, 3))
    label = (windows[:, :2] + rng.standard_normal((60, 2)) > 0).astype(float)
    mask = (rng.random((60, 2)) < 0.5).astype(float)
    label *= mask
    weights, bias = probe.fit(windows, label, mask, rng, 0.05, 0.01, 60, 3000)

    def loss(weights, bias):
        z = windows @ weights + bias
        cells = label * np.logaddexp(0, -z) + (1 - label) * np.logaddexp(0, z)
        return ((mask + (1 - mask) * 0.05) * cells).mean()

    least = loss(weights, bias)
    for _ in range(20):
        step = 0.05 * rng.standard_normal((4, 2))
        assert loss(weights + step[:3], bias + step[3]) > least


def test_the_probe_learns_nothing_from_unknown_cells_without_a_weak_weight():
    rng = np.random.default_rng(9)
    windows, label = rng.standard_normal((8, 3)), np.ones((8, 2))
    mask = np.repeat([[1.0, 0.0]], 8, axis=0)
    first, last = (
        probe.fit(windows, label, mask, np.random.default_rng(1), 0.0, 0.01, 4, passes)[0] for passes in (0, 5)
    )
    np.testing.assert_array_equal(first[:, 1], last[:, 1])
    assert (first[:, 0] != last[:, 0]).all()


def test_workers_import_nothing_of_dawnchorus():
    for path in (HOME / "benchmarks" / "accuracy_peers").glob("*.py"):
        assert "dawnchorus" not in path.read_text(), path.name


def test_every_peer_has_its_worker():
    for peer in accuracy.PEERS.values():
        assert (accuracy.WORKERS / peer.worker).is_file()


# ------------------------------------------------------------------------------------------------------------ table

SCORER = """
import argparse, csv, json
from collections import defaultdict
from pathlib import Path

def rows(path):
    return list(csv.DictReader(Path(path).read_text().splitlines()))

def clip_truth(benchmark, part="test"):
    found = defaultdict(set)
    for row in rows(Path(benchmark) / f"truth/{part}.csv"):
        found[row["recording_id"]].add(int(row["species_id"]))
    return found

def events_by_key(table):
    events = defaultdict(list)
    for row in table:
        events[row["recording_id"], int(row["species_id"])].append((float(row["t_min"]), float(row["t_max"])))
    return events

def read_submission(path, sample):
    return {r["recording_id"]: {int(k[1:]): float(v) for k, v in r.items() if k[0] == "s"} for r in rows(path)}

def floors(benchmark):
    return {"equal": {"cmap": 0.25, "lwlrap": 0.5}}

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("benchmark")
    parser.add_argument("--submission")
    parser.add_argument("--detections")
    args = parser.parse_args()
    events = {"event_map": 1.0, "segment_map": 1.0}
    print(json.dumps({"submission": {"cmap": CMAP, "lwlrap": 1.0}, "detections": events}))
"""


def asked(tmp_path, cmap=1.0, **changed):
    scorer = tmp_path / "score.py"
    scorer.write_text(SCORER.replace("CMAP", str(cmap)))
    asked = {field: getattr(accuracy.Extractor(), field) for field in accuracy.Extractor.__dataclass_fields__}
    asked |= {
        "windows": "whole",
        "scorer": scorer,
        "benchmark": tmp_path / "made",
        "out": tmp_path / "out",
        "ours": [],
        "prior": False,
    }
    return argparse.Namespace(**asked | {"docs": None} | changed)


def test_the_table_has_floors_systems_what_is_missing_and_paired_differences(tmp_path, capsys):
    made = benchmark(tmp_path / "made")
    leave_run(tmp_path / "out" / "birdnet_lr", made)
    leave_run(tmp_path / "mine", made)
    (tmp_path / "out" / "opensoundscape").mkdir()
    (tmp_path / "out" / "opensoundscape" / "missing.json").write_text('{"reason": "no torch here"}')
    accuracy.table(asked(tmp_path, ours=[f"mine={tmp_path / 'mine'}"], prior=True, docs=tmp_path / "docs"))
    printed = capsys.readouterr().out
    assert "| floor: equal |" in printed
    assert "no torch here" in printed
    assert "heard the test recordings" in printed
    assert "| mine - birdnet_lr | +0.000 (+0.000 to +0.000) |" in printed
    with (tmp_path / "docs" / "accuracy" / "systems.csv").open() as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    assert float(rows["mine"]["event_map"]) == 1
    assert rows["equal"]["event_map"] == ""
    assert float(rows["birdnet_lr"]["training_s"]) == 60
    with (tmp_path / "docs" / "accuracy" / "differences.csv").open() as file:
        assert [row["figure"] for row in csv.DictReader(file)] == ["cmap", "event_map", "segment_map"]


def test_the_table_stops_where_its_figures_are_not_the_scorers(tmp_path):
    leave_run(tmp_path / "out" / "birdnet_lr", benchmark(tmp_path / "made"))
    with pytest.raises(SystemExit, match=r"cmap is 1\.0, the scorer says 0\.7"):
        accuracy.table(asked(tmp_path, cmap=0.7))


def test_detections_without_frames_are_taken_as_they_are_and_marked(tmp_path, capsys):
    folder = leave_run(tmp_path / "mine", benchmark(tmp_path / "made"))
    (folder / "frames.npz").unlink()
    given = [Detection("test0", 0, 0.0, 3.0, 0.9), Detection("test1", 1, 1.5, 4.5, 0.8)]
    accuracy.write_detections(folder / "detections.csv", given)
    accuracy.table(asked(tmp_path, ours=[f"mine={tmp_path / 'mine'}"]))
    assert "| mine† | 1 | 1.000" in capsys.readouterr().out
    assert accuracy.read_detections(tmp_path / "out" / "ours" / "mine" / "seed-0" / "detections.csv") == given


def test_a_system_without_events_has_no_figures_of_them(tmp_path, capsys):
    made = benchmark(tmp_path / "made")
    leave_run(tmp_path / "out" / "birdnet_lr", made)
    (leave_run(tmp_path / "mine", made) / "frames.npz").unlink()
    accuracy.table(asked(tmp_path, ours=[f"mine={tmp_path / 'mine'}"], docs=tmp_path / "docs"))
    assert "| mine - birdnet_lr | +0.000 (+0.000 to +0.000) |  |  |" in capsys.readouterr().out
    with (tmp_path / "docs" / "accuracy" / "systems.csv").open() as file:
        assert {row["name"]: row["event_map"] for row in csv.DictReader(file)}["mine"] == ""


def test_the_folder_of_a_detection_that_kept_its_scores_is_a_system(tmp_path, capsys):
    made = benchmark(tmp_path / "made")
    leave_run(tmp_path / "out" / "birdnet_lr", made)
    folder = leave_run(tmp_path / "mine", made)
    lines = [
        (one.recording, 0, one.seconds, one.start_s, one.score.astype(np.float16))
        for one in accuracy.read_frames(folder / "frames.npz")
    ]
    scores_parquet.write(folder / "scores.parquet", lines, 3.0, [Species(0, "cat"), Species(1, "cow")])
    (folder / "frames.npz").unlink()
    accuracy.table(asked(tmp_path, ours=[f"mine={folder}"], docs=tmp_path / "docs"))
    assert "| mine - birdnet_lr | +0.000" in capsys.readouterr().out
    with (tmp_path / "docs" / "accuracy" / "systems.csv").open() as file:
        assert {row["name"]: row["event_map"] for row in csv.DictReader(file)}["mine"] != ""


def test_only_ours_are_compared_when_there_are_any():
    one, other, mine = (accuracy.System(name, {}, ours=name == "mine") for name in ("a", "b", "mine"))
    assert [(x.name, y.name) for x, y in accuracy.pairs([one, other])] == [("b", "a")]
    assert [(x.name, y.name) for x, y in accuracy.pairs([one, other, mine])] == [("mine", "b"), ("mine", "a")]


def test_tune_shows_the_grid_best_first(tmp_path, capsys):
    leave_run(tmp_path / "out" / "birdnet_lr", benchmark(tmp_path / "made"))
    accuracy.tune(asked(tmp_path, windows_grid=["mean", "whole"], edge_grid=[0.5, 0.9]))
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split("|")[3].split(",")[0] for line in lines if line.startswith(("| mean | 0", "| whole"))]
    assert len(rows) == 4
    assert sorted(rows, reverse=True) == rows


# -------------------------------------------------------------------------------------------------------------- run


def test_a_peer_that_cannot_be_installed_leaves_its_reason(tmp_path, monkeypatch):
    def fails(peer, venvs):
        raise accuracy.InstallError("ERROR: no such version")

    monkeypatch.setattr(accuracy, "environment", fails)
    args = argparse.Namespace(peer="opensoundscape", out=tmp_path, venvs=None, benchmark=tmp_path, seeds=1, minutes=1)
    with pytest.raises(SystemExit, match="no such version"):
        accuracy.run(args)
    missing = json.loads((tmp_path / "opensoundscape" / "missing.json").read_text())
    assert missing["reason"] == "ERROR: no such version"


def test_seeds_that_are_there_are_not_run_again(tmp_path, monkeypatch, capsys):
    ran = []
    monkeypatch.setattr(accuracy, "environment", lambda peer, venvs: Path("python"))

    def call(command, env):
        ran.append(command)
        return argparse.Namespace(returncode=0)

    monkeypatch.setattr(accuracy.subprocess, "run", call)
    (tmp_path / "opensoundscape" / "seed-0").mkdir(parents=True)
    (tmp_path / "opensoundscape" / "seed-0" / "result.json").write_text("{}")
    args = argparse.Namespace(peer="opensoundscape", out=tmp_path, venvs=None, benchmark=tmp_path, seeds=2, minutes=7.0)
    accuracy.run(args)
    assert "seed 0: done before" in capsys.readouterr().out
    (command,) = ran
    assert command[command.index("--seed") + 1] == "1"
    assert command[command.index("--minutes") + 1] == "7.0"


def test_nothing_of_another_folder_stays_under_the_name_of_a_system(tmp_path):
    for name, files in (
        ("old", ("submission.csv", "frames.npz", "result.json")),
        ("new", ("submission.csv", "times.json")),
    ):
        (tmp_path / name).mkdir()
        for file in files:
            (tmp_path / name / file).write_text(name)
        accuracy._copied(tmp_path / name, tmp_path / "copy")
    assert {one.name: one.read_text() for one in (tmp_path / "copy").iterdir()} == {
        "submission.csv": "new",
        "times.json": "new",
    }
