"""The loss on whole windows."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from dawnchorus.evidence import Known
from dawnchorus.losses.known_cells import Norm, cross_entropy
from dawnchorus.networks.sed import SedOutput


@dataclass(frozen=True)
class ClipwiseLoss:
    """Cross-entropy of the clipwise logits: `cells` in the memo's first stage, `sum` in its second and third."""

    norm: Norm = "cells"

    def __call__(self, output: SedOutput, known: Known) -> Tensor:
        """Loss over the known `(window, species)` cells."""
        return cross_entropy(output.clipwise, known.windows, self.norm)
