"""The one front end: waveform to columns of features, for training and for detection alike.

The features are a dB mel spectrogram, the same after PCEN (`pcen`), or what a pretrained encoder says (`encoders`). The
mel transform works in blocks of frames that stay in the processor's cache. The store on disk holds dB before
standardisation, so that gain, noise and other standardisations stay possible afterwards; with PCEN it holds PCEN's
values, from which power can't be had back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dawnchorus import audio
from dawnchorus.denoise import denoise
from dawnchorus.events import Recording
from dawnchorus.files import LATER, content_hash, read_json, recorded, value_hash, whole, write_json
from dawnchorus.pcen import Pcen

Plane = NDArray[np.float32]

FRAMES_AT_ONCE = 64  # half a MB of float32 frames of 2048 samples: a larger block leaves the cache and is slower
SETTINGS = "features.json"  # in the store, beside the folders of what was computed with them
VERSION = 2  # of the transform: a change of what it computes makes a new store
SILENCE_POWER = 1e-10  # below this, power counts as this: -100 dB


class Features(Protocol):
    """Settings of what turns sound into columns, and the transform itself: `FrontEnd`, or an encoder.

    Sound is heard at `rate_hz`, in blocks of `block_s` seconds of which a tail under `tail_s` joins the block before.
    """

    @property
    def rate_hz(self) -> int:
        """Samples a second."""
        ...

    @property
    def channel(self) -> audio.Channel:
        """Which channel of several is heard."""
        ...

    @property
    def block_s(self) -> float:
        """Seconds of a block, which is heard as if it were a recording."""
        ...

    @property
    def tail_s(self) -> float:
        """A tail shorter than these seconds joins the block before."""
        ...

    @property
    def denoised(self) -> bool:
        """Whether sound is denoised before it is heard."""
        ...

    @property
    def name(self) -> str:
        """What it is, in a few words."""
        ...

    @property
    def rows(self) -> int:
        """Values of a column."""
        ...

    @property
    def columns_per_second(self) -> float:
        """Columns of a second."""
        ...

    def columns(self, samples: NDArray[np.float32]) -> Plane:
        """Samples `(sample,)` at `rate_hz` to columns `(row, column)`, before standardisation."""
        ...

    def range_of(self, columns: Plane, samples: NDArray[np.float32]) -> Range:
        """The range that a block's columns are standardised over."""
        ...


def frozen_settings(features: Features) -> dict[str, Any]:
    """Name and settings of features, as a JSON value: what a store is keyed by."""
    names = recorded(features)
    settings = asdict(features)  # type: ignore[call-overload]
    return {"kind": type(features).__qualname__} | {name: settings[name] for name in names}


def denoising(features: Features) -> Features:
    """The same features of denoised sound."""
    changed: Features = replace(features, denoised=True)  # type: ignore[type-var]
    return changed


def of_channel(features: Features, channel: audio.Channel) -> Features:
    """The same features of another channel."""
    changed: Features = replace(features, channel=channel)  # type: ignore[type-var]
    return changed


