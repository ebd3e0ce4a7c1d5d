"""The user's own sounds: call clips in a folder per species, and recordings of places without those species."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

from dawnchorus.simulate.calls import Call, Samples, at_power_one

SUFFIXES = {".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff"}
SILENT = 1e-10  # mean square of full scale: below the least step of 16 bits


def audio_files(folder: Path) -> list[Path]:
    """The audio files in a folder, by name. Raises ValueError when there is none."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
    if not found:
        raise ValueError(f"{folder} holds no audio file ({', '.join(sorted(SUFFIXES))})")
    return found


def species_folders(clips: Path) -> dict[str, list[Path]]:
    """Clips by species; the names of the folders are the names of the species. Raises ValueError when there is none."""
    if not clips.is_dir():
        raise ValueError(f"{clips} is not a folder")
    folders = sorted(p for p in clips.iterdir() if p.is_dir() and not p.name.startswith("."))
    if not folders:
        raise ValueError(f"{clips} holds no folder: put the clips of each species in a folder with its name")
    return {folder.name: audio_files(folder) for folder in folders}


def split(files: list[Path], seed: int) -> tuple[list[Path], list[Path]]:
    """Files for training and for testing: apart when there are two or more (a third for testing), else the same one."""
    if len(files) < 2:
        return files, files
    order = [files[i] for i in np.random.default_rng([seed, 3]).permutation(len(files))]
    test = max(1, round(len(files) / 3))
    return sorted(order[test:]), sorted(order[:test])


def read_calls(path: Path, rate_hz: int, longest_s: float) -> list[Call]:
    """The loud stretches of a clip, each a call of at most `longest_s`. A silent clip has none."""
    samples = _read(path, rate_hz)
    size = max(rate_hz // 100, 1)
    blocks = np.square(samples[: len(samples) // size * size].reshape(-1, size), dtype=np.float64).mean(axis=1)
    if not len(blocks) or blocks.max() < SILENT:
        return []
    loud = np.flatnonzero(blocks > blocks.max() / 300)  # 25 dB below the loudest 10 ms
    # Gaps under 0.3 s belong to a call: they are the pauses between its notes.
    runs = np.split(loud, np.flatnonzero(np.diff(loud) > 30) + 1)
    stretches = [samples[run[0] * size : (run[-1] + 1) * size] for run in runs if run[-1] - run[0] >= 4]
    return [_call(stretch[: int(longest_s * rate_hz)], rate_hz) for stretch in stretches]


def _call(stretch: Samples, rate_hz: int) -> Call:
    """A stretch with 5 ms fades; its band holds the middle 90 % of its energy."""
    fade = np.minimum(np.arange(len(stretch), dtype=np.float32) / (0.005 * rate_hz), 1)
    samples = at_power_one(stretch * fade * fade[::-1])
    energy = np.cumsum(np.abs(np.fft.rfft(samples)) ** 2)
    low, high = np.searchsorted(energy / energy[-1], (0.05, 0.95)) * rate_hz / len(samples)
    return Call(samples, len(samples) / rate_hz, max(float(low) - 50, 0), min(float(high) + 50, rate_hz / 2))


def read_background(path: Path, count: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    """`count` samples from anywhere in a recording; a shorter one is looped with a crossfade.

    Only what is needed is read, so that a day-long file costs no more than its minute.
    """
    try:
        with soundfile.SoundFile(path) as file:
            wanted = math.ceil(count * file.samplerate / rate_hz) + 2
            file.seek(int(rng.integers(0, max(file.frames - wanted, 0) + 1)))
            samples = _resampled(file.read(wanted, dtype="float32", always_2d=True), file.samplerate, rate_hz)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"cannot read {path}: {error}") from error
    if len(samples) < rate_hz // 10 or float(np.mean(np.square(samples, dtype=np.float64))) < SILENT:
        raise ValueError(f"{path} cannot serve as background: it is silent or shorter than 0.1 s")
    return samples[:count] if len(samples) >= count else _looped(samples, count, rate_hz, rng)


def _looped(samples: Samples, count: int, rate_hz: int, rng: np.random.Generator) -> Samples:
    """Repeated from a random point; the end fades into the beginning at constant power."""
    fade = min(rate_hz // 4, len(samples) // 3)
    angle = np.linspace(0, np.pi / 2, fade, dtype=np.float32)
    loop = samples[fade:].copy()
    loop[len(loop) - fade :] = loop[len(loop) - fade :] * np.cos(angle) + samples[:fade] * np.sin(angle)
    return np.resize(np.roll(loop, int(rng.integers(len(loop)))), count)


def _read(path: Path, rate_hz: int) -> Samples:
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"cannot read {path}: {error}") from error
    return _resampled(samples, rate, rate_hz)


def _resampled(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """`(sample, channel)` at one rate to mono at another."""
    mono: Samples = samples.mean(axis=1)
    if from_hz == to_hz or not len(mono):
        return mono
    shared = math.gcd(from_hz, to_hz)
    return np.asarray(resample_poly(mono, to_hz // shared, from_hz // shared), np.float32)
