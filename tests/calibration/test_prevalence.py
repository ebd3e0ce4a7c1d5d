from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from calibration.worlds import world
from dawnchorus.calibration.platt import Platt
from dawnchorus.calibration.prevalence import labelled_prior, prevalence_by_em, shifted
from dawnchorus.evidence import Evidence


def test_the_labelled_prior_by_hand():
    known = Evidence(np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0]]), np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]]))
    # all species: 3 of 4; two cells more of that share
    assert labelled_prior(known).tolist() == pytest.approx([(3 + 1.5) / 5, 1.5 / 3, 0.75])
    assert labelled_prior(Evidence.unknown(3, 2)).tolist() == [0.5, 0.5]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10), st.floats(0, 1))
@settings(deadline=None)
def test_a_shift_to_the_same_prevalence_changes_nothing(probabilities, prior):
    p = np.array(probabilities)[:, None]
    np.testing.assert_allclose(shifted(p, prior, np.array([prior])), p, rtol=1e-9, atol=1e-300)


def test_a_shift_by_hand():
    # odds 1 become 1 * (1/9) / (1/1): of ten, one
    assert shifted(np.array([0.5]), 0.5, 0.1) == pytest.approx(0.1)
    assert shifted(np.array([0.0, 1.0]), 0.5, 0.1).tolist() == [0, 1]
    there_and_back = shifted(shifted(np.array([0.3]), 0.5, 0.1), 0.1, 0.5)
    assert there_and_back == pytest.approx(0.3)


def test_a_map_is_shifted_as_what_it_says_is():
    scores, one = np.array([0.01, 0.3, 0.8]), Platt(0.7, -0.4)
    np.testing.assert_allclose(one.shifted(0.4, 0.05)(scores), shifted(one(scores), 0.4, 0.05))


@pytest.mark.parametrize("now", [0.02, 0.1, 0.7])
def test_em_finds_the_prevalence_that_moved(now):
    scores, truth = world(20_000, [now, 0.3])
    prior = np.array([0.4, 0.4])
    # Bayes' rule on the Gaussians -4 and -1: log odds 3 * (x + 2.5), and those of the prior
    probabilities = expit(3 * (logit(scores) + 2.5) + logit(prior))
    found = prevalence_by_em(probabilities, prior)
    np.testing.assert_allclose(found, truth.mean(axis=0), atol=0.01)
