from __future__ import annotations

import pytest
import torch
from torch import nn

from dawnchorus.networks.backbones import Backbone
from dawnchorus.networks.embedding_head import EmbeddingHead
from dawnchorus.networks.folding import SoundAndOnes, folded
from dawnchorus.networks.sed import BackboneSed, SedNetwork

COLUMNS, MELS = 64, 32


def network(name: str = "test_resnet", **settings: object) -> BackboneSed:
    """A network of random weights, whose running means are not those of nothing."""
    torch.manual_seed(0)
    made = SedNetwork(Backbone(name, "none"), **settings).build(3, COLUMNS, MELS)  # type: ignore[arg-type]
    made.train()
    with torch.no_grad():
        made(torch.rand(4, MELS, COLUMNS))
    return made.eval()


@pytest.mark.parametrize("name", ["test_resnet", "resnet18", "tf_efficientnet_lite0"])
def test_a_folded_network_says_the_same(name: str) -> None:
    plain = network(name)
    made = folded(plain)
    assert made is not plain and isinstance(made.picture, SoundAndOnes)
    assert isinstance(plain.picture, nn.Module) and not isinstance(plain.picture, SoundAndOnes)
    for planes in (torch.rand(2, MELS, COLUMNS), torch.zeros(1, MELS, COLUMNS), torch.ones(1, MELS, COLUMNS)):
        with torch.inference_mode():
            for ours, theirs in zip(made(planes), plain(planes), strict=True):
                assert (ours - theirs).abs().max() <= 1e-4 * theirs.abs().max().clamp(min=1.0)


def test_a_bias_in_place_of_the_ones_says_something_else_at_the_edges() -> None:
    plain = network()
    made = folded(plain)
    (first,) = (one for one in made.maps.modules() if isinstance(one, nn.Conv2d) and one.in_channels == 2)
    planes = torch.rand(1, MELS, COLUMNS)
    (was,) = (one for one in plain.maps.modules() if isinstance(one, nn.Conv2d) and one.in_channels == 3)
    with torch.inference_mode():
        wanted = was(plain.picture(planes))
        sound = nn.functional.conv2d(
            made.picture(planes)[:, :1], first.weight[:, :1], None, first.stride, first.padding
        )
        biased = sound + first.weight[:, 1].sum((1, 2)).view(1, -1, 1, 1)
        inside = (slice(None), slice(None), slice(2, -2), slice(2, -2))
        assert torch.allclose(biased[inside], wanted[inside], atol=1e-4)
        assert not torch.allclose(biased, wanted, atol=1e-2)
        assert torch.allclose(first(made.picture(planes)), wanted, atol=1e-4)


def test_channels_that_differ_are_not_folded() -> None:
    plain = network(coordinate=True)
    assert folded(plain) is plain


def test_a_network_on_embeddings_has_nothing_to_fold() -> None:
    plain = EmbeddingHead().build(2, 8, 16).eval()
    assert folded(plain) is plain


def test_what_would_say_something_else_is_not_folded() -> None:
    class Standardised(nn.Conv2d):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self._conv_forward(x, self.weight - self.weight.mean((1, 2, 3), keepdim=True), self.bias)

    plain = network()
    (first,) = (one for one in plain.maps.modules() if isinstance(one, nn.Conv2d) and one.in_channels == 3)
    first.__class__ = Standardised
    assert folded(plain) is plain
