"""Small data that many tests share."""

from __future__ import annotations

import os
from pathlib import Path

# Tiny networks: threads cost more than they give, five times as much on a busy machine. Set before torch is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings

from dawnchorus.simulate import Simulation, simulate

# A busy machine is slow at times; what is timed is in `benchmarks`.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

TINY_FOREST = Simulation(
    recordings=8, test_recordings=4, species=2, seconds=10, tp_per_species=4, fp_per_species=6, sites=5, seed=3
)


@pytest.fixture(scope="session")
def forest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated data set: 8 training recordings of 10 s, two species."""
    folder = tmp_path_factory.mktemp("forest") / "data"
    simulate(folder, TINY_FOREST)
    return folder
