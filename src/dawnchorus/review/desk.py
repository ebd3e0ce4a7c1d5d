"""What lies before the people who review: the questions in their order, what was answered, who disagrees."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.events import Species, Stretch, stretch_of
from dawnchorus.review import queue
from dawnchorus.review.as_annotations import differ
from dawnchorus.review.clips import Sounds
from dawnchorus.review.found import Found
from dawnchorus.review.queue import Order
from dawnchorus.review.stored import Stored
from dawnchorus.review.verdicts import Kept, Numbers, Row, Store, counting

DAY_S = 86_400


@dataclass(frozen=True)
class Wanted:
    """Which clips are looked for: a species, scores, days as `2026-04-01` and hours of the recorder's clock.

    Hours may go over midnight: 22 to 4. What is None is not asked for.
    """

    species: int | None = None
    least: float = 0.0
    most: float = 1.0
    first_day: str | None = None
    last_day: str | None = None
    from_hour: int | None = None
    to_hour: int | None = None


@dataclass
class Answers:
    """Rows as they came, by stretch; only what a new row touches is looked at again."""

    of_stretch: dict[Stretch, list[Kept]] = field(default_factory=dict)
    of_key: dict[str, Kept] = field(default_factory=dict)
    last: int = 0

    def add(self, rows: Sequence[Kept]) -> set[Stretch]:
        """Take rows in, and say which stretches they touch."""
        for one in rows:
            self.of_stretch.setdefault(one.stretch, []).append(one)
            self.of_key[one.row.key] = one
            self.last = max(self.last, one.number)
        return {one.stretch for one in rows}

    def standing(self, stretch: Stretch) -> list[Kept]:
        """What counts of a stretch: the last answer of each person, the latest last."""
        return list(counting(self.of_stretch.get(stretch, [])).get(stretch, {}).values())


class Desk:
    """The questions of a detection and the answers in a store. Several requests may ask at once."""

    def __init__(
        self,
        found: Found,
        sounds: Sounds,
        store: Store,
        order: Order = queue.FIRST,
        seed: int = 0,
        embeddings: Stored | None = None,
    ) -> None:
        """Put the questions in order, which takes seconds for a million."""
        self.found, self.sounds, self.store, self.order, self.embeddings = found, sounds, store, order, embeddings
        self.lock = threading.RLock()
        its = found.candidates
        self.recording = np.asarray(sounds.numbers(its.names), np.int64).reshape(-1)
        self.group = queue.groups(its)
        self.asked = np.asarray(queue.ordered(its, order, seed), np.int64)
        self.asked = self.asked[self.recording[its.recording[self.asked]] >= 0]
        self.time_s = found.began_s[its.recording] + its.start_s if len(its) else np.zeros(0)
        self.answer = np.zeros(len(its), np.int8)  # of a clip: 0 none, else the number of the latest's word
        self.closed = np.zeros(int(self.group.max(initial=-1)) + 1, bool)  # of a group
        self._by_recording = np.argsort(its.recording, kind="stable")
        self._sorted = its.recording[self._by_recording]
        self._numbers = {name: number for number, name in enumerate(its.names)}
        self.answers = Answers()
        self.numbers = Numbers(found.species)
        self.refresh()
        # What was said of another model's boxes on the same calls is not asked again.
        standing = [one.verdict for stretch in self.answers.of_stretch for one in self.answers.standing(stretch)]
        self.closed[self.group[queue.answered_by(its, standing)]] = True

    # ---- answers -------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Take in what came since, from whichever server."""
        with self.lock:
            came = [self.numbers(one) for one in self.store.rows(self.answers.last)]
            for stretch in self.answers.add(came):
                standing = self.answers.standing(stretch)
                said = WORD_NUMBERS[standing[-1].row.answer] if standing else 0
                for clip in self._clips_at(stretch):
                    self.answer[clip] = said
                    group = self.group[clip]
                    self.closed[group] = said > 0 or bool((self.answer[self._in_group(clip)] > 0).any())

    def _clips_at(self, stretch: Stretch) -> list[int]:
        number = self._numbers.get(stretch[0])
        if number is None:
            return []
        first, after = np.searchsorted(self._sorted, [number, number + 1])
        its = self.found.candidates
        at = self._by_recording[first:after]
        near = at[(its.species[at] == stretch[1]) & (np.abs(its.start_s[at] * 1000 - stretch[2]) < 2)]
        return [int(clip) for clip in near[np.abs(its.end_s[near] * 1000 - stretch[3]) < 2]]

    def _in_group(self, clip: int) -> NDArray[np.int64]:
        """The clips of a group that lie in the recording of one of them."""
        number = self.found.candidates.recording[clip]
        first, after = np.searchsorted(self._sorted, [number, number + 1])
        at = self._by_recording[first:after]
        return at[self.group[at] == self.group[clip]]

    def add(self, rows: Sequence[Row]) -> list[int]:
        """Write rows and take them in. Raises StoreError when they can't be written."""
        numbers = self.store.add(rows)
        self.refresh()
        return numbers

    def row_of_clip(self, clip: int, key: str, answer: Any, by: str) -> Row:
        """The row for an answer on a clip."""
        one = self.found.detection(clip)
        return Row(
            key,
            one.recording,
            one.species,
            self.found.species[one.species].name,
            round(one.start_s, 6),
            round(one.end_s, 6),
            round(one.low_hz, 3),
            round(one.high_hz, 3),
            answer,
            by,
            model=self.found.model,
            score=one.score,
            asked=self.order,
        )

    def species(self) -> list[Species]:
        """Those of the model, and behind them those that people named."""
        with self.lock:
            return list(self.numbers.species)

    # ---- questions -----------------------------------------------------------------------------------------------

    def fits(self, wanted: Wanted) -> NDArray[np.bool_]:
        """Which clips are looked for `(candidate,)`."""
        its = self.found.candidates
        fits = (its.score >= wanted.least) & (its.score <= wanted.most)
        if wanted.species is not None:
            fits &= its.species == wanted.species
        for day, before in ((wanted.first_day, True), (wanted.last_day, False)):
            if day is not None:
                at = (np.datetime64(day, "D") - np.datetime64(0, "D")).astype(int) * DAY_S
                fits &= self.time_s >= at if before else self.time_s < at + DAY_S
        if wanted.from_hour is not None and wanted.to_hour is not None:
            hour = np.floor(self.time_s % DAY_S / 3600)
            low, high = wanted.from_hour, wanted.to_hour
            fits &= (hour >= low) & (hour < high) if low < high else (hour >= low) | (hour < high)
        return fits

    def open(self, wanted: Wanted) -> NDArray[np.int64]:
        """The clips that are still to be asked of, in their order."""
        return self._open(self.fits(wanted))

    def _open(self, fits: NDArray[np.bool_]) -> NDArray[np.int64]:
        asked = self.asked
        return asked[fits[asked] & ~self.closed[self.group[asked]]]

    def page(self, wanted: Wanted, skip: int, most: int) -> tuple[list[int], dict[str, int]]:
        """Some of the clips that are still to be asked of, and counts: how many are open, and of each answer."""
        fits = self.fits(wanted)
        left = self._open(fits)
        said = np.bincount(self.answer[fits & (self.answer > 0)], minlength=len(WORD_NUMBERS) + 1)
        counts = {word: int(said[number]) for word, number in WORD_NUMBERS.items()}
        return left[skip : skip + most].tolist(), {"open": len(left), **counts}

    def judged(self, wanted: Wanted, skip: int, most: int, disputed: bool = False) -> list[int]:
        """Clips that have an answer, the latest first; with `disputed` those of which people say different things."""
        clips = np.flatnonzero(self.fits(wanted) & (self.answer > 0)).tolist()
        standing = {clip: self.standing(clip) for clip in clips}
        if disputed:
            clips = [clip for clip in clips if differ(one.verdict.present for one in standing[clip])]
        clips.sort(key=lambda clip: -standing[clip][-1].number)
        return clips[skip : skip + most]

    def standing(self, clip: int) -> list[Kept]:
        """What counts of a clip: the last answer of each person, the latest last."""
        its = self.found.candidates
        name, species = its.names[its.recording[clip]], int(its.species[clip])
        stretch = stretch_of(name, species, float(its.start_s[clip]), float(its.end_s[clip]))
        return self.answers.standing(stretch)


WORD_NUMBERS = {"present": 1, "absent": 2, "unsure": 3}
