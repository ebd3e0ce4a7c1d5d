"""PCEN: gain and steady sound cancel out, what begins suddenly stands out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sounds
from dawnchorus.features import FrontEnd
from dawnchorus.pcen import FULL_SCALE, Pcen

DB = FrontEnd()
PCEN = replace(DB, pcen=Pcen())


def plane(front_end: FrontEnd, sound: sounds.Sound) -> np.ndarray:
    """A recording as a network sees it: standardised `(mel, column)`."""
    samples = sound.astype(np.float32)
    columns = front_end.columns(samples)
    return front_end.range_of(columns, samples).standardise(columns)


def forest(seconds: float = 6.0) -> sounds.Sound:
    """Noise, and a call in its middle."""
    sound = sounds.noise(seconds, level=0.003)
    start = round(seconds / 2 * 32_000)
    sound[start : start + 16_000] += sounds.chirp(2000, 3000, 0.5, level=0.05)
    return sound


def test_it_is_that_of_librosa():
    librosa = pytest.importorskip("librosa")
    pcen, power = Pcen(), np.random.default_rng(0).gamma(1, 1e-4, (16, 300))
    energy = power * FULL_SCALE
    new = 1 - np.exp(-1 / (0.4 * 62.5))
    expected = librosa.pcen(energy, b=new, zi=(1 - new) * np.median(energy, axis=1, keepdims=True))
    np.testing.assert_allclose(pcen(power, 62.5), expected, rtol=1e-4)


def test_a_louder_recording_differs_less_than_in_db():
    quiet, loud = forest(), 10 * forest()
    db, pcen = (abs(one.columns(loud.astype(np.float32)) - one.columns(quiet.astype(np.float32))) for one in (DB, PCEN))
    assert db.mean() / DB.top_db == pytest.approx(20 / 80, abs=0.01)
    assert pcen.mean() / Pcen().highest(62.5) < 0.02


def test_a_click_changes_what_is_near_it_and_in_db_the_whole_block():
    clicked = forest()
    clicked[-32_000:-31_900] = 0.9
    before = slice(0, 280)  # the click is at 5 s, column 312
    assert abs(plane(PCEN, clicked) - plane(PCEN, forest()))[:, before].max() <= 1.001 / 255
    assert abs(plane(DB, clicked) - plane(DB, forest()))[:, before].mean() > 0.05


def test_a_sound_that_begins_stands_out_and_fades_as_it_goes_on():
    sound = sounds.noise(6.0, level=0.003)
    sound[96_000:] += sounds.tone(2000, 3.0, level=0.05)
    row = abs(DB.mel_hz() - 2000).argmin()
    line = PCEN.columns(sound.astype(np.float32))[row]
    background, onset, later = line[:180].mean(), line[188:200].max(), line[-60:-20].mean()
    assert onset > 5 * background
    assert background < later < onset / 3


def test_the_first_columns_are_heard_like_the_others():
    steady = np.full((4, 200), 1e-3) * np.array([[1], [10], [100], [1000]])
    values = Pcen()(steady, 62.5)
    np.testing.assert_allclose(values, values[:, :1].repeat(200, axis=1), rtol=1e-4)


@given(st.floats(0, 1), st.floats(1, 200), st.integers(0, 100))
def test_a_sound_up_to_power_1_stays_in_the_range(gain: float, columns_per_second: float, seed: int) -> None:
    pcen = Pcen(gain=gain)
    power = np.random.default_rng(seed).random((3, 50)) ** 8
    power[:, 20:22] = 1
    values = pcen(power, columns_per_second)
    assert values.min() >= 0
    assert values.max() <= pcen.highest(columns_per_second) * (1 + 1e-5)


def test_silence_becomes_zeros():
    assert not plane(PCEN, np.zeros(64_000)).any()


@pytest.mark.parametrize("wrong", [{"seconds": 0}, {"gain": 1.5}, {"floor": 0}, {"bias": -1}, {"exponent": 0}])
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="gain from 0 to 1"):
        Pcen(**wrong)
