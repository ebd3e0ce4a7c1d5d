"""A recording in blocks of mono sound, or a stretch of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dawnchorus.audio.decoding import Source
from dawnchorus.audio.faults import AudioError, Fault
from dawnchorus.audio.header import Inspection, inspect
from dawnchorus.audio.listening import Silence
from dawnchorus.audio.resampling import Making
from dawnchorus.audio.samples import Channel, Samples, sound_file

PIECE_FRAMES = 1 << 16  # decoded and resampled at once: a piece stays in the processor's cache


@dataclass(frozen=True, eq=False)
class Block:
    """A stretch `[start_s, end_s)` of a recording; `samples (time,)` are mono, at the rate that was asked for."""

    index: int
    start_s: float
    end_s: float
    samples: Samples


def split(duration_s: float, block_s: float = 60.0, tail_s: float = 10.0) -> list[tuple[float, float]]:
    """Cut `[0, duration_s)` into stretches of `block_s`; what is left over joins the last one if under `tail_s`."""
    if not block_s > 0:
        raise ValueError(f"a block must have a length, not {block_s} s")
    whole = int(duration_s // block_s)
    starts = [i * block_s for i in range(whole)]
    left_s = duration_s - whole * block_s
    if left_s > 0 and (left_s >= tail_s or not starts):
        starts.append(whole * block_s)
    return list(zip(starts, [*starts[1:], duration_s], strict=True)) if starts else []


def blocks(
    path: Path | str,
    rate_hz: int = 32_000,
    channel: Channel = "mean",
    block_s: float = 60.0,
    tail_s: float = 10.0,
    faults: list[Fault] | None = None,
    header: Inspection | None = None,
) -> Iterator[Block]:
    """Decode a recording block by block, cut as `split` does, each block resampled as if it were a file of its own.

    Memory holds about two blocks, however long the file. Faults that leave something to use, those of `inspect`
    included, are appended to `faults`: all of them are there when the last block has been given. `header` is what
    `inspect` said of the file, if it was asked before.

    Raises AudioError, at the first block, if nothing of the file can be used or it has no such channel.
    """
    found: list[Fault] = [] if faults is None else faults
    header = inspect(path, rate_hz) if header is None else header
    found.extend(header.faults)
    with Source(header, channel, found) as source:
        silence = Silence(found)
        end_s = 0.0
        for index, (first, made) in enumerate(_cut(source, header.rate_hz, rate_hz, block_s, tail_s)):
            start_s, end_s = first / header.rate_hz, (first + made.frames) / header.rate_hz
            silence.hear(made.is_constant, start_s)
            yield Block(index, start_s, end_s, made.finish())
        if source.position == 0:
            lost_s = max(0.0, header.promised_s - sum(fault.lost_s for fault in header.faults))
            raise AudioError(header.path, Fault("no_audio", "none of its sound can be decoded", lost_s=lost_s))
        silence.end(end_s)
        source.report()


def read(path: Path | str, rate_hz: int = 32_000, channel: Channel = "mean") -> Samples:
    """Decode a whole file as one block `(time,)`; only for files that fit into memory. Raises AudioError."""
    return next(blocks(path, rate_hz, channel, block_s=inspect(path).duration_s + 1.0)).samples


def _cut(source: Source, from_hz: int, to_hz: int, block_s: float, tail_s: float) -> Iterator[tuple[int, Making]]:
    """Give the first frame of each block, and the block in the making: all of its sound is in it.

    After each block the sound is read `tail_s` ahead: if it ends there, the tail belongs to this block.
    """
    if not block_s > 0:
        raise ValueError(f"a block must have a length, not {block_s} s")
    block = max(1, round(block_s * from_hz))
    piece: Samples = np.empty(min(block, PIECE_FRAMES), np.float32)
    ahead: Samples = np.empty(min(round(tail_s * from_hz), block), np.float32)
    carried = first = 0
    while True:
        made = Making(from_hz, to_hz)
        made.add(ahead[:carried])
        while made.frames < block and (got := source.fill(piece[: block - made.frames])):
            made.add(piece[:got])
        carried = source.fill(ahead)
        if made.frames < block or carried < len(ahead):
            made.add(ahead[:carried])
            if made.frames:
                yield first, made
            return
        yield first, made
        first += block


def stretch(path: Path, blocks: Iterator[Block], start_s: float, end_s: float, rate_hz: int) -> Samples:
    """The sound from one second of a file to another `(sample,)`, out of its blocks, which are read no further.

    Raises AudioError when there is none.
    """
    parts = []
    for block in blocks:
        if block.start_s >= end_s:
            break
        first, last = (round((at_s - block.start_s) * rate_hz) for at_s in (start_s, end_s))
        parts.append(block.samples[max(first, 0) : max(last, 0)])
    sound: Samples = np.concatenate(parts)
    if not len(sound):
        raise AudioError(path, Fault("no_audio", f"there is no sound from {start_s:.1f} s to {end_s:.1f} s"))
    return sound


def excerpt(path: Path, start_s: float, end_s: float, rate_hz: int | None = None, longest_s: float = 600.0) -> Samples:
    """The sound from one second of a file to another `(sample,)`, the mean of its channels; nothing else is decoded.

    At the file's own rate unless `rate_hz` is given. It ends where the sound ends. Raises AudioError when there is
    none, ValueError when more than `longest_s` seconds are wanted.
    """
    if not 0 <= start_s < end_s <= start_s + longest_s:
        raise ValueError(f"{start_s} s to {end_s} s; expected at most {longest_s:g} s, from 0 on")
    own_hz = inspect(path).rate_hz
    try:
        with sound_file(path) as file:
            first = round(start_s * own_hz)
            file.seek(min(first, file.frames))
            raw = file.read(round(end_s * own_hz) - first, "float32", always_2d=True)
    except (OSError, RuntimeError) as error:
        detail = f"{start_s:.1f} s to {end_s:.1f} s cannot be decoded: {error}"
        raise AudioError(path, Fault("unreadable", detail)) from error
    if not len(raw):
        raise AudioError(path, Fault("no_audio", f"there is no sound from {start_s:.1f} s to {end_s:.1f} s"))
    sound: Samples = np.nan_to_num(raw, nan=0.0, posinf=0.0, neginf=0.0).mean(axis=1, dtype=np.float32)
    if rate_hz is None or rate_hz == own_hz:
        return sound
    import soxr

    return np.asarray(soxr.resample(sound, own_hz, rate_hz, quality="HQ"), np.float32)