@dataclass(frozen=True)
class FrontEnd:
    """Log-mel spectrogram settings, and the transform itself.

    Columns are centred on multiples of `hop` samples, the sound is padded with zeros at both ends, the window is a
    periodic Hann window, the filters are triangles on the Slaney mel scale with unit area.
    `top_db` is the range kept below the maximum of a block when it is standardised. With `denoised`, the sound of each
    block is denoised before it is transformed. With `pcen` its values take the place of dB, in the store too, of each
    block as if it were a recording; they are standardised over the range that PCEN can reach, the same for every block.
    """

    rate_hz: int = 32_000
    n_fft: int = 2048
    hop: int = 512
    n_mels: int = 128
    low_hz: float = 20.0
    high_hz: float = 16_000.0
    top_db: float = 80.0
    block_s: float = 60.0
    tail_s: float = 10.0
    channel: audio.Channel = "mean"
    denoised: bool = False
    pcen: Pcen | None = field(default=None, metadata=LATER)

    def __post_init__(self) -> None:
        if not 0 <= self.low_hz < self.high_hz <= self.rate_hz / 2:
            raise ValueError(f"frequencies {self.low_hz}..{self.high_hz} Hz do not fit a rate of {self.rate_hz} Hz")

    @property
    def columns_per_second(self) -> float:
        """How many columns make a second."""
        return self.rate_hz / self.hop

    @property
    def name(self) -> str:
        """What it is, in a few words."""
        return f"{self.n_mels} mel bands, {self.low_hz:g}-{self.high_hz:g} Hz" + (", PCEN" if self.pcen else "")

    @property
    def rows(self) -> int:
        """Values of a column: the mel bands."""
        return self.n_mels

    def columns(self, samples: NDArray[np.float32]) -> Plane:
        """DB as `to_db` gives it, or PCEN's values, `(mel, column)`."""
        if self.pcen is None:
            return self.to_db(samples)
        return self.pcen(self._mel_power(samples).T, self.columns_per_second)

    def range_of(self, columns: Plane, samples: NDArray[np.float32]) -> Range:
        """The loudest `top_db` of a block; of PCEN's values the range that they can reach, if they differ at all."""
        if self.pcen is None:
            return Range.of(columns, self.top_db)
        found = Range(float(columns.min()), float(columns.max()))
        return Range(0.0, self.pcen.highest(self.columns_per_second)) if found.has_contrast else found

    def to_db(self, samples: NDArray[np.float32]) -> Plane:
        """Turn samples `(sample,)` at `rate_hz` into power in dB `(mel, column)`, re 1.0, floor -100 dB."""
        power = self._mel_power(samples)
        np.log10(power, out=power)
        power *= 10
        return np.ascontiguousarray(power.T)

    def _mel_power(self, samples: NDArray[np.float32]) -> Plane:
        """Power `(column, mel)` of samples `(sample,)`, nowhere below the floor."""
        window = np.hanning(self.n_fft + 1)[:-1].astype(np.float32)
        groups = mel_filters(self)
        padded = np.pad(samples.astype(np.float32, copy=False), self.n_fft // 2)
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.n_fft)[:: self.hop]
        power = np.empty((len(frames), self.n_mels), np.float32)
        for start in range(0, len(frames), FRAMES_AT_ONCE):
            squares = _squares(frames[start : start + FRAMES_AT_ONCE] * window)
            for group in groups:
                power[start : start + FRAMES_AT_ONCE, group.mels] = squares[:, group.parts] @ group.weights
        return np.maximum(power, SILENCE_POWER, out=power)

    def mel_hz(self) -> NDArray[np.float64]:
        """Centre frequency of each mel row, in hertz `(mel,)`."""
        return _mel_edges_hz(self)[1:-1]

    def rows_of(self, low_hz: float, high_hz: float) -> slice:
        """The mel rows whose filters hear anything between two frequencies; none for a band out of range."""
        edges = _mel_edges_hz(self)
        first, after = np.searchsorted(edges[2:], low_hz, "right"), np.searchsorted(edges[:-2], high_hz, "left")
        return slice(int(first), int(after))


