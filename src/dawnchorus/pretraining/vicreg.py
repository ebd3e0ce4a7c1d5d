"""VICReg: views of one place are embedded alike, and embeddings keep their variety (Bardes et al. 2022)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

LEAST_VARIANCE = 1e-4  # added before the root, whose slope at 0 has no end


@dataclass(frozen=True)
class VicReg:
    """Three wishes and their weights.

    `invariance`: the two views of a place have the same embedding. `variance`: each value of the embedding has a
    standard deviation of at least 1 over the batch, so that a network which says the same of everything pays for it.
    `covariance`: no two values say the same.

    The authors weigh invariance as much as variance. Under strong changes and within some hundred steps that keeps
    embeddings narrow, and a backbone forgets more than it learns (`benchmarks/pretraining_probe.py`).
    """

    invariance: float = 5.0
    variance: float = 25.0
    covariance: float = 1.0

    def __call__(self, first: Tensor, second: Tensor) -> Tensor:
        """The loss of the embeddings `(place, value)` of the first and of the second views."""
        spread = (_narrowness(first) + _narrowness(second)) / 2
        redundancy = _redundancy(first) + _redundancy(second)
        return self.invariance * F.mse_loss(first, second) + self.variance * spread + self.covariance * redundancy


def _narrowness(embeddings: Tensor) -> Tensor:
    """How far standard deviations over the batch are below 1, in the mean over the values."""
    return F.relu(1 - torch.sqrt(embeddings.var(dim=0) + LEAST_VARIANCE)).mean()


def _redundancy(embeddings: Tensor) -> Tensor:
    """Squared covariances between different values, summed, a value."""
    covariance = torch.cov(embeddings.T)
    return (covariance.square().sum() - covariance.diagonal().square().sum()) / embeddings.shape[1]
