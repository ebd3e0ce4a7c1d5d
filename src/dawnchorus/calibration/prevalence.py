"""How common presence is: among known cells, among all recordings, and probabilities carried from one to the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dawnchorus.calibration.odds import Floats, expit, logit, logits
from dawnchorus.evidence import Evidence


def labelled_prior(known: Evidence, strength: float = 2.0) -> Floats:
    """The share of presence among what is known of each species `(species,)`: the prior that `platt` has learnt.

    The share among all species counts as `strength` more cells; one half where nothing is known at all.
    """
    present, total = known.present.sum(axis=0), (known.present + known.absent).sum(axis=0)
    pooled = present.sum() / total.sum() if total.sum() else 0.5
    return np.asarray((present + strength * pooled) / (total + strength), np.float64)


def shifted(probabilities: NDArray[np.floating], prior_from: Floats | float, prior_to: Floats | float) -> Floats:
    """Probabilities `(..., species)` where each species' prevalence `(species,)` is another, by Bayes' rule.

    Presence is taken to sound the same in both places (label shift); only how often it occurs differs.
    """
    moved = logits(prior_to) - logits(prior_from)
    return np.asarray(expit(logit(np.asarray(probabilities, np.float64)) + moved))


def prevalence_by_em(
    probabilities: NDArray[np.floating], prior: Floats, most_rounds: int = 1000, tolerance: float = 1e-6
) -> Floats:
    """Each species' prevalence `(species,)` among recordings of which nothing is known (Saerens et al. 2002).

    `probabilities` are theirs, `(recording, species)`, calibrated for the prevalence `prior` `(species,)`. They are
    shifted to the prevalence found so far, and their mean is the next, until none moves by `tolerance`: the most likely
    prevalence, if presence sounds the same here and where the probabilities were learnt.
    """
    found = np.asarray(prior, np.float64)
    for _ in range(most_rounds):
        before, found = found, shifted(probabilities, prior, found).mean(axis=0)
        if np.abs(found - before).max() < tolerance:
            break
    return found
