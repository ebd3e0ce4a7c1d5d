"""Which calls people are shown: true positives drawn evenly, false positives from a template matcher that was wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.signal import find_peaks

from dawnchorus.events import Annotation
from dawnchorus.simulate.scene import AUDIBLE_DB, Event
from dawnchorus.simulate.spectra import HOP, SIZE, Power, bins

BANDS = 24  # rows of a template at most


def true_positives(events: Sequence[Event], wanted: int, rng: np.random.Generator) -> list[Annotation]:
    """Up to `wanted` of one species' events, one recording after another, as far as they can be heard.

    A species that can be heard nowhere gives its loudest event: a class without an example cannot be learnt.
    """
    audible = [event for event in events if event.snr_db >= AUDIBLE_DB] or sorted(events, key=lambda e: -e.snr_db)[:1]
    shuffled = [audible[i] for i in rng.permutation(len(audible))]
    seen: dict[str, int] = {}
    ranked = []
    for event in shuffled:
        turn = seen[event.box.recording] = seen.get(event.box.recording, 0) + 1
        ranked.append((turn, event.box))
    ranked.sort(key=lambda pair: pair[0])  # stable: chance within a turn
    return sorted((box for _, box in ranked[:wanted]), key=lambda box: (box.recording, box.start_s))


@dataclass(frozen=True)
class Template:
    """A patch of log-spectrogram round one call: mean 0, norm 1, shape `(band, frame)`; `first` is its first frame."""

    box: Annotation
    first: int
    patch: NDArray[np.float32]


def template(box: Annotation, power: Power, rate_hz: int) -> Template:
    """The template of a call in the recording whose spectrogram is given."""
    frames = max(math.ceil((box.end_s - box.start_s) * rate_hz / HOP), 4)
    image = _image(box, power, rate_hz)
    nearest = round((box.start_s * rate_hz - SIZE / 2) / HOP)  # the frame whose middle is the box's start
    first = max(min(nearest, image.shape[1] - frames), 0)
    patch = image[:, first : first + frames]
    patch = patch - patch.mean()
    return Template(box, first, patch / max(float(np.linalg.norm(patch)), 1e-9))


def _image(box: Annotation, power: Power, rate_hz: int) -> NDArray[np.float32]:
    """Log power in the band of a box, `(band, frame)`, bins averaged to at most BANDS rows."""
    rows = np.array_split(power[bins(box.low_hz, box.high_hz, rate_hz)], BANDS)
    return np.log(np.stack([row.mean(axis=0) for row in rows if len(row)]) + np.float32(1e-12))


def correlation(patch: NDArray[np.float32], image: NDArray[np.float32]) -> NDArray[np.float64]:
    """Normalised cross-correlation, -1 to 1, of a patch (mean 0, norm 1) at every frame where it fits wholly."""
    frames, places = patch.shape[1], image.shape[1] - patch.shape[1] + 1
    if places < 1:
        return np.zeros(0)
    # One constant taken off changes nothing in exact arithmetic and keeps the running sums small.
    image = image - image.mean()
    size = scipy.fft.next_fast_len(image.shape[1], real=True)
    product = (scipy.fft.rfft(image, size, axis=1) * scipy.fft.rfft(patch, size, axis=1).conj()).sum(axis=0)
    along = scipy.fft.irfft(product, size)[:places].astype(np.float64)
    total = _running(image.sum(axis=0, dtype=np.float64), frames)
    squares = _running(np.square(image).sum(axis=0, dtype=np.float64), frames)
    spread = np.sqrt(np.maximum(squares - total**2 / patch.size, 1e-9))
    return np.asarray(along / spread)


def _running(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Sums of every `length` neighbours."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(sums[length:] - sums[:-length])


def mistakes(
    found: Template, recording: str, power: Power, truth: Iterable[Annotation], seconds: float, rate_hz: int
) -> list[tuple[float, Annotation]]:
    """The matcher's best peaks in one recording where the species does not call: (score, box), best first.

    `truth` holds every event of the species in that recording, heard or not. Boxes do not overlap each other.
    """
    scores = correlation(found.patch, _image(found.box, power, rate_hz))
    if len(scores) < 3:
        return []
    peaks, _ = find_peaks(scores, distance=found.patch.shape[1] + 1)
    length_s = found.box.end_s - found.box.start_s
    events = list(truth)
    wrong: list[tuple[float, Annotation]] = []
    for peak in peaks[np.argsort(-scores[peaks], kind="stable")]:
        start_s = round(found.box.start_s + (int(peak) - found.first) * HOP / rate_hz, 4)
        end_s = round(start_s + length_s, 4)
        box = replace(found.box, recording=recording, start_s=start_s, end_s=end_s, present=False)
        if start_s >= 0 and end_s <= seconds and not any(box.overlaps(event) for event in events):
            wrong.append((float(scores[peak]), box))
    return wrong
