from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import factories
import sounds
from dawnchorus.added_noise import AddedNoise, NoiseSource, noisy, quiet_stretches
from dawnchorus.audio.faults import AudioError
from dawnchorus.denoise import denoise
from dawnchorus.events import Recording
from dawnchorus.features import FrontEnd, heard

SMALL = FrontEnd(n_fft=512, hop=256, n_mels=32, block_s=2.0, tail_s=0.5)
QUIET = AddedNoise("quiet_windows")


def array(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def chance(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def recording(folder: Path, name: str, x: np.ndarray) -> Recording:
    path = sounds.write_wav(folder / f"{name}.wav", x, subtype="FLOAT")
    return Recording(name, path, len(x) / 32_000, 32_000)


# ---- adding --------------------------------------------------------------------------------------------------


def test_short_noise_is_repeated():
    np.testing.assert_array_equal(AddedNoise().add(np.zeros(7, np.float32), array(1, 2, 3)), [1, 2, 3, 1, 2, 3, 1])


def test_long_noise_is_cut():
    np.testing.assert_array_equal(AddedNoise().add(array(10, 20), array(1, 2, 3)), [11, 22])


def test_the_gain_multiplies_the_noise_alone():
    added = AddedNoise(gain=10).add(array(1, 1, 1, 1), array(0.5, -0.5))
    np.testing.assert_array_equal(added, [6, -4, 6, -4])
    assert added.dtype == np.float32


def test_noise_is_drawn_at_least_once():
    with pytest.raises(ValueError, match="at least once, not 0 times"):
        AddedNoise(draws=0)


# ---- where it comes from -------------------------------------------------------------------------------------


def test_a_source_is_the_stretch_it_says_across_blocks_too(tmp_path):
    x = sounds.noise(5.0).astype(np.float32)
    path = recording(tmp_path, "a", x).path
    for start_s, end_s in ((0.0, 1.0), (1.5, 2.25), (1.0, 4.5), (4.0, 9.0)):
        sound = NoiseSource(path, start_s, end_s).sound(SMALL)
        np.testing.assert_array_equal(sound, x[round(start_s * 32_000) : round(end_s * 32_000)])


def test_a_source_behind_the_end_of_its_file_is_an_error(tmp_path):
    path = recording(tmp_path, "a", sounds.noise(1.0)).path
    with pytest.raises(AudioError, match="no sound from 3.0 s to 4.0 s"):
        NoiseSource(path, 3.0, 4.0).sound(SMALL)


def test_a_quiet_stretch_is_noise_as_it_is(tmp_path):
    x = sounds.noise(1.0).astype(np.float32)
    source = NoiseSource(recording(tmp_path, "a", x).path, 0.25, 0.5)
    np.testing.assert_array_equal(QUIET.drawn([source], SMALL, chance()), x[8000:16_000])


def test_removed_noise_and_the_denoised_sound_are_the_sound(tmp_path):
    pytest.importorskip("noisereduce")
    x = (sounds.noise(2.0, level=0.01) + sounds.chirp(1000, 4000, 2.0)).astype(np.float32)
    removed = AddedNoise().drawn([NoiseSource(recording(tmp_path, "a", x).path, 0.0, 2.0)], SMALL, chance())
    np.testing.assert_allclose(removed + denoise(x, 32_000), x, atol=1e-6)
    assert np.abs(removed).max() > 1e-3


def test_every_source_is_drawn_some_time(tmp_path):
    sources = [
        NoiseSource(recording(tmp_path, str(level), np.full(32, level)).path, 0.0, 1.0) for level in (0.25, 0.5, 0.75)
    ]
    rng = chance()
    assert {float(QUIET.drawn(sources, SMALL, rng)[0]) for _ in range(30)} == {0.25, 0.5, 0.75}


def test_without_sources_there_is_no_noise():
    with pytest.raises(ValueError, match="nothing to take noise from: quiet_windows"):
        QUIET.drawn([], SMALL, chance())


# ---- quiet stretches -----------------------------------------------------------------------------------------


def test_quiet_windows_are_those_in_which_no_species_reaches_the_threshold():
    said = factories.said(0.9, n_species=2, frames=0.05)  # clipwise says nothing of how quiet it is
    highest = said.window_maximum.copy()
    highest[:6, 1] = (0.05, 0.3, 0.09, 0.1, 1.0, 0.0)
    highest[6, 0] = 0.5
    chosen = quiet_stretches({"r": replace(said, window_maximum=highest)}, below=0.1)
    # windows 0, 2, 5, 7 begin every 463 columns and are 512 long, at 62.5 columns a second
    expected = [("r", 463 * n / 62.5, (463 * n + 512) / 62.5) for n in (0, 2, 5, 7)]
    assert [one[0] for one in chosen] == ["r"] * 4
    np.testing.assert_allclose([one[1:] for one in chosen], [one[1:] for one in expected], rtol=1e-6)


def test_a_recording_in_which_something_calls_all_the_time_has_none():
    assert (
        quiet_stretches({"loud": factories.said(0.0, frames=0.1), "none": factories.said(0.0, frames=0.2)}, 0.1) == []
    )


def test_quiet_stretches_come_in_the_order_of_the_recordings():
    scores = {key: factories.said(0.0, recording=key) for key in ("b", "a")}
    assert [key for key, _, _ in quiet_stretches(scores, 0.1)] == ["a"] * 8 + ["b"] * 8


# ---- noisy recordings ----------------------------------------------------------------------------------------


def test_a_silent_recording_becomes_the_noise(tmp_path):
    silent = recording(tmp_path, "silent", np.zeros(64_000))
    x = sounds.noise(0.5).astype(np.float32)
    source = NoiseSource(recording(tmp_path, "noise", x).path, 0.0, 0.5)
    (block,) = noisy(silent, SMALL, replace(QUIET, gain=0.5), [source], chance(), [])
    expected = SMALL.to_db(np.float32(0.5) * np.tile(x, 4))
    np.testing.assert_array_equal(block.db(), expected.astype(np.float16))
    assert block.range.high_db == expected.max()


def test_without_gain_a_recording_is_heard_as_it_is(tmp_path):
    day = recording(tmp_path, "day", sounds.noise(4.3))
    noises = [NoiseSource(day.path, 0.0, 1.0)]
    plain = list(heard(day, SMALL, []))
    still = list(noisy(day, SMALL, AddedNoise("quiet_windows", gain=0.0), noises, chance(), []))
    assert [(b.index, b.start_s, b.end_s, b.range) for b in still] == [
        (b.index, b.start_s, b.end_s, b.range) for b in plain
    ]
    for one, other in zip(still, plain, strict=True):
        np.testing.assert_array_equal(one.db(), other.db())


def test_each_block_gets_noise_of_its_own_and_chance_alone_decides_which(tmp_path):
    silent = recording(tmp_path, "silent", np.zeros(20 * 32_000))
    sources = [
        NoiseSource(recording(tmp_path, f"n{seed}", sounds.noise(0.5, seed=seed)).path, 0.0, 0.5) for seed in range(5)
    ]

    def ranges(seed: int) -> list[float]:
        return [block.range.high_db for block in noisy(silent, SMALL, QUIET, sources, chance(seed), [])]

    assert ranges(0) == ranges(0)
    assert ranges(0) != ranges(1)
    assert len(set(ranges(0))) > 1


def test_a_front_end_that_denoises_hears_the_noise_first(tmp_path):
    pytest.importorskip("noisereduce")
    front_end = replace(SMALL, denoised=True)
    call = sounds.chirp(1000, 4000, 2.0).astype(np.float32)
    x = sounds.noise(2.0, level=0.01).astype(np.float32)
    source = NoiseSource(recording(tmp_path, "noise", x).path, 0.0, 2.0)
    (block,) = noisy(recording(tmp_path, "call", call), front_end, QUIET, [source], chance(), [])
    np.testing.assert_array_equal(block.db(), SMALL.to_db(denoise(call + x, 32_000)).astype(np.float16))
