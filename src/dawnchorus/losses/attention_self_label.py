"""The attention is told to look where the network itself hears something."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from dawnchorus.evidence import Known
from dawnchorus.networks.sed import SedOutput


@dataclass(frozen=True)
class AttentionSelfLabel:
    """Cross-entropy of the attention against the network's own frames: those of probability `threshold` or more.

    It knows nothing of what people said: every cell `(window, frame, species)` counts, and only the attention learns.
    As in the memo, attention that is already a softmax over time (values from 0 to 1) is taken as a logit, so that even
    where it is 0 it says one half. The memo weighs species by their rarity here; we take each weight as 1.
    """

    threshold: float = 0.7

    def __call__(self, output: SedOutput, known: Known) -> Tensor:
        """The mean over all cells, whatever is known of them."""
        heard = (torch.sigmoid(output.framewise.detach()) >= self.threshold).to(output.attention.dtype)
        return F.binary_cross_entropy_with_logits(torch.softmax(output.attention, dim=1), heard)
