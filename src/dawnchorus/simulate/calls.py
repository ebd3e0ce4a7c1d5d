"""Synthesised animals: a species is a name and its songs, a song is notes of one shape in one band.

Every call differs: pitch ±3 %, tempo ±10 %, number of notes, attack, and how loudness moves along the call.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]  # (sample,) mono; full scale is ±1

REGISTERS = {"deep": 700.0, "low": 1300.0, "middle": 2300.0, "high": 3800.0, "shrill": 5800.0, "thin": 7600.0}  # Hz
# Two sound-alike pairs come early: chirps that differ in direction alone, trills that differ in tempo alone.
FIRST = (
    ("low", "quick trill"),
    ("middle", "rising chirp"),
    ("middle", "falling chirp"),
    ("high", "bending whistle"),
    ("shrill", "slow pulse train"),
    ("deep", "rising nasal call"),
    ("low", "slow trill"),
    ("high", "rising chirp"),
)
LOWEST_RATE_HZ = 22050  # the highest register reaches 10.5 kHz


@dataclass(frozen=True, slots=True)
class Song:
    """How a call is built.

    A note lasts `note_s` and starts `tempo_hz` times a second, between `notes[0]` and `notes[1]` times. Within it the
    pitch moves over the ratio `span` (above 1 rises, below 1 falls), up and back when `arch`, with `vibrato` as a share
    of the pitch at `vibrato_hz`. `harmonics` are amplitudes of the first, second, … partial. `decay` above 0 makes a
    struck note that dies away at that rate per note instead of one that swells and fades.
    """

    pitch_hz: float
    note_s: float
    tempo_hz: float
    notes: tuple[int, int]
    span: float = 1.0
    harmonics: tuple[float, ...] = (1.0,)
    arch: bool = False
    vibrato: float = 0.0
    vibrato_hz: float = 6.0
    decay: float = 0.0


@dataclass(frozen=True, slots=True)
class Animal:
    """A species: a readable name, and its songs by song type (1, and 4 where there are two)."""

    name: str
    songs: dict[int, Song]


@dataclass(frozen=True, slots=True)
class Call:
    """One call ready to be placed: samples at mean power 1 over its first `duration_s`, and the band it fills.

    `samples` may go on after `duration_s`: an echo that no person would put in the box.
    """

    samples: Samples
    duration_s: float
    low_hz: float
    high_hz: float


STACK = (0.6, 1.0, 0.8, 0.9, 0.5, 0.3)
MANNERS = {
    "quick trill": Song(1.0, 0.035, 17.0, (12, 28), 0.85, (1.0, 0.1)),
    "slow trill": Song(1.0, 0.055, 9.0, (6, 14), 0.85, (1.0, 0.1)),
    "rising chirp": Song(1.0, 0.36, 2.1, (1, 3), 1.5, (1.0, 0.12)),
    "falling chirp": Song(1.0, 0.36, 2.1, (1, 3), 1 / 1.5, (1.0, 0.12)),
    "bending whistle": Song(1.0, 1.3, 0.6, (1, 1), 0.9, (1.0, 0.05), arch=True, vibrato=0.004),
    "steady whistle": Song(1.0, 0.9, 0.9, (1, 2), 1.0, (1.0, 0.05), vibrato=0.006),
    "slow pulse train": Song(1.0, 0.045, 7.0, (8, 20), 0.75, (1.0,), decay=6.0),
    "quick pulse train": Song(1.0, 0.022, 24.0, (20, 60), 0.75, (1.0,), decay=4.0),
    "rising nasal call": Song(0.7, 0.6, 1.3, (1, 3), 1.15, STACK, arch=True, vibrato=0.03, vibrato_hz=28.0),
    "falling nasal call": Song(0.7, 0.6, 1.3, (1, 3), 0.8, STACK, vibrato=0.01),
}
MOST_SPECIES = len(MANNERS) * len(REGISTERS)


def animals(count: int, seed: int) -> list[Animal]:
    """The first `count` species of the world of `seed`: same kinds in every world, pitch and tempo a little different.

    From four species on, the first and the fourth have a second song, type 4. Raises ValueError for more than 60.
    """
    if not 1 <= count <= MOST_SPECIES:
        raise ValueError(f"species must be between 1 and {MOST_SPECIES}, not {count}")
    kinds = list(product(REGISTERS, MANNERS))
    # A stride that shares no factor with the number of kinds visits all of them, neighbours far apart.
    strided = [kinds[7 * i % len(kinds)] for i in range(len(kinds))]
    order = [*FIRST, *(kind for kind in strided if kind not in FIRST)]
    # Sound-alikes must stay alike: the world moves registers and manners, not single species.
    rng = np.random.default_rng([seed, 1])
    pitch = {name: hz * rng.uniform(0.94, 1.06) for name, hz in REGISTERS.items()}
    tempo = {name: rng.uniform(0.92, 1.08) for name in MANNERS}
    found = []
    for number, (register, manner) in enumerate(order[:count]):
        base = MANNERS[manner]
        song = replace(base, pitch_hz=base.pitch_hz * pitch[register], tempo_hz=base.tempo_hz * tempo[manner])
        second = {4: _second_song(song)} if count >= 4 and number in (0, 3) else {}
        found.append(Animal(f"{register} {manner}", {1: song, **second}))
    return found


def _second_song(song: Song) -> Song:
    """Another song of the same animal: the same voice a little higher, in longer or more broken notes."""
    if song.notes == (1, 1):
        return replace(song, pitch_hz=song.pitch_hz * 1.1, note_s=0.3, tempo_hz=2.2, notes=(2, 4), span=0.8, arch=False)
    longer = replace(song, pitch_hz=song.pitch_hz * 1.15, note_s=2.5 * song.note_s, tempo_hz=0.35 * song.tempo_hz)
    return replace(longer, notes=(3, 6), span=1.2)


def strangers(rng: np.random.Generator, count: int) -> list[Song]:
    """Animals of no species: warbles, buzzes and arches, shapes that no species has, in any register."""
    found = []
    for _ in range(count):
        pitch_hz = float(np.exp(rng.uniform(np.log(800), np.log(6500))))
        shapes = (
            Song(pitch_hz, 0.7, 1.2, (1, 2), 1.0, (1.0, 0.1), vibrato=0.12, vibrato_hz=rng.uniform(7, 16)),
            Song(pitch_hz / 4, 0.25, 2.8, (1, 5), 1.0, (0.1, 0.2, 0.5, 1, 1, 0.8, 0.5), vibrato=0.05, vibrato_hz=60.0),
            Song(pitch_hz, 0.28, rng.uniform(1.5, 3.2), (1, 5), 1.7, (1.0, 0.2), arch=True),
        )
        found.append(shapes[rng.integers(len(shapes))])
    return found


def render(song: Song, rate_hz: int, rng: np.random.Generator) -> Call:
    """One call of `song`, varied as individuals vary."""
    tempo = rng.uniform(0.9, 1.1)
    note = replace(song, pitch_hz=song.pitch_hz * rng.uniform(0.97, 1.03), note_s=song.note_s / tempo)
    count = int(rng.integers(song.notes[0], song.notes[1] + 1))
    attack, swell = rng.uniform(0.08, 0.5), rng.uniform(-0.6, 0.6)
    starts_s = np.arange(count) / (song.tempo_hz * tempo) * rng.normal(1, 0.004, count)
    duration_s = float(starts_s[-1]) + note.note_s
    samples = np.zeros(math.ceil(duration_s * rate_hz) + 1, np.float32)
    low_hz, high_hz = math.inf, 0.0
    for position, start_s in zip(np.linspace(-0.5, 0.5, count), starts_s, strict=True):
        wave, low, high = _note(note, attack, rate_hz, rng)
        first = int(start_s * rate_hz)
        wave = wave[: len(samples) - first]
        samples[first : first + len(wave)] += np.float32(1 + swell * position) * wave
        low_hz, high_hz = min(low_hz, low), max(high_hz, high)
    return Call(at_power_one(samples), duration_s, low_hz, high_hz)


def _note(song: Song, attack: float, rate_hz: int, rng: np.random.Generator) -> tuple[Samples, float, float]:
    """One note and the lowest and highest frequency it fills, in Hz."""
    x = np.linspace(0, 1, max(int(song.note_s * rate_hz), 8), dtype=np.float32)
    shape = 1 - np.abs(2 * x - 1) if song.arch else x
    hz = song.pitch_hz * rng.normal(1, 0.004) * np.exp(math.log(song.span) * (shape - 0.5))
    if song.vibrato:
        hz *= 1 + song.vibrato * np.sin(2 * np.pi * (song.vibrato_hz * song.note_s * x + rng.uniform()))
    # Wrapped in double precision, the rest in single: whole partials of a wrapped phase are exact, and twice as fast.
    phase = (2 * np.pi * ((np.cumsum(hz, dtype=np.float64) / rate_hz + rng.uniform()) % 1)).astype(np.float32)
    partials = [(k, a) for k, a in enumerate(song.harmonics, 1) if k * hz.max() < 0.47 * rate_hz]  # no aliases
    wave = sum((np.float32(a) * np.sin(np.float32(k) * phase) for k, a in partials), np.zeros_like(phase))
    envelope = np.exp(-song.decay * x) if song.decay else np.minimum(np.minimum(x / attack, (1 - x) / 0.3), 1)
    fade = np.minimum(np.minimum(x, 1 - x) * song.note_s / 0.003, 1)  # 3 ms at both ends, so that no note clicks
    strong = [k for k, a in partials if a >= 0.25 * max(song.harmonics)] or [1]
    width_hz = 1 / song.note_s + 60  # a short note is broad
    low, high = strong[0] * float(hz.min()) - width_hz, strong[-1] * float(hz.max()) + width_hz
    return wave * (envelope * fade), max(low, 0.0), min(high, rate_hz / 2)


def from_afar(call: Call, wet: float, rate_hz: int, rng: np.random.Generator) -> Call:
    """Give the call the echoes of a forest; `wet` is their power as a share of the call's.

    A dozen reflections within 0.2 s, weaker the later: as good to the eye and ear as a dense tail, and much cheaper.
    """
    delays_s = np.sort(rng.uniform(0.004, 0.2, 12))
    gains = rng.normal(size=12) * np.exp(-delays_s / 0.05)
    gains *= np.sqrt(wet / np.sum(gains**2))
    samples = np.zeros(len(call.samples) + int(0.2 * rate_hz) + 1, np.float32)
    samples[: len(call.samples)] = call.samples
    for delay_s, gain in zip(delays_s, gains, strict=True):
        first = int(delay_s * rate_hz)
        samples[first : first + len(call.samples)] += np.float32(gain) * call.samples
    return replace(call, samples=samples)


def at_power_one(samples: Samples) -> Samples:
    """Scaled to a mean square of 1."""
    return samples / np.float32(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
