"""The facts of every loss that listens to people: they hold for each class in the folder but the self-labels."""

import importlib
import math
import pkgutil
from dataclasses import is_dataclass

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dawnchorus import losses
from dawnchorus.evidence import Evidence, Known
from dawnchorus.losses.attention_self_label import AttentionSelfLabel
from dawnchorus.losses.clip_maximum import ClipMaximumLoss
from dawnchorus.losses.clipwise import ClipwiseLoss
from dawnchorus.losses.framewise import FramewiseLoss
from dawnchorus.losses.known_cells import Loss, cross_entropy
from dawnchorus.losses.together import Together
from dawnchorus.networks.sed import SedOutput

WINDOWS, FRAMES, SPECIES = 3, 4, 2

# What it learns from is the network's own word: nothing that people know or do not know changes it. Its own facts are
# in test_attention_self_label.py.
SELF_LABELS = {AttentionSelfLabel}
# These hear the frames of a window through what is known of the window.
FRAMES_OF_KNOWN_WINDOWS = {ClipMaximumLoss}


def all_losses() -> list[type]:
    modules = [importlib.import_module(f"dawnchorus.losses.{m.name}") for m in pkgutil.iter_modules(losses.__path__)]
    found = {v for m in modules for v in vars(m).values() if isinstance(v, type) and is_dataclass(v) and callable(v)}
    ours = {one for one in found if one.__module__.startswith("dawnchorus.losses")}
    assert ours >= SELF_LABELS
    return sorted(ours - SELF_LABELS, key=lambda one: one.__name__)


def known_frames(kind: type, told: Known) -> torch.Tensor:
    """The framewise cells that a loss may learn from."""
    if kind in FRAMES_OF_KNOWN_WINDOWS:
        return told.windows.known[:, None].expand(-1, FRAMES, -1)
    return told.frames.known


def output(seed: int = 0) -> SedOutput:
    generator = torch.Generator().manual_seed(seed)
    frames = torch.randn(WINDOWS, FRAMES, SPECIES, generator=generator, requires_grad=True)
    clip = torch.randn(WINDOWS, SPECIES, generator=generator, requires_grad=True)
    return SedOutput(clip, frames, torch.zeros_like(frames))


def known(seed: int = 0, share: float = 0.5) -> Known:
    generator = torch.Generator().manual_seed(seed)

    def evidence(*shape: int) -> Evidence:
        kinds = torch.rand(2, *shape, generator=generator) < share
        return Evidence(kinds[0].float(), kinds[1].float())

    return Known(evidence(WINDOWS, SPECIES), evidence(WINDOWS, FRAMES, SPECIES))


@pytest.mark.parametrize("kind", all_losses())
def test_an_unknown_cell_has_no_gradient(kind: type) -> None:
    loss: Loss = kind()
    said, told = output(), known()
    loss(said, told).backward()
    for logits, cells in ((said.clipwise, told.windows.known), (said.framewise, known_frames(kind, told))):
        if logits.grad is not None:
            assert (logits.grad[~cells] == 0).all()


@pytest.mark.parametrize("kind", all_losses())
def test_changing_an_unknown_cell_changes_nothing(kind: type) -> None:
    loss: Loss = kind()
    said, told = output(), known()
    moved = SedOutput(
        torch.where(told.windows.known, said.clipwise, said.clipwise + 7),
        torch.where(known_frames(kind, told), said.framewise, said.framewise - 9),
        said.attention,
    )
    assert torch.equal(loss(said, told), loss(moved, told))


@pytest.mark.parametrize("kind", all_losses())
def test_a_batch_of_which_nothing_is_known_has_loss_0_and_finite_gradients(kind: type) -> None:
    loss: Loss = kind()
    said = output()
    value = loss(said, known(share=0.0))
    value.backward()
    assert value.item() == 0
    assert all(logits.grad is None or torch.isfinite(logits.grad).all() for logits in said[:2])


@given(st.floats(-30, 30), st.floats(0, 1), st.floats(0, 3))
def test_a_soft_label_costs_what_cross_entropy_says(logit: float, probability: float, confidence: float) -> None:
    evidence = Evidence(torch.tensor([confidence * probability]), torch.tensor([confidence * (1 - probability)]))
    ours = cross_entropy(torch.tensor([logit]), evidence, "sum").item()
    theirs = torch.nn.functional.binary_cross_entropy_with_logits(torch.tensor([logit]), torch.tensor([probability]))
    assert math.isclose(ours, confidence * theirs.item(), rel_tol=1e-4, abs_tol=1e-5)


def test_the_norms_by_hand() -> None:
    # Logits 0: every known cell costs ln 2. Two present, one absent, one unknown.
    logits = torch.zeros(2, 2)
    evidence = Evidence(torch.tensor([[1.0, 1.0], [0, 0]]), torch.tensor([[0.0, 0.0], [1, 0]]))
    ln2 = math.log(2)
    assert cross_entropy(logits, evidence, "sum").item() == pytest.approx(3 * ln2)
    assert cross_entropy(logits, evidence, "cells").item() == pytest.approx(3 * ln2 / 4)
    assert cross_entropy(logits, evidence, "own_mass").item() == pytest.approx(2 * ln2)


def test_together_is_the_weighted_sum() -> None:
    said, told = output(), known()
    both = Together((ClipwiseLoss(), FramewiseLoss()), (2.0, 0.5))(said, told)
    assert both.item() == pytest.approx(
        2 * ClipwiseLoss()(said, told).item() + 0.5 * FramewiseLoss()(said, told).item()
    )
    with pytest.raises(ValueError, match="weights"):
        Together((ClipwiseLoss(),), (1.0, 2.0))
