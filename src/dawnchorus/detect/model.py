"""A model in a few lines of Python: one file in, detections or scores out, in this process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus import package
from dawnchorus.audio.faults import AudioError, Fault
from dawnchorus.audio.samples import Channel
from dawnchorus.detect.engine import Detector, Heard, hear
from dawnchorus.detect.precision import Precision, chosen
from dawnchorus.event_rule import EventRule
from dawnchorus.events import Detection, Recording
from dawnchorus.package import ModelPackage


@dataclass(frozen=True, eq=False)
class NamedScores:
    """Scores of the frames of one recording: an array `(time, species)` that knows its axes.

    `coords` names the places of each axis: `time` the second at which each frame starts, `species` the names. They fit
    xarray as they are: `xarray.DataArray(scores.values, scores.coords, scores.dims)`. `frame_s` is the length of a
    frame; `faults` are what was odd in the file.
    """

    values: NDArray[np.float32]
    coords: Mapping[str, NDArray[Any]]
    frame_s: float
    faults: tuple[Fault, ...] = ()

    dims = ("time", "species")

    def __getitem__(self, species: str) -> NDArray[np.float32]:
        """The scores of one species `(time,)`. Raises KeyError for a name that the model doesn't know."""
        (found,) = np.nonzero(self.coords["species"] == species)
        if not len(found):
            raise KeyError(f"{species!r}; the model knows {', '.join(self.coords['species'])}")
        return self.values[:, int(found[0])]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.values, dtype=dtype, copy=copy)


@dataclass(frozen=True, eq=False)
class Model:
    """A model package that is ready to listen; make one with `dawnchorus.load`."""

    package: ModelPackage
    detector: Detector

    @staticmethod
    def load(folder: Path | str, precision: Precision | None = None) -> Model:
        """Load a model folder such as RUN/model; `precision` None is this machine's, as in `dawnchorus detect`.

        Raises PackageError if it is none, ValueError for int8 that is not to be had or costs too much.
        """
        read = package.read(Path(folder))
        return Model(read, Detector(read, precision=chosen(read, precision)))

    @property
    def species(self) -> tuple[str, ...]:
        """Names of the species, in the order of their numbers."""
        return tuple(one.name for one in self.package.species)

    def detect(
        self,
        path: Path | str,
        threshold: float = 0.3,
        min_duration: float = 0.0,
        merge_gap: float = 0.0,
        channel: Channel | None = None,
        faults: list[Fault] | None = None,
    ) -> list[Detection]:
        """What the model hears in one file, by species and time; what is odd in the file is added to `faults`.

        Raises AudioError when nothing of the file can be used.
        """
        rule = EventRule(threshold, shortest_s=min_duration, gap_s=merge_gap, typical_s=self.package.typical_s)
        heard = self._hear(path, rule, channel)
        if faults is not None:
            faults.extend(heard.faults)
        return list(heard.detections)

    def scores(self, path: Path | str, channel: Channel | None = None) -> NamedScores:
        """Scores of every frame of one file. Raises AudioError when nothing of the file can be used."""
        heard = self._hear(path, EventRule(1.0), channel)
        assert heard.scores is not None
        coords = {"time": heard.scores.frame_start_s, "species": np.array(self.species, np.str_)}
        return NamedScores(heard.scores.framewise, coords, heard.scores.frame_s, heard.faults)

    def _hear(self, path: Path | str, rule: EventRule, channel: Channel | None) -> Heard:
        path = Path(path)
        heard = hear(self.detector, Recording(path.stem, path, 0.0, 0), rule, channel)
        if heard.scores is None:
            raise AudioError(path, heard.faults[-1])
        return heard
