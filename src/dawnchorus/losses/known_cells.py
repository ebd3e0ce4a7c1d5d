"""Cross-entropy over known cells: the term that every loss is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from dawnchorus.evidence import Evidence, Known

if TYPE_CHECKING:
    from dawnchorus.networks.sed import SedOutput

Norm = Literal["sum", "cells", "own_mass", "species_mass"]


class Loss(Protocol):
    """Anything that turns a network's output and what is known into a number to make small."""

    def __call__(self, output: SedOutput, known: Known) -> Tensor:
        """The loss of one batch: a tensor without axes."""
        ...


def cross_entropy(
    logits: Tensor,
    evidence: Evidence,
    norm: Norm,
    focal_present: float = 0.0,
    focal_absent: float = 0.0,
    absent: float = 1.0,
) -> Tensor:
    """Cross-entropy of logits against evidence of the same shape, over known cells.

    `norm` divides: `sum` by nothing, `cells` by the number of cells, known or not, `own_mass` the present part by
    the weight of all that is present and the absent part by the weight of all that is absent, so that neither drowns
    the other. `species_mass` does the same species by species and takes their mean: a species with long calls, or with
    many FP boxes, counts no more than another.

    The focal exponents make cells that the network already answers well count less (Lin et al. 2017): a present cell of
    probability p counts (1 - p) to the power `focal_present`, an absent one p to the power `focal_absent`; 0 leaves all
    alike. The whole absent part is multiplied by `absent`.
    """
    heard = _focal(F.softplus(-logits), logits, focal_present)
    silent = _focal(F.softplus(logits), -logits, focal_absent)
    return normed(heard, silent * absent, evidence, norm)


def normed(heard: Tensor, silent: Tensor, evidence: Evidence, norm: Norm) -> Tensor:
    """One number from what cells cost if present (`heard`) and if absent (`silent`), weighed by the evidence."""
    present, absent = evidence.present * heard, evidence.absent * silent
    if norm == "sum":
        return present.sum() + absent.sum()
    if norm == "cells":
        return (present.sum() + absent.sum()) / heard.numel()
    summed = tuple(range(heard.dim() - (norm == "species_mass")))
    parts = [
        # Below one whole cell of weight, dividing by it would make a whisper shout.
        part.sum(summed) / weight.sum(summed).clamp(min=1)
        for part, weight in ((present, evidence.present), (absent, evidence.absent))
    ]
    return (parts[0] + parts[1]).mean()


def _focal(cost: Tensor, logits: Tensor, exponent: float) -> Tensor:
    """The cost of each cell times (1 - p) to the power `exponent`, p the probability of the logits."""
    if exponent == 0:
        return cost
    # 1 - p = exp(-softplus(z)): as 1 - sigmoid(z) it would lose its digits, and its gradient, where p is near 1.
    return cost * torch.exp(-exponent * F.softplus(logits))
