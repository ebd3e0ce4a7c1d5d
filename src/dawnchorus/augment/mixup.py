"""Two windows become one, and so does what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dawnchorus.evidence import Array, Evidence, Known


@dataclass(frozen=True)
class Mixup:
    """Each window of a batch is mixed with another one, in one share for the batch (Zhang et al. 2018).

    The share is drawn from Beta(`alpha`, `alpha`). `at` says what is mixed: the `input`, or the network's `last_map` of
    features (Verma et al. 2019). With `absent_too` false only presence is mixed and absence stays as it was. With
    `binarised` a label of either window is a whole label of the mixture, however small its share.

    With `faithful_label_only` what is known is mixed and the sound is not, as in a slip of the memo's.
    """

    alpha: float = 0.1
    at: Literal["input", "last_map"] = "input"
    absent_too: bool = True
    faithful_label_only: bool = False
    binarised: bool = False

    def draw(self, windows: int, rng: np.random.Generator) -> Mix:
        """The share and the partners for a batch."""
        share, order = float(rng.beta(self.alpha, self.alpha)), rng.permutation(windows)
        return Mix(share, order, self.at, self.absent_too, self.faithful_label_only, self.binarised)


@dataclass(frozen=True)
class Mix:
    """One drawn mixture of a batch: `share` of each window, the rest from the window at its place in `order`."""

    share: float
    order: NDArray[np.intp]
    at: Literal["input", "last_map"] = "input"
    absent_too: bool = True
    faithful_label_only: bool = False
    binarised: bool = False

    def sound(self, values: Any) -> Any:
        """Mix planes or feature maps `(window, …)`."""
        if self.faithful_label_only:
            return values
        return self.share * values + (1 - self.share) * values[self.order]

    def known(self, known: Known) -> Known:
        """Mix what is known of the windows."""
        mixed = known.mixed(self.share, self.order, self.absent_too)
        return Known(_binarised(mixed.windows), _binarised(mixed.frames)) if self.binarised else mixed


def _binarised(evidence: Evidence) -> Evidence:
    def whole(weights: Array) -> Array:
        # The zeros make numbers of the booleans, of the kind that the weights were, in numpy and in torch.
        return (weights > 0) + 0 * weights

    return Evidence(whole(evidence.present), whole(evidence.absent))
