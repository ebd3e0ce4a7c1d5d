"""A call is found again where it sounds again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sounds
from dawnchorus.audio.faults import AudioError
from dawnchorus.audio.reading import excerpt
from dawnchorus.review import similar
from dawnchorus.review.clips import Sounds, around, picture, wav


def with_calls(*at_s: float, level: float = 0.2, seed: int = 0) -> sounds.Sound:
    x = sounds.noise(20.0, level=0.01, seed=seed)
    for start_s in at_s:
        call = sounds.chirp(2000, 4000, 0.6, level=level)
        first = round(start_s * 32_000)
        x[first : first + len(call)] += call
    return x


def test_the_like_of_a_call_is_found_first_however_loud(tmp_path: Path) -> None:
    one = sounds.write_wav(tmp_path / "a.wav", with_calls(5.0))
    other = sounds.write_wav(tmp_path / "b.wav", with_calls(3.0, 11.5, level=0.02, seed=1))
    sample = similar.template(one, 5.0, 5.6, 1500, 4500)
    (first, likeness), *_ = similar.nearest(one, sample)
    assert first == pytest.approx(5.0, abs=0.04) and likeness > 0.9
    found = dict(similar.nearest(other, sample))
    best = sorted(found, key=lambda at: -found[at])[:2]
    assert sorted(best) == pytest.approx([3.0, 11.5], abs=0.04)


def test_silence_is_like_nothing(tmp_path: Path) -> None:
    call = sounds.write_wav(tmp_path / "a.wav", with_calls(5.0))
    silent = sounds.write_wav(tmp_path / "b.wav", np.zeros(32_000 * 12))
    sample = similar.template(call, 5.0, 5.6, 1500, 4500)
    assert list(similar.nearest(silent, sample)) == []
    with pytest.raises(ValueError, match="one level"):
        similar.template(silent, 1.0, 2.0, 0, 0)
    with pytest.raises(ValueError, match="expected 0.1 to 15 s"):
        similar.template(call, 1.0, 1.01, 0, 0)


def test_only_the_stretch_is_read_and_it_is_the_right_one(tmp_path: Path) -> None:
    x = sounds.noise(30.0, seed=3)
    path = sounds.write_flac(tmp_path / "a.flac", x)
    np.testing.assert_allclose(excerpt(path, 12.5, 13.0), x[400_000:416_000], atol=1e-4)
    assert len(excerpt(path, 29.5, 31.0)) == 16_000
    assert len(excerpt(path, 1.0, 2.0, 8_000)) == 8_000
    with pytest.raises(AudioError, match="no sound from 40.0 s"):
        excerpt(path, 40.0, 41.0)
    with pytest.raises(ValueError, match="at most 600 s"):
        excerpt(path, 0.0, 700.0)


def test_pictures_and_sounds_of_odd_files(tmp_path: Path) -> None:
    for rate_hz in (8_000, 44_100, 384_000):
        path = sounds.write_wav(tmp_path / f"{rate_hz}.wav", sounds.tone(1000, 3.0, rate_hz), rate_hz)
        assert picture(path, 0.5, 2.5).startswith("<svg xmlns=")
        assert wav(path, 0.5, 2.5)[:4] == b"RIFF"
    silent = sounds.write_wav(tmp_path / "silent.wav", np.zeros(64_000))
    assert picture(silent, 0.0, 1.0).startswith("<svg") and len(wav(silent, 0.0, 1.0)) == 64_044
    assert picture(sounds.write_wav(tmp_path / "short.wav", sounds.tone(1000, 0.01)), 0.0, 1.0).startswith("<svg")


def test_a_short_clip_gets_more_of_what_is_around_it() -> None:
    assert around(10.0, 10.5) == (8.25, 12.25)
    assert around(0.5, 9.0) == (0.0, 10.0)


def test_names_mean_the_file_with_that_key_or_the_only_one_of_that_name(tmp_path: Path) -> None:
    for name in ("x/a.wav", "y/a.wav", "y/b.wav"):
        sounds.write_wav(tmp_path / name, sounds.tone(1000, 0.1))
    assert Sounds([tmp_path]).numbers(["y/a", "a", "b", "z/b", "c", "..\\y\\b", "../../etc/passwd"]) == [
        1, -1, 2, 2, -1, 2, -1,
    ]  # fmt: skip
