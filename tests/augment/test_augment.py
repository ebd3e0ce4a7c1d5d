import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dawnchorus.augment.brightness import BrightnessContrast
from dawnchorus.augment.gamma import Gamma
from dawnchorus.augment.masks import Masks
from dawnchorus.augment.mixup import Mix, Mixup
from dawnchorus.evidence import Evidence, Known

ALL = [Masks(probability=1), BrightnessContrast(probability=1), Gamma(probability=1)]


def plane(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((128, 512), np.float32)


@pytest.mark.parametrize("augmentation", ALL)
@given(seed=st.integers(0, 1000))
def test_shape_kind_and_range_stay_and_the_original_is_untouched(augmentation: object, seed: int) -> None:
    before = plane(seed)
    kept = before.copy()
    after = augmentation(before, np.random.default_rng(seed))  # type: ignore[operator]
    assert after.shape == before.shape and after.dtype == np.float32
    assert after.min() >= 0 and after.max() <= 1
    assert (before == kept).all()


@pytest.mark.parametrize("kind", [Masks, BrightnessContrast, Gamma])
def test_probability_0_changes_nothing(kind: type) -> None:
    assert kind(probability=0)(plane(), np.random.default_rng(0)) is not None
    assert (kind(probability=0)(plane(), np.random.default_rng(0)) == plane()).all()


def test_masks_are_as_wide_as_the_memo_says() -> None:
    widths = []
    for seed in range(3000):
        masked = Masks(probability=1)(np.ones((128, 512), np.float32), np.random.default_rng(seed))
        widths.append(((masked == 0).all(axis=0).sum(), (masked == 0).all(axis=1).sum()))
    columns, rows = np.array(widths).T
    assert columns.max() <= 39 and rows.max() <= 29
    assert 8 < columns.mean() < 11 and 6 < rows.mean() < 8.5


def test_gamma_2_squares() -> None:
    assert np.allclose(Gamma(probability=1)(plane(), np.random.default_rng(0)), plane() ** 2)


def test_mixing_moves_sound_and_evidence_together() -> None:
    sound = np.array([[1.0], [0.0]])
    told = Known(
        Evidence(np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]])),
        Evidence(np.zeros((2, 1, 1)), np.zeros((2, 1, 1))),
    )
    mix = Mix(0.75, np.array([1, 0]))
    assert mix.sound(sound).ravel().tolist() == [0.75, 0.25]
    assert mix.known(told).windows.present.ravel().tolist() == [0.75, 0.25]
    assert mix.known(told).windows.absent.ravel().tolist() == [0.25, 0.75]


def test_the_memo_mixes_positives_only() -> None:
    told = Known(
        Evidence(np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]])),
        Evidence(np.zeros((2, 1, 1)), np.zeros((2, 1, 1))),
    )
    mixed = Mix(0.75, np.array([1, 0]), absent_too=False).known(told)
    assert mixed.windows.absent.ravel().tolist() == [0, 1]


def test_a_share_from_beta_is_mild() -> None:
    shares = np.array([Mixup(0.1).draw(2, np.random.default_rng(seed)).share for seed in range(2000)])
    assert np.minimum(shares, 1 - shares).mean() == pytest.approx(0.059, abs=0.01)
