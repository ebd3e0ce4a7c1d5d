"""Events pasted elsewhere: annotated calls are cut out and laid over other recordings, at times that are then known.

A TP box is a cut-out call. A *host* is a recording that calls are pasted into, an unlabelled one above all: its sound
is the user's own background. An *animal* is one box that repeats itself in a made recording, as animals do.

All chance is derived from (seed, name, number of the made recording), never from what was made before.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, astuple, dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawnchorus.audio.faults import AudioError
from dawnchorus.audio.reading import blocks, stretch
from dawnchorus.audio.samples import Channel, Samples
from dawnchorus.events import Annotation, Recording
from dawnchorus.files import content_hash, read_json, value_hash, whole, write_json

Calls = Mapping[int, Sequence[Annotation]]  # the TP boxes of each species

VERSION = 2  # of the making: a change of what is made makes new folders
HIGHEST_RATE_HZ = 48_000  # recordings above it are resampled
MOST_ANIMALS, MOST_CALLS = 4, 6  # in a made recording, of an animal
LONGEST_PERIOD_S = 12.0  # from call to call of an animal
LEAST_POWER = 1e-9  # a quieter band of a host counts as this loud (-90 dB): a call in it must survive 16 bits
SILENT_POWER = 1e-12  # a call below it is none: -120 dB, further down than a recorder hears
LEAST_KEPT = 0.5  # of a TP box at the end of the stretch that is used: who knows which part held the call?
CONTEXT_S = 1.0  # heard before and after a box, to know the noise in it
FRAME_S = 0.02  # of the spectra in which noise is subtracted
LEAST_FRAMES = 8  # of noise alone, to know it
SUBTRACTED = 2.0  # times the noise's median magnitude: white noise is beyond it in 1 of 16 places
FLOOR = 0.1  # the least that subtraction leaves of a magnitude


class PastingError(ValueError):
    """Nothing can be pasted; the message says why of each box and host."""


@dataclass(frozen=True)
class Pasted:
    """Made recordings, what is known of them, and what could not be used: a sentence for each host or box."""

    recordings: tuple[Recording, ...]
    annotations: tuple[Annotation, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class PastedEvents:
    """How many recordings are made, how many calls are in them, and how these are changed.

    A made recording has a Poisson number of calls, `per_minute` on average and at least one, of up to four species.
    Each species is as likely as any other, and has one animal: a box of the species, with a level, a `speed` (pitch
    and pace together) and a rhythm of its own. `level_db` is the range of a call's power, over the length of its box,
    above that of its host in the call's band in the median second; calls of one animal differ by `spread_db`
    (standard deviation).

    A call keeps the band of its box, all that sounds if the box has no frequencies (0 to 0 Hz); beyond it, the sound
    fades out over `margin_hz`, and at its ends over `fade_s`. One that a low speed makes longer than its host is cut.
    With `clean`, the noise that sounds in its band before and after the box is subtracted, so that it gives no hint.

    Of a host, a stretch of `longest_s` is used at most. With `unlabelled_first`, hosts with TP boxes are used only
    where no other will do.
    """

    count: int = 200
    per_minute: float = 8.0
    level_db: tuple[float, float] = (0.0, 15.0)
    spread_db: float = 2.0
    speed: tuple[float, float] = (0.94, 1.06)
    margin_hz: float = 200.0
    fade_s: float = 0.01
    clean: bool = True
    longest_s: float = 60.0
    unlabelled_first: bool = True
    channel: Channel = "mean"

    def __post_init__(self) -> None:
        for name in ("count", "per_minute", "margin_hz", "longest_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)}")
        if not 0 < self.speed[0] <= self.speed[1] or not self.level_db[0] <= self.level_db[1]:
            raise ValueError(f"a range goes from low to high, not speed {self.speed}, level_db {self.level_db}")

    def make(
        self,
        hosts: Sequence[Recording],
        boxes: Sequence[Annotation],
        recordings: Mapping[str, Recording],
        folder: Path,
        name: str,
        seed: int,
    ) -> Pasted:
        """Make `count` recordings with the keys `name:0000` and so on, or find those that were made before.

        `boxes` are cut out of `recordings` where they are TP. Those of a host, TP and FP, are kept at their new times,
        but for an FP box with a pasted call of its species in its time, which is no longer true.

        The files are in a folder below `folder` whose name stands for the settings, `name`, `seed`, and all that
        is heard and known; the order of `hosts` and `boxes` is nothing. A box or a host that can't be used is passed
        over.

        Raises PastingError when no box, or no host, can be used.
        """
        making = _Making(
            self, sorted(hosts, key=lambda host: host.key), sorted(boxes, key=astuple), recordings, name, seed
        )
        index = folder / making.hash() / "annotations.json"
        if not index.exists():
            making.write(index)
        return _read(index)

    def cut(self, box: Annotation, recording: Recording) -> Samples:
        """The call in a box `(sample,)`, at its recording's rate (48 kHz at most): cleaned, in its band, faded.

        Raises AudioError when it can't be read, ValueError when the box is empty or silent.
        """
        rate_hz, begin_s = _rate_hz(recording), max(0.0, box.start_s - CONTEXT_S)
        sound = _stretch(recording.path, begin_s, box.end_s + CONTEXT_S, rate_hz, self.channel)
        first, last = (round((at_s - begin_s) * rate_hz) for at_s in (box.start_s, box.end_s))
        if self.clean:
            sound = _cleaned(sound, first, last, rate_hz)
        low_hz, high_hz = _band(box, rate_hz)
        call = in_band(sound, rate_hz, low_hz, high_hz, self.margin_hz)[first:last]
        if not len(call) or high_hz <= low_hz or np.mean(call**2) < SILENT_POWER:
            raise ValueError("its box is empty or silent")
        return _faded(call, round(self.fade_s * rate_hz))


@dataclass(frozen=True)
class _Making:
    """A set of recordings while it is made; `problems` are by box or by the key of a host."""

    settings: PastedEvents
    hosts: Sequence[Recording]
    boxes: Sequence[Annotation]
    sources: Mapping[str, Recording]
    name: str
    seed: int
    problems: dict[Annotation | str, str] = field(default_factory=dict)

    def hash(self) -> str:
        """Stands for all that the set is made from."""
        keys = {box.recording for box in self.boxes if box.present}
        sources = [self.sources[key] for key in sorted(keys & self.sources.keys())]
        heard = [
            [(one.key, one.duration_s, one.rate_hz, one.site, _content(one.path)) for one in recordings]
            for recordings in (self.hosts, sources)
        ]
        known = [astuple(box) for box in self.boxes]
        return value_hash([VERSION, asdict(self.settings), self.name, self.seed, heard, known])

    def write(self, index: Path) -> None:
        """Make all recordings, then the index: the set counts as complete only when its index is there."""
        calls: dict[int, list[Annotation]] = {}
        for box in self.boxes:
            if box.present:
                calls.setdefault(box.species, []).append(box)
        if not calls or not self.hosts:
            raise PastingError(f"{self.name}: there is no TP box to cut a call from, or no host to paste it into")
        # Threads share the work: decoding, resampling and FFT all release Python's lock.
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            made = list(pool.map(lambda number: self.one(number, index.parent, calls), range(self.settings.count)))
        recordings = [{**asdict(recording), "path": recording.path.name} for recording, _ in made]
        annotations = [asdict(box) for _, boxes in made for box in boxes]
        problems = sorted(self.problems.values())
        write_json(index, {"recordings": recordings, "annotations": annotations, "problems": problems})

    def one(self, number: int, home: Path, calls: Calls) -> tuple[Recording, list[Annotation]]:
        """Make one recording, and say what is known of it. Raises PastingError when nothing can be pasted."""
        rng = np.random.default_rng([self.seed, zlib.crc32(self.name.encode()), number])
        longest_s = self.settings.longest_s
        labelled = {box.recording for box in self.boxes if box.present and self.settings.unlabelled_first}
        order = [self.hosts[int(place)] for place in rng.permutation(len(self.hosts))]
        for host in sorted(order, key=lambda host: host.key in labelled):
            rate_hz, share = _rate_hz(host), rng.random()  # drawn for a host that fails too: it may have failed before
            if host.key in self.problems:
                continue
            start_s = round(share * max(0.0, host.duration_s - longest_s) * rate_hz) / rate_hz
            try:
                sound = _stretch(host.path, start_s, start_s + longest_s, rate_hz, self.settings.channel)
            except AudioError as error:
                self.problems[host.key] = f"host {host.key}: {error}"
                continue
            made = Recording(f"{self.name}:{number:04d}", home / f"{number:04d}.flac", len(sound) / rate_hz, rate_hz)
            pasted = self.paste(sound, made, calls, rng)
            if pasted:
                _write(made.path, sound, rate_hz)
                return replace(made, site=host.site), [*self.own(host, made, start_s, pasted), *pasted]
            if all(box in self.problems for its in calls.values() for box in its):
                break
        listed = "\n".join(sorted(self.problems.values()))
        raise PastingError(f"{self.name}: no call can be pasted into any host; the problems:\n{listed}")

    def paste(self, sound: Samples, made: Recording, calls: Calls, rng: np.random.Generator) -> list[Annotation]:
        """Lay calls over `sound (sample,)`, in place, and say where they are; none when no call fits in."""
        settings, rate_hz = self.settings, made.rate_hz
        wanted = max(1, int(rng.poisson(settings.per_minute * made.duration_s / 60)))
        most = min(MOST_ANIMALS, wanted, len(calls))
        species_wanted = int(rng.integers(min(-(-wanted // MOST_CALLS), most), most + 1))
        drawn = (
            self.animal(calls[int(species)], rate_hz, len(sound), rng) for species in rng.permutation(sorted(calls))
        )
        animals = list(islice((animal for animal in drawn if animal), species_wanted))
        # Each has one call, the rest are dealt out by chance.
        dealt = rng.permutation(np.repeat(np.arange(len(animals)), MOST_CALLS - 1))[: max(0, wanted - len(animals))]
        power = _power(sound, rate_hz)
        pasted = []
        for number, (box, wave) in enumerate(animals):
            low, high = (round(hz * 2 * (power.shape[1] - 1) / rate_hz) for hz in _band(box, rate_hz))
            host_power = max(float(np.median(power[:, low : high + 1].sum(axis=1))), LEAST_POWER)
            level_db, size = rng.uniform(*settings.level_db), len(wave)
            count = 1 + int((dealt == number).sum())
            for first in rhythm(count, size, len(sound) - size, rate_hz, rng):
                db = level_db + rng.normal(0, settings.spread_db)
                sound[first : first + size] += np.float32(np.sqrt(host_power * 10 ** (db / 10))) * wave
                start_s, end_s = first / rate_hz, (first + size) / rate_hz
                pasted.append(replace(box, recording=made.key, start_s=start_s, end_s=end_s))
        return pasted

    def animal(
        self, boxes: Sequence[Annotation], rate_hz: int, room: int, rng: np.random.Generator
    ) -> tuple[Annotation, Samples] | None:
        """One of a species' boxes as it sounds in a host of `room` samples, of power 1; None when none can be used."""
        import soxr

        speed = rng.uniform(*self.settings.speed)
        for place in rng.permutation(len(boxes)):
            box = boxes[int(place)]
            low_hz, high_hz = box.low_hz * speed, min(box.high_hz * speed, rate_hz / 2)
            # What fits in at its own pace is cut where it is slowed; a sample more comes from rounding.
            if box in self.problems or (box.end_s - box.start_s) / max(1.0, speed) * rate_hz > room + 1:
                continue
            try:
                if box.recording not in self.sources:
                    raise ValueError("its recording is not there")
                source = self.sources[box.recording]
                call = self.settings.cut(box, source)
            except (AudioError, ValueError) as error:
                self.problems[box] = f"box {_named(box)}: {error}"
                continue
            wave = soxr.resample(call, _rate_hz(source) * speed, rate_hz)[:room]
            power = np.mean(wave**2)
            if power > np.mean(call**2) / 2:  # otherwise it sounds above what the host's rate holds
                where = f"pasted from {_named(box)}"
                return replace(box, low_hz=low_hz, high_hz=high_hz, where=where), wave / np.sqrt(power)
        return None

    def own(
        self, host: Recording, made: Recording, start_s: float, pasted: Sequence[Annotation]
    ) -> Iterator[Annotation]:
        """What was known of the host and still holds of what was made of it from `start_s` on."""
        for box in self.boxes:
            if box.recording == host.key:
                begin_s, end_s = max(0.0, box.start_s - start_s), min(made.duration_s, box.end_s - start_s)
                moved = replace(box, recording=made.key, start_s=begin_s, end_s=end_s)
                untrue = not box.present and any(one.species == box.species and one.overlaps(moved) for one in pasted)
                least_s = LEAST_KEPT * (box.end_s - box.start_s) if box.present else 0.0
                if end_s > begin_s and end_s - begin_s >= least_s and not untrue:
                    yield moved


