"""Two windows become one, and so does what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dawnchorus.evidence import Known


@dataclass(frozen=True)
class Mixup:
    """Each window of a batch is mixed with another one, in one share for the batch (Zhang et al. 2018).

    The share is drawn from Beta(`alpha`, `alpha`). `at` says what is mixed: the `input`, or the network's `last_map` of
    features (Verma et al. 2019). With `absent_too` false only presence is mixed and absence stays as it was.
    """

    alpha: float = 0.1
    at: Literal["input", "last_map"] = "input"
    absent_too: bool = True

    def draw(self, windows: int, rng: np.random.Generator) -> Mix:
        """The share and the partners for a batch."""
        return Mix(float(rng.beta(self.alpha, self.alpha)), rng.permutation(windows), self.at, self.absent_too)


@dataclass(frozen=True)
class Mix:
    """One drawn mixture of a batch: `share` of each window, the rest from the window at its place in `order`."""

    share: float
    order: NDArray[np.intp]
    at: Literal["input", "last_map"] = "input"
    absent_too: bool = True

    def sound(self, values: Any) -> Any:
        """Mix planes or feature maps `(window, …)`."""
        return self.share * values + (1 - self.share) * values[self.order]

    def known(self, known: Known) -> Known:
        """Mix what is known of the windows."""
        return known.mixed(self.share, self.order, self.absent_too)
