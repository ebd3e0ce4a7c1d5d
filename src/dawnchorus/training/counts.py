"""How many labels a fit learnt from, of people and of models."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.evidence import Evidence
from dawnchorus.training.batches import Lesson
from dawnchorus.windows import EventCrops


def called_present(told: Evidence) -> NDArray[np.bool_]:
    """Where labels, hard or soft, speak more for presence than for absence: booleans of their shape."""
    called: NDArray[np.bool_] = told.present > told.absent
    return called


def label_counts(lesson: Lesson) -> dict[str, Any]:
    """How many boxes people gave, and how many windows the pseudo-labels added, for each species.

    What a person said already is not counted again. `pseudo_mass` is the weight of their presence, which with soft
    labels says more than a count.
    """
    boxes = [box for its in lesson.annotations.values() for box in its]
    n_species = lesson.n_species
    counts: dict[str, Any] = {
        "annotated_present": np.bincount([b.species for b in boxes if b.present], minlength=n_species).tolist(),
        "annotated_absent": np.bincount([b.species for b in boxes if not b.present], minlength=n_species).tolist(),
        "pseudo_present": [0] * n_species,
        "pseudo_absent": [0] * n_species,
        "pseudo_mass": [0.0] * n_species,
    }
    if lesson.stage.pseudo_labels is not None and not isinstance(lesson.stage.windows, EventCrops):
        taught = lesson.taught(lesson.windows()).windows
        present = called_present(taught)
        counts["pseudo_present"] = present.sum(axis=0).tolist()
        counts["pseudo_absent"] = (taught.known & ~present).sum(axis=0).tolist()
        counts["pseudo_mass"] = taught.present.sum(axis=0).round(2).tolist()
    return counts
