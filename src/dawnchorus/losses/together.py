"""Several losses at once."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from dawnchorus.evidence import Known
from dawnchorus.losses.clipwise import ClipwiseLoss
from dawnchorus.losses.framewise import FramewiseLoss
from dawnchorus.losses.known_cells import Loss
from dawnchorus.networks.sed import SedOutput


@dataclass(frozen=True)
class Together:
    """The sum of losses, each times its weight."""

    losses: tuple[Loss, ...] = (ClipwiseLoss(), FramewiseLoss())
    weights: tuple[float, ...] = (1.0, 0.5)

    def __post_init__(self) -> None:
        if not self.losses or len(self.losses) != len(self.weights):
            raise ValueError(f"{len(self.losses)} losses need as many weights, not {len(self.weights)}; at least one")

    def __call__(self, output: SedOutput, known: Known) -> Tensor:
        """The weighted sum."""
        terms = [weight * loss(output, known) for loss, weight in zip(self.losses, self.weights, strict=True)]
        return sum(terms[1:], start=terms[0])
