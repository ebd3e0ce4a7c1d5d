"""A tiny experiment that trains in seconds."""

from __future__ import annotations

from dawnchorus import recommended
from dawnchorus.experiment import Experiment
from dawnchorus.features import FrontEnd
from dawnchorus.networks.backbones import Backbone
from dawnchorus.windows import SlidingWindows

FRONT_END = FrontEnd(hop=1024, n_mels=64)


def experiment(steps: tuple[int, int, int] = (2, 2, 2), seed: int = 0) -> Experiment:
    """Three stages of a few steps on a very small network."""
    return recommended.experiment(
        Backbone("test_resnet", "none"), 2, steps, seed, FRONT_END, SlidingWindows(128, 16), batch=4
    )
