"""How many labels a fit learnt from, of people and of models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from dawnchorus.evidence import Known
from dawnchorus.labels.annotated_only import AnnotatedOnly
from dawnchorus.training.batches import Lesson
from dawnchorus.windows import EventCrops, Window


def label_counts(lesson: Lesson) -> dict[str, Any]:
    """How many boxes people gave, and how many windows the pseudo-labels added, for each species.

    What a person said already is not counted again, and no call that was pasted. `pseudo_mass` is the weight of their
    presence, which with soft labels says more than a count. `agreement` says how far they agree with people, whose
    boxes of these recordings the teachers never had (`_agreement`).
    """
    boxes = [box for key, its in lesson.annotations.items() if key not in lesson.pasted for box in its]
    n_species = lesson.n_species
    counts: dict[str, Any] = {
        "annotated_present": np.bincount([b.species for b in boxes if b.present], minlength=n_species).tolist(),
        "annotated_absent": np.bincount([b.species for b in boxes if not b.present], minlength=n_species).tolist(),
        "pseudo_present": [0] * n_species,
        "pseudo_absent": [0] * n_species,
        "pseudo_mass": [0.0] * n_species,
    }
    if lesson.stage.pseudo_labels is not None and not isinstance(lesson.stage.windows, EventCrops):
        windows = [window for window in lesson.windows() if window.recording not in lesson.pasted]
        told = lesson.told(windows)
        taught = lesson.taught(windows, told).windows
        present = taught.called
        counts["pseudo_present"] = present.sum(axis=0).tolist()
        counts["pseudo_absent"] = (taught.known & ~present).sum(axis=0).tolist()
        counts["pseudo_mass"] = taught.present.sum(axis=0).round(2).tolist()
        counts["agreement"] = _agreement(lesson, windows, told)
    return counts


def agreed(labels: Iterable[Mapping[str, Any]]) -> tuple[float, float] | None:
    """The mean presence that pseudo-labels give what lies in TP boxes, and in FP boxes: of `label_counts` of fits.

    None where nothing was counted of one of them.
    """
    counted = [one["agreement"] for one in labels if "agreement" in one]
    tp, fp, *presence = (sum(sum(one[kind]) for one in counted) for kind in ("tp", "fp", "tp_presence", "fp_presence"))
    return (presence[0] / tp, presence[1] / fp) if tp and fp else None


def _agreement(lesson: Lesson, windows: Sequence[Window], told: Known) -> dict[str, list[float]]:
    """How much presence pseudo-labels give where people boxed a species: in frames, or in windows if they have none.

    `tp` and `fp` count what lies in TP and in FP boxes and has a pseudo-label, `tp_presence` and `fp_presence` are the
    sums of presence there, from 0 to 1 each. It should be far more in TP boxes than in FP boxes.
    """
    of_frames = bool(told.frames.known.any())
    # A window with an FP box may hold a call elsewhere; its frames tell, where there are any.
    people = AnnotatedOnly(absent_grain="window")(
        windows, lesson.annotations, lesson.n_species, lesson.columns_per_frame
    )
    said, word = (people.frames, told.frames) if of_frames else (people.windows, told.windows)
    presence = word.present / np.maximum(word.present + word.absent, 1e-9)
    boxed = {"tp": (said.present > 0) & word.known, "fp": (said.absent > 0) & word.known}
    return {
        name: values.reshape(-1, lesson.n_species).sum(axis=0, dtype=np.float64).round(3).tolist()
        for kind, where in boxed.items()
        for name, values in ((kind, where), (f"{kind}_presence", where * presence))
    }
