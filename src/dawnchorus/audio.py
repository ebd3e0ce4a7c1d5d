"""Recordings as blocks of mono sound, and what is wrong with an audio file.

Every stretch of time is decoded or reported: "no exception" from a decoder does not mean "all the sound".
What is known from a header and the bytes on disk is told by `inspect`; what only decoding shows, by `blocks`.

The words for faults, and the rows of the project's fault list that they answer:

| code              | fatal | rows     | meaning                                                                       |
|-------------------|-------|----------|-------------------------------------------------------------------------------|
| `empty`           | yes   | F1       | the file has no bytes                                                         |
| `no_audio`        | yes   | F2, F7   | a header of a sound file, and no sound that can be read                       |
| `not_audio`       | yes   | F3       | no known format, whatever the name says; also a folder                        |
| `bad_rate`        | yes   | F15      | a sample rate of 0, or above 1 MHz                                            |
| `unreadable`      | yes   | F22      | the file cannot be opened, or went away                                       |
| `no_channel`      | yes   | F14      | the wanted channel is not in the file                                         |
| `triggered`       | yes   | F19      | a recording that AudioMoth cut at silence: its times are wrong until expanded |
| `truncated`       | no    | F4, F5   | the file ends at `at_s`, before its header says so; what is there is used     |
| `decode_error`    | no    | F5       | from `at_s` on nothing can be decoded; what comes before is used              |
| `gap`             | no    | F6       | a stretch from `at_s` cannot be decoded; it is silence, later times are right |
| `header_mismatch` | no    | F7, F8   | header and bytes disagree; what the header says is read, if it is there       |
| `silent`          | no    | F10      | at least one whole block is one constant value                                |
| `clipped`         | no    | F12      | more than one sample in a thousand is at the end of the scale                 |
| `offset`          | no    | F12      | the mean of all samples is far from 0: a fault of the microphone or its power |
| `interference`    | no    | F12      | a tone that never stops: electricity or radio, seldom an insect               |
| `not_finite`      | no    | F11      | samples that are NaN, infinite or absurdly large; they are read as 0          |
| `band_limited`    | no    | F15      | the file's rate is below the wanted one: it never held the high frequencies   |

Rows F16 to F18 (names) have no code: the content decides the format, any name is taken, and keys are relative paths.
"""

from __future__ import annotations

import os
import re
import shutil
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, pairwise
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from dawnchorus.events import Recording

if TYPE_CHECKING:
    from soundfile import SoundFile

Channel = Literal["mean"] | int
"""Which sound of a file with several channels: their mean, or one of them, counted from 1."""

Samples = NDArray[np.float32]

