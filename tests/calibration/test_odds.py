from __future__ import annotations

import numpy as np

from calibration.test_tables import KEPT


def test_certain_scores_give_finite_odds():
    applied = KEPT.apply(np.array([[0.0, 1.0]]))
    assert ((applied > 0) & (applied < 1)).all()
