"""Weights in files that nothing can hide code in."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from dawnchorus.files import whole


def save(network: nn.Module, path: Path) -> None:
    """Write weights as safetensors, wholly or not at all."""
    from safetensors.torch import save_file

    with whole(path) as temporary:
        save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, temporary)


def load(network: nn.Module, path: Path) -> None:
    """Load weights that `save` wrote."""
    from safetensors.torch import load_file

    network.load_state_dict(load_file(path))
