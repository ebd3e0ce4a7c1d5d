import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit

from dawnchorus.calibration.measures import class_mean_calibration_error
from dawnchorus.evidence import Evidence

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))  # as scripts, which import each other
try:
    ways = importlib.import_module("calibration_ways")
finally:
    sys.path.pop(0)


def heard(stages: tuple[str, ...]) -> tuple[SimpleNamespace, np.ndarray, np.ndarray]:
    """Stages that tell a species in 0.3 of 400 recordings, another in 0.6; scores and truth of as many new ones."""
    rng = np.random.default_rng(0)
    truth = rng.random((800, 2)) < (0.3, 0.6)
    scores = expit(np.where(truth, 2, -2) + rng.normal(0, 1, truth.shape)).astype(np.float32)
    boxed = np.zeros((400, 2), np.float32)
    for species in (0, 1):
        boxed[np.flatnonzero(truth[:400, species])[:15], species] = 1
    known = Evidence(boxed, np.zeros_like(boxed))
    of_boxes = Evidence(truth[:100].astype(np.float32), (~truth[:100]).astype(np.float32))
    said = SimpleNamespace(
        scores=dict.fromkeys(stages, scores[:400]),
        known=dict.fromkeys(stages, known),
        boxes=(scores[:100], of_boxes),
    )
    return said, scores[400:], truth[400:]


@pytest.mark.parametrize("stages", [("known",), ("known", "round-1", "student")])
def test_where_all_assumptions_hold_every_way_is_honest(stages: tuple[str, ...]) -> None:
    said, scores, truth = heard(stages)
    for way, maps in ways.ways(said, stages, scores).items():
        found = ways.figures(maps, said.scores[stages[-1]], scores, truth)
        assert found["ECE, macro"] < 0.07, way
        assert found["precision there"] == pytest.approx(0.9, abs=0.07), way
    as_they_are = class_mean_calibration_error(np.full_like(scores, 0.5), truth)
    assert as_they_are > 0.1  # and not every probability would pass


def test_one_stage_is_trained_as_its_mixture_says() -> None:
    said, scores, _ = heard(("known",))
    found = ways.ways(said, ("known",), scores)
    assert found["as trained"] == found["mixture"] == found["as the teacher says"]
