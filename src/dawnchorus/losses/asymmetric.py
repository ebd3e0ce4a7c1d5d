"""Absence that the network already knows counts for nothing: for many absences and few presences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from dawnchorus.evidence import Known
from dawnchorus.losses.known_cells import Norm, normed
from dawnchorus.networks.sed import SedOutput


@dataclass(frozen=True)
class AsymmetricLoss:
    """Cross-entropy with other focal exponents for presence and absence, and a margin (Ridnik et al. 2021).

    A present cell of probability p counts (1 - p) to the power `focal_present`. Of an absent one p - `margin` is taken
    for p, and nothing where that is below 0, so that easy absences have no gradient; it counts to the power
    `focal_absent`. `grain` says whether whole windows or frames are heard.
    """

    grain: Literal["windows", "frames"] = "windows"
    norm: Norm = "own_mass"
    focal_present: float = 0.0
    focal_absent: float = 4.0
    margin: float = 0.05

    def __call__(self, output: SedOutput, known: Known) -> Tensor:
        """Loss over the known cells of the grain."""
        windows = self.grain == "windows"
        logits, evidence = (output.clipwise, known.windows) if windows else (output.framewise, known.frames)
        chance = torch.sigmoid(logits)
        heard = F.softplus(-logits) * (1 - chance) ** self.focal_present
        beyond = (chance - self.margin).clamp(min=0)
        # Cut below 1, where the logarithm has no value and the gradient no end.
        silent = -torch.log1p(-beyond.clamp(max=1 - 1e-6)) * beyond**self.focal_absent
        return normed(heard, silent, evidence, self.norm)
