"""The same network with less to compute, for detection: one channel of sound where a picture has three.

A picture network sees one plane three times, each time normalised otherwise: x -> (x - m) / d. Its first convolution is
linear, so that its weights can take that in: W = sum of w / d over the channels, and a second channel of ones with the
weights -(sum of w * m / d). The ones are what a bias would be in the middle of a picture; but at its edge the network
saw zeros beyond the normalised sound, which is m, another value in each channel, and no bias and no value to pad with
gives that. Ones that are padded with zeros do. What is folded therefore says the same everywhere, but for rounding.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from dawnchorus.networks.sed import BackboneSed, Picture, Sed

TOLERANCE = 1e-4  # of logits, against the largest of them or 1: ten times what rounding in float32 makes


class SoundAndOnes(nn.Module):
    """Planes `(window, mel, column)` as `(window, 2, column, mel)`: the sound as it is, and ones."""

    def forward(self, planes: Tensor) -> Tensor:
        """Planes to pictures of two channels."""
        sound = planes.transpose(1, 2).unsqueeze(1)
        ones = sound * 0 + 1  # `ones_like` becomes a broadcast, which costs OpenVINO what the folding gains
        return torch.cat([sound, ones], dim=1)


def folded(network: Sed) -> Sed:
    """A network in evaluation mode, its normalisation folded into its first convolution; itself if that can't be done.

    It can't where the picture's channels differ (`coordinate`), or where not one plain convolution alone sees it: what
    was folded is tried on noise, and must say what the network says.
    """
    if not isinstance(network, BackboneSed) or not isinstance(network.picture, Picture):
        return network
    if network.picture.places is not None:
        return network
    made = copy.deepcopy(network)
    seeing = [one for one in made.maps.modules() if isinstance(one, nn.Conv2d) and one.in_channels == 3]
    if len(seeing) != 1 or seeing[0].groups != 1:
        return network
    _fold(seeing[0], network.picture)
    made.picture = SoundAndOnes()
    return made if _same(network, made) else network


def _fold(first: nn.Conv2d, picture: Picture) -> None:
    weight = first.weight.detach().double() / picture.deviation.double()
    sound = weight.sum(1, keepdim=True)
    ones = -(weight * picture.mean.double()).sum(1, keepdim=True)
    first.weight = nn.Parameter(torch.cat([sound, ones], dim=1).to(first.weight.dtype))
    first.in_channels = 2


def _same(network: BackboneSed, made: BackboneSed) -> bool:
    noise = torch.rand(1, network.rows, network.columns, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        ours, theirs = made(noise).framewise, network(noise).framewise
    return bool((ours - theirs).abs().max() <= TOLERANCE * theirs.abs().max().clamp(min=1.0))
