import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dawnchorus.calibration.measures import class_mean_calibration_error

# By its file: `calibration` is the name of a folder of tests, too.
calibration = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "calibration.py")))


def test_perfect_probabilities_have_the_error_of_chance_and_others_more() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(size=(320, 8))
    truth = rng.random(p.shape) < p
    chance = calibration.error_of_chance(p)
    assert class_mean_calibration_error(p, truth) == pytest.approx(chance, rel=0.25)
    assert class_mean_calibration_error(np.sqrt(p), truth) > 2 * chance


def test_chance_errs_less_in_larger_tests() -> None:
    small, large = (calibration.error_of_chance(np.full((rows, 2), 0.3), 50) for rows in (100, 10_000))
    assert small > 5 * large > 0
    assert calibration.error_of_chance(np.ones((20, 2)), 3) == 0
