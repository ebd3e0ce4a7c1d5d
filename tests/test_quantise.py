"""Networks in integers: made on real windows, judged on full truth, said in the card."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sounds
from dawnchorus import package, quantise
from dawnchorus.detect import precision
from dawnchorus.detect.engine import Detector
from dawnchorus.detect.precision import Loss, Quantised
from dawnchorus.evaluate.truth import Truth
from dawnchorus.events import Annotation, Recording
from detect import archive, tiny_model


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, and four recordings of 4 s, one of them silent and one broken."""
    folder = tmp_path_factory.mktemp("quantise")
    tiny_model.write(folder / "model")
    for number in range(3):
        sounds.write_wav(folder / "audio" / f"{number}.wav", archive.bursts(4, 1.0, seed=number), archive.RATE_HZ)
    sounds.write_wav(folder / "audio" / "silent.wav", np.zeros(4 * archive.RATE_HZ), archive.RATE_HZ)
    (folder / "audio" / "broken.wav").write_bytes(b"no sound at all")
    return folder


def test_windows_are_spread_over_the_recordings_and_silence_is_left_out(home: Path) -> None:
    model = package.read(home / "model")
    planes = quantise.calibration_planes(model, [home / "audio"], 4)
    assert [plane.shape for plane in planes] == [(tiny_model.MELS, tiny_model.COLUMNS)] * 3
    assert all(plane.max() > 0 for plane in planes)
    assert len(quantise.calibration_planes(model, [home / "audio"], 1)) == 1
    with pytest.raises(ValueError, match="no recording with any sound"):
        quantise.calibration_planes(model, [home / "audio" / "silent.wav"])


def test_the_loss_is_measured_on_full_truth_and_said_in_the_card(home: Path, monkeypatch) -> None:
    model = package.read(home / "model")
    made = Quantised(model.hash, ("model.0.int8.xml",), {}, 8, "a test")
    boxes = tuple(Annotation(str(n), n, 1.0, 1.5, 100.0, 4000.0, True) for n in (0, 1))
    recordings = tuple(Recording(str(n), home / "audio" / f"{n}.wav", 4.0, archive.RATE_HZ) for n in range(3))
    gone = Recording("gone", home / "audio" / "gone.wav", 4.0, archive.RATE_HZ)
    truth = Truth((*recordings, gone), boxes, ())
    monkeypatch.setattr(precision, "read", lambda _: made)

    class Worse(Detector):
        """In place of integers: the other species is heard."""

        def __init__(self, package, threads=None, batch=16, precision="f32") -> None:
            super().__init__(package, threads, batch)
            self.turned = precision == "int8"

        def score_blocks(self, recording, blocks):
            scores = super().score_blocks(recording, blocks)
            if self.turned:
                scores.window_maximum[:] = {"0": 0.1, "1": 0.2, "2": 0.3}[recording.key]
            return scores

    monkeypatch.setattr(quantise, "Detector", Worse)
    (model.folder / "card.md").write_text("# A model\n\nwords\n\n## int8\n\nold\n")
    measured = quantise.measure(model, truth, "truth.csv")
    assert measured.loss is not None
    assert (measured.loss.recordings, measured.loss.species, measured.loss.truth) == (3, 2, "truth.csv")
    assert measured.loss.cmap_int8 == pytest.approx((1 / 3 + 1 / 2) / 2, abs=1e-5)
    assert json.loads((model.folder / precision.RECORD).read_text())["loss"]["recordings"] == 3
    card = (model.folder / "card.md").read_text()
    assert card.startswith("# A model\n\nwords\n\n## int8\n\nQuantised") and "old" not in card
    assert f"{measured.loss.cmap_int8:.4f} against {measured.loss.cmap_f32:.4f}" in card
    with pytest.raises(ValueError, match="no event in any recording"):
        quantise.measure(model, Truth(recordings, (), ()), "truth.csv")
    (model.folder / precision.RECORD).unlink()


def test_words_say_whether_detection_will_take_it() -> None:
    made = Quantised("h", ("m",), {}, 8, "NNCF")
    assert "not measured" in quantise.described(made)
    for cmap, refused in ((0.79, False), (0.7, True)):
        loss = Loss(0.8, cmap, 40, 2, "truth.csv")
        words = quantise.described(Quantised("h", ("m",), {}, 8, "NNCF", loss))
        assert ("--force" in words) is refused


def test_nncf_makes_networks_that_hear_the_same(home: Path) -> None:
    pytest.importorskip("nncf", reason="the int8 extra is not installed")
    code = (
        "import sys\n"
        "from dawnchorus.offline import nncf\n"
        "nncf()\n"
        "assert sys.modules['openvino_telemetry'] is None\n"
        "from nncf.telemetry import wrapper\n"
        "assert not isinstance(wrapper.telemetry, wrapper.NNCFTelemetry)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    model = package.read(home / "model")
    made = quantise.quantise(model, [home / "audio"], 3)
    assert precision.read(model) == made and made.loss is None and made.windows == 3
    recording = Recording("0", home / "audio" / "0.wav", 4.0, archive.RATE_HZ)
    full, small = (Detector(model, precision=name).score(recording).framewise for name in ("f32", "int8"))
    assert np.abs(full - small).max() < 0.1 and not np.array_equal(full, small)
