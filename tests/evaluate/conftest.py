"""A run of which every fold said something."""

from __future__ import annotations

from pathlib import Path

import pytest

from dawnchorus.run_folder import RunFolder
from evaluate.runs import PARTIAL, a_run, of_truth


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return a_run(tmp_path, of_truth(PARTIAL, "abc"))
