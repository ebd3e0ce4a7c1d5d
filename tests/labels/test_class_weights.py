import numpy as np
import pytest

from dawnchorus.labels.class_weights import ClassWeights


def test_rare_species_count_more_and_the_commonest_once() -> None:
    assert ClassWeights("max").of(np.array([10, 5, 20])).tolist() == [2, 4, 1]


def test_or_common_species_count_less_and_the_rarest_once() -> None:
    weights = ClassWeights("min").of(np.array([10, 5, 20]))
    assert weights.tolist() == [0.5, 1, 0.25]
    assert weights.dtype == np.float32


@pytest.mark.parametrize(("scale", "weights"), [("max", [2, 1, 1]), ("min", [1, 1, 0.5])])
def test_a_species_without_labels_counts_once_and_sets_no_scale(scale: str, weights: list[float]) -> None:
    assert ClassWeights(scale).of(np.array([5, 0, 10])).tolist() == weights  # type: ignore[arg-type]


def test_without_any_label_all_count_once() -> None:
    assert ClassWeights("min").of(np.zeros(3)).tolist() == [1, 1, 1]