EXTENSIONS = frozenset({".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff", ".w64", ".rf64", ".opus"})
FATAL = frozenset({"empty", "no_audio", "not_audio", "bad_rate", "unreadable", "no_channel", "triggered"})
MAX_RATE_HZ = 1_000_000
PIECE_FRAMES = 1 << 16  # decoded and resampled at once: a piece stays in the processor's cache
DECODE_VALUES = 1 << 20  # samples of all channels decoded at once: a bound for files with a great many channels
LOUDEST = 1e12  # a sample beyond this is no sound, even in a file whose full scale is not 1 but 2^31
DECODE_SLACK_S = 0.1  # compressed formats may count their packets' padding
FLAC_TAIL_BYTES = 1 << 16  # at least this much of a FLAC's end is searched for its last frame
UNKNOWN_FRAMES = 1 << 36  # a FLAC can't say more; soundfile gives 2^63 - 1 where it says nothing
FLAC_LEAST_FRAME_BYTES = 10  # a FLAC frame cannot be smaller
OGG_TAIL_BYTES = 1 << 17  # a page is smaller
LEAST_BYTES_PER_S = 20  # no format packs sound closer; a header that says so is wrong
FULL_SCALE = 0.99  # of whole numbers: 127 of 128 is the end of the scale of eight bits
CLIPPED_SHARE, FAR_OFFSET = 0.001, 0.05
LOOK_S, LOOK_FRAMES, LEAST_LOOKS = 15.0, 1 << 14, 4  # for tones that never stop: a third of a second now and then
TONE_SIDE_BINS, TONE_RATIO = 8, 300.0  # power against both sides: 25 dB
TRIGGERED = re.compile(r"(?:[0-9A-F]{16}_)?\d{8}_\d{6}T\.WAV", re.IGNORECASE)
PLAIN_WAV = (1, 3, 0xFFFE)  # whole numbers, floats, either with more channels: a frame has one size
HANN = np.hanning(LOOK_FRAMES).astype(np.float32)
STREAM_BYTES = 0x7FFFFFFF  # from here on the data size of a WAV is a recorder's way to say "I don't know yet"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with an audio file: a word of the table above, and a sentence for people.

    `at_s` is the time in the recording where it begins, where there is one; `lost_s` are the seconds of sound that it
    cost, as far as the file says how long it should be.
    """

    code: str
    detail: str
    at_s: float | None = None
    lost_s: float = 0.0

    @property
    def fatal(self) -> bool:
        """Whether nothing of the file can be used."""
        return self.code in FATAL

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class AudioError(Exception):
    """A file of which nothing can be used; `fault` says why."""

    def __init__(self, path: Path, fault: Fault) -> None:
        super().__init__(path, fault)  # both as arguments, so that the error survives the way between processes
        self.path = path
        self.fault = fault

    def __str__(self) -> str:
        return f"{self.path}: {self.fault}"


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


@dataclass(frozen=True, eq=False)
class Block:
    """A stretch `[start_s, end_s)` of a recording; `samples (time,)` are mono, at the rate that was asked for."""

    index: int
    start_s: float
    end_s: float
    samples: Samples


# ---- cutting -------------------------------------------------------------------------------------------------


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
    with _Source(header, channel, found) as source:
        silence = _Silence(found)
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


def _cut(source: _Source, from_hz: int, to_hz: int, block_s: float, tail_s: float) -> Iterator[tuple[int, _Making]]:
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
        made = _Making(from_hz, to_hz)
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


class _Making:
    """A block in the making: its sound is resampled piece by piece, and is the same as if resampled in one piece."""

    def __init__(self, from_hz: int, to_hz: int) -> None:
        import soxr

        self.stream = None
        if from_hz != to_hz:
            self.stream = soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ")
        self.frames = 0  # at the file's own rate
        self.is_constant = True
        self.level = np.float32(0)
        self.done: list[Samples] = []

    def add(self, x: Samples) -> None:
        """Add `x (time,)`, whose memory may be used again afterwards."""
        if len(x) == 0:
            return
        if self.frames == 0:
            self.level = x[0]
        # Three samples nearly always differ, which spares the pass over all of them.
        self.is_constant &= bool(x[0] == x[-1] == x[len(x) // 2] == self.level and (x == self.level).all())
        self.frames += len(x)
        self.done.append(x.copy() if self.stream is None else self.stream.resample_chunk(x))

    def finish(self) -> Samples:
        """Give the block, at the new rate."""
        if self.stream is not None:
            self.done.append(self.stream.resample_chunk(np.empty(0, np.float32), last=True))
        return np.concatenate(self.done)


class _Silence:
    """Hears which blocks are one constant value, and reports each run of them once."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        self.since_s: float | None = None

    def hear(self, is_constant: bool, start_s: float) -> None:
        if not is_constant:
            self.end(start_s)
        elif self.since_s is None:
            self.since_s = start_s

    def end(self, end_s: float) -> None:
        if self.since_s is not None:
            detail = f"every sample from {self.since_s:.1f} s to {end_s:.1f} s is the same"
            self.faults.append(Fault("silent", detail, self.since_s))
            self.since_s = None


# ---- decoding ------------------------------------------------------------------------------------------------


