"""Stretches of an archive that sound like a call, searched for in the background.

Where a store holds embeddings of the call's recording, the nearest embeddings; else the call's mel picture, laid over
every recording and correlated.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.audio.faults import AudioError
from dawnchorus.audio.reading import blocks, excerpt
from dawnchorus.features import FrontEnd, Plane
from dawnchorus.review import embedded
from dawnchorus.review.clips import Sounds
from dawnchorus.review.embedded import OF_ONE
from dawnchorus.review.stored import Stored

FRONT_END = FrontEnd(n_fft=1024, hop=512, n_mels=64)
LEAST_S, MOST_S = 0.1, 15.0
KEPT = 24  # of the nearest stretches of an archive
SEARCHES = 8  # whose results are kept


@dataclass(frozen=True, eq=False)
class Template:
    """A call as a picture of mean 0 and length 1 `(mel, column)`, and the mel rows that it lies in."""

    picture: Plane
    rows: slice

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.picture.shape[1] / FRONT_END.columns_per_second


def template(path: Path, start_s: float, end_s: float, low_hz: float, high_hz: float) -> Template:
    """The call in a box of a file. Raises ValueError for a box that holds one level alone."""
    rows = FRONT_END.rows_of(low_hz, high_hz) if high_hz > low_hz else slice(0, FRONT_END.n_mels)
    if rows.stop - rows.start < 3:
        rows = slice(max(0, rows.start - 1), min(FRONT_END.n_mels, rows.start + 2))
    db = FRONT_END.to_db(excerpt(path, start_s, end_s, FRONT_END.rate_hz))[rows]
    flat = db - db.mean()
    length = float(np.linalg.norm(flat))
    if not length > 0:
        raise ValueError("there is nothing in this box but one level")
    return Template((flat / length).astype(np.float32), rows)


def likeness(db: Plane, sample: Template) -> NDArray[np.float32]:
    """How like the template each stretch of its length is, -1 to 1: `(column,)`, by the column that it begins at."""
    from scipy.signal import fftconvolve

    band, columns = db[sample.rows].astype(np.float64), sample.picture.shape[1]
    if band.shape[1] < columns:
        return np.zeros(0, np.float32)
    dot = fftconvolve(band, sample.picture[::-1, ::-1], mode="valid")[0]
    size = sample.picture.size
    ones = np.zeros(band.shape[1] + 1)
    squares = ones.copy()
    np.cumsum(band.sum(axis=0), out=ones[1:])
    np.cumsum((band**2).sum(axis=0), out=squares[1:])
    mean = (ones[columns:] - ones[:-columns]) / size
    spread = (squares[columns:] - squares[:-columns]) - size * mean**2
    # A stretch without contrast is like nothing; rounding may leave a little of it.
    return np.where(spread > 1e-3 * size, dot / np.sqrt(np.maximum(spread, 1e-9)), 0).astype(np.float32)


def nearest(path: Path, sample: Template) -> Iterator[tuple[float, float]]:
    """Seconds and likeness of the stretches of a file that are most like the template, none over another."""
    found: list[tuple[float, float]] = []
    for block in blocks(path, FRONT_END.rate_hz):
        like = likeness(FRONT_END.to_db(block.samples), sample)
        width = sample.picture.shape[1]
        for _ in range(OF_ONE):
            if not len(like) or (at := int(like.argmax())) < 0 or like[at] <= 0:
                break
            found.append((float(like[at]), block.start_s + at / FRONT_END.columns_per_second))
            like[max(0, at - width + 1) : at + width] = 0
    for value, start_s in heapq.nlargest(OF_ONE, found):
        yield start_s, value


Looked = list[tuple[float, float, float]]
"""Likeness, and the seconds at which a stretch begins and ends."""


@dataclass
class _Search:
    """A call, and how far the search for its like is. `look` gives None for a recording that can't be searched."""

    by: str
    look: Callable[[Path], Looked | None]
    done: int = 0
    failed: int = 0
    left_out: int = 0
    over: bool = False
    best: list[tuple[float, int, float, float]] = field(default_factory=list)  # likeness, recording, start, end


class Searches:
    """Searches through an archive, one at a time, each in a thread; a new one ends the one before."""

    def __init__(self, sounds: Sounds, stored: Stored | None = None) -> None:
        self.sounds, self.stored = sounds, stored
        self.lock = threading.Lock()
        self.searches: dict[int, _Search] = {}
        self.numbers = itertools.count(1)

    def begin(self, recording: int, start_s: float, end_s: float, low_hz: float, high_hz: float) -> int:
        """Look for what is like a call, and give the number of the search. Raises ValueError, AudioError."""
        if not LEAST_S <= end_s - start_s <= MOST_S:
            raise ValueError(f"a call of {end_s - start_s:.2f} s; expected {LEAST_S:g} to {MOST_S:g} s")
        path = self.sounds.path(recording)
        search = self._by_embeddings(path, start_s, end_s)
        search = search or _by_picture(template(path, start_s, end_s, low_hz, high_hz))
        with self.lock:
            for one in self.searches.values():
                one.over = True
            number = next(self.numbers)
            self.searches[number] = search
            for old in list(self.searches)[:-SEARCHES]:
                del self.searches[old]
        # Recordings near in the list are near in time and place, where the same animals are.
        order = sorted(range(len(self.sounds)), key=lambda one: abs(one - recording))
        threading.Thread(target=self._run, args=(search, order), daemon=True).start()
        return number

    def _by_embeddings(self, path: Path, start_s: float, end_s: float) -> _Search | None:
        if self.stored is None or not (blocks := self.stored.blocks(path)):
            return None
        stored, call = self.stored, embedded.sample(blocks, start_s, end_s, self.stored.per_second)

        def look(path: Path) -> Looked | None:
            if not (its := stored.blocks(path)):
                return None
            near = embedded.nearest(call, {"": its}, stored.per_second, OF_ONE, OF_ONE)
            return [(one.likeness, one.start_s, one.end_s) for one in near]

        return _Search(f"the embeddings of {stored.name}", look)

    def _run(self, search: _Search, order: list[int]) -> None:
        for recording in order:
            if search.over:
                return
            try:
                found = search.look(self.sounds.path(recording))
            except AudioError:
                search.failed += 1
                found = []
            search.left_out += found is None
            search.best = heapq.nlargest(
                KEPT, [*search.best, *((like, recording, start_s, end_s) for like, start_s, end_s in found or ())]
            )
            search.done += 1
        search.over = True

    def state(self, number: int) -> dict[str, Any]:
        """How far a search is, by what it searches, and what is nearest so far. Raises KeyError.

        `left_out` are recordings that are not in the store of embeddings.
        """
        search = self.searches[number]
        return {
            "by": search.by,
            "done": search.done,
            "of": len(self.sounds),
            "failed": search.failed,
            "left_out": search.left_out,
            "over": search.over,
            "nearest": [
                {
                    "recording_number": recording,
                    "recording": self.sounds.keys[recording],
                    "start_s": round(start_s, 3),
                    "end_s": round(end_s, 3),
                    "likeness": round(like, 3),
                }
                for like, recording, start_s, end_s in search.best
            ],
        }


def _by_picture(sample: Template) -> _Search:
    def look(path: Path) -> Looked:
        return [(like, start_s, start_s + sample.seconds) for start_s, like in nearest(path, sample)]

    return _Search("its spectrogram", look)
