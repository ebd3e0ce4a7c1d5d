"""The batches of a stage. All chance is derived from (seed, stage, fold, pass, item), never from what ran before."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from dawnchorus.augment.mixup import Mix
from dawnchorus.dataset import Prepared
from dawnchorus.events import Annotation
from dawnchorus.evidence import Evidence, Known
from dawnchorus.experiment import Stage
from dawnchorus.features import Plane
from dawnchorus.pseudo_labels.teachers import Teachers
from dawnchorus.windows import EventCrops, Window


@dataclass(frozen=True)
class Batch:
    """Planes `(window, mel, column)`, what is known of them, and how they are mixed, if they are."""

    planes: Tensor
    known: Known
    mix: Mix | None


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


class Batches(Dataset[Batch]):
    """The batches of one stage and fold. Batch n is the same whenever and in whatever order it is asked for."""

    def __init__(
        self,
        stage: Stage,
        data: Prepared,
        recordings: Sequence[str],
        teachers: Teachers,
        columns_per_frame: int,
        chance: Chance,
    ) -> None:
        self.stage, self.chance = stage, chance
        source = _Crops if isinstance(stage.windows, EventCrops) else _Sliding
        self.source = source(stage, data, recordings, teachers, columns_per_frame, chance)

    def __len__(self) -> int:
        """The number of steps of the stage."""
        return self.stage.steps

    def __getitem__(self, step: int) -> Batch:
        """The batch of one optimiser step."""
        size = self.source.size
        planes, parts = [], []
        for place in range(step * self.stage.batch, (step + 1) * self.stage.batch):
            lap, number = divmod(place, size)
            generator = self.chance.generator("item", lap, number)
            plane, known = self.source.item(lap, number, generator)
            for augmentation in self.stage.augment:
                plane = augmentation(plane, generator)
            planes.append(plane)
            parts.append(known)
        mixup = self.stage.mixup
        mix = mixup.draw(len(planes), self.chance.generator("mix", step)) if mixup else None
        return Batch(torch.from_numpy(np.stack(planes)), _stacked(parts), mix)


def _stacked(parts: Sequence[Known]) -> Known:
    def joined(grain: str, side: str) -> Tensor:
        return torch.from_numpy(
            np.concatenate([getattr(getattr(part, grain), side) for part in parts]).astype(np.float32)
        )

    windows = Evidence(joined("windows", "present"), joined("windows", "absent"))
    return Known(windows, Evidence(joined("frames", "present"), joined("frames", "absent")))


class _Crops:
    """One crop a TP recording and pass, and as many FP recordings as the stage asks for, drawn anew each pass."""

    def __init__(
        self,
        stage: Stage,
        data: Prepared,
        recordings: Sequence[str],
        teachers: Teachers,
        columns_per_frame: int,
        chance: Chance,
    ) -> None:
        self.stage, self.data, self.chance = stage, data, chance
        self.teachers, self.columns_per_frame = teachers, columns_per_frame
        self.boxes = {key: boxes for key, boxes in data.data.by_recording.items() if key in set(recordings)}
        self.present = _by_verdict(self.boxes, True)
        self.absent = _by_verdict(self.boxes, False)
        if not self.present:
            raise ValueError(f"stage {stage.name}, fold {chance.fold}: no recording with a TP box to train on")
        wanted = stage.absent_per_epoch
        if wanted is None:
            count = len(self.absent)
        elif isinstance(wanted, float):
            count = round(wanted * len(self.present))
        else:
            count = wanted
        self.absent_count = min(count, len(self.absent))
        self.size = len(self.present) + self.absent_count
        self._lap, self._order = -1, [(self.present[0])]

    def item(self, lap: int, number: int, generator: np.random.Generator) -> tuple[Plane, Known]:
        """Item `number` of pass `lap`: its plane `(mel, column)` and what is known of it (one window)."""
        if lap != self._lap:
            self._lap, self._order = lap, self._drawn(lap)
        boxes = self._order[number]
        box = boxes[int(generator.integers(len(boxes)))]
        crops = self.stage.windows
        assert isinstance(crops, EventCrops)
        window = crops.around(
            self.data.blocks[box.recording],
            (box.start_s + box.end_s) / 2,
            self.data.front_end.columns_per_second,
            generator,
        )
        known = known_of(self.stage, [window], self.boxes, self.teachers, self._n_species, self.columns_per_frame)
        return window.block.plane(window.start, window.columns), known

    @property
    def _n_species(self) -> int:
        return len(self.data.data.species)

    def _drawn(self, lap: int) -> list[list[Annotation]]:
        generator = self.chance.generator("lap", lap)
        chosen = generator.permutation(len(self.absent))[: self.absent_count]
        items = self.present + [self.absent[int(number)] for number in chosen]
        return [items[int(number)] for number in generator.permutation(len(items))]


def _by_verdict(boxes: Mapping[str, Sequence[Annotation]], present: bool) -> list[list[Annotation]]:
    chosen = ([box for box in its_boxes if box.present == present] for _, its_boxes in sorted(boxes.items()))
    return [of_recording for of_recording in chosen if of_recording]


class _Sliding:
    """All windows of all recordings, or those of which something is known, in a new order each pass."""

    def __init__(
        self,
        stage: Stage,
        data: Prepared,
        recordings: Sequence[str],
        teachers: Teachers,
        columns_per_frame: int,
        chance: Chance,
    ) -> None:
        self.chance = chance
        windows = sliding_windows(data, recordings, stage)
        if not windows:
            raise ValueError(f"stage {stage.name}, fold {chance.fold}: no recording to train on")
        known = known_of(stage, windows, data.data.by_recording, teachers, len(data.data.species), columns_per_frame)
        rows = np.flatnonzero(known.informed) if stage.informed_only else np.arange(len(windows))
        if not len(rows):
            raise ValueError(f"stage {stage.name}, fold {chance.fold}: nothing is known of any window")
        self.windows = [windows[row] for row in rows]
        self.known = known[rows]
        self.size = len(rows)
        self._lap, self._order = -1, np.arange(0)

    def item(self, lap: int, number: int, generator: np.random.Generator) -> tuple[Plane, Known]:
        """Item `number` of pass `lap`: its plane `(mel, column)` and what is known of it (one window)."""
        if lap != self._lap:
            self._lap, self._order = lap, self.chance.generator("lap", lap).permutation(self.size)
        row = int(self._order[number])
        window = self.windows[row]
        return window.block.plane(window.start, window.columns), self.known[row : row + 1]


def sliding_windows(data: Prepared, recordings: Sequence[str], stage: Stage) -> list[Window]:
    """The windows of a stage over some recordings, in order."""
    assert not isinstance(stage.windows, EventCrops)
    per_second = data.front_end.columns_per_second
    return [w for key in recordings for block in data.blocks[key] for w in stage.windows.over(block, per_second)]


def known_of(
    stage: Stage,
    windows: Sequence[Window],
    boxes: Mapping[str, Sequence[Annotation]],
    teachers: Teachers,
    n_species: int,
    columns_per_frame: int,
) -> Known:
    """What a stage takes as known of windows: its label policy's word, and its pseudo-labels on top."""
    known = stage.labels(windows, boxes, n_species, columns_per_frame)
    if stage.pseudo_labels is None:
        return known
    told = stage.pseudo_labels(teachers, windows, n_species, columns_per_frame)
    return (known + told).at_most_one()
