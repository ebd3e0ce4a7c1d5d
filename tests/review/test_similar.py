"""A call is found again where it sounds again."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sounds
from dawnchorus.audio.faults import AudioError
from dawnchorus.audio.reading import excerpt
from dawnchorus.events import Recording
from dawnchorus.feature_store import build_store
from dawnchorus.review import similar
from dawnchorus.review.clips import Sounds, around, picture, wav
from dawnchorus.review.similar import Searches
from dawnchorus.review.stored import embeddings
from review.some_bands import SomeBands


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


def finished(searches: Searches, number: int) -> dict[str, Any]:
    while not (state := searches.state(number))["over"]:
        time.sleep(0.01)
    return state


def test_a_search_goes_by_stored_embeddings_where_the_call_has_some(tmp_path: Path) -> None:
    audio = tmp_path / "audio"
    for name, at_s in (("a", [5.0]), ("b", [3.0, 11.5]), ("c", [7.0])):
        sounds.write_wav(audio / f"{name}.wav", with_calls(*at_s, seed=ord(name)))
    kept = [Recording(name, audio / f"{name}.wav", 20.0, 32_000) for name in "ab"]
    build_store(kept, tmp_path / "store", SomeBands())
    searches = Searches(Sounds([audio]), embeddings(tmp_path / "store"))
    state = finished(searches, searches.begin(0, 5.0, 5.5, 1500, 4500))
    assert state["by"] == "the embeddings of some bands"
    assert (state["done"], state["of"], state["failed"], state["left_out"]) == (3, 3, 0, 1)
    best = [(one["recording"], one["start_s"], one["end_s"]) for one in state["nearest"][:3]]
    assert best[0] == ("a", 5.0, 5.5) and {name for name, _, _ in best[1:]} == {"b"}
    assert sorted(start_s for _, start_s, _ in best[1:]) == pytest.approx([3.0, 11.5], abs=0.13)
    # Nothing is stored of this one: its picture is laid over all recordings, those with embeddings too.
    state = finished(searches, searches.begin(2, 7.0, 7.6, 1500, 4500))
    assert (state["by"], state["left_out"]) == ("its spectrogram", 0)
    assert [one["recording"] for one in state["nearest"][:4]].count("b") == 2


def test_a_call_has_a_length_whatever_it_is_searched_by(tmp_path: Path) -> None:
    sounds.write_wav(tmp_path / "a.wav", with_calls(5.0))
    for length_s in (0.01, 16.0):
        with pytest.raises(ValueError, match="expected 0.1 to 15 s"):
            Searches(Sounds([tmp_path])).begin(0, 1.0, 1.0 + length_s, 0, 0)


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
