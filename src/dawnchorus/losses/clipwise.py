"""The loss on whole windows."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from dawnchorus.evidence import Known
from dawnchorus.losses.known_cells import Norm, cross_entropy
from dawnchorus.networks.sed import SedOutput


@dataclass(frozen=True)
class ClipwiseLoss:
    """Cross-entropy of the clipwise logits: `cells` in the memo's first stage, `sum` in its second and third.

    Where the network is already right, cells count less with the focal exponents `focal_present` and `focal_absent`
    (Lin et al. 2017). `absent` is the weight of absence: with 0 it listens to presence alone.
    """

    norm: Norm = "cells"
    focal_present: float = 0.0
    focal_absent: float = 0.0
    absent: float = 1.0

    def __call__(self, output: SedOutput, known: Known) -> Tensor:
        """Loss over the known `(window, species)` cells."""
        return cross_entropy(
            output.clipwise, known.windows, self.norm, self.focal_present, self.focal_absent, self.absent
        )