def _rate_hz(recording: Recording) -> int:
    return min(recording.rate_hz, HIGHEST_RATE_HZ)


def _band(box: Annotation, rate_hz: int) -> tuple[float, float]:
    """The band of a box; of one without frequencies, all of it."""
    return (0.0, rate_hz / 2) if box.low_hz == box.high_hz == 0 else (box.low_hz, box.high_hz)


def _named(box: Annotation) -> str:
    return box.where or f"{box.recording} from {box.start_s:.2f} s to {box.end_s:.2f} s"


def _content(path: Path) -> str:
    try:
        return content_hash(path)
    except OSError:
        return ""


def _stretch(path: Path, start_s: float, end_s: float, rate_hz: int, channel: Channel) -> Samples:
    """The sound of a file from one time to another `(sample,)`. Raises AudioError when there is none."""
    return stretch(path, blocks(path, rate_hz, channel), start_s, end_s, rate_hz)


def _cleaned(sound: Samples, first: int, last: int, rate_hz: int) -> Samples:
    """Sound `(sample,)` less the noise outside `[first, last)`: spectral subtraction (Boll 1979), with a floor.

    The noise is the median over time of each frequency's magnitude, so that a neighbouring call is not taken for it.
    """
    from scipy.signal import ShortTimeFFT

    size = round(FRAME_S * rate_hz)
    if len(sound) < size:
        return sound
    transform = ShortTimeFFT.from_window("hann", rate_hz, size, size - size // 4)
    spectra = transform.stft(sound)  # (bin, frame)
    middle = transform.t(len(sound)) * rate_hz
    before, after = middle + size / 2 <= first, middle - size / 2 >= last
    noise_alone = (before | after) & (middle >= size / 2) & (middle <= len(sound) - size / 2)
    if noise_alone.sum() < LEAST_FRAMES:
        return sound
    magnitudes = np.abs(spectra)
    noise = np.median(magnitudes[:, noise_alone], axis=1, keepdims=True)
    gain = np.maximum(1 - SUBTRACTED * noise / np.maximum(magnitudes, 1e-12), FLOOR)
    cleaned: Samples = transform.istft(spectra * gain, k1=len(sound)).astype(np.float32)
    return cleaned


def in_band(sound: Samples, rate_hz: int, low_hz: float, high_hz: float, margin_hz: float) -> Samples:
    """Sound `(sample,)` of a band alone; the edges are half waves of a cosine, outside of it."""
    hz = np.fft.rfftfreq(len(sound), 1 / rate_hz)
    beyond = np.maximum(low_hz - hz, hz - high_hz).clip(0, margin_hz) / margin_hz
    gain = (np.cos(np.pi * beyond) / 2 + 0.5).astype(np.float32)
    return np.fft.irfft(np.fft.rfft(sound) * gain, len(sound)).astype(np.float32)


def _faded(call: Samples, samples: int) -> Samples:
    """A call `(sample,)` that rises from nothing and falls to nothing, over so many samples, or half of itself."""
    place = np.arange(len(call), dtype=np.float32) + np.float32(0.5)
    share = np.minimum(place, place[::-1]) / max(1, min(samples, len(call) // 2))  # of the way up
    return call * np.sin(np.pi / 2 * share.clip(0, 1)) ** 2


def _power(sound: Samples, rate_hz: int) -> Samples:
    """Power of each frequency in each second of sound `(second, bin)`; a rest is left out, if it is not all."""
    size = min(rate_hz, len(sound))
    spectra = np.fft.rfft(sound[: len(sound) // size * size].reshape(-1, size), axis=1)
    return np.square(np.abs(spectra)) * np.float32(2 / size**2)


def rhythm(count: int, size: int, room: int, rate_hz: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """The first samples of an animal's calls of `size` samples: steady but not exact, never over each other.

    The first sample of the last one is `room` at most; there are `count` of them, or as many as fit in.
    """
    shortest = 1.2 * size + 1
    longest = max(shortest, min(LONGEST_PERIOD_S * rate_hz, room / count))
    period = np.exp(rng.uniform(np.log(shortest), np.log(longest)))
    gaps = np.maximum(size + 1, period * rng.normal(1, 0.1, count - 1))
    after = np.cumsum([0, *gaps])
    after = after[after <= room]
    return (after + rng.uniform(0, room - after[-1])).astype(np.intp)


def _write(path: Path, sound: Samples, rate_hz: int) -> None:
    """Write sound `(sample,)` as 16 bit, quieter where it would be clipped."""
    import soundfile

    loudest = max(1.0, float(np.abs(sound).max()))
    with whole(path) as temporary:
        rounded = np.round(sound * (32_768 / loudest)).clip(-32_768, 32_767).astype(np.int16)
        soundfile.write(temporary, rounded, rate_hz, subtype="PCM_16", format="FLAC")


def _read(index: Path) -> Pasted:
    value = read_json(index)
    recordings = (Recording(**{**one, "path": index.with_name(one["path"])}) for one in value["recordings"])
    annotations = (Annotation(**one) for one in value["annotations"])
    return Pasted(tuple(recordings), tuple(annotations), tuple(value["problems"]))