class _Source:
    """The mono sound of a file at its own rate, from the first frame to the last; damage is stepped over."""

    def __init__(self, header: Inspection, channel: Channel, faults: list[Fault]) -> None:
        if channel != "mean" and not 1 <= channel <= header.channels:
            raise AudioError(header.path, Fault("no_channel", f"of {header.channels} channels none is {channel}"))
        self.path, self.rate_hz, self.channels = header.path, header.rate_hz, header.channels
        self.frames = header.frames  # becomes less when the sound turns out to end earlier
        self.channel: Channel = channel
        self.faults = faults
        self.position = 0  # frames given so far, gaps included
        self.silent_until = 0  # the end of the gap that is being filled
        self.file: SoundFile | None = None
        self.length_is_known = header.promised_s > 0
        self.level = _Level()
        self.tones = _Tones(header.rate_hz)
        self.may_be_not_finite = False
        self.not_finite = 0
        self.not_finite_at_s = 0.0
        self.scratch = np.empty((0, self.channels), np.float32)

    def __enter__(self) -> _Source:
        self.file = file = self._open(0)
        self.may_be_not_finite = file.subtype in ("FLOAT", "DOUBLE")
        return self

    def __exit__(self, *_: object) -> None:
        if self.file is not None:
            self.file.close()

    def fill(self, out: Samples) -> int:
        """Fill `out (time,)`, and say how many frames of it; fewer than all only at the end of the sound."""
        filled = 0
        while filled < len(out) and self.position < self.frames:
            rest = out[filled : filled + self.frames - self.position]
            got = self._fill_gap(rest) if self.position < self.silent_until else self._decode(rest)
            filled += got
            self.position += got
        return filled

    def report(self) -> None:
        """Append the faults that are counted over the whole file."""
        if self.not_finite:
            detail = f"{self.not_finite} samples are no finite numbers, or absurdly large; they are read as 0"
            self.faults.append(Fault("not_finite", detail, self.not_finite_at_s))
        self.faults.extend(self.level.faults())
        self.faults.extend(self.tones.faults())

    def _fill_gap(self, out: Samples) -> int:
        got = min(len(out), self.silent_until - self.position)
        out[:got] = 0
        return got

    def _decode(self, out: Samples) -> int:
        """Decode into `out`; after damage, the good samples before it. May give 0, then `frames` or the gap is new."""
        frames = min(len(out), max(1, DECODE_VALUES // self.channels))
        raw = out[:frames] if self.channels == 1 else self._raw(frames)
        raw.fill(np.nan)  # a failing read does not say how far it came, but the samples it gave are no longer NaN
        damaged = False
        try:
            self.file = file = self._open(self.position) if self.file is None else self.file
            got = len(file.read(out=raw))
        except RuntimeError:  # soundfile's errors
            damaged = True
            got = int(np.count_nonzero(~np.isnan(raw.reshape(len(raw), -1)[:, 0])))
            self._forget_file()  # after an error the decoder cannot even seek
        if self.may_be_not_finite:
            self._make_finite(raw[:got])
        else:
            self.level.hear(raw[:got])
        if self.channels > 1:
            _mix(raw[:got], self.channel, out[:got])
        self.tones.hear(out[:got])
        if got < len(raw):
            self._step_over(self.position + got, damaged)
        return got

    def _raw(self, frames: int) -> Samples:
        if len(self.scratch) < frames:
            self.scratch = np.empty((frames, self.channels), np.float32)
        return self.scratch[:frames]

    def _make_finite(self, raw: Samples) -> None:
        if len(raw) == 0 or (raw.min() > -LOUDEST and raw.max() < LOUDEST):  # both are False for NaN
            return
        bad = ~(np.abs(raw) < LOUDEST)
        frames = np.flatnonzero(bad.reshape(len(raw), -1).any(axis=1))
        if len(frames) and not self.not_finite:
            self.not_finite_at_s = (self.position + int(frames[0])) / self.rate_hz
        self.not_finite += int(bad.sum())
        raw[bad] = 0

    def _step_over(self, damage: int, damaged: bool) -> None:
        """Find where the sound goes on after frame `damage`, and report what is lost."""
        at_s = damage / self.rate_hz
        if damage >= self.frames:
            return
        resume = self._next_readable(damage) if damaged else None
        if resume is not None:
            self.silent_until = resume
            lost_s = (resume - damage) / self.rate_hz
            self.faults.append(Fault("gap", f"{lost_s:.3f} s from {at_s:.3f} s cannot be decoded", at_s, lost_s))
            return
        promised_s = self.frames / self.rate_hz
        self.frames = damage
        lost_s = promised_s - at_s if self.length_is_known else 0.0
        if damage and damaged:
            self.faults.append(Fault("decode_error", f"nothing can be decoded after {at_s:.3f} s", at_s, lost_s))
        elif damage and promised_s - at_s > DECODE_SLACK_S:
            detail = f"the header promises {promised_s:.3f} s, the sound ends after {at_s:.3f} s"
            self.faults.append(Fault("truncated", detail, at_s, lost_s))

    def _next_readable(self, damage: int) -> int | None:
        """Give the first frame after `damage` that can be decoded: steps that double, then bisection back."""
        bad, step, longest = damage, 4096, 60 * self.rate_hz
        good = min(damage + step, self.frames - 1)
        while not self._readable(good):
            if good >= self.frames - 1:
                return None
            bad, step = good, min(2 * step, longest)
            good = min(good + step, self.frames - 1)
        while good - bad > 1:
            middle = (bad + good) // 2
            if self._readable(middle):
                good = middle
            else:
                bad = middle
        return good

    def _readable(self, frame: int) -> bool:
        one = np.full((1, self.channels), np.nan, np.float32)
        # At the last frame of a file with a wrong header the sample is good, and the error comes after it.
        with suppress(RuntimeError), self._open(frame) as file:
            file.read(out=one)
        return not bool(np.isnan(one[0, 0]))

    def _open(self, frame: int) -> SoundFile:
        """Open the file at a frame. Raises RuntimeError if the decoder cannot go there."""
        try:
            file = _sound_file(self.path)
        except (OSError, RuntimeError, TypeError) as error:  # it was a sound file a moment ago
            raise AudioError(self.path, Fault("unreadable", f"it cannot be opened again: {error}")) from error
        try:
            if frame:
                file.seek(frame)
        except RuntimeError:
            file.close()
            raise
        # soundfile goes to where it is after each read of a file that can be sought in. That costs more than decoding
        # a small piece, and fails where a header is wrong.
        file.seekable = lambda: False
        return file

    def _forget_file(self) -> None:
        if self.file is not None:
            self.file.close()
        self.file = None


class _Level:
    """Hears whether whole-number samples are clipped, and whether they lie far from 0; `raw (time, …)` at a time."""

    def __init__(self) -> None:
        self.samples = self.clipped = 0
        self.sum = 0.0
        self.low, self.high = np.inf, -np.inf

    def hear(self, raw: Samples) -> None:
        if raw.size == 0:
            return
        low, high = float(raw.min()), float(raw.max())
        self.low, self.high = min(self.low, low), max(self.high, high)
        self.samples += raw.size
        self.sum += float(raw.sum())
        if max(-low, high) >= FULL_SCALE:
            self.clipped += int(np.count_nonzero(np.abs(raw) >= FULL_SCALE))

    def faults(self) -> list[Fault]:
        if self.low >= self.high:  # nothing at all, or one constant value, which is `silent`
            return []
        found = []
        if self.clipped > CLIPPED_SHARE * self.samples:
            share = self.clipped / self.samples
            found.append(Fault("clipped", f"{share:.2%} of the samples are at the end of the scale"))
        if abs(mean := self.sum / self.samples) > FAR_OFFSET:
            found.append(Fault("offset", f"the mean of all samples is {mean:.3f} of full scale"))
        return found


class _Tones:
    """Looks at the spectrum now and then: what stands out in every look, narrower than any voice, never stops."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.wait = self.looks = 0
        self.least = np.full(LOOK_FRAMES // 2 + 1, np.inf, np.float32)
        self.sum = np.zeros(LOOK_FRAMES // 2 + 1, np.float32)

    def hear(self, x: Samples) -> None:
        self.wait -= len(x)
        if self.wait > 0 or len(x) < LOOK_FRAMES:
            return
        self.wait = round(LOOK_S * self.rate_hz)
        self.looks += 1
        found = np.fft.rfft(x[:LOOK_FRAMES] * HANN)
        power = found.real**2 + found.imag**2
        np.minimum(self.least, power, out=self.least)
        self.sum += power

    def faults(self) -> list[Fault]:
        if self.looks < LEAST_LOOKS:
            return []
        mean, side = self.sum / self.looks, TONE_SIDE_BINS
        ratio = self.least[side:-side] / (np.maximum(mean[: -2 * side], mean[2 * side :]) + 1e-9)
        loudest = int(ratio.argmax())
        if not ratio[loudest] > TONE_RATIO:
            return []
        hz = (loudest + side) * self.rate_hz / LOOK_FRAMES
        return [Fault("interference", f"a tone at {hz:.0f} Hz never stops")]


def _mix(raw: Samples, channel: Channel, out: Samples) -> None:
    """Make `out (time,)` of `raw (time, channel)`, adding channel by channel: several times faster than a mean."""
    if channel != "mean":
        out[:] = raw[:, channel - 1]
        return
    np.add(raw[:, 0], raw[:, 1], out=out)
    for i in range(2, raw.shape[1]):
        out += raw[:, i]
    out *= np.float32(1 / raw.shape[1])


def _sound_file(path: Path) -> SoundFile:
    import soundfile

    # Bytes, because a name on a POSIX disk need not be UTF-8; soundfile takes them, though its types don't say so.
    name: Any = str(path) if os.name == "nt" else os.fsencode(path)
    return soundfile.SoundFile(name)


# ---- headers -------------------------------------------------------------------------------------------------


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
        with _sound_file(path) as sound:
            own_hz, channels, frames = sound.samplerate, sound.channels, sound.frames
    except (RuntimeError, TypeError) as error:  # TypeError: soundfile takes a name that ends in .raw at its word
        raise AudioError(path, _why_not(file, size, error)) from error
    if not 0 < own_hz <= MAX_RATE_HZ:
        raise AudioError(path, Fault("bad_rate", f"its sample rate is {own_hz} Hz"))
    extent = _compare(file, size, own_hz, frames)
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


@dataclass(frozen=True)
class _Extent:
    """How much sound a file holds: frames that can be read, seconds by its header and by its bytes, the fault."""

    frames: int
    header_s: float | None
    bytes_s: float | None
    fault: Fault | None = None


def _compare(file: BinaryIO, size: int, rate_hz: int, frames: int) -> _Extent:
    """Compare what a header claims with the bytes on disk."""
    file.seek(0)
    start = file.read(64)
    if start[:4] == b"fLaC":
        return _compare_flac(file, size, rate_hz, frames, start)
    duration_s = frames / rate_hz
    if (wav := _wav(file, size)) is not None:
        return _compare_wav(file, size, wav, frames, duration_s)
    if (claimed := _claimed_bytes(start)) > size:
        header_s = duration_s * claimed / size
        detail = f"the header promises {claimed} bytes, {size} are there"
        return _Extent(frames, header_s, duration_s, Fault("truncated", detail, duration_s, header_s - duration_s))
    if start[:4] == b"OggS" and _last_ogg_page_goes_on(file, size):
        fault = Fault("truncated", "it does not end with a last page", duration_s)
        return _Extent(frames, None, duration_s, fault)
    if frames > (possible := size * rate_hz // LEAST_BYTES_PER_S):
        fault = Fault("header_mismatch", f"the header promises {duration_s:.3g} s in {size} bytes")
        return _Extent(possible, None, None, fault)
    return _Extent(frames, duration_s, None)


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


@dataclass(frozen=True)
class _Wav:
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


def _wav(file: BinaryIO, size: int) -> _Wav | None:
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
            return _Wav(rate_hz, position + 8, claimed, bytes_per_s)
        if chunk[:4] == b"ds64" and len(chunk) >= 24:
            large = struct.unpack("<Q", chunk[16:24])[0]
        if chunk[:4] == b"fmt " and len(chunk) >= 16:
            kind, _, rate_hz, bytes_per_s, align = struct.unpack("<HHIIH", chunk[8:22].ljust(14, b"\0"))
            if kind in PLAIN_WAV:  # recorders that change the rate may leave the bytes a second as they were
                bytes_per_s = rate_hz * align
        position += 8 + length + length % 2
    return _Wav(rate_hz, None, 0)


def _compare_wav(file: BinaryIO, size: int, wav: _Wav, frames: int, duration_s: float) -> _Extent:
    if wav.offset is None:
        return _Extent(frames, duration_s, None)
    there = size - wav.offset
    header_s, bytes_s = wav.seconds(wav.claimed), wav.seconds(there)
    if wav.claimed > there:
        detail = f"the header promises {wav.claimed} bytes of sound, {there} are there"
        # A size that counts the header in, or is a recorder's "unknown", says nothing about lost sound.
        if wav.claimed >= STREAM_BYTES > there or wav.claimed - there <= wav.offset:
            return _Extent(frames, None, bytes_s, Fault("header_mismatch", detail))
        lost_s = max(0.0, (header_s or 0.0) - duration_s)
        return _Extent(frames, header_s, bytes_s, Fault("truncated", detail, duration_s, lost_s))
    ends = {wav.offset + wav.claimed, wav.offset + wav.claimed + wav.claimed % 2}  # not everyone pads
    if any(_only_chunks(file, end, size) for end in ends):
        return _Extent(frames, header_s or duration_s, header_s)
    detail = f"the header promises {wav.claimed} bytes of sound, {there} lie behind it"
    lost_s = max(0.0, (bytes_s or 0.0) - duration_s)
    return _Extent(frames, header_s, bytes_s, Fault("header_mismatch", detail, duration_s, lost_s))


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
        wav = _wav(file, size)
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


def _why_not(file: BinaryIO, size: int, error: Exception) -> Fault:
    """Say why soundfile did not open a file."""
    file.seek(0)
    start = file.read(64)
    wav = _wav(file, size)
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
    wav = _wav(file, size)
    if wav is None or wav.offset is None:
        return f"none of its {size} bytes is sound that can be read"
    return f"the header promises {wav.claimed} bytes of sound; {size - wav.offset} lie behind it"


# ---- FLAC: where it really ends ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _FlacFrame:
    """A packet of a FLAC file: its first sample, how many samples of each channel, and its place in the bytes."""

    start: int
    length: int
    offset: int


def _compare_flac(file: BinaryIO, size: int, rate_hz: int, frames: int, start: bytes) -> _Extent:
    """Find the last packet of a FLAC, which carries its number: a header's count of samples is often wrong."""
    least, most = struct.unpack(">HH", start[8:12])
    longest = int.from_bytes(start[15:18], "big")  # bytes of the largest packet, 0 if the writer did not say
    file.seek(max(0, size - max(FLAC_TAIL_BYTES, 3 * longest)))
    tail = file.read()
    packets = [frame for at in re.finditer(rb"\xff[\xf8\xf9]", tail) if (frame := _flac_frame(tail, at.start(), least))]
    header_s = None if frames > UNKNOWN_FRAMES else frames / rate_hz
    if any(packet.start + packet.length == frames for packet in packets):
        return _Extent(frames, header_s, header_s)
    # Sound can look like a packet's header by chance; then it does not begin where the packet before it ends.
    chain = [late for early, late in pairwise(packets) if early.start + early.length == late.start]
    claimed_s = frames / rate_hz
    if not chain and len(tail) == size:
        chain = packets[:1]  # a file of one packet, or of none
    if not chain:
        possible = 0 if len(tail) == size else size // FLAC_LEAST_FRAME_BYTES * most
        if frames <= possible:
            return _Extent(frames, header_s, None)  # only decoding will tell
        fault = Fault("header_mismatch", f"the header promises {claimed_s:.3g} s in {size} bytes")
        return _Extent(possible, header_s if possible == 0 else None, None, fault)
    last = chain[-1]
    complete = _crc(tail[last.offset :], 0x8005, 16) == 0  # the checksum closes the packet, and makes this 0
    readable = min(frames, last.start + last.length if complete else last.start)
    code = "header_mismatch" if complete else "truncated"
    promise = "an unknown length" if header_s is None else f"{claimed_s:.3f} s"
    readable_s, bytes_s = readable / rate_hz, (last.start + last.length * complete) / rate_hz
    detail = f"the header promises {promise}, the file ends after {readable_s:.3f} s"
    fault = Fault(code, detail, readable_s, max(header_s or 0.0, bytes_s) - readable_s)
    return _Extent(readable, header_s, bytes_s, fault)


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


# ---- folders -------------------------------------------------------------------------------------------------


def find(root: Path) -> list[Path]:
    """List the sound files under a folder, sorted, by extension in any case; hidden files and folders are passed over.

    `root` may be a file, which is then listed whatever its name. Raises OSError for a folder that cannot be read.
    """
    errors: list[OSError] = []
    paths = _find(Path(root), errors)
    if errors:
        raise errors[0]
    return paths


@dataclass(frozen=True, slots=True)
class Found:
    """A sound file in a folder: its path, its `name` under the root (with `/` and extension), and its key."""

    path: Path
    name: str
    key: str


def scan(
    roots: Sequence[Path], rate_hz: int = 32_000, progress: Callable[[int, int], None] | None = None
) -> tuple[list[Recording], list[AudioError]]:
    """Inspect all sound files under some folders (or files): those that can be used, and those that can't.

    Keys are those of `listed`. `progress(done, total)` is called after each file.
    """
    files, errors = listed(roots)
    recordings = []
    for done, file in enumerate(files, 1):
        try:
            header = inspect(file.path, rate_hz)
            recordings.append(Recording(file.key, file.path, header.duration_s, header.rate_hz))
        except AudioError as error:
            errors.append(error)
        if progress is not None:
            progress(done, len(files))
    return recordings, errors


def listed(roots: Sequence[Path]) -> tuple[list[Found], list[AudioError]]:
    """List all sound files under some folders (or files), none of them opened, and the folders that can't be read.

    A key is the path under its root, with `/`, without the extension; files that would share a key keep their
    extensions. With several roots it begins with the root's name, and with the names above it where those are equal.
    The root of a file that is given itself is its folder.
    """
    denied: list[OSError] = []
    first_root: dict[Path, tuple[Path, Path]] = {}  # a file that is under two roots belongs to the first
    for root in map(Path, roots):
        for path in _find(root, denied):
            first_root.setdefault(path.resolve(), (root if root.is_dir() else root.parent, path))
    errors = [AudioError(Path(error.filename or ""), Fault("unreadable", str(error))) for error in denied]
    files = list(first_root.values())
    names = _root_names({root for root, _ in files}) if len(folders_of(roots)) > 1 else {}
    full = [text_of(names.get(root, Path()) / path.relative_to(root)) for root, path in files]
    found = [Found(path, name, key) for (_, path), name, key in zip(files, full, keys_of(full), strict=True)]
    return found, errors


def folders_of(roots: Sequence[Path]) -> set[Path]:
    """The folders that names are told from: the roots, and the folders of those that are files."""
    return {(root.parent if root.is_file() else root).resolve() for root in map(Path, roots)}


def keys_of(names: Sequence[str]) -> list[str]:
    """Names of files without their extensions; those that would be the same keep them. No two keys are the same."""
    keys = [name[: len(name) - len(PurePosixPath(name).suffix)] for name in names]
    while doubled := {key for key, times in Counter(keys).items() if times > 1}:
        # Again and again, because "a.wav" may be the key of a.wav.ogg, too.
        keys = [name if key in doubled else key for key, name in zip(keys, names, strict=True)]
    return keys


def _find(root: Path, errors: list[OSError]) -> list[Path]:
    try:
        if not root.is_dir():
            root.stat()  # raises if it is not there
            return [root]
    except OSError as error:
        errors.append(error)
        return []
    found = []
    for folder, folders, names in os.walk(root, onerror=errors.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(folder, name) for name in names if not name.startswith(".") and _sounds(name)]
    return sorted(found)


def _sounds(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in EXTENSIONS


def _root_names(roots: set[Path]) -> dict[Path, Path]:
    """Name each folder by as few of its last parts as tell all of them apart."""
    whole = {root: root.resolve() for root in roots}
    for parts in count(1):
        names = {root: Path(*path.parts[1:][-parts:]) for root, path in whole.items()}
        if len(set(names.values())) == len(set(whole.values())):
            return names
    raise AssertionError("two different paths differ in some part")


def text_of(path: Path) -> str:
    """Give a path with `/`; bytes of a name that are not UTF-8 are written out, so that every key can be stored."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


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
        with _sound_file(path) as file:
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
