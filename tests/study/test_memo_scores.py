from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from dawnchorus.events import Annotation
from dawnchorus.study.memo_scores import lrap, memo_scores


@dataclass
class FakeRun:
    """What memo_scores asks of a run."""

    said: dict[str, list[float]]
    boxes: list[Annotation]
    fold_of: dict[str, int]
    pseudo: dict[str, list[tuple[str, int, float, float]]] = field(default_factory=lambda: {"3": []})
    species_of: tuple[int, ...] = (0, 1, 2)

    @property
    def data(self) -> Any:
        return SimpleNamespace(data=SimpleNamespace(annotations=self.boxes))

    @property
    def experiment(self) -> Any:
        return SimpleNamespace(folds=2)

    def out_of_fold(self, stage: str) -> Any:
        return {
            key: SimpleNamespace(whole_recording=lambda values=values: np.array(values, np.float32))
            for key, values in self.said.items()
        }


def box(recording: str, species: int, present: bool = True) -> Annotation:
    return Annotation(recording, species, 0.0, 1.0, 0.0, 1.0, present)


RUN = FakeRun(
    {"a": [0.9, 0.6, 0.1], "b": [0.2, 0.7, 0.8], "c": [0.9, 0.9, 0.9]},
    [box("a", 0), box("a", 2, False), box("b", 1), box("c", 0, False)],
    {"a": 0, "b": 1, "c": 1},
)


def test_lrap_weighs_recordings_and_lwlrap_labels() -> None:
    scores = np.array([[0.9, 0.8, 0.1], [0.9, 0.8, 0.1]])
    truth = np.array([[True, True, False], [False, False, True]])
    # Recording 1: both right at the top, 1. Recording 2: its label is third, 1/3.
    assert lrap(scores, truth) == pytest.approx((1 + 1 / 3) / 2)


def test_the_clean_score_is_of_tp_boxes_alone() -> None:
    said = memo_scores(RUN, "3")  # type: ignore[arg-type]
    # a: its species is first, 1. b: second, 1/2. c has no TP box and takes no part.
    assert said.cv == pytest.approx(0.75)


def test_the_memo_also_believes_its_own_pseudo_labels() -> None:
    believing = FakeRun(RUN.said, RUN.boxes, RUN.fold_of, {"3": [("b", 2, 0.0, 8.0)]})
    said = memo_scores(believing, "3")  # type: ignore[arg-type]
    # Fold 0: a, 1. Fold 1: b, species 1 and 2 are first and second: 1. The clean score stays what it was.
    assert said.cv_faithful == pytest.approx(1.0)
    assert said.cv == pytest.approx(0.75)


def test_the_memos_precision_counts_species_that_are_never_called_as_nothing() -> None:
    said = memo_scores(RUN, "3")  # type: ignore[arg-type]
    # Fold 0: calls 0 (right) and 1 (wrong), never 2: 1/3. Fold 1: calls 1 (right) and 2 (wrong): 1/3.
    assert said.precision_faithful == pytest.approx(1 / 3)


def test_clean_precision_looks_at_judged_cells_alone() -> None:
    said = memo_scores(RUN, "3")  # type: ignore[arg-type]
    # Judged in recordings with a TP box: a0 present and called, a2 absent and not called, b1 present and called.
    assert said.precision == pytest.approx(1.0)
