"""Sounds and sound files made in code, whole and damaged, for the tests."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

Sound = NDArray[np.float64]
"""Samples between -1 and 1, `(time,)` or `(time, channel)`."""


def tone(hz: float, duration_s: float, rate_hz: int = 32_000, level: float = 0.5) -> Sound:
    """A sine; its phase is 0 at the start."""
    return level * np.sin(2 * np.pi * hz * np.arange(round(duration_s * rate_hz)) / rate_hz)


def chirp(from_hz: float, to_hz: float, duration_s: float, rate_hz: int = 32_000, level: float = 0.5) -> Sound:
    """A sine whose frequency goes from one to the other in a straight line."""
    t = np.arange(round(duration_s * rate_hz)) / rate_hz
    return level * np.sin(2 * np.pi * (from_hz * t + (to_hz - from_hz) * t**2 / (2 * duration_s)))


def noise(duration_s: float, rate_hz: int = 32_000, level: float = 0.1, seed: int = 0) -> Sound:
    """White noise of standard deviation `level`."""
    return level * np.random.default_rng(seed).standard_normal(round(duration_s * rate_hz)).clip(-4, 4)


def write(path: Path, x: Sound, rate_hz: int = 32_000, subtype: str = "PCM_16", format: str | None = None) -> Path:
    """Write a sound in the format that the name says, or in `format`; 16 bit are rounded here, alike everywhere."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = np.round(x * 32767).astype(np.int16) if subtype == "PCM_16" else x
    soundfile.write(path, data, rate_hz, subtype, format=format or path.suffix[1:].upper())
    return path


def write_wav(path: Path, x: Sound, rate_hz: int = 32_000, subtype: str = "PCM_16") -> Path:
    """Write a WAV, whatever the name."""
    return write(path, x, rate_hz, subtype, "WAV")


def write_flac(path: Path, x: Sound, rate_hz: int = 32_000, subtype: str = "PCM_16") -> Path:
    """Write a FLAC, whatever the name."""
    return write(path, x, rate_hz, subtype, "FLAC")


# ---- damage ----------------------------------------------------------------------------------------------------


def cut(path: Path, size: int) -> Path:
    """Leave the first `size` bytes."""
    path.write_bytes(path.read_bytes()[:size])
    return path


def patch(path: Path, at: int, new: bytes) -> Path:
    """Write over the bytes from `at` on."""
    data = bytearray(path.read_bytes())
    data[at : at + len(new)] = new
    path.write_bytes(data)
    return path


def claim_wav_bytes(path: Path, size: int) -> Path:
    """Make the header of a WAV promise `size` bytes of sound."""
    return patch(path, path.read_bytes().index(b"data") + 4, struct.pack("<I", size))


def claim_wav_rate(path: Path, rate_hz: int) -> Path:
    """Make the header of a WAV promise a sample rate."""
    return patch(path, path.read_bytes().index(b"fmt ") + 12, struct.pack("<I", rate_hz))


def claim_flac_frames(path: Path, frames: int) -> Path:
    """Make the header of a FLAC promise a number of samples; 0 means unknown."""
    bits = int.from_bytes(path.read_bytes()[18:26], "big")
    return patch(path, 18, (bits >> 36 << 36 | frames).to_bytes(8, "big"))


def corrupt(path: Path, at: int, size: int = 2000) -> Path:
    """Write random bytes over `size` bytes from `at` on."""
    return patch(path, at, np.random.default_rng(1).bytes(size))
