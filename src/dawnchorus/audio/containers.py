"""Compares what a header claims with the bytes on disk, whatever the format; AIFF, W64 and Ogg here."""

from __future__ import annotations

from typing import BinaryIO

from dawnchorus.audio.extent import LEAST_BYTES_PER_S, Extent
from dawnchorus.audio.faults import Fault
from dawnchorus.audio.flac import flac_extent
from dawnchorus.audio.wav import wav_extent, wav_header

OGG_TAIL_BYTES = 1 << 17  # a page is smaller


def extent_of(file: BinaryIO, size: int, rate_hz: int, frames: int) -> Extent:
    """Compare what a header claims with the bytes on disk."""
    file.seek(0)
    start = file.read(64)
    if start[:4] == b"fLaC":
        return flac_extent(file, size, rate_hz, frames, start)
    duration_s = frames / rate_hz
    if (wav := wav_header(file, size)) is not None:
        return wav_extent(file, size, wav, frames, duration_s)
    if (claimed := _claimed_bytes(start)) > size:
        header_s = duration_s * claimed / size
        detail = f"the header promises {claimed} bytes, {size} are there"
        return Extent(frames, header_s, duration_s, Fault("truncated", detail, duration_s, header_s - duration_s))
    if start[:4] == b"OggS" and _last_ogg_page_goes_on(file, size):
        fault = Fault("truncated", "it does not end with a last page", duration_s)
        return Extent(frames, None, duration_s, fault)
    if frames > (possible := size * rate_hz // LEAST_BYTES_PER_S):
        fault = Fault("header_mismatch", f"the header promises {duration_s:.3g} s in {size} bytes")
        return Extent(possible, None, None, fault)
    return Extent(frames, duration_s, None)


def _claimed_bytes(start: bytes) -> int:
    """Say how long an AIFF or a W64 file should be by its header; 0 for other files."""
    if start[:4] == b"FORM":
        return int.from_bytes(start[4:8], "big") + 8
    return int.from_bytes(start[16:24], "little") if start[:4] == b"riff" else 0


def _last_ogg_page_goes_on(file: BinaryIO, size: int) -> bool:
    """Say whether the last page of an Ogg file is not marked as the end."""
    file.seek(max(0, size - OGG_TAIL_BYTES))
    tail = file.read()
    flags = tail.rfind(b"OggS") + 5
    return not (5 <= flags < len(tail) and tail[flags] & 4)
