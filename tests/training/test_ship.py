from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from dawnchorus.detect.engine import Network
from dawnchorus.networks.backbones import Backbone
from dawnchorus.networks.sed import SedNetwork
from dawnchorus.training import ship
from dawnchorus.training.fit import TrainingError
from dawnchorus.training.ship import export, graph_of


def test_the_coordinate_channel_survives_export(tmp_path: Path) -> None:
    settings = SedNetwork(Backbone("test_resnet", "none"), coordinate=True)
    network = settings.build(2, 64, 32).eval()
    planes = np.random.default_rng(0).random((3, 32, 64), np.float32)
    graph = graph_of(network, "coordinate", tmp_path)
    assert export(network, graph, tmp_path / "model.onnx", planes) < 1e-3
    assert Network(tmp_path / "model.onnx")(planes[:1])[0].shape == (1, 2)
    # The same weights without it have another graph, so that the file can only have come from the network that has it.
    without = replace(settings, coordinate=False).build(2, 64, 32).eval()
    without.load_state_dict(network.state_dict())
    with pytest.raises(TrainingError, match="another network"):
        export(without, graph, tmp_path / "other.onnx", planes)


def test_a_file_that_says_something_else_is_refused(tmp_path: Path) -> None:
    settings = SedNetwork(Backbone("test_resnet", "none"), clamp_attention=1e-3)
    torch.manual_seed(10)  # with some weights all frames say the same, and the clamp changes nothing
    network = settings.build(2, 64, 32).eval()
    with torch.no_grad():
        network.attend.weight *= 100
        network.score.weight *= 100
    planes = np.random.default_rng(0).random((3, 32, 64), np.float32)
    graph = graph_of(network, "clamped", tmp_path)
    free = replace(settings, clamp_attention=None).build(2, 64, 32).eval()
    free.load_state_dict(network.state_dict())
    with pytest.raises(TrainingError, match="differs from torch"):
        export(free, graph, tmp_path / "other.onnx", planes)


def test_the_file_of_a_folded_network_says_what_that_of_the_network_says(tmp_path: Path, monkeypatch) -> None:
    network = SedNetwork(Backbone("test_resnet", "none")).build(2, 64, 32).eval()
    planes = np.random.default_rng(0).random((3, 32, 64), np.float32)
    export(network, graph_of(network, "shape", tmp_path), tmp_path / "folded.onnx", planes)
    monkeypatch.setattr(ship, "folded", lambda network: network)
    export(network, graph_of(network, "shape", tmp_path), tmp_path / "plain.onnx", planes)
    channels = [_first_channels(tmp_path / f"{name}.onnx") for name in ("folded", "plain")]
    assert channels == [2, 3]
    edges = np.zeros((3, 32, 64), np.float32)  # nothing inside, so that what lies beyond the edge is most of it
    for heard in (planes, edges, np.ones_like(edges)):
        pairs = zip(Network(tmp_path / "folded.onnx")(heard), Network(tmp_path / "plain.onnx")(heard), strict=True)
        assert all(np.abs(ours - theirs).max() < 1e-5 for ours, theirs in pairs)


def _first_channels(path: Path) -> int:
    """How many channels the first convolution of a file sees."""
    graph = onnx.load(path).graph
    first = next(node for node in graph.node if node.op_type == "Conv")
    channels: int = next(one.dims[1] for one in graph.initializer if one.name == first.input[1])
    return channels
