"""What a file is and what is wrong with it, before anything is decoded."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dawnchorus.audio.containers import extent_of
from dawnchorus.audio.faults import AudioError, Fault
from dawnchorus.audio.samples import sound_file
from dawnchorus.audio.wav import wav_header

MAX_RATE_HZ = 1_000_000
TRIGGERED = re.compile(r"(?:[0-9A-F]{16}_)?\d{8}_\d{6}T\.WAV", re.IGNORECASE)


@dataclass(frozen=True)
class Inspection:
    """What a file is, from its header and its size: `frames` and `duration_s` are what can be read of it.

    `size` are its bytes; `header_s` is what its header promises and `bytes_s` what its bytes hold, None where they
    don't say. `duration_s` is a bound and no more when neither says.
    """

    path: Path
    duration_s: float
    rate_hz: int
    channels: int
    frames: int
    faults: tuple[Fault, ...]
    size: int = 0
    header_s: float | None = None
    bytes_s: float | None = None

    @property
    def promised_s(self) -> float:
        """The most that header or bytes speak of; 0 where neither does."""
        return max(self.header_s or 0.0, self.bytes_s or 0.0)


def inspect(path: Path | str, rate_hz: int = 32_000) -> Inspection:
    """Say what a file is and what is wrong with it, from its header, its size and its last bytes; nothing is decoded.

    The content decides the format, not the name. A file below `rate_hz` is `band_limited`.

    Raises AudioError if nothing of the file can be used.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise AudioError(path, Fault("not_audio", "it is a folder"))
        if path.exists() and not path.is_file():  # opening a pipe would wait for somebody to write
            raise AudioError(path, Fault("not_audio", "it is no regular file"))
        file = path.open("rb")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise AudioError(path, Fault("unreadable", str(error))) from error
    with file:
        try:
            return _inspect(path, file, rate_hz)
        except OSError as error:  # a card or a network drive that went away
            raise AudioError(path, Fault("unreadable", str(error))) from error


def _inspect(path: Path, file: BinaryIO, rate_hz: int) -> Inspection:
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        raise AudioError(path, Fault("empty", "it has no bytes"))
    if TRIGGERED.fullmatch(path.name):
        detail = "AudioMoth left out its quiet parts, so times in it are wrong; expand it with AudioMoth's app first"
        raise AudioError(path, Fault("triggered", detail))
    try:
        with sound_file(path) as sound:
            own_hz, channels, frames = sound.samplerate, sound.channels, sound.frames
    except (RuntimeError, TypeError) as error:  # TypeError: soundfile takes a name that ends in .raw at its word
        raise AudioError(path, _why_not(file, size, error)) from error
    if not 0 < own_hz <= MAX_RATE_HZ:
        raise AudioError(path, Fault("bad_rate", f"its sample rate is {own_hz} Hz"))
    extent = extent_of(file, size, own_hz, frames)
    if extent.frames <= 0:
        lost_s = max(extent.header_s or 0.0, extent.bytes_s or 0.0)
        raise AudioError(path, Fault("no_audio", _nothing(file, size), lost_s=lost_s))
    faults = [] if extent.fault is None else [extent.fault]
    if own_hz < rate_hz:
        faults.append(Fault("band_limited", f"its rate of {own_hz} Hz holds nothing above {own_hz / 2:.0f} Hz"))
    duration_s = extent.frames / own_hz
    return Inspection(
        path, duration_s, own_hz, channels, extent.frames, tuple(faults), size, extent.header_s, extent.bytes_s
    )


def _why_not(file: BinaryIO, size: int, error: Exception) -> Fault:
    """Say why soundfile did not open a file."""
    file.seek(0)
    start = file.read(64)
    wav = wav_header(file, size)
    rate_hz = wav.rate_hz if wav is not None else None
    if start[:4] == b"fLaC" and len(start) >= 42:
        rate_hz = int.from_bytes(start[18:21], "big") >> 4
    if rate_hz is not None and not 0 < rate_hz <= MAX_RATE_HZ:
        return Fault("bad_rate", f"its sample rate is {rate_hz} Hz")
    cut_short = start[:4] in (b"RIFF", b"fLaC", b"OggS", b"FORM") and size <= 64
    if cut_short or (wav is not None and wav.offset is None):
        return Fault("no_audio", f"its {size} bytes are a header without sound")
    return Fault("not_audio", str(getattr(error, "error_string", error)))


def _nothing(file: BinaryIO, size: int) -> str:
    wav = wav_header(file, size)
    if wav is None or wav.offset is None:
        return f"none of its {size} bytes is sound that can be read"
    return f"the header promises {wav.claimed} bytes of sound; {size - wav.offset} lie behind it"
