import pytest
import torch

from dawnchorus.networks.embedding_head import EmbeddingHead

HEADS = [EmbeddingHead(), EmbeddingHead(hidden=8), EmbeddingHead(hidden=8, context=5)]


@pytest.mark.parametrize("settings", HEADS)
def test_a_head_scores_every_embedding_and_every_window(settings: EmbeddingHead) -> None:
    output = settings.build(3, 12, 16)(torch.randn(2, 16, 12))
    assert output.clipwise.shape == (2, 3)
    assert output.framewise.shape == output.attention.shape == (2, 12, 3)


@pytest.mark.parametrize(("settings", "reach"), [(HEADS[0], 0), (HEADS[1], 0), (HEADS[2], 2)])
def test_a_frame_hears_no_farther_than_its_context(settings: EmbeddingHead, reach: int) -> None:
    network = settings.build(1, 12, 16).eval()
    planes = torch.randn(1, 16, 12)
    changed = planes.clone()
    changed[:, :, 6] += torch.randn(16)
    moved = (network(planes).framewise - network(changed).framewise).abs()[0, :, 0] > 1e-6
    assert moved.nonzero().flatten().tolist() == list(range(6 - reach, 7 + reach))


def test_the_loudness_of_an_embedding_does_not_count() -> None:
    network, planes = EmbeddingHead().build(2, 4, 16).eval(), torch.randn(1, 16, 4)
    assert torch.allclose(network(planes).framewise, network(5 * planes).framewise, atol=1e-4)


def test_a_context_has_a_middle_and_something_to_gather_it_in() -> None:
    with pytest.raises(ValueError, match="odd number"):
        EmbeddingHead(8, context=4)
    with pytest.raises(ValueError, match="hidden"):
        EmbeddingHead(0, context=3)
