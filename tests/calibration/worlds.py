"""Scores, truth and labels that tests of calibration draw."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from scipy.special import expit

from dawnchorus.calibration.tables import SpeciesCalibration
from dawnchorus.evidence import Evidence


def told(truth: np.ndarray, known: np.ndarray | None = None) -> Evidence:
    """The truth itself in the known cells."""
    known = np.ones_like(truth) if known is None else known
    return Evidence((truth & known).astype(np.float32), (~truth & known).astype(np.float32))


def world(
    rows: int, prevalence: list[float], absent: float = -4.0, present: float = -1.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Scores and truth `(row, species)`: two Gaussians of variance 1 in logits."""
    rng = np.random.default_rng(seed)
    truth = rng.random((rows, len(prevalence))) < prevalence
    return expit(rng.normal(np.where(truth, present, absent))), truth


def honest(a: float, b: float, prevalence: float) -> SpeciesCalibration:
    return SpeciesCalibration(a, b, prevalence, "mixture", 12, 3)


@st.composite
def labelled(draw: st.DrawFn) -> tuple[np.ndarray, Evidence]:
    """Scores on a grid with 0 and 1, and knowledge that need not fit them, in cells `(row, species)`."""
    shape = draw(st.integers(2, 30)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    known = rng.random(shape) < draw(st.floats(0, 0.9))
    return rng.integers(0, 101, shape) / 100, told(rng.random(shape) < draw(st.floats(0, 1)), known)
