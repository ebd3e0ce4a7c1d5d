from __future__ import annotations

import os

import numpy as np
import pytest
import soundfile

import sounds
from audio.decoded import decode, fatal
from dawnchorus.audio.header import inspect


def test_f1_a_file_without_bytes_is_empty(tmp_path):
    path = tmp_path / "a.wav"
    path.touch()
    assert fatal(path).code == "empty"


@pytest.mark.parametrize("size", [12, 30, 44])
def test_f2_a_wav_header_alone_is_no_audio(tmp_path, size):
    path = sounds.cut(sounds.write_wav(tmp_path / "a.wav", sounds.noise(1)), size)
    assert fatal(path).code == "no_audio"


@pytest.mark.parametrize("size", [42, 86, 153])
def test_f2_a_flac_header_alone_is_no_audio(tmp_path, size):
    path = sounds.cut(sounds.write_flac(tmp_path / "a.flac", sounds.noise(60)), size)
    assert fatal(path).code == "no_audio"


@pytest.mark.parametrize("content", [bytes(5000), np.random.default_rng(0).bytes(5000), b"not sound\n" * 500])
def test_f3_other_bytes_named_wav_are_not_audio(tmp_path, content):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    assert fatal(path).code == "not_audio"


def test_f3_a_folder_named_wav_is_not_audio(tmp_path):
    path = tmp_path / "a.wav"
    path.mkdir()
    assert fatal(path).code == "not_audio"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_f3_a_pipe_is_not_audio_and_nobody_waits_for_it(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    assert fatal(tmp_path / "a.wav").code == "not_audio"


def test_f3_a_name_that_means_raw_samples_elsewhere_is_not_believed(tmp_path):
    path = tmp_path / "a.raw"
    path.write_bytes(b"no header" * 100)
    assert fatal(path).code == "not_audio"


def test_f15_impossible_rates_are_bad_rates(tmp_path):
    for rate_hz in (0, 2_000_000, 4_000_000_000):
        path = sounds.claim_wav_rate(sounds.write_wav(tmp_path / "a.wav", sounds.noise(0.1)), rate_hz)
        assert fatal(path).code == "bad_rate"


def test_a_file_that_is_not_there_is_unreadable(tmp_path):
    assert fatal(tmp_path / "a.wav").code == "unreadable"


@pytest.mark.skipif(os.name == "nt" or getattr(os, "geteuid", int)() == 0, reason="permissions do not bind root")
def test_a_file_that_may_not_be_read_is_unreadable(tmp_path):
    path = sounds.write_wav(tmp_path / "a.wav", sounds.noise(0.1))
    path.chmod(0)
    assert fatal(path).code == "unreadable"


@pytest.mark.parametrize(("name", "format"), [("a.wav", "FLAC"), ("a.flac", "WAV"), ("data", "WAV"), ("A.WAV", "OGG")])
def test_f16_the_content_decides_the_format(tmp_path, name, format):
    subtype = "VORBIS" if format == "OGG" else "PCM_16"
    path = sounds.write(tmp_path / name, sounds.tone(1000, 1), subtype=subtype, format=format)
    samples, faults = decode(path)
    assert faults == []
    np.testing.assert_allclose(samples[1000:31_000], sounds.tone(1000, 1)[1000:31_000], atol=0.1)


def test_f17_a_name_that_is_too_long_is_unreadable(tmp_path):
    assert fatal(tmp_path / ("a" * 300 + ".wav")).code == "unreadable"


def test_inspection_agrees_with_soundfile_on_sound_files(tmp_path):
    for i, (format, duration_s) in enumerate([("WAV", 0.3), ("FLAC", 1.234), ("FLAC", 0.01), ("AIFF", 1), ("W64", 1)]):
        x = np.stack([sounds.noise(duration_s), sounds.noise(duration_s)], axis=1)
        path = sounds.write(tmp_path / str(i), x, format=format)
        inspected = inspect(path)
        with soundfile.SoundFile(path) as file:
            expected = (file.frames, file.samplerate, file.channels)
        assert (inspected.frames, inspected.rate_hz, inspected.channels) == expected
        assert inspected.faults == ()
