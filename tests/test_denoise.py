from __future__ import annotations

import sys

import numpy as np
import pytest

import sounds
from dawnchorus import package as packages
from dawnchorus.denoise import N_FFT, denoise
from dawnchorus.events import Species
from dawnchorus.features import FrontEnd
from dawnchorus.files import read_json, write_json
from dawnchorus.windows import SlidingWindows

RATE_HZ = 32_000


def rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))


def between(x: np.ndarray, start_s: float, end_s: float) -> np.ndarray:
    return x[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]


def denoised(x: np.ndarray) -> np.ndarray:
    return denoise(x.astype(np.float32), RATE_HZ)


def with_call(call: np.ndarray) -> np.ndarray:
    """Six seconds of noise with a call in them from second 2 on."""
    x = sounds.noise(6.0, level=0.005)
    x[2 * RATE_HZ : 2 * RATE_HZ + len(call)] += call
    return x


def left_of(x: np.ndarray) -> tuple[float, float]:
    """What denoising leaves of the inside of the call, and of the noise, as shares of their level."""
    y = denoised(x)
    assert (y.dtype, y.shape) == (np.float32, x.shape)
    call, noise = (rms(between(y, *when)) / rms(between(x, *when)) for when in ((2.1, 2.3), (4, 6)))
    return call, noise


def test_steady_noise_goes_and_a_call_stays():
    pytest.importorskip("noisereduce")
    call, noise = left_of(with_call(sounds.noise(0.4, level=0.2, seed=1)))
    assert call > 0.95
    assert noise < 0.1


def test_a_whistle_is_softer_afterwards_and_stands_out_further():
    pytest.importorskip("noisereduce")
    # A whistle is narrower than the 500 Hz over which the gate's edges are smoothed.
    whistle, noise = left_of(with_call(sounds.tone(3000, 0.4)))
    assert 0.2 < whistle < 0.5
    assert noise < whistle / 5


def test_the_whole_sound_says_what_is_usual():
    pytest.importorskip("noisereduce")
    # The first 20 s alone would call everything after them a signal.
    x = sounds.noise(30.0, level=0.1) * np.repeat([0.001, 1.0], [20 * RATE_HZ, 10 * RATE_HZ])
    assert rms(between(denoised(x), 21, 29)) < rms(between(x, 21, 29)) / 2


@pytest.mark.parametrize("samples", [0, 100, N_FFT, 3 * RATE_HZ])
def test_silence_stays_silence(samples):
    np.testing.assert_array_equal(denoised(np.zeros(samples)), np.zeros(samples))


def test_what_is_shorter_than_a_frame_comes_back_as_it_is():
    for samples in (0, 1, N_FFT - 1):
        x = sounds.noise(1.0)[:samples].astype(np.float32)
        np.testing.assert_array_equal(denoised(x), x)


@pytest.mark.parametrize("level", [1e-12, 1.0])
@pytest.mark.parametrize("samples", [N_FFT, N_FFT + 1, 3000, 40_001])
def test_what_comes_out_is_as_long_and_finite(samples, level):
    pytest.importorskip("noisereduce")
    for x in (np.full(samples, level), sounds.noise(2.0, level=level)[:samples], np.eye(1, samples)[0] * level):
        y = denoised(x)
        assert y.shape == x.shape
        assert np.isfinite(y).all()


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "noisereduce", None)
    with pytest.raises(ImportError, match=r'pip install "dawnchorus\[train\]"'):
        denoised(sounds.noise(1.0))


def test_a_model_package_from_before_denoising_does_not_denoise(tmp_path):
    (tmp_path / "model.0.onnx").write_bytes(b"model")
    made = packages.ModelPackage(
        tmp_path, "old", FrontEnd(), SlidingWindows(), 32, (Species(0, "frog"),), ((0.0, 0.0),), ("model.0.onnx",), {}
    )
    packages.write(made)
    content = read_json(tmp_path / "package.json")
    del content["front_end"]["denoised"]
    write_json(tmp_path / "package.json", content)
    assert packages.read(tmp_path).front_end == FrontEnd(denoised=False)
