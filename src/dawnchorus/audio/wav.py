"""WAV: where its sound begins and where it really ends, and a copy whose header is true."""

from __future__ import annotations

import os
import shutil
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dawnchorus.audio.extent import LEAST_BYTES_PER_S, Extent
from dawnchorus.audio.faults import Fault

PLAIN_WAV = (1, 3, 0xFFFE)  # whole numbers, floats, either with more channels: a frame has one size
STREAM_BYTES = 0x7FFFFFFF  # from here on the data size of a WAV is a recorder's way to say "I don't know yet"


@dataclass(frozen=True)
class Wav:
    """Where the sound of a WAV begins, in bytes, and how many bytes the header claims; None without a data chunk.

    `bytes_per_s` is 0 where the header doesn't say.
    """

    rate_hz: int | None
    offset: int | None
    claimed: int
    bytes_per_s: int = 0

    def seconds(self, size: int) -> float | None:
        """How long so many bytes of its sound are."""
        return size / self.bytes_per_s if self.bytes_per_s >= LEAST_BYTES_PER_S else None


def wav_header(file: BinaryIO, size: int) -> Wav | None:
    """Walk the chunks of a RIFF or RF64 file up to the sound; None for other files."""
    file.seek(0)
    start = file.read(12)
    if start[:4] not in (b"RIFF", b"RF64", b"BW64") or start[8:] != b"WAVE":
        return None
    rate_hz, large, position, bytes_per_s = None, None, 12, 0
    for _ in range(1000):  # far more chunks than a recorder writes; a file of noise has no end of them
        file.seek(position)
        chunk = file.read(32)
        if len(chunk) < 8:
            break
        length = int.from_bytes(chunk[4:8], "little")
        if chunk[:4] == b"data":
            claimed = large if large is not None and length == 0xFFFFFFFF else length
            return Wav(rate_hz, position + 8, claimed, bytes_per_s)
        if chunk[:4] == b"ds64" and len(chunk) >= 24:
            large = struct.unpack("<Q", chunk[16:24])[0]
        if chunk[:4] == b"fmt " and len(chunk) >= 16:
            kind, _, rate_hz, bytes_per_s, align = struct.unpack("<HHIIH", chunk[8:22].ljust(14, b"\0"))
            if kind in PLAIN_WAV:  # recorders that change the rate may leave the bytes a second as they were
                bytes_per_s = rate_hz * align
        position += 8 + length + length % 2
    return Wav(rate_hz, None, 0)


def wav_extent(file: BinaryIO, size: int, wav: Wav, frames: int, duration_s: float) -> Extent:
    """Compare what the header claims with the bytes behind it, and with the chunks after the sound."""
    if wav.offset is None:
        return Extent(frames, duration_s, None)
    there = size - wav.offset
    header_s, bytes_s = wav.seconds(wav.claimed), wav.seconds(there)
    if wav.claimed > there:
        detail = f"the header promises {wav.claimed} bytes of sound, {there} are there"
        # A size that counts the header in, or is a recorder's "unknown", says nothing about lost sound.
        if wav.claimed >= STREAM_BYTES > there or wav.claimed - there <= wav.offset:
            return Extent(frames, None, bytes_s, Fault("header_mismatch", detail))
        lost_s = max(0.0, (header_s or 0.0) - duration_s)
        return Extent(frames, header_s, bytes_s, Fault("truncated", detail, duration_s, lost_s))
    ends = {wav.offset + wav.claimed, wav.offset + wav.claimed + wav.claimed % 2}  # not everyone pads
    if any(_only_chunks(file, end, size) for end in ends):
        return Extent(frames, header_s or duration_s, header_s)
    detail = f"the header promises {wav.claimed} bytes of sound, {there} lie behind it"
    lost_s = max(0.0, (bytes_s or 0.0) - duration_s)
    return Extent(frames, header_s, bytes_s, Fault("header_mismatch", detail, duration_s, lost_s))


def _only_chunks(file: BinaryIO, position: int, size: int) -> bool:
    """Say whether nothing but well-formed chunks comes after `position`."""
    for _ in range(1000):
        if size - position < 8:
            return True
        file.seek(position)
        chunk = file.read(8)
        length = int.from_bytes(chunk[4:], "little")
        if not all(32 <= letter < 127 for letter in chunk[:4]) or position + 8 + length > size:
            return False
        position += 8 + length + length % 2
    return False


def mended(path: Path, folder: Path) -> tuple[Path, Fault] | None:
    """Copy a WAV that holds more sound than its header says into a folder, with the size that is true (F7).

    The copy and what was wrong with the file; None for files that have no such fault, or no frames of one size.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        wav = wav_header(file, size)
        if wav is None or wav.offset is None or not wav.bytes_per_s or file.seek(0) or file.read(4) != b"RIFF":
            return None
        there = size - wav.offset
        ends = {wav.offset + wav.claimed, wav.offset + wav.claimed + wav.claimed % 2}
        if wav.claimed >= there or any(_only_chunks(file, end, size) for end in ends):
            return None
    copy = folder / path.name
    shutil.copyfile(path, copy)
    with copy.open("r+b") as file:
        for at, true in ((4, size - 8), (wav.offset - 4, there)):
            file.seek(at)
            file.write(min(true, 0xFFFFFFFF).to_bytes(4, "little"))
    detail = f"the header promises {wav.claimed} bytes of sound, {there} lie behind it; all of them were read"
    return copy, Fault("header_mismatch", detail)
