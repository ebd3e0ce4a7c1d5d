from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sounds
from dawnchorus import features
from dawnchorus.denoise import denoise
from dawnchorus.features import FeatureBlock, FrontEnd, Range, heard
from small_features import SMALL, SMALL_PCEN, noise_file, recording

OTHER = FrontEnd(rate_hz=24_000, n_fft=1024, hop=300, n_mels=64, low_hz=150.0, high_hz=11_000.0)


def samples_of(kind: str, rate_hz: int) -> np.ndarray:
    made = {
        "tone": lambda: sounds.tone(3000, 1.3, rate_hz) + sounds.noise(1.3, rate_hz, level=1e-4),
        "noise": lambda: sounds.noise(1.3, rate_hz),
        "chirp": lambda: sounds.chirp(200, 9000, 1.3, rate_hz) + sounds.noise(1.3, rate_hz, level=1e-4),
    }
    return made[kind]().astype(np.float32)


def block_of(db: np.ndarray, top_db: float = 80.0) -> FeatureBlock:
    return FeatureBlock("r", 0, 0.0, 1.0, db.shape[1], Range.of(db, top_db), db.astype(np.float16))


@pytest.mark.parametrize("front_end", [FrontEnd(), OTHER], ids=["default", "other"])
@pytest.mark.parametrize("kind", ["tone", "noise", "chirp"])
def test_the_spectrogram_is_that_of_librosa(front_end, kind):
    librosa = pytest.importorskip("librosa")
    x = samples_of(kind, front_end.rate_hz)
    power = librosa.feature.melspectrogram(
        y=x,
        sr=front_end.rate_hz,
        n_fft=front_end.n_fft,
        hop_length=front_end.hop,
        n_mels=front_end.n_mels,
        fmin=front_end.low_hz,
        fmax=front_end.high_hz,
        pad_mode="constant",
    )
    expected = librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=None)
    db = front_end.to_db(x)
    assert db.shape == expected.shape
    # Single precision rounds at 1e-7 of the loudest bin of a column: what is 70 dB below it may differ a little more.
    heard_part = expected > expected.max(axis=0) - 70
    assert np.abs(db - expected)[heard_part].max() <= 1e-3
    assert np.abs(db - expected).max() <= 0.1


