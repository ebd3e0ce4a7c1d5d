"""Probabilities and log odds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

EDGE = 1e-6
"""Scores and prevalences nearer to 0 or 1 than this count as this: float16 stores reach 0 and 1, and logits do not."""

LEAST_SLOPE = 0.01
"""No map is flatter: where labels say that scores mean nothing, the order of the scores stays all the same."""


def expit(x: NDArray[np.floating] | float) -> Floats:
    """Probabilities of log odds. SciPy's takes a fifth of a second to import, which every worker would wait for."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -np.asarray(x, np.float64))))


def logit(p: NDArray[np.floating] | float) -> Floats:
    """Log odds of probabilities; infinite for 0 and 1."""
    p = np.asarray(p, np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(p) - np.log1p(-p))


def logits(values: NDArray[np.floating] | float) -> Floats:
    """Log odds of probabilities, those of 0 and 1 finite (EDGE)."""
    return np.asarray(logit(np.clip(np.asarray(values, np.float64), EDGE, 1 - EDGE)))