def _squares(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squares `(frame, part)` of the spectrum's parts: real and imaginary in turn; a bin's power is the sum of two."""
    from scipy import fft

    parts: NDArray[np.float32] = fft.rfft(frames, axis=1, overwrite_x=True).view(np.float32)
    return np.square(parts, out=parts)


def _mel_edges_hz(front_end: FrontEnd) -> NDArray[np.float64]:
    """Edges of the triangles: equal steps on the Slaney mel scale (linear to 1 kHz, logarithmic above)."""
    step_hz, knee_hz, knee_mel, log_step = 200 / 3, 1000.0, 15.0, np.log(6.4) / 27
    hz = np.array([front_end.low_hz, front_end.high_hz])
    above = knee_mel + np.log(np.maximum(hz, knee_hz) / knee_hz) / log_step
    low, high = np.where(hz < knee_hz, hz / step_hz, above)
    mel = np.linspace(low, high, front_end.n_mels + 2)
    edges: NDArray[np.float64] = np.where(
        mel < knee_mel, mel * step_hz, knee_hz * np.exp(log_step * (mel - knee_mel).clip(0))
    )
    return edges


@dataclass(frozen=True, eq=False)
class FilterGroup:
    """Neighbouring mel filters and the parts of the spectrum that they touch: `weights` is `(part, mel)`.

    A bin has two parts, real and imaginary, of one weight: the sum that makes power of them is in the filters' sum.
    """

    mels: slice
    parts: slice
    weights: NDArray[np.float32]


@lru_cache(maxsize=8)
def mel_filters(front_end: FrontEnd, groups: int = 8) -> tuple[FilterGroup, ...]:
    """Triangular filters of unit area, in groups: a filter touches few bins, and one product would be mostly zeros."""
    edges = _mel_edges_hz(front_end)
    bins_hz = np.fft.rfftfreq(front_end.n_fft, 1 / front_end.rate_hz)
    rise = (bins_hz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins_hz) / np.diff(edges)[1:, None]
    filters = np.maximum(0, np.minimum(rise, fall)) * (2 / (edges[2:] - edges[:-2]))[:, None]  # (mel, bin)
    grouped = []
    for mels in np.array_split(np.arange(front_end.n_mels), min(groups, front_end.n_mels)):
        part = filters[mels]
        touched = np.flatnonzero(part.any(axis=0))
        bins = slice(int(touched[0]), int(touched[-1]) + 1) if len(touched) else slice(0, 1)
        weights = np.repeat(part[:, bins].T.astype(np.float32), 2, axis=0)
        parts = slice(2 * bins.start, 2 * bins.stop)
        grouped.append(FilterGroup(slice(int(mels[0]), int(mels[-1]) + 1), parts, weights))
    return tuple(grouped)


@dataclass(frozen=True)
class Range:
    """The dB values, or those of PCEN, that a plane spans: standardisation maps `low_db` to 0 and `high_db` to 1.

    Where features are no dB but an encoder's (`standardised` false), their values count as they are, and the range is
    that of the sound: it says whether there was any.
    """

    low_db: float
    high_db: float
    standardised: bool = True

    @staticmethod
    def of(db: Plane, top_db: float) -> Range:
        """The range of one block `(mel, column)`: its maximum, and its minimum or `top_db` below the maximum."""
        high = float(db.max())
        return Range(max(float(db.min()), high - top_db), high)

    @property
    def has_contrast(self) -> bool:
        """Whether the block is more than one constant level."""
        return self.high_db - self.low_db > 1e-3

    def standardise(self, db: NDArray[np.floating]) -> Plane:
        """DB `(mel, column)` to values in [0, 1] in 255 steps, over the range of the whole block.

        This is what a picture of bytes holds. Gain cancels out; a block without any contrast becomes zeros.
        """
        if not self.standardised:
            return db.astype(np.float32)
        if not self.has_contrast:
            return np.zeros(db.shape, np.float32)
        span = self.high_db - self.low_db
        plane = (db.astype(np.float32) - np.float32(self.low_db)) * np.float32(255 / span)
        np.clip(plane, 0, 255, out=plane)
        np.floor(plane, out=plane)
        plane *= np.float32(1 / 255)
        return plane


@lru_cache(maxsize=1024)
def _mapped(path: Path) -> NDArray[np.float16]:
    """A file of the store; opening one takes longer than reading a window of it, and names stand for contents."""
    stored: NDArray[np.float16] = np.load(path, mmap_mode="r", allow_pickle=False)
    return stored


@dataclass(frozen=True, eq=False)
class FeatureBlock:
    """The columns of one block of a recording: where it lies in it, their number, their range.

    `source` is the file in the store, or the values themselves where nothing was stored. Both are float16 (dB are at
    most 0.04 off), so that training and detection see the same planes.
    """

    recording: str
    index: int
    start_s: float
    end_s: float
    columns: int
    range: Range
    source: Path | NDArray[np.float16]

    def db(self) -> NDArray[np.float16]:
        """DB, or PCEN's or an encoder's values, `(row, column)`; from the store a memory map, read where it is used."""
        if isinstance(self.source, Path):
            return _mapped(self.source)
        return self.source

    @property
    def stored_as(self) -> str:
        """Its file below the store: the hash of the front end (denoised or not), and that of the sound.

        "" where nothing is stored.
        """
        return "/".join(self.source.parts[-3:]) if isinstance(self.source, Path) else ""

    @property
    def silent(self) -> bool:
        """Whether nothing in the block differs from anything else in it: a dead microphone, or zeros."""
        return not self.range.has_contrast

    def plane(self, start: int, columns: int) -> Plane:
        """Standardised columns `[start, start + columns)` as `(row, column)`; zeros beyond the ends."""
        db = self.db()
        first, last = max(start, 0), min(start + columns, self.columns)
        plane = np.zeros((db.shape[0], columns), np.float32)
        if last > first:
            plane[:, first - start : last - start] = self.range.standardise(db[:, first:last])
        return plane


@dataclass(frozen=True)
class Failure:
    """A recording that could not be used, and why."""

    recording: str
    fault: audio.Fault


@dataclass(frozen=True)
class Built:
    """What building the store gave: the blocks of every usable recording, what failed, what was odd."""

    blocks: dict[str, list[FeatureBlock]]
    failures: list[Failure]
    oddities: list[Failure]


def build_store(
    recordings: Sequence[Recording],
    folder: Path,
    front_end: Features,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> Built:
    """Compute the features of every recording into `folder`, once: what is there already is not computed again.

    A file is known by the hash of its bytes, so renaming recordings costs nothing and two equal files are stored once.
    Threads share the work: decoding, resampling and FFT all release Python's lock. A recording that can't be read is
    named in `failures` and the others go on.
    """
    home = folder / value_hash([VERSION, frozen_settings(front_end)])
    if not (home / SETTINGS).is_file():  # so that the store can be read without knowing who built it
        its = {"name": front_end.name, "columns_per_second": front_end.columns_per_second}
        write_json(home / SETTINGS, its | {"settings": frozen_settings(front_end)})
    done = 0

    def one(recording: Recording) -> tuple[list[FeatureBlock], list[Failure]]:
        nonlocal done
        try:
            return _store_recording(recording, home, front_end)
        except audio.AudioError as error:
            return [], [Failure(recording.key, error.fault)]
        finally:
            done += 1
            if progress:
                progress(done, len(recordings))

    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        results = list(pool.map(one, recordings))
    built = Built({}, [], [])
    for recording, (blocks, faults) in zip(recordings, results, strict=True):
        if blocks:
            built.blocks[recording.key] = blocks
            built.oddities.extend(faults)
        else:
            built.failures.extend(faults or [Failure(recording.key, audio.Fault("no_audio", "no sound in it"))])
    return built


def heard(
    recording: Recording,
    front_end: Features,
    faults: list[audio.Fault],
    change: Callable[[audio.Samples], audio.Samples] | None = None,
) -> Iterator[FeatureBlock]:
    """The blocks of a recording as they are decoded, one in memory at a time; what is odd is added to `faults`.

    `change` is called with the samples of each block and gives those that are heard in their place.

    Raises AudioError when nothing of the file can be read.
    """
    sound = audio.blocks(
        recording.path, front_end.rate_hz, front_end.channel, front_end.block_s, front_end.tail_s, faults
    )
    for block in sound:
        samples = change(block.samples) if change else block.samples
        yield of_sound(recording.key, replace(block, samples=samples), front_end)


def of_sound(recording: str, block: audio.Block, front_end: Features) -> FeatureBlock:
    """The features of one block of sound, which is at `front_end.rate_hz`."""
    samples = denoise(block.samples, front_end.rate_hz) if front_end.denoised else block.samples
    columns = front_end.columns(samples)
    span = front_end.range_of(columns, samples)
    stored = columns.astype(np.float16)
    return FeatureBlock(recording, block.index, block.start_s, block.end_s, stored.shape[1], span, stored)


def _store_recording(recording: Recording, home: Path, front_end: Features) -> tuple[list[FeatureBlock], list[Failure]]:
    try:
        name = content_hash(recording.path)
    except OSError as error:
        raise audio.AudioError(recording.path, audio.Fault("unreadable", str(error))) from error
    index_path = index_of(home, name)
    if not index_path.exists():
        _compute(recording, index_path, front_end)
    faults = read_json(index_path)["faults"]
    return stored(recording.key, index_path), [Failure(recording.key, audio.Fault(**fault)) for fault in faults]


def index_of(home: Path, name: str) -> Path:
    """What says which blocks lie in the store of a file whose content has the hash `name`."""
    return home / name[:2] / f"{name}.json"


def stored(recording: str, index_path: Path) -> list[FeatureBlock]:
    """The blocks of a recording that an index in the store names."""
    return [
        FeatureBlock(
            recording,
            number,
            entry["start_s"],
            entry["end_s"],
            entry["columns"],
            Range(entry["low_db"], entry["high_db"], entry["standardised"]),
            index_path.with_name(f"{index_path.stem}.{number}.npy"),
        )
        for number, entry in enumerate(read_json(index_path)["blocks"])
    ]


def _compute(recording: Recording, index_path: Path, front_end: Features) -> None:
    """Write one .npy a block, then the index: a recording counts as done only when its index is there."""
    faults: list[audio.Fault] = []
    entries = []
    for block in heard(recording, front_end, faults):
        with whole(index_path.with_name(f"{index_path.stem}.{block.index}.npy")) as path:
            np.save(path, block.db(), allow_pickle=False)
        place = {"start_s": block.start_s, "end_s": block.end_s, "columns": block.columns}
        entries.append(place | asdict(block.range))
    write_json(index_path, {"blocks": entries, "faults": [asdict(fault) for fault in faults]})
