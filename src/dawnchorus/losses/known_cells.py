"""Cross-entropy over known cells: the term that every loss is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import torch.nn.functional as F
from torch import Tensor

from dawnchorus.evidence import Evidence, Known

if TYPE_CHECKING:
    from dawnchorus.networks.sed import SedOutput

Norm = Literal["sum", "cells", "own_mass"]


class Loss(Protocol):
    """Anything that turns a network's output and what is known into a number to make small."""

    def __call__(self, output: SedOutput, known: Known) -> Tensor:
        """The loss of one batch: a tensor without axes."""
        ...


def cross_entropy(logits: Tensor, evidence: Evidence, norm: Norm) -> Tensor:
    """Cross-entropy of logits against evidence of the same shape, over known cells.

    `norm` divides: `sum` by nothing, `cells` by the number of cells, known or not, `own_mass` the present part by
    the weight of all that is present and the absent part by the weight of all that is absent, so that neither drowns
    the other.
    """
    present = (evidence.present * F.softplus(-logits)).sum()
    absent = (evidence.absent * F.softplus(logits)).sum()
    if norm == "sum":
        return present + absent
    if norm == "cells":
        return (present + absent) / logits.numel()
    # Below one whole cell of weight, dividing by it would make a whisper shout.
    return present / evidence.present.sum().clamp(min=1) + absent / evidence.absent.sum().clamp(min=1)
