from __future__ import annotations

import numpy as np
import pytest

import sounds
from audio.decoded import codes, decode, fatal, pcm
from dawnchorus.audio.header import inspect


@pytest.mark.parametrize("size", [44 + 128_000 // 3 // 2 * 2, 20_001])
def test_f4_a_truncated_wav_gives_what_is_there(tmp_path, size):
    x = sounds.noise(2)
    path = sounds.cut(sounds.write_wav(tmp_path / "a.wav", x), size)
    samples, faults = decode(path)
    assert codes(faults) == ["truncated"]
    there = (size - 44) // 2
    assert faults[0].at_s == inspect(path).duration_s == there / 32_000
    np.testing.assert_array_equal(samples, pcm(x)[:there])


def test_f7_a_size_of_0_is_no_audio_and_says_what_lies_behind(tmp_path):
    path = sounds.claim_wav_bytes(sounds.write_wav(tmp_path / "a.wav", sounds.noise(1)), 0)
    fault = fatal(path)
    assert fault.code == "no_audio"
    assert "64000" in fault.detail


@pytest.mark.parametrize(
    ("claimed", "read"), [(0xFFFFFFFF, 32_000), (32_000, 16_000), (64_000 + 44, 32_000)], ids=["stream", "half", "+44"]
)
def test_f7_a_wrong_size_is_a_mismatch_and_what_the_header_says_is_read(tmp_path, claimed, read):
    x = sounds.noise(1)
    path = sounds.claim_wav_bytes(sounds.write_wav(tmp_path / "a.wav", x), claimed)
    samples, faults = decode(path)
    assert codes(faults) == ["header_mismatch"]
    np.testing.assert_array_equal(samples, pcm(x)[:read])


def test_f7_chunks_after_the_sound_are_no_mismatch(tmp_path):
    path = sounds.write_wav(tmp_path / "a.wav", sounds.noise(1))
    path.write_bytes(path.read_bytes() + b"LIST\x04\x00\x00\x00INFO" + b"guan\x03\x00\x00\x00a|b\x00")
    assert inspect(path).faults == ()


def test_f9_rf64_is_read_and_a_truncated_one_is_found(tmp_path):
    path = sounds.write(tmp_path / "a.wav", sounds.noise(1), format="RF64")
    assert inspect(path).faults == ()
    assert inspect(path).frames == 32_000
    assert codes(inspect(sounds.cut(path, 20_000)).faults) == ["truncated"]
