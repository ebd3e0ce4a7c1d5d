import pytest
import torch

from dawnchorus.networks.backbones import Backbone
from dawnchorus.networks.sed import SedNetwork
from dawnchorus.pretraining.learner import Pretraining
from dawnchorus.pretraining.views import Views

TINY = SedNetwork(Backbone("test_resnet", "none"))
SETTINGS = Pretraining(views=Views(columns=64), width=16)


@pytest.mark.parametrize("network", [TINY, SedNetwork(Backbone("test_resnet", "none", 8, fused=True))])
def test_a_view_becomes_one_embedding(network: SedNetwork) -> None:
    learner = SETTINGS.learner(network, rows=64)
    embeddings = learner(torch.rand(4, 64, 64))
    assert embeddings.shape == (4, 16) and embeddings.dtype == torch.float32
    embeddings.sum().backward()
    assert all(one.grad is not None for one in learner.backbone.parameters())


def test_it_learns_what_the_head_would_be_given() -> None:
    learner = SETTINGS.learner(TINY, rows=64).eval()
    planes = torch.rand(2, 64, 64)
    with torch.inference_mode():
        line = learner.network.line(planes)
        assert line.shape == (2, learner.network.score.in_channels, 2)
        framewise = learner.network.score(line).transpose(1, 2)
        torch.testing.assert_close(framewise, learner.network(planes).framewise)


def test_a_transformer_is_refused() -> None:
    with pytest.raises(ValueError, match="is a transformer"):
        SETTINGS.learner(SedNetwork(Backbone("vit_tiny_patch16_224", "none", 16)), rows=64)


def test_a_view_is_a_whole_number_of_frames() -> None:
    with pytest.raises(ValueError, match="no whole number of 32-column frames"):
        Pretraining(views=Views(columns=50)).learner(TINY, rows=64)


def test_one_place_has_no_variety() -> None:
    with pytest.raises(ValueError, match="batch 1 at least 2"):
        Pretraining(batch=1)
