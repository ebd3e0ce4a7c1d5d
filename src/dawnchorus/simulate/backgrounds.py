"""Synthesised sites: coloured noise, insects, rain, wind, and animals of no species."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
from scipy.signal import lfilter

from dawnchorus.simulate.calls import Samples, Song, from_afar, render, strangers


@dataclass(frozen=True, slots=True)
class Insect:
    """A steady singer: a tone at `tone_hz` that swells `pulse_hz` times a second, at an amplitude of full scale."""

    tone_hz: float
    pulse_hz: float
    amplitude: float


@dataclass(frozen=True, slots=True)
class Site:
    """What a place sounds like whoever calls there. Levels are root mean squares of full scale."""

    noise: float
    tilt_db: float  # per octave, negative: darker
    insects: tuple[Insect, ...]
    rain_share: float  # of recordings
    wind: float
    strangers: tuple[Song, ...]


def site(seed: int, number: int) -> Site:
    """Site `number` of the world of `seed`."""
    rng = np.random.default_rng([seed, 2, number])
    noise = 0.012 * 10 ** (rng.uniform(-4, 4) / 20)
    insects = tuple(
        Insect(rng.uniform(4500, 10000), rng.uniform(15, 90), noise * 10 ** (rng.uniform(-18, -4) / 20))
        for _ in range(rng.integers(1, 4))
    )
    others = tuple(strangers(rng, int(rng.integers(3, 6))))
    return Site(noise, rng.uniform(-6, -1.5), insects, rng.uniform(0.1, 0.4), noise * rng.uniform(0.3, 2.5), others)


def sound(place: Site, count: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    """`count` samples of that place in one recording's weather."""
    samples = coloured_noise(count, rate_hz, place.tilt_db + rng.normal(0, 0.4), rng)
    samples *= np.float32(place.noise * 10 ** (rng.normal(0, 1.5) / 20))
    for insect in place.insects:
        if rng.uniform() < 0.7:
            samples += _insect(insect, count, rate_hz, rng)
    if rng.uniform() < place.rain_share:
        samples += np.float32(place.noise * 10 ** (rng.uniform(-18, -2) / 20)) * _rain(count, rate_hz, rng)
    samples += np.float32(place.wind * rng.uniform(0, 1.5)) * _wind(count, rate_hz, rng)
    for stranger in place.strangers:
        if rng.uniform() < 0.5:
            _add_stranger(samples, stranger, place.noise, rate_hz, rng)
    return samples


def coloured_noise(count: int, rate_hz: int, tilt_db: float, rng: np.random.Generator, top_hz: float = 0.0) -> Samples:
    """Noise of root mean square 1 whose level falls by `tilt_db` per octave above 200 Hz; nothing above `top_hz`."""
    padded = scipy.fft.next_fast_len(count, real=True)
    bins = padded // 2 + 1 if not top_hz else min(int(top_hz * padded / rate_hz) + 2, padded // 2 + 1)
    hz = np.arange(bins, dtype=np.float32) * np.float32(rate_hz / padded)
    gain = np.ones(bins, np.float32)
    knee = int(np.searchsorted(hz, 200))
    gain[knee:] = np.exp2(np.log2(hz[knee:] / np.float32(200)) * np.float32(tilt_db / 6.02))
    gain[hz < 40] = 0  # what microphones do not hear
    spectrum = np.zeros(padded // 2 + 1, np.complex64)
    drawn = rng.standard_normal(2 * bins, dtype=np.float32).view(np.complex64)
    spectrum[:bins] = drawn * gain
    # irfft of bins of variance 2 g² has the variance 4 Σ g² / padded².
    scale = padded / (2 * np.sqrt(np.sum(np.square(gain), dtype=np.float64)))
    samples: Samples = scipy.fft.irfft(spectrum, padded, overwrite_x=True)[:count]
    return samples * np.float32(scale)


def _slow(count: int, rate_hz: int, every_s: float, rng: np.random.Generator) -> Samples:
    """Give a curve that wanders between 0 and 1, with a new value every `every_s`."""
    knots = rng.uniform(0, 1, int(count / rate_hz / every_s) + 2)
    at = np.arange(0, count, 32) / (rate_hz * every_s)
    # A new value every millisecond is smooth enough, and thirty times less work.
    return np.repeat(np.interp(at, np.arange(len(knots)), knots).astype(np.float32), 32)[:count]


def _insect(insect: Insect, count: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    """One second, repeated: whole hertz make it join up with itself."""
    tone_hz, pulse_hz = round(insect.tone_hz * rng.normal(1, 0.01)), round(insect.pulse_hz * rng.normal(1, 0.03))
    turns = 2 * np.pi * np.arange(rate_hz) / rate_hz
    second = insect.amplitude * np.maximum(np.sin(pulse_hz * turns), 0) * np.sin(tone_hz * turns)
    return np.resize(second.astype(np.float32), count) * (0.5 + 0.5 * _slow(count, rate_hz, 5.0, rng))


def _rain(count: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    """Rain in showers: sparse impulses, each a broadband burst of about 4 ms."""
    shower = _slow(count, rate_hz, 8.0, rng) ** 2
    hits = rng.poisson(rng.uniform(20, 150) * count / rate_hz)
    at = rng.integers(0, count, hits)
    impulses = np.zeros(count, np.float32)
    impulses[at] = rng.exponential(1, hits).astype(np.float32) * (shower[at] > rng.uniform(0, 1, hits))
    pole = np.float32(np.exp(-1 / (0.004 * rate_hz)))
    drops = lfilter(np.ones(1, np.float32), np.array([1, -pole], np.float32), impulses)
    drops = drops * rng.standard_normal(count, dtype=np.float32)
    rain: Samples = (drops / max(float(np.sqrt(np.mean(drops**2))), 1e-6)).astype(np.float32)
    return rain


def _wind(count: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    """Low gusts, made at a few kilohertz and drawn out on straight lines: there is next to nothing above 600 Hz."""
    factor = rate_hz // 4000
    few = coloured_noise(count // factor + 2, rate_hz // factor, -9.0, rng, top_hz=600)
    ramp = np.arange(factor, dtype=np.float32) / factor
    many = (few[:-1, None] + np.diff(few)[:, None] * ramp).ravel()[:count]
    return np.asarray(many * _slow(count, rate_hz, 3.0, rng) ** 2, np.float32)


def _add_stranger(samples: Samples, song: Song, level: float, rate_hz: int, rng: np.random.Generator) -> None:
    """Repeat the call of an animal of no species over `samples`, in place."""
    amplitude = level * 10 ** (rng.uniform(-18, 2) / 20)
    wet = rng.uniform(0.02, 0.3)
    at = int(rng.uniform(0, 12) * rate_hz)
    while at < len(samples):
        call = from_afar(render(song, rate_hz, rng), wet, rate_hz, rng)
        wave = call.samples[: len(samples) - at]
        samples[at : at + len(wave)] += np.float32(amplitude * 10 ** (rng.normal(0, 1) / 20)) * wave
        at += int((call.duration_s + rng.gamma(2.0, 3.0)) * rate_hz)