@given(n=st.integers(0, 5000))
@settings(max_examples=40, deadline=None)
def test_there_is_a_column_for_the_start_and_one_for_every_hop(n):
    assert SMALL.to_db(np.ones(n, np.float32)).shape == (SMALL.n_mels, 1 + n // SMALL.hop)


def test_a_sound_longer_than_the_frames_at_once_has_no_seam(monkeypatch):
    x = sounds.noise(1.0).astype(np.float32)
    whole = SMALL.to_db(x)
    monkeypatch.setattr(features, "FRAMES_AT_ONCE", 7)
    np.testing.assert_allclose(SMALL.to_db(x), whole, atol=1e-4)


def test_silence_is_the_floor():
    # log10 of the floor differs in its last bit from processor to processor
    np.testing.assert_allclose(SMALL.to_db(np.zeros(4000, np.float32)), -100, atol=1e-4)


def test_the_loudest_row_of_a_tone_is_the_one_whose_centre_is_nearest():
    front_end = FrontEnd()
    for hz in (500.0, 2000.0, 9000.0):
        loudest = front_end.to_db(sounds.tone(hz, 0.5).astype(np.float32)).mean(axis=1).argmax()
        assert loudest == np.abs(front_end.mel_hz() - hz).argmin()


def test_a_front_end_may_have_twice_the_bands_and_hear_up_to_24_khz():
    wide = FrontEnd(rate_hz=48_000, n_fft=4096, hop=768, n_mels=256, high_hz=24_000.0)
    assert wide.columns_per_second == FrontEnd().columns_per_second
    db = wide.to_db(sounds.tone(20_000, 1.0, 48_000).astype(np.float32))
    assert db.shape == (256, 63)
    assert db[:, 5:-5].mean(axis=1).argmax() == np.abs(wide.mel_hz() - 20_000).argmin()
    assert all(group.weights.any(axis=0).all() for group in features.mel_filters(wide))  # no band is deaf


@given(low_hz=st.floats(0, 17_000), width_hz=st.floats(1, 8000))
@settings(max_examples=50, deadline=None)
def test_the_rows_of_a_band_are_those_whose_filters_touch_it(low_hz, width_hz):
    front_end = FrontEnd()
    edges = features._mel_edges_hz(front_end)
    touch = (edges[2:] > low_hz) & (edges[:-2] < low_hz + width_hz)
    rows = front_end.rows_of(low_hz, low_hz + width_hz)
    assert np.flatnonzero(touch).tolist() == list(range(rows.start, rows.stop))


def test_frequencies_above_half_the_rate_are_refused():
    with pytest.raises(ValueError, match="20.0..16000.0 Hz do not fit a rate of 24000 Hz"):
        FrontEnd(rate_hz=24_000)


@given(gain_db=st.floats(-20, 20))
@settings(max_examples=20, deadline=None)
def test_gain_cancels_in_the_standardised_plane(gain_db):
    db = SMALL.to_db(sounds.noise(0.5).astype(np.float32))
    louder = SMALL.to_db((sounds.noise(0.5) * 10 ** (gain_db / 20)).astype(np.float32))
    plain, amplified = (Range.of(one, 80.0).standardise(one) for one in (db, louder))
    np.testing.assert_allclose(amplified, plain, atol=1.001 / 255)  # a value on an edge may take the next step


def test_the_plane_holds_whole_steps_from_0_to_1():
    db = SMALL.to_db(sounds.noise(0.5).astype(np.float32))
    plane = Range.of(db, 80.0).standardise(db)
    assert (plane.min(), plane.max()) == (0, 1)
    np.testing.assert_allclose(plane * 255, np.round(plane * 255), atol=1e-4)


@pytest.mark.parametrize("level_db", [-100.0, 0.0, 12.5])
def test_a_block_without_contrast_becomes_zeros(level_db):
    assert not block_of(np.full((4, 30), level_db, np.float32)).plane(0, 30).any()


def test_silence_becomes_zeros(tmp_path):
    path = sounds.write_wav(tmp_path / "silent.wav", np.zeros(32_000))
    (block,) = heard(recording(path), SMALL, faults := [])
    assert not block.plane(0, block.columns).any()
    assert [fault.code for fault in faults] == ["silent"]


def test_the_range_reaches_top_db_below_the_maximum_and_no_further():
    db = np.array([[-90.0, -20.0, 5.0]], np.float32)
    assert Range.of(db, 80.0) == Range(-75.0, 5.0)
    assert Range.of(db, 200.0) == Range(-90.0, 5.0)
    assert Range.of(db, 80.0).standardise(db)[0, 0] == 0


@given(start=st.integers(-70, 70), columns=st.integers(1, 60))
@settings(deadline=None)
def test_a_plane_is_the_block_inside_and_zero_beyond_its_ends(start, columns):
    db = np.random.default_rng(0).uniform(-40, 0, (3, 50)).astype(np.float16).astype(np.float32)
    block = block_of(db)
    everything = block.range.standardise(db)
    plane = block.plane(start, columns)
    assert plane.shape == (3, columns)
    for column in range(columns):
        there = 0 <= start + column < 50
        np.testing.assert_array_equal(plane[:, column], everything[:, start + column] if there else 0)


@pytest.mark.parametrize("front_end", [SMALL, SMALL_PCEN], ids=["db", "pcen"])
@pytest.mark.parametrize("rate_hz", [32_000, 48_000])
def test_a_long_recording_is_heard_as_its_blocks_are(tmp_path, rate_hz, front_end):
    # 7.3 s in blocks of 2 s: the last 1.3 s are a block of their own
    x = sounds.noise(7.3, rate_hz) * np.repeat([1.0, 0.1, 0.01, 0.5], 2 * rate_hz)[: round(7.3 * rate_hz)]
    blocks = list(heard(recording(sounds.write_wav(tmp_path / "day.wav", x, rate_hz)), front_end, []))
    assert [(block.index, block.start_s) for block in blocks] == [(0, 0.0), (1, 2.0), (2, 4.0), (3, 6.0)]
    assert blocks[-1].end_s == pytest.approx(7.3)
    for block in blocks:
        part = x[round(block.start_s * rate_hz) : round(block.end_s * rate_hz)]
        path = sounds.write_wav(tmp_path / f"{block.index}.wav", part, rate_hz)
        (alone,) = heard(recording(path), front_end, [])
        assert alone.range == block.range
        np.testing.assert_array_equal(alone.db(), block.db())


def test_a_short_tail_joins_the_block_before(tmp_path):
    blocks = list(heard(noise_file(tmp_path, "a", 4.3), SMALL, []))
    assert [(block.start_s, block.end_s) for block in blocks] == [(0.0, 2.0), (2.0, 4.3)]


def test_a_front_end_that_denoises_hears_each_block_denoised(tmp_path):
    pytest.importorskip("noisereduce")
    x = (sounds.noise(4.0, level=0.01) + sounds.chirp(1000, 5000, 4.0)).astype(np.float32)
    path = sounds.write_wav(tmp_path / "a.wav", x, subtype="FLOAT")
    blocks = list(heard(recording(path), replace(SMALL, denoised=True), []))
    for block, part in zip(blocks, np.split(x, 2), strict=True):
        expected = SMALL.to_db(denoise(part, 32_000))
        assert block.range == Range.of(expected, 80.0)
        np.testing.assert_array_equal(block.db(), expected.astype(np.float16))


def test_a_changed_sound_is_heard_in_place_of_each_block(tmp_path):
    day = noise_file(tmp_path, "day", 4.0)
    plain = list(heard(day, SMALL, []))
    halved = list(heard(day, SMALL, [], lambda samples: samples / 2))
    assert [block.range.high_db for block in halved] == pytest.approx([block.range.high_db - 6.0206 for block in plain])
    assert [(block.start_s, block.end_s) for block in halved] == [(block.start_s, block.end_s) for block in plain]
