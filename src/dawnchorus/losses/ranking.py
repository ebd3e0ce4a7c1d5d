"""Species known present should score higher than species known absent in the same window."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dawnchorus.evidence import Known
from dawnchorus.networks.sed import SedOutput


@dataclass(frozen=True)
class RankingLoss:
    """The log-sum-exp pairwise loss, LSEP (Li et al. 2017), over pairs of known cells of a window.

    Each window costs log(1 + sum of w_p w_a exp(z_a - z_p)) over a present cell p and an absent cell a of it; the loss
    is the mean over windows that have such a pair. It knows nothing of how likely a species is, only of their order.
    """

    def __call__(self, output: SedOutput, known: Known) -> Tensor:
        """Mean over the windows that have a pair, 0 without any."""
        present, absent = known.windows.present, known.windows.absent
        pairs = ((present > 0).any(1) & (absent > 0).any(1)).to(output.clipwise.dtype)
        # The sum over pairs is a product of two sums; in logarithms, so that no exponent overflows.
        lowest = torch.logsumexp(_weighed(-output.clipwise, present), 1)
        highest = torch.logsumexp(_weighed(output.clipwise, absent), 1)
        each = torch.nn.functional.softplus(torch.where(pairs > 0, lowest + highest, torch.zeros_like(lowest)))
        return (each * pairs).sum() / pairs.sum().clamp(min=1)


def _weighed(logits: Tensor, weights: Tensor) -> Tensor:
    """Logits plus the logarithm of their weights; a cell without weight is far below all others, without gradient."""
    known = weights > 0
    return torch.where(known, logits + weights.clamp(min=1e-6).log(), torch.full_like(logits, -1e4))
