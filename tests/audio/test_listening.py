from __future__ import annotations

import numpy as np
import pytest

import sounds
from audio.decoded import codes, decode


@pytest.mark.parametrize("level", [0.0, 0.25])
def test_f10_a_constant_file_is_silent(tmp_path, level):
    path = sounds.write_wav(tmp_path / "a.wav", np.full(64_000, level))
    samples, faults = decode(path)
    assert codes(faults) == ["silent"]
    assert len(samples) == 64_000


def test_f10_a_microphone_that_died_is_silent_from_then_on(tmp_path):
    x = np.concatenate([sounds.noise(2), np.zeros(4 * 32_000), sounds.noise(1)])
    _, faults = decode(sounds.write_wav(tmp_path / "a.wav", x), block_s=1.0, tail_s=0.5)
    assert [(fault.code, fault.at_s) for fault in faults] == [("silent", 2.0)]
    assert "2.0 s to 6.0 s" in faults[0].detail


def test_f12_a_tone_that_never_stops_is_interference(tmp_path):
    hum = sounds.noise(61, level=0.001) + sounds.tone(3000, 61, level=0.002)
    half = sounds.noise(61, level=0.001)
    half[: len(half) // 2] += sounds.tone(3000, 61, level=0.002)[: len(half) // 2]
    chirps = sounds.noise(61, level=0.001) + sounds.chirp(2000, 9000, 61, level=0.1)
    wind = np.cumsum(sounds.noise(61, level=0.0001))
    wind = 0.5 * (wind - wind.mean()) / np.abs(wind - wind.mean()).max()
    for number, x in enumerate((half, chirps, wind, sounds.noise(61))):
        assert codes(decode(sounds.write_wav(tmp_path / f"{number}.wav", x))[1]) == []
    _, (fault,) = decode(sounds.write_flac(tmp_path / "hum.flac", hum))
    assert (fault.code, fault.detail) == ("interference", "a tone at 3000 Hz never stops")


def test_f14_a_dead_channel_is_silent_when_it_is_chosen(tmp_path):
    x = np.stack([sounds.noise(1), np.zeros(32_000)], axis=1)
    path = sounds.write_wav(tmp_path / "a.wav", x)
    assert codes(decode(path, channel=2)[1]) == ["silent"]
    assert decode(path, channel=1)[1] == []
