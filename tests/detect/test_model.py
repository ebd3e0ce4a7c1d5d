from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import dawnchorus
import sounds
from dawnchorus.audio.faults import AudioError, Fault
from dawnchorus.detect.model import Model
from detect import archive, tiny_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("model") / "model"
    tiny_model.write(folder)
    return dawnchorus.load(folder)


def test_a_file_becomes_detections(model: Model, tmp_path: Path) -> None:
    path = sounds.write_flac(tmp_path / "dawn.flac", archive.bursts(6, 1.0, 4.0), archive.RATE_HZ)
    found = model.detect(path, threshold=0.5)
    assert [(model.species[one.species], one.recording) for one in found] == [
        ("low frog", "dawn"),
        ("low frog", "dawn"),
        ("high bird", "dawn"),
        ("high bird", "dawn"),
    ]
    assert [one.start_s for one in found] == pytest.approx([1, 4, 1, 4], abs=0.3)
    assert model.detect(path, threshold=1.0) == []
    assert len(model.detect(path, merge_gap=5.0)) == 2
    assert model.detect(path, min_duration=5.0) == []


def test_scores_are_an_array_that_knows_its_axes(model: Model, tmp_path: Path) -> None:
    path = sounds.write_flac(tmp_path / "dawn.flac", archive.bursts(6, 1.0), archive.RATE_HZ)
    scores = model.scores(path)
    assert scores.dims == ("time", "species")
    assert np.asarray(scores).shape == tuple(len(scores.coords[name]) for name in scores.dims)
    loudest = scores.coords["time"][scores["high bird"].argmax()]
    assert loudest == pytest.approx(1.2, abs=0.4)
    assert scores.frame_s == pytest.approx(0.256)
    with pytest.raises(KeyError, match="the model knows low frog, high bird"):
        scores["owl"]


def test_faults_are_told_and_what_is_no_sound_is_an_error(model: Model, tmp_path: Path) -> None:
    path = sounds.write_wav(tmp_path / "a.wav", archive.bursts(6, 1.0), archive.RATE_HZ)
    faults: list[Fault] = []
    model.detect(sounds.cut(path, 20_000), faults=faults)
    assert [fault.code for fault in faults] == ["truncated"]
    with pytest.raises(AudioError, match="empty"):
        model.detect(sounds.cut(path, 0))
    with pytest.raises(AudioError, match="unreadable"):
        model.scores(tmp_path / "gone.wav")
