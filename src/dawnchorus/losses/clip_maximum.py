"""The loss on the loudest moment of each window."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from dawnchorus.evidence import Known
from dawnchorus.losses.known_cells import Norm, cross_entropy
from dawnchorus.networks.sed import SedOutput


@dataclass(frozen=True)
class ClipMaximumLoss:
    """Cross-entropy of each window's highest frame against what is known of the window.

    A species that calls in a window is heard in one frame at least; one that does not, in none. The attention takes no
    part.
    """

    norm: Norm = "cells"

    def __call__(self, output: SedOutput, known: Known) -> Tensor:
        """Loss over the known `(window, species)` cells."""
        return cross_entropy(output.framewise.amax(dim=1), known.windows, self.norm)
