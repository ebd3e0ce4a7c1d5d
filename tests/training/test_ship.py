from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dawnchorus.detect.engine import Network
from dawnchorus.networks.backbones import Backbone
from dawnchorus.networks.sed import SedNetwork
from dawnchorus.training.fit import TrainingError
from dawnchorus.training.ship import export, graph_of


def test_the_coordinate_channel_survives_export(tmp_path: Path) -> None:
    settings = SedNetwork(Backbone("test_resnet", "none"), coordinate=True)
    network = settings.build(2, 64, 32).eval()
    planes = np.random.default_rng(0).random((3, 32, 64), np.float32)
    graph = graph_of(network, "coordinate", tmp_path)
    assert export(network, graph, tmp_path / "model.onnx", planes) < 1e-3
    assert Network(tmp_path / "model.onnx")(planes[:1])[0].shape == (1, 2)
    # The same weights without it say something else, so that the file can only have come from the network that has it.
    without = replace(settings, coordinate=False).build(2, 64, 32).eval()
    without.load_state_dict(network.state_dict())
    with pytest.raises(TrainingError, match="differs from torch"):
        export(without, graph, tmp_path / "other.onnx", planes)
