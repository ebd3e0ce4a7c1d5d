"""The parts of the simulator: songs, loudness, the template matcher, loops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sounds
from dawnchorus.events import Annotation
from dawnchorus.simulate import matcher, own
from dawnchorus.simulate.backgrounds import coloured_noise
from dawnchorus.simulate.calls import MOST_SPECIES, Animal, animals, render
from dawnchorus.simulate.scene import HIGHEST_SNR_DB, LOWEST_SNR_DB, Event, SynthesisedVoices, compose
from dawnchorus.simulate.spectra import band_power, bins, power_spectrogram

RATE_HZ = 32000


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_call_of_every_species_has_length_band_and_power(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for animal in animals(MOST_SPECIES, seed):
        for song in animal.songs.values():
            call = render(song, RATE_HZ, rng)
            assert 0.25 < call.duration_s <= 4.0, animal.name
            assert 0 <= call.low_hz < call.high_hz < RATE_HZ / 2
            spectrum = np.abs(np.fft.rfft(call.samples)) ** 2
            hz = np.fft.rfftfreq(len(call.samples), 1 / RATE_HZ)
            inside = spectrum[(hz >= call.low_hz) & (hz <= call.high_hz)].sum() / spectrum.sum()
            assert inside > 0.85, f"{animal.name}: {inside:.2f} of its energy is in its box"


def test_names_are_unique_and_worlds_grow_without_changing() -> None:
    everyone = animals(MOST_SPECIES, 0)
    assert len({animal.name for animal in everyone}) == MOST_SPECIES
    assert animals(24, 0) == everyone[:24]
    with pytest.raises(ValueError, match="species"):
        animals(MOST_SPECIES + 1, 0)


def test_sound_alikes_and_second_songs_are_there() -> None:
    def overlap(one: Animal, other: Animal) -> bool:
        ratio = one.songs[1].pitch_hz / other.songs[1].pitch_hz
        return one.name.split()[-1] == other.name.split()[-1] and 0.9 < ratio < 1.1

    three, six = animals(3, 0), animals(6, 0)
    assert any(overlap(a, b) for i, a in enumerate(three) for b in three[i + 1 :])
    assert [sorted(animal.songs) for animal in six].count([1, 4]) == 2
    assert all(sorted(animal.songs) == [1] for animal in three)


def test_individuals_differ() -> None:
    rng = np.random.default_rng(0)
    calls = [render(animals(1, 0)[0].songs[1], RATE_HZ, rng) for _ in range(20)]
    assert len({round(call.duration_s, 3) for call in calls}) > 15
    lows = np.array([call.low_hz for call in calls])
    assert 0.005 < lows.std() / lows.mean() < 0.1


def test_calls_are_placed_at_the_loudness_that_is_recorded() -> None:
    """In white noise, power in the box with and without the call gives the ratio back, within 2 dB."""
    noise = sounds.noise(20, level=0.02).astype(np.float32)
    voices = SynthesisedVoices(animals(6, 0), RATE_HZ)
    scene = compose("x", [3], voices, lambda count, rng: noise, 20.0, RATE_HZ, np.random.default_rng(4))
    added = power_spectrogram(scene.samples - noise)
    before = power_spectrogram(noise)
    assert scene.events
    for event in scene.events:
        where = event.box.low_hz, event.box.high_hz, event.box.start_s, event.box.end_s, RATE_HZ
        measured_db = 10 * np.log10(band_power(added, *where) / band_power(before, *where))
        assert LOWEST_SNR_DB <= event.snr_db <= HIGHEST_SNR_DB
        assert measured_db == pytest.approx(event.snr_db, abs=2)


def test_loud_places_are_scaled_down_whole() -> None:
    loud = 3 * np.sin(np.arange(10 * RATE_HZ, dtype=np.float32))
    voices = SynthesisedVoices(animals(1, 0), RATE_HZ)
    scene = compose("x", [], voices, lambda count, rng: loud, 10.0, RATE_HZ, np.random.default_rng(0))
    assert np.abs(scene.samples).max() == pytest.approx(0.95, abs=1e-4)
    assert np.corrcoef(scene.samples, loud)[0, 1] > 0.9999


@pytest.mark.parametrize("tilt_db", [0.0, -3.0, -6.0])
def test_noise_has_power_one_and_the_tilt_that_is_asked_for(tilt_db: float) -> None:
    noise = coloured_noise(20 * RATE_HZ, RATE_HZ, tilt_db, np.random.default_rng(0))
    assert np.mean(noise**2) == pytest.approx(1, rel=0.05)
    power = power_spectrogram(noise).mean(axis=1)
    low, high = (power[bins(hz, 1.05 * hz, RATE_HZ)].mean() for hz in (2000, 8000))
    assert 10 * np.log10(high / low) / 2 == pytest.approx(tilt_db, abs=0.5)


# ---- what is revealed ----


def box(start_s: float, end_s: float, recording: str = "a") -> Annotation:
    return Annotation(recording, 0, start_s, end_s, 2000.0, 4000.0, present=True)


def test_correlation_is_that_of_the_definition() -> None:
    rng = np.random.default_rng(0)
    image = (rng.normal(size=(7, 60)) - 20).astype(np.float32)
    patch = rng.normal(size=(7, 9)).astype(np.float32)
    patch = (patch - patch.mean()) / np.linalg.norm(patch - patch.mean())
    plain = [np.corrcoef(patch.ravel(), image[:, k : k + 9].ravel())[0, 1] for k in range(52)]
    np.testing.assert_allclose(matcher.correlation(patch, image), plain, atol=1e-5)


def test_the_matcher_finds_other_calls_and_leaves_true_ones_out() -> None:
    sound = sounds.noise(20, level=0.01)
    for start_s in (2.0, 7.0, 13.5):
        first = round(start_s * RATE_HZ)
        sound[first : first + RATE_HZ // 2] += sounds.chirp(2200, 3800, 0.5, level=0.1)
    power = power_spectrogram(sound.astype(np.float32))
    found = matcher.template(box(2.0, 2.5), power, RATE_HZ)
    wrong = matcher.mistakes(found, "a", power, [box(2.0, 2.5), box(7.0, 7.5)], 20.0, RATE_HZ)
    score, best = wrong[0]
    assert score > 0.7 and best.start_s == pytest.approx(13.5, abs=0.02) and not best.present
    assert best.end_s - best.start_s == pytest.approx(0.5) and (best.low_hz, best.high_hz) == (2000, 4000)
    assert score > 1.5 * wrong[1][0]


def test_true_positives_are_audible_and_spread_over_recordings() -> None:
    loud = [Event(box(i, i + 0.5, name), 10.0) for name in "abc" for i in range(5)]
    faint = [Event(replace(box(9, 9.5), recording=name), 0.0) for name in "abcd"]
    rng = np.random.default_rng(0)
    drawn = matcher.true_positives(loud + faint, 6, rng)
    assert sorted(one.recording for one in drawn) == list("aabbcc")
    assert len(matcher.true_positives(loud + faint, 100, rng)) == 15
    assert len(matcher.true_positives(faint, 6, rng)) == 1


# ---- the user's own sounds ----


def test_a_short_place_is_looped_without_a_jump(tmp_path: Path) -> None:
    """A whole number of turns of a sine, looped, stays a sine but for its level in the crossfade."""
    path = sounds.write(tmp_path / "hum.wav", sounds.tone(100, 2.0, level=0.3))
    hum = own.read_background(path, 9 * RATE_HZ, RATE_HZ, np.random.default_rng(0))
    assert len(hum) == 9 * RATE_HZ
    assert np.abs(np.diff(hum)).max() < 1.5 * 0.3 * 2 * np.pi * 100 / RATE_HZ


def test_a_long_place_is_cut_and_resampled(tmp_path: Path) -> None:
    path = sounds.write(tmp_path / "hum.wav", sounds.tone(1000, 6.0, 48000), 48000)
    hum = own.read_background(path, 2 * RATE_HZ, RATE_HZ, np.random.default_rng(0))
    assert len(hum) == 2 * RATE_HZ
    assert np.argmax(np.abs(np.fft.rfft(hum))) / 2 == 1000


def test_clips_are_cut_to_their_loud_stretches(tmp_path: Path) -> None:
    quiet, call = sounds.noise(1, level=0.0005), sounds.tone(3000, 0.4)
    path = sounds.write(tmp_path / "clip.wav", np.concatenate([quiet, call, quiet, call, call, quiet]))
    calls = own.read_calls(path, RATE_HZ, longest_s=0.6)
    assert [one.duration_s for one in calls] == pytest.approx([0.4, 0.6], abs=0.02)
    assert all(2900 < one.low_hz < 3000 < one.high_hz < 3100 for one in calls)
