"""A simulated data set whose features are there."""

from pathlib import Path

import pytest

from dawnchorus import dataset
from dawnchorus.dataset import Prepared
from training import tiny


@pytest.fixture(scope="module")
def prepared(forest: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return dataset.prepare(dataset.load(forest), tmp_path_factory.mktemp("store"), tiny.FRONT_END)
