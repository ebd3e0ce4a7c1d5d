"""The loss on frames."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from dawnchorus.evidence import Known
from dawnchorus.losses.known_cells import Norm, cross_entropy
from dawnchorus.networks.sed import SedOutput


@dataclass(frozen=True)
class FramewiseLoss:
    """Cross-entropy of the framewise logits over the frames of which something is known."""

    norm: Norm = "own_mass"

    def __call__(self, output: SedOutput, known: Known) -> Tensor:
        """Loss over the known `(window, frame, species)` cells."""
        return cross_entropy(output.framewise, known.frames, self.norm)
