"""CBAM: a feature map weighs its channels, then its places (Woo et al. 2018)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Cbam(nn.Module):
    """Channel attention, then spatial attention, on a map `(window, channel, frame, mel)`; the shape stays."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        inner = max(1, channels // reduction)
        self.channels = nn.Sequential(
            nn.Conv2d(channels, inner, 1, bias=False), nn.ReLU(), nn.Conv2d(inner, channels, 1, bias=False)
        )
        self.places = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """The same map, weighed."""
        mean = self.channels(features.mean((2, 3), keepdim=True))
        highest = self.channels(features.amax((2, 3), keepdim=True))
        features = features * torch.sigmoid(mean + highest)
        seen = torch.cat([features.mean(1, keepdim=True), features.amax(1, keepdim=True)], dim=1)
        weighed: Tensor = features * torch.sigmoid(self.places(seen))
        return weighed
