"""One recording: a place, and the animals that call in it at known times and loudness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dawnchorus.events import Annotation
from dawnchorus.simulate.calls import Animal, Call, Samples, from_afar, render
from dawnchorus.simulate.spectra import Power, band_power, power_spectrogram

LOWEST_SNR_DB, HIGHEST_SNR_DB = -3.0, 15.0  # in the call's own band, over the length of the call
AUDIBLE_DB = 1.0  # what an annotator would have found
PEAK = 0.95
LEAST_POWER = 1e-8  # a digitally silent gap counts as this loud: a call in it must survive 16 bits

Background = Callable[[int, np.random.Generator], Samples]  # (samples wanted, chance) -> sound


@dataclass(frozen=True, slots=True)
class Event:
    """A call that was placed: its box, and its loudness over the background in that box."""

    box: Annotation
    snr_db: float


@dataclass(frozen=True, slots=True)
class Scene:
    """A recording's samples, within ±PEAK, and every call in it."""

    samples: Samples
    events: tuple[Event, ...]


class Voices(Protocol):
    """What calls: `call(species, song_type, wet, rng)` gives the next call of a species."""

    def song_types(self, species: int) -> Sequence[int]:
        """The song types of a species, the commonest first."""

    def call(self, species: int, song_type: int, wet: float, rng: np.random.Generator) -> Call:
        """One call; `wet` is the power of its echoes as a share of its own."""


@dataclass(frozen=True)
class SynthesisedVoices:
    """Voices of invented animals."""

    animals: Sequence[Animal]
    rate_hz: int

    def song_types(self, species: int) -> Sequence[int]:
        """As `Voices.song_types`."""
        return tuple(self.animals[species].songs)

    def call(self, species: int, song_type: int, wet: float, rng: np.random.Generator) -> Call:
        """As `Voices.call`."""
        return from_afar(render(self.animals[species].songs[song_type], self.rate_hz, rng), wet, self.rate_hz, rng)


@dataclass(frozen=True)
class OwnVoices:
    """The user's own calls, `(species, call)`, placed as they are but for their level."""

    calls: Sequence[Sequence[Call]]

    def song_types(self, species: int) -> Sequence[int]:
        """As `Voices.song_types`; clips do not tell song types."""
        return (1,)

    def call(self, species: int, song_type: int, wet: float, rng: np.random.Generator) -> Call:
        """As `Voices.call`; clips have the echoes that they have."""
        return self.calls[species][int(rng.integers(len(self.calls[species])))]


def compose(
    key: str,
    species: Sequence[int],
    voices: Voices,
    background: Background,
    seconds: float,
    rate_hz: int,
    rng: np.random.Generator,
) -> Scene:
    """The recording `key`, `seconds` long, in which each of `species` calls at least once."""
    samples = background(round(seconds * rate_hz), rng).copy()
    power = power_spectrogram(samples)  # before any call: loudness is against the place alone
    events: list[Event] = []
    for number in species:
        events += _sing(key, number, voices, samples, power, rate_hz, rng)
    peak = float(np.abs(samples).max())
    if peak > PEAK:
        samples *= np.float32(PEAK / peak)
    return Scene(samples, tuple(sorted(events, key=lambda event: (event.box.start_s, event.box.species))))


def _sing(
    key: str, species: int, voices: Voices, samples: Samples, power: Power, rate_hz: int, rng: np.random.Generator
) -> list[Event]:
    """One animal repeats itself at its own level and distance; its calls are added to `samples` in place."""
    level_db, wet, pause_s = rng.triangular(-1, 7, 13), rng.uniform(0.01, 0.25), rng.uniform(1.0, 5.0)
    types = voices.song_types(species)
    usual = types[0] if rng.uniform() < 0.65 else types[-1]
    seconds = len(samples) / rate_hz
    events: list[Event] = []
    at_s = -1.0
    while True:
        song_type = usual if rng.uniform() < 0.85 else types[int(rng.integers(len(types)))]
        call = voices.call(species, song_type, wet, rng)
        if at_s < 0:  # the first call always fits
            at_s = rng.uniform(0, max(min(seconds - call.duration_s, max(seconds / 3, 1.0)), 0.0))
        if at_s + call.duration_s > seconds:
            return events
        snr_db = float(np.clip(level_db + rng.normal(0, 1.5), LOWEST_SNR_DB, HIGHEST_SNR_DB))
        box = _box(key, species, song_type, call, at_s, seconds)
        noise = band_power(power, box.low_hz, box.high_hz, box.start_s, box.end_s, rate_hz)
        gain = np.sqrt(10 ** (snr_db / 10) * max(noise, LEAST_POWER))
        first = round(at_s * rate_hz)
        wave = call.samples[: len(samples) - first]
        samples[first : first + len(wave)] += np.float32(gain) * wave
        events.append(Event(box, snr_db))
        silence_s = pause_s * rng.gamma(2.0, 0.5) + 0.2
        at_s += call.duration_s + silence_s * (4 if rng.uniform() < 0.12 else 1)


def _box(key: str, species: int, song_type: int, call: Call, at_s: float, seconds: float) -> Annotation:
    """The box of a call, rounded here once so that every table says the same."""
    end_s = min(round(at_s + call.duration_s, 4), seconds)
    band = round(call.low_hz, 1), round(call.high_hz, 1)
    return Annotation(key, species, round(at_s, 4), end_s, *band, present=True, song_type=song_type)
