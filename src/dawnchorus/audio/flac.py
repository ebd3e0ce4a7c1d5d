"""FLAC: where it really ends."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

from dawnchorus.audio.extent import Extent
from dawnchorus.audio.faults import Fault

FLAC_TAIL_BYTES = 1 << 16  # at least this much of a FLAC's end is searched for its last frame
UNKNOWN_FRAMES = 1 << 36  # a FLAC can't say more; soundfile gives 2^63 - 1 where it says nothing
FLAC_LEAST_FRAME_BYTES = 10  # a FLAC frame cannot be smaller


@dataclass(frozen=True)
class _FlacFrame:
    """A packet of a FLAC file: its first sample, how many samples of each channel, and its place in the bytes."""

    start: int
    length: int
    offset: int


def flac_extent(file: BinaryIO, size: int, rate_hz: int, frames: int, start: bytes) -> Extent:
    """Find the last packet of a FLAC, which carries its number: a header's count of samples is often wrong."""
    least, most = struct.unpack(">HH", start[8:12])
    longest = int.from_bytes(start[15:18], "big")  # bytes of the largest packet, 0 if the writer did not say
    file.seek(max(0, size - max(FLAC_TAIL_BYTES, 3 * longest)))
    tail = file.read()
    packets = [frame for at in re.finditer(rb"\xff[\xf8\xf9]", tail) if (frame := _flac_frame(tail, at.start(), least))]
    header_s = None if frames > UNKNOWN_FRAMES else frames / rate_hz
    if any(packet.start + packet.length == frames for packet in packets):
        return Extent(frames, header_s, header_s)
    # Sound can look like a packet's header by chance; then it does not begin where the packet before it ends.
    chain = [late for early, late in pairwise(packets) if early.start + early.length == late.start]
    claimed_s = frames / rate_hz
    if not chain and len(tail) == size:
        chain = packets[:1]  # a file of one packet, or of none
    if not chain:
        possible = 0 if len(tail) == size else size // FLAC_LEAST_FRAME_BYTES * most
        if frames <= possible:
            return Extent(frames, header_s, None)  # only decoding will tell
        fault = Fault("header_mismatch", f"the header promises {claimed_s:.3g} s in {size} bytes")
        return Extent(possible, header_s if possible == 0 else None, None, fault)
    last = chain[-1]
    complete = _crc(tail[last.offset :], 0x8005, 16) == 0  # the checksum closes the packet, and makes this 0
    readable = min(frames, last.start + last.length if complete else last.start)
    code = "header_mismatch" if complete else "truncated"
    promise = "an unknown length" if header_s is None else f"{claimed_s:.3f} s"
    readable_s, bytes_s = readable / rate_hz, (last.start + last.length * complete) / rate_hz
    detail = f"the header promises {promise}, the file ends after {readable_s:.3f} s"
    fault = Fault(code, detail, readable_s, max(header_s or 0.0, bytes_s) - readable_s)
    return Extent(readable, header_s, bytes_s, fault)


def _flac_frame(data: bytes, at: int, block: int) -> _FlacFrame | None:
    """Read the header of a packet at byte `at`; None if there is none (RFC 9639, section 9.1)."""
    header = data[at : at + 16]
    if len(header) < 6 or header[1] & 0xFE != 0xF8 or header[3] & 1:
        return None
    ones = 8 - (header[4] ^ 0xFF).bit_length()  # as in UTF-8, they say how many bytes the number has
    if ones in (1, 8):
        return None
    position = 4 + max(1, ones)
    number = header[4] & (0x7F >> ones)
    for byte in header[5:position]:
        number = number << 6 | byte & 0x3F
    code, rate_code = header[2] >> 4, header[2] & 15
    extra = {6: 1, 7: 2}.get(code, 0)
    length = int.from_bytes(header[position : position + extra], "big") + 1
    position += extra + {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if code == 0 or position >= len(header) or _crc(header[: position + 1], 0x07, 8) != 0:
        return None
    if not extra:
        length = 192 if code == 1 else 576 << code - 2 if code < 6 else 256 << code - 8
    return _FlacFrame(number if header[1] & 1 else number * block, length, at)


def _crc(data: bytes, polynomial: int, bits: int) -> int:
    """Cyclic redundancy check, bit by bit: only short or damaged data come here."""
    top, mask, value = 1 << bits - 1, (1 << bits) - 1, 0
    for byte in data:
        value ^= byte << bits - 8
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & mask
    return value
