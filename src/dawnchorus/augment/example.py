"""What an augmentation is given that needs more than a plane, and how augmentations are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from dawnchorus.augment.bands import Bands
from dawnchorus.evidence import Known
from dawnchorus.features import Plane
from dawnchorus.windows import Window


@dataclass(frozen=True, eq=False)
class Example:
    """One window to learn from: its `plane` `(mel, column)`, what is known of it, and where its sound comes from."""

    plane: Plane
    known: Known
    window: Window

    @property
    def present(self) -> NDArray[np.bool_]:
        """Which species are known present `(species,)`: labels speak for them in the window or in a frame of it."""
        windows, frames = self.known.windows, self.known.frames
        found: NDArray[np.bool_] = (windows.present > windows.absent)[0]
        return found | (frames.present > frames.absent)[0].any(axis=0)


@dataclass(frozen=True, eq=False)
class Around:
    """What there is beside an example: the species' bands, and other windows, drawn by chance.

    `another` draws one as the stage hears them. `elsewhere` draws one of another recording than the one named, one
    without a TP box where there is any, and None where there is no other recording.
    """

    bands: Bands
    another: Callable[[np.random.Generator], Example]
    elsewhere: Callable[[str, np.random.Generator], Example | None]


@runtime_checkable
class WindowAugmentation(Protocol):
    """An augmentation that goes by what is known of a window, or that changes it."""

    def of_window(self, example: Example, around: Around, rng: np.random.Generator) -> Example:
        """A new example, or the same."""
        ...


def augmented(augmentation: Any, example: Example, around: Around | None, rng: np.random.Generator) -> Example:
    """An example after an augmentation of either kind; only a WindowAugmentation looks around."""
    if not isinstance(augmentation, WindowAugmentation):
        return replace(example, plane=augmentation(example.plane, rng))
    if around is None:
        raise ValueError(f"{type(augmentation).__name__} needs mel bands, and there are none")
    return augmentation.of_window(example, around, rng)
