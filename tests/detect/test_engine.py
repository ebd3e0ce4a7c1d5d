import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from dawnchorus import audio, dataset, package
from dawnchorus.detect.engine import Detector, detect
from dawnchorus.detect.folder import detect_folder
from dawnchorus.events import Recording
from dawnchorus.scores import EventRule
from dawnchorus.training.run import build, load, run, score
from dawnchorus.training.ship import ship
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
    for key in keys:
        theirs = detector.score_blocks(Recording(key, Path(), 10, 32_000), finished.data.blocks[key])
        for name in ("clipwise", "framewise", "window_maximum"):
            mean = np.mean([getattr(one[key], name) for one in said], axis=0)
            if name != "window_maximum":  # the mean of models comes before the maximum over frames
                assert np.abs(mean - getattr(theirs, name)).max() < 1e-3


def test_detection_from_the_file_scores_like_the_store(trained, forest: Path) -> None:  # type: ignore[no-untyped-def]
    finished, folder = trained
    detector = Detector(package.read(folder))
    (recording, *_), _ = audio.scan([forest / "train"])
    from_file = detector.score(recording)
    from_store = detector.score_blocks(recording, finished.data.blocks[recording.key])
    assert np.array_equal(from_file.framewise, from_store.framewise)


def test_the_batch_does_not_change_the_scores(trained, forest: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    _, folder = trained
    detector = Detector(package.read(folder))
    (recording, *_), _ = audio.scan([forest / "train"])
    together = detector.score(recording)
    monkeypatch.setattr("dawnchorus.detect.engine.BATCH_WINDOWS", 1)
    alone = detector.score(recording)
    assert np.abs(together.framewise - alone.framewise).max() < 1e-5


def test_a_calibrated_model_gives_the_chance_of_a_species_in_each_recording(  # type: ignore[no-untyped-def]
    trained, forest: Path, tmp_path: Path
) -> None:
    _, folder = trained
    model = package.read(folder)
    calibration = model.calibration()
    assert calibration is not None and calibration.model_hash == model.hash
    recordings, errors = audio.scan([forest / "test"])
    detect_folder(Detector(model), recordings, errors, tmp_path, EventRule(0.05))
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
    recordings, errors = audio.scan([sound])
    detector = Detector(package.read(folder))
    result = detect_folder(detector, recordings, errors, tmp_path / "out", EventRule(0.0))
    assert result.heard == 3
    assert [(Path(file).name, fault.partition(":")[0]) for file, fault in result.failures] == [("empty.wav", "empty")]
    assert any(fault.startswith("silent") for _, fault in result.oddities)
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
