from __future__ import annotations

import numpy as np
import pytest

import sounds
from audio.decoded import codes, decode, pcm
from dawnchorus.audio.faults import AudioError
from dawnchorus.audio.header import Inspection, inspect
from dawnchorus.audio.reading import blocks


def test_f5_a_flac_with_a_ruined_end_gives_all_before_it(tmp_path):
    x = sounds.noise(4)
    path = sounds.write_flac(tmp_path / "a.flac", x)
    size = path.stat().st_size
    sounds.corrupt(path, size // 2, size - size // 2)
    samples, faults = decode(path, block_s=1.0, tail_s=0.1)
    assert codes(faults) in (["decode_error"], ["truncated"], ["header_mismatch", "decode_error"])
    assert faults[-1].at_s == len(samples) / 32_000
    assert len(samples) > 0.45 * len(x)
    np.testing.assert_array_equal(samples, pcm(x)[: len(samples)])


@pytest.mark.parametrize("channels", [1, 2])
def test_f6_a_flac_with_a_ruined_middle_gives_both_sides_at_the_right_times(tmp_path, channels):
    x = np.stack([sounds.noise(6, seed=i) for i in range(channels)], axis=1)
    path = sounds.write_flac(tmp_path / "a.flac", x)
    sounds.corrupt(path, path.stat().st_size // 2)
    samples, faults = decode(path, channel=channels, block_s=2.0, tail_s=0.5)
    assert codes(faults) == ["gap"]
    assert faults[0].at_s == pytest.approx(3, abs=0.2)
    expected = pcm(x[:, -1])
    lost = np.flatnonzero(samples != expected)
    assert len(samples) == len(expected)
    assert lost[0] / 32_000 >= faults[0].at_s
    assert np.ptp(lost) < 3 * 4096
    assert not samples[lost].any()


def test_f6_two_ruins_are_two_gaps(tmp_path):
    x = sounds.noise(10)
    path = sounds.write_flac(tmp_path / "a.flac", x)
    size = path.stat().st_size
    sounds.corrupt(sounds.corrupt(path, size // 4, 300), size * 3 // 4, 300)
    samples, faults = decode(path)
    assert codes(faults) == ["gap", "gap"]
    assert [fault.at_s for fault in faults] == pytest.approx([2.5, 7.5], abs=0.2)
    assert len(samples) == len(x)


def test_f6_a_flac_with_a_ruined_start_begins_with_silence(tmp_path):
    x = sounds.noise(4)
    path = sounds.corrupt(sounds.write_flac(tmp_path / "a.flac", x), 86, 500)
    samples, faults = decode(path)
    assert codes(faults) == ["gap"]
    assert faults[0].at_s == 0
    np.testing.assert_array_equal(samples[8192:], pcm(x)[8192:])


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_f11_samples_that_are_no_numbers_are_0_and_reported(tmp_path, subtype):
    x = sounds.noise(3)
    x[40_000:40_010] = [np.nan, np.inf, -np.inf] * 3 + [np.nan]
    x[90_000] = np.inf
    samples, faults = decode(sounds.write_wav(tmp_path / "a.wav", x, subtype=subtype), block_s=1.0, tail_s=0.1)
    assert [(fault.code, fault.at_s) for fault in faults] == [("not_finite", 1.25)]
    assert faults[0].detail.startswith("11 samples")
    np.testing.assert_array_equal(samples, np.nan_to_num(x, posinf=0, neginf=0).astype(np.float32))


def test_f11_numbers_beyond_any_sound_do_not_make_the_resampled_sound_infinite(tmp_path):
    x = np.stack([sounds.noise(1, 48_000)] * 2, axis=1)
    x[20_000:20_010] = 3e38
    samples, faults = decode(sounds.write_wav(tmp_path / "a.wav", x, 48_000, "FLOAT"))
    assert codes(faults) == ["not_finite"]
    assert np.abs(samples).max() < 1


def test_f11_in_one_channel_leaves_the_other(tmp_path):
    x = np.stack([sounds.noise(1), sounds.noise(1, seed=1)], axis=1)
    x[100, 0] = np.nan
    samples, _ = decode(sounds.write_wav(tmp_path / "a.wav", x, subtype="FLOAT"))
    assert samples[100] == np.float32(x[100, 1]) / 2


def test_f13_every_width_of_sample_gives_the_same_sound(tmp_path):
    x = sounds.chirp(500, 12_000, 2, level=0.9)
    for subtype in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"):
        samples, faults = decode(sounds.write_wav(tmp_path / "a.wav", x, subtype=subtype))
        assert faults == []
        assert samples.dtype == np.float32
        np.testing.assert_allclose(samples, x, atol=0.009 if subtype == "PCM_U8" else 1e-4)


def test_f14_channels_are_chosen_or_averaged(tmp_path):
    x = np.stack([sounds.tone(hz, 1) for hz in (440, 880, 1760)], axis=1)
    path = sounds.write_wav(tmp_path / "a.wav", x, subtype="FLOAT")
    for i in (1, 2, 3):
        np.testing.assert_array_equal(decode(path, channel=i)[0], x[:, i - 1].astype(np.float32))
    np.testing.assert_allclose(decode(path)[0], x.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize("channel", [-1, 0, 3])
def test_f14_a_channel_that_is_not_there_is_an_error(tmp_path, channel):
    path = sounds.write_wav(tmp_path / "a.wav", np.zeros((100, 2)))
    with pytest.raises(AudioError, match="no_channel"):
        next(blocks(path, channel=channel))


def test_f14_many_channels_are_decoded_in_pieces_that_do_not_show(tmp_path, monkeypatch):
    x = np.stack([sounds.noise(2, seed=i) for i in range(6)], axis=1)
    path = sounds.write_flac(tmp_path / "a.flac", x)
    whole, _ = decode(path)
    monkeypatch.setattr("dawnchorus.audio.decoding.DECODE_VALUES", 5000)
    np.testing.assert_array_equal(decode(path)[0], whole)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000, 96_000, 192_000, 384_000])
def test_f15_every_rate_gives_the_same_tone_and_low_ones_are_band_limited(tmp_path, rate_hz):
    path = sounds.write_wav(tmp_path / "a.wav", sounds.tone(1000, 1, rate_hz), rate_hz)
    samples, faults = decode(path)
    assert codes(faults) == (["band_limited"] if rate_hz < 32_000 else [])
    inner = slice(3200, -3200)
    np.testing.assert_allclose(samples[inner], sounds.tone(1000, 1)[inner], atol=1e-3)


def test_sound_that_ends_before_the_decoder_said_so_is_truncated(tmp_path, monkeypatch):
    path = sounds.write_wav(tmp_path / "a.wav", sounds.noise(2))
    inspected = inspect(path)
    longer = Inspection(path, 4.0, 32_000, 1, 2 * inspected.frames, ())
    monkeypatch.setattr("dawnchorus.audio.reading.inspect", lambda *_: longer)
    samples, faults = decode(path)
    assert [(fault.code, fault.at_s) for fault in faults] == [("truncated", 2.0)]
    assert len(samples) == 64_000
