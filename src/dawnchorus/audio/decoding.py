"""The mono sound of a file at its own rate: damage is stepped over and reported."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from dawnchorus.audio.faults import AudioError, Fault
from dawnchorus.audio.header import Inspection
from dawnchorus.audio.listening import Level, Tones
from dawnchorus.audio.samples import Channel, Samples, sound_file

if TYPE_CHECKING:
    from soundfile import SoundFile

DECODE_VALUES = 1 << 20  # samples of all channels decoded at once: a bound for files with a great many channels
LOUDEST = 1e12  # a sample beyond this is no sound, even in a file whose full scale is not 1 but 2^31
DECODE_SLACK_S = 0.1  # compressed formats may count their packets' padding


class Source:
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
        self.level = Level()
        self.tones = Tones(header.rate_hz)
        self.may_be_not_finite = False
        self.not_finite = 0
        self.not_finite_at_s = 0.0
        self.scratch = np.empty((0, self.channels), np.float32)

    def __enter__(self) -> Source:
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
            file = sound_file(self.path)
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


def _mix(raw: Samples, channel: Channel, out: Samples) -> None:
    """Make `out (time,)` of `raw (time, channel)`, adding channel by channel: several times faster than a mean."""
    if channel != "mean":
        out[:] = raw[:, channel - 1]
        return
    np.add(raw[:, 0], raw[:, 1], out=out)
    for i in range(2, raw.shape[1]):
        out += raw[:, i]
    out *= np.float32(1 / raw.shape[1])
