"""The batches of a stage. All chance is derived from (seed, stage, fold, pass, item), never from what ran before."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from dawnchorus.augment.bands import Bands
from dawnchorus.augment.example import Around, Example, augmented
from dawnchorus.augment.mixup import Mix
from dawnchorus.events import Annotation
from dawnchorus.evidence import Evidence, Known
from dawnchorus.experiment import Stage
from dawnchorus.features import FeatureBlock
from dawnchorus.labels.smoothed import Smoothed
from dawnchorus.pseudo_labels.teachers import Teachers
from dawnchorus.windows import Anchored, EventCrops, SlidingWindows, Window


@dataclass(frozen=True)
class Batch:
    """Planes `(window, mel, column)`, what is known of them, and how they are mixed, if they are.

    `seed` is for what the network draws.
    """

    planes: Tensor
    known: Known
    mix: Mix | None
    seed: int


@dataclass(frozen=True)
class Chance:
    """Where generators come from: one for every purpose, the same in every run."""

    seed: int
    stage: str
    fold: int

    def generator(self, *purpose: int | str) -> np.random.Generator:
        """The generator for a purpose such as `("item", 3, 17)`."""
        words = [zlib.crc32(str(word).encode()) for word in (self.stage, *purpose)]
        return np.random.default_rng([self.seed, self.fold, *words])


@dataclass(frozen=True)
class Lesson:
    """What one stage hears on one fold and what it is told: all that its batches are made from.

    `blocks` and `annotations` are of the recordings that it trains on, `teachers` the Scores that label them. `bands`
    are the species' mel bands, where the blocks are spectrograms.
    """

    stage: Stage
    blocks: Mapping[str, Sequence[FeatureBlock]]
    annotations: Mapping[str, Sequence[Annotation]]
    teachers: Teachers
    n_species: int
    columns_per_second: float
    columns_per_frame: int
    chance: Chance
    pasted: frozenset[str] = frozenset()
    bands: Bands | None = None

    def windows(self) -> list[Window]:
        """Sliding windows of all recordings, in order: the stage's own, or side by side where it draws them."""
        its = self.stage.windows
        sliding = its if isinstance(its, SlidingWindows) else SlidingWindows(its.columns, 0)
        return [
            w for key in sorted(self.blocks) for b in self.blocks[key] for w in sliding.over(b, self.columns_per_second)
        ]

    def told(self, windows: Sequence[Window]) -> Known:
        """What the pseudo-labels alone say of windows, capped as the stage asks."""
        told = self._told(windows)
        if self.stage.pseudo_labels is None or self.stage.pseudo_cap is None:
            return told
        of_windows, of_frames = self._caps
        return Known(told.windows.weighted(of_windows, of_windows), told.frames.weighted(of_frames, of_frames))

    @cached_property
    def _caps(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """By what pseudo-labels of windows and of frames are multiplied, both `(species,)`.

        So their presence weighs no more than allowed. Pasted events are not what people said of these recordings.
        """
        windows = [window for window in self.windows() if window.recording not in self.pasted]
        told, people = self._told(windows), self.said(windows)
        allowed = self.stage.pseudo_cap or 0

        def cap(told: NDArray[np.float32], people: NDArray[np.float32]) -> NDArray[np.float32]:
            mass, wanted = (each.reshape(-1, self.n_species).sum(axis=0) for each in (told, people))
            return np.minimum(1, allowed * wanted / np.maximum(mass, 1e-9)).astype(np.float32)

        return (
            cap(told.windows.present, people.windows.present),
            cap(told.frames.present, people.frames.present),
        )

    def _told(self, windows: Sequence[Window]) -> Known:
        policy = self.stage.pseudo_labels
        if policy is None:
            return Known.nothing(len(windows), windows[0].columns // self.columns_per_frame, self.n_species)
        teachers = self.teachers
        if self.stage.pseudo_on == "present":
            heard = {key for key, boxes in self.annotations.items() if any(box.present for box in boxes)}
            sets = tuple(f"{name}:" for name in self.stage.also_hear)
            teachers = {key: said for key, said in teachers.items() if key in heard or key.startswith(sets)}
        return policy(teachers, windows, self.n_species, self.columns_per_frame)

    def said(self, windows: Sequence[Window]) -> Known:
        """What people said of windows, as the stage's label policy takes it, without a guess at the rest."""
        labels = self.stage.labels
        policy = labels.labels if isinstance(labels, Smoothed) else labels
        return policy(windows, self.annotations, self.n_species, self.columns_per_frame)

    def taught(self, windows: Sequence[Window], told: Known | None = None) -> Known:
        """What of the pseudo-labels reaches the loss: people's word holds. `told` is what they say, if it is known."""
        said = self.said(windows)
        return self._on_top(said, self.told(windows) if told is None else told) - said

    def known(self, windows: Sequence[Window]) -> Known:
        """What the stage takes as known of windows: people's word, its pseudo-labels on top, and a guess at the rest.

        The guess comes last: before the pseudo-labels it would leave them nothing to say.
        """
        known, labels = self._on_top(self.said(windows), self.told(windows)), self.stage.labels
        return labels.filled(known) if isinstance(labels, Smoothed) else known

    def _on_top(self, said: Known, told: Known) -> Known:
        return said.topped_up(told, self.stage.faithful_contradictions)

    def present_counts(self, told: Known) -> NDArray[np.float64]:
        """How often each species is known present `(species,)`: TP boxes and windows that pseudo-labels call so."""
        boxes = [box.species for its in self.annotations.values() for box in its if box.present]
        return np.bincount(boxes, minlength=self.n_species) + told.windows.called.sum(axis=0)


class Batches(Dataset[Batch]):
    """The batches of one lesson. Batch n is the same whenever and in whatever order it is asked for."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson, self.stage, self.chance = lesson, lesson.stage, lesson.chance
        kinds: dict[type, type[_Crops | _Anchored | _Sliding]] = {EventCrops: _Crops, Anchored: _Anchored}
        self.source = kinds.get(type(lesson.stage.windows), _Sliding)(lesson)

    def __len__(self) -> int:
        """The number of steps of the stage."""
        return self.stage.steps

    def __getitem__(self, step: int) -> Batch:
        """The batch of one optimiser step."""
        generators, windows = [], []
        places = range(step * self.stage.batch, (step + 1) * self.stage.batch)
        for place in places:
            lap, number = divmod(place, self.source.size)
            generators.append(self.chance.generator("item", lap, number))
            windows.append(self.source.window(lap, number, generators[-1]))
        known = self.source.known(windows)  # of all at once: a window alone costs nearly as much
        examples = [_example(window, known[row : row + 1]) for row, window in enumerate(windows)]
        for row, (place, generator) in enumerate(zip(places, generators, strict=True)):
            around = self._around(place // self.source.size)
            for augmentation in self.stage.augment:
                examples[row] = augmented(augmentation, examples[row], around, generator)
        mixup = self.stage.mixup
        mix = mixup.draw(len(examples), self.chance.generator("mix", step)) if mixup else None
        planes = torch.from_numpy(np.stack([example.plane for example in examples]))
        seed = int(self.chance.generator("network", step).integers(2**63))
        return Batch(planes, _stacked([example.known for example in examples]), mix, seed)

    def _around(self, lap: int) -> Around | None:
        """What augmentations may ask for beside a window of this pass; None where there are no mel bands."""
        if self.lesson.bands is None:
            return None

        def another(generator: np.random.Generator) -> Example:
            window = self.source.window(lap, int(generator.integers(self.source.size)), generator)
            return _example(window, self.source.known([window]))

        return Around(self.lesson.bands, another, self._elsewhere)

    def _elsewhere(self, recording: str, generator: np.random.Generator) -> Example | None:
        pool = next((pool for pool in self._backgrounds if any(key != recording for key in pool)), None)
        if pool is None:
            return None
        place = int(generator.integers(len(pool)))
        key = pool[place] if pool[place] != recording else pool[place - 1]
        draw, per_second = Anchored(self.stage.windows.columns), self.lesson.columns_per_second
        window = draw.anywhere(self.lesson.blocks[key], per_second, generator)
        return _example(window, self.lesson.known([window]))

    @cached_property
    def _backgrounds(self) -> tuple[list[str], list[str]]:
        """Recordings to draw backgrounds from: those without a TP box, and all, for where these are not enough."""
        recordings = [key for key in sorted(self.lesson.blocks) if key not in self.lesson.pasted]
        boxes = self.lesson.annotations
        return [key for key in recordings if not any(box.present for box in boxes.get(key, ()))], recordings


def _example(window: Window, known: Known) -> Example:
    return Example(window.block.plane(window.start, window.columns), known, window)


def _stacked(parts: Sequence[Known]) -> Known:
    def joined(grain: str, side: str) -> Tensor:
        return torch.from_numpy(
            np.concatenate([getattr(getattr(part, grain), side) for part in parts]).astype(np.float32)
        )

    windows = Evidence(joined("windows", "present"), joined("windows", "absent"))
    return Known(windows, Evidence(joined("frames", "present"), joined("frames", "absent")))


def _absent_count(stage: Stage, present: int, absent: int) -> int:
    """How many of the `absent` recordings without a TP box a pass hears beside the `present` ones."""
    wanted = stage.absent_per_epoch
    if isinstance(wanted, float):
        wanted = round(wanted * present)
    return absent if wanted is None else min(wanted, absent)


class _Crops:
    """One crop a TP recording and pass, and as many FP recordings as the stage asks for, drawn anew each pass."""

    def __init__(self, lesson: Lesson) -> None:
        stage = lesson.stage
        assert isinstance(stage.windows, EventCrops)
        self.lesson, self.crops, self.known = lesson, stage.windows, lesson.known
        self.present = _by_verdict(lesson.annotations, True, stage.windows.faithful_last_box)
        self.absent = _by_verdict(lesson.annotations, False, stage.windows.faithful_last_box)
        if not self.present:
            raise ValueError(f"stage {stage.name}, fold {lesson.chance.fold}: no recording with a TP box to train on")
        self.absent_count = _absent_count(stage, len(self.present), len(self.absent))
        self.size = len(self.present) + self.absent_count
        self._lap, self._order = -1, [(self.present[0])]

    def window(self, lap: int, number: int, generator: np.random.Generator) -> Window:
        """Item `number` of pass `lap`."""
        if lap != self._lap:
            self._lap, self._order = lap, self._drawn(lap)
        boxes = self._order[number]
        box = boxes[int(generator.integers(len(boxes)))]
        middle_s = (box.start_s + box.end_s) / 2
        blocks = self.lesson.blocks[box.recording]
        return self.crops.around(blocks, middle_s, self.lesson.columns_per_second, generator)

    def _drawn(self, lap: int) -> list[list[Annotation]]:
        generator = self.lesson.chance.generator("lap", lap)
        chosen = generator.permutation(len(self.absent))[: self.absent_count]
        items = self.present + [self.absent[int(number)] for number in chosen]
        return [items[int(number)] for number in generator.permutation(len(items))]


def _by_verdict(
    annotations: Mapping[str, Sequence[Annotation]], present: bool, last_only: bool
) -> list[list[Annotation]]:
    """The boxes of one verdict, by recording; with `last_only` the last box of each species and recording."""
    chosen = ([box for box in boxes if box.present == present] for _, boxes in sorted(annotations.items()))
    if last_only:
        chosen = (list({box.species: box for box in boxes}.values()) for boxes in chosen)
    return [of_recording for of_recording in chosen if of_recording]


class _Anchored:
    """Windows drawn anew each time: round boxes of people, round pasted events, anywhere."""

    def __init__(self, lesson: Lesson) -> None:
        assert isinstance(lesson.stage.windows, Anchored)
        self.lesson, self.draw, self.known = lesson, lesson.stage.windows, lesson.known
        boxes = [box for key, its in sorted(lesson.annotations.items()) if key in lesson.blocks for box in its]
        own = [box for box in boxes if box.recording not in lesson.pasted]
        self.boxed = [_by_species(box for box in own if box.present == present) for present in (True, False)]
        self.pasted = _by_species(box for box in boxes if box.recording in lesson.pasted and box.present)
        self.recordings = [key for key in sorted(lesson.blocks) if key not in lesson.pasted]
        if not self.boxed[0]:
            raise ValueError(
                f"stage {lesson.stage.name}, fold {lesson.chance.fold}: no TP box to train on; expected TP boxes in "
                "recordings of two sites, or of two recordings where no site is known"
            )
        self.size = max(1, len(own))  # there is no end to what can be drawn; a pass is as long as the list of boxes

    def window(self, lap: int, number: int, generator: np.random.Generator) -> Window:
        """A window drawn by chance."""
        kind = generator.random()
        per_second = self.lesson.columns_per_second
        if kind < self.draw.share:
            species = self.boxed[int(generator.random() < 0.5)] or self.boxed[0]
        else:
            species = self.pasted if kind < self.draw.share + self.draw.pasted_share else []
        if species:
            boxes = species[int(generator.integers(len(species)))]
            box = boxes[int(generator.integers(len(boxes)))]
            blocks = self.lesson.blocks[box.recording]
            return self.draw.around(blocks, (box.start_s + box.end_s) / 2, per_second, generator)
        recording = self.recordings[int(generator.integers(len(self.recordings)))]
        return self.draw.anywhere(self.lesson.blocks[recording], per_second, generator)


def _by_species(boxes: Iterable[Annotation]) -> list[list[Annotation]]:
    """The boxes of each species that has any."""
    grouped: dict[int, list[Annotation]] = {}
    for box in boxes:
        grouped.setdefault(box.species, []).append(box)
    return [grouped[species] for species in sorted(grouped)]


class _Sliding:
    """All windows of all recordings, or those of which something is known, in a new order each pass."""

    def __init__(self, lesson: Lesson) -> None:
        stage, self.lesson = lesson.stage, lesson
        windows = lesson.windows()
        if not windows:
            raise ValueError(f"stage {stage.name}, fold {lesson.chance.fold}: no recording to train on")
        known = lesson.known(windows)
        if stage.class_weights:
            known = known.weighted(present=stage.class_weights.of(lesson.present_counts(lesson.told(windows))))
        rows = np.flatnonzero(known.informed) if stage.informed_only else np.arange(len(windows))
        if not len(rows):
            raise ValueError(f"stage {stage.name}, fold {lesson.chance.fold}: nothing is known of any window")
        self.windows = [windows[row] for row in rows]
        self._known = known[rows]
        self._row_of = {_place(window): row for row, window in enumerate(self.windows)}
        self.rows_of = _rows_of([window.recording for window in self.windows])
        told_present = {key for key, boxes in lesson.annotations.items() if any(box.present for box in boxes)}
        self.with_tp = [key for key in self.rows_of if key in told_present]
        self.without_tp = [key for key in self.rows_of if key not in told_present]
        self.absent_count = _absent_count(stage, len(self.with_tp), len(self.without_tp))
        self.size = len(self._chosen(0))
        self._lap, self._order = -1, np.arange(0)

    def window(self, lap: int, number: int, generator: np.random.Generator) -> Window:
        """Item `number` of pass `lap`."""
        if lap != self._lap:
            # Passes that draw recordings differ a little in their windows; all are made as long as the first.
            order = self.lesson.chance.generator("lap", lap).permutation(self._chosen(lap))
            self._lap, self._order = lap, np.resize(order, self.size)
        return self.windows[int(self._order[number])]

    def known(self, windows: Sequence[Window]) -> Known:
        """What is known of some of its windows."""
        return self._known[[self._row_of[_place(window)] for window in windows]]

    def _chosen(self, lap: int) -> NDArray[np.intp]:
        """The rows of one pass, in order."""
        if self.lesson.stage.under_sample:
            seed = self.lesson.chance.seed + self.lesson.chance.fold
            recordings = self.lesson.stage.under_sample.draw(self._positives(), lap, seed, self.without_tp)
        elif self.absent_count < len(self.without_tp):
            generator = self.lesson.chance.generator("absent", lap)
            drawn = generator.permutation(len(self.without_tp))[: self.absent_count]
            recordings = self.with_tp + [self.without_tp[int(number)] for number in drawn]
        else:
            return np.arange(len(self.windows))
        return np.concatenate([self.rows_of[key] for key in recordings])

    def _positives(self) -> dict[str, list[int]]:
        """The species known present in each recording, in any window."""
        present = self._known.windows.called
        return {key: np.flatnonzero(present[rows].any(axis=0)).tolist() for key, rows in self.rows_of.items()}


def _place(window: Window) -> tuple[str, int, int]:
    return window.recording, window.block.index, window.start


def _rows_of(recordings: Sequence[str]) -> dict[str, NDArray[np.intp]]:
    rows: dict[str, list[int]] = {}
    for row, recording in enumerate(recordings):
        rows.setdefault(recording, []).append(row)
    return {recording: np.array(its_rows) for recording, its_rows in rows.items()}
