import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sounds
from dawnchorus import dataset, package
from dawnchorus.audio.folders import scan
from dawnchorus.audio.header import inspect
from dawnchorus.detect.engine import Detector, detect, hear, listen
from dawnchorus.detect.run import Wanted
from dawnchorus.detect.run import run as run_over
from dawnchorus.event_rule import EventRule
from dawnchorus.events import Recording
from dawnchorus.training.built import build
from dawnchorus.training.run import run
from dawnchorus.training.score import score
from dawnchorus.training.ship import ship
from dawnchorus.training.weights import load
from dawnchorus.windows import SlidingWindows
from detect import archive, tiny_model
from training import tiny


@pytest.fixture(scope="module")
def trained(forest: Path, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("trained")
    prepared = dataset.prepare(dataset.load(forest), folder / "store", tiny.FRONT_END)
    finished = run(tiny.experiment(), prepared, folder / "cache")
    ship(finished, "3", folder / "model", "")
    return finished, folder / "model"


def test_onnx_and_openvino_say_what_torch_says(trained) -> None:  # type: ignore[no-untyped-def]
    finished, folder = trained
    detector = Detector(package.read(folder))
    keys = finished.data.recordings[:2]
    said = []
    for fit in finished.of_stage("3"):
        network = build(finished.experiment, finished.data)
        load(network, fit.weights)
        said.append(score(network, finished.experiment, finished.data.blocks, keys))
    assert len(said) == len(detector.networks) > 1
    for key in keys:
        theirs = detector.score_blocks(Recording(key, Path(), 10, 32_000), finished.data.blocks[key])
        for name in ("clipwise", "framewise", "window_maximum"):
            mean = np.mean([getattr(one[key], name) for one in said], axis=0)
            if name != "window_maximum":  # the mean of models comes before the maximum over frames
                assert np.abs(mean - getattr(theirs, name)).max() < 1e-3
        apart = np.std([one[key].framewise for one in said], axis=0)
        assert theirs.framewise_spread is not None and np.abs(apart - theirs.framewise_spread).max() < 1e-2


def test_detection_from_the_file_scores_like_the_store(trained, forest: Path) -> None:  # type: ignore[no-untyped-def]
    finished, folder = trained
    detector = Detector(package.read(folder))
    (recording, *_), _ = scan([forest / "train"])
    from_file = detector.score(recording)
    from_store = detector.score_blocks(recording, finished.data.blocks[recording.key])
    assert np.array_equal(from_file.framewise, from_store.framewise)


def test_the_batch_does_not_change_the_scores(trained, forest: Path) -> None:  # type: ignore[no-untyped-def]
    _, folder = trained
    (recording, *_), _ = scan([forest / "train"])
    together = Detector(package.read(folder)).score(recording)
    alone = Detector(package.read(folder), batch=1).score(recording)
    assert np.abs(together.framewise - alone.framewise).max() < 1e-5


def test_a_calibrated_model_gives_the_chance_of_a_species_in_each_recording(  # type: ignore[no-untyped-def]
    trained, forest: Path, tmp_path: Path
) -> None:
    _, folder = trained
    model = package.read(folder)
    calibration = model.calibration()
    assert calibration is not None and calibration.model_hash == model.hash
    recordings, _ = scan([forest / "test"])
    run_over(Wanted(folder, (forest / "test",), tmp_path, 0.05, workers=1))
    with (tmp_path / "recordings.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["recording_id"] for row in rows} <= {recording.key for recording in recordings}
    for row in rows:
        number, score = int(row["species_id"]), np.zeros(len(model.species))
        score[number] = float(row["score"])
        assert float(row["probability"]) == pytest.approx(calibration.apply(score)[number], abs=1e-3)


def test_a_bad_file_is_named_and_the_others_go_on(trained, forest: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    _, folder = trained
    sound = tmp_path / "sound"
    sound.mkdir()
    good, rate = soundfile.read(next((forest / "test").iterdir()))
    soundfile.write(sound / "good ñ [1].wav", good, rate)
    soundfile.write(sound / "silent.wav", np.zeros(rate * 5), rate)
    soundfile.write(sound / "short.wav", good[: rate // 2], rate)
    (sound / "empty.wav").write_bytes(b"")
    result = run_over(Wanted(folder, (sound,), tmp_path / "out", 0.0, workers=1)).detected
    assert result.heard == 3
    assert [(file, fault.code) for file, fault in result.failures] == [("empty.wav", "empty")]
    assert any(fault.code == "silent" for _, fault in result.oddities)
    with (tmp_path / "out" / "detections.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["recording_id"] for row in rows} <= {"good ñ [1]", "short"}, "a silent recording has no detections"
    assert all(np.isfinite(float(row["score"])) for row in rows)
    assert json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["recordings"] == 3


def test_a_recording_that_vanishes_is_a_fault(trained, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    _, folder = trained
    gone = Recording("gone", tmp_path / "gone.wav", 10, 32_000)
    (heard,) = detect(Detector(package.read(folder)), [gone], EventRule())
    assert heard.scores is None and heard.faults


def test_an_export_that_says_something_else_is_refused(
    trained, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    finished, _ = trained

    class Wrong:
        def __init__(self, _: Path) -> None: ...

        def __call__(self, planes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            with torch.inference_mode():
                return np.zeros((len(planes), 2), np.float32), np.full((len(planes), 4, 2), 9, np.float32)

    monkeypatch.setattr("dawnchorus.training.ship.Network", Wrong)
    with pytest.raises(RuntimeError, match="differs from torch"):
        ship(finished, "3", tmp_path / "model")


# ---- the same answer, however the sound is cut ---------------------------------------------------------------

BLOCK_S = 4.0
SHORT_BLOCKS = replace(tiny_model.FRONT_END, block_s=BLOCK_S, tail_s=1.0)


@pytest.fixture(scope="module")
def tiny_detectors(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Detector]:
    folder = tmp_path_factory.mktemp("tiny") / "model"
    model = tiny_model.write(folder, front_end=SHORT_BLOCKS)
    return {batch: Detector(model, threads=1, batch=batch) for batch in (1, 3, 16)}


PIECES = {
    "noise": archive.bursts(BLOCK_S),
    "bursts": archive.bursts(BLOCK_S, 0.5, 3.5),
    "click": np.concatenate([archive.bursts(1.0), [0.99], archive.bursts(BLOCK_S)])[: round(BLOCK_S * archive.RATE_HZ)],
    "silent": np.zeros(round(BLOCK_S * archive.RATE_HZ)),
    "loud": 20 * archive.bursts(BLOCK_S, 1.0),
}
TAILS = {"none": np.zeros(0), "short": archive.bursts(0.7, 0.2), "long": archive.bursts(2.3, 1.0)}


@given(st.lists(st.sampled_from(sorted(PIECES)), min_size=1, max_size=4), st.sampled_from(sorted(TAILS)))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_long_file_scores_like_its_blocks_whatever_the_batch(
    tiny_detectors: dict[int, Detector], tmp_path: Path, pieces: list[str], tail: str
) -> None:
    parts = [PIECES[name] for name in pieces]
    if tail == "short":  # it belongs to the block before it
        parts[-1] = np.concatenate([parts[-1], TAILS[tail]])
    elif tail == "long":
        parts.append(TAILS[tail])
    whole = sounds.write_flac(tmp_path / "whole.flac", np.concatenate(parts), archive.RATE_HZ)
    together = [scores_of(detector, whole) for detector in tiny_detectors.values()]
    for other in together[1:]:
        archive.same_frames(together[0], other)
    alone = []
    for part in parts:
        alone.append(scores_of(tiny_detectors[16], sounds.write_flac(tmp_path / "part.flac", part, archive.RATE_HZ)))
    archive.same_frames(together[0], np.concatenate(alone))


def scores_of(detector: Detector, path: Path) -> np.ndarray:
    heard = hear(detector, Recording("a", path, 0.0, 0), EventRule(0.3))
    assert heard.scores is not None
    assert heard.coverage.lost == ()
    assert heard.coverage.analysed_s == pytest.approx(inspect(path).duration_s)
    return heard.scores.framewise


def test_numbers_of_a_network_that_are_not_finite_count_as_nothing_heard(tmp_path: Path, monkeypatch) -> None:
    model = tiny_model.write(tmp_path / "model", front_end=SHORT_BLOCKS)
    detector = Detector(model)
    path = sounds.write_wav(tmp_path / "a.wav", archive.bursts(8.0, 1.0, 5.0), archive.RATE_HZ)
    network, calls = detector.networks[0], []

    def broken(planes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        calls.append(len(planes))
        clip, frames = network(planes)
        return (clip, frames * np.nan) if len(calls) == 1 else (clip, frames)

    monkeypatch.setattr(detector, "networks", [broken])
    heard = hear(detector, Recording("a", path, 0.0, 0), EventRule(0.3))
    assert [fault.code for fault in heard.faults] == ["not_scored"]
    assert heard.coverage.lost == (("not_scored", 4.0),)
    assert heard.coverage.analysed_s == 4.0
    assert heard.scores is not None and np.isfinite(heard.scores.framewise).all()
    assert {round(one.start_s) for one in heard.detections} == {5}


def test_processes_with_a_thread_each_do_not_hold_on_to_the_same_core(tmp_path: Path) -> None:
    (network,) = Detector(tiny_model.write(tmp_path / "model"), threads=1).networks
    assert network.compiled.get_property("INFERENCE_NUM_THREADS") == 1
    assert network.compiled.get_property("ENABLE_CPU_PINNING") is False


def test_what_no_window_hears_is_lost_to_the_tail(tmp_path: Path) -> None:
    model = tiny_model.write(tmp_path / "model", windows=SlidingWindows(64, 0, faithful_tail=True))
    path = sounds.write_wav(tmp_path / "a.wav", archive.bursts(5.0, 1.0), archive.RATE_HZ)
    heard = hear(Detector(model), Recording("a", path, 0.0, 0), EventRule(0.3))
    assert heard.coverage.lost == (("tail", pytest.approx(5.0 - 2 * 2.048)),)
    assert heard.coverage.in_s == pytest.approx(5.0)


def test_sound_that_nobody_counted_is_a_fault(tmp_path: Path, monkeypatch) -> None:
    path = sounds.write_wav(tmp_path / "a.wav", archive.bursts(5.0), archive.RATE_HZ)
    longer = replace(inspect(path, 1), header_s=9.0)
    monkeypatch.setattr("dawnchorus.detect.engine.inspect", lambda *_, **__: longer)
    faults, coverage = listen(path)
    assert [fault.code for fault in faults] == ["unaccounted"]
    assert (coverage.analysed_s, coverage.lost) == (5.0, (("unaccounted", 4.0),))
