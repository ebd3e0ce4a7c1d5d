import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dawnchorus.augment.brightness import BrightnessContrast
from dawnchorus.augment.gamma import Gamma
from dawnchorus.augment.masks import Masks
from dawnchorus.augment.mixup import Mix, Mixup
from dawnchorus.augment.shift import Shift
from dawnchorus.evidence import Evidence, Known

ALL = [
    Masks(probability=1),
    Masks(probability=1, faithful_whole_columns=3751),
    BrightnessContrast(probability=1),
    Gamma(probability=1),
    Shift(40),
]


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


def test_masks_over_the_plane_fall_where_they_always_fell() -> None:
    # Drawn before there were masks over whole recordings: the same chance must go on giving the same masks.
    columns = [(132, 138), (458, 459), (151, 153), (119, 120)]
    for seed, (start, end) in enumerate(columns):
        masked = Masks(probability=1)(np.ones((128, 512), np.float32), np.random.default_rng(seed))
        assert np.flatnonzero((masked == 0).all(axis=0)).tolist() == list(range(start, end))


def test_masks_over_the_whole_recording_often_miss_the_plane() -> None:
    # A mask is 9.75 columns wide in the mean (half of 0 ... 39, halved again), and 512 of 3751 columns are the plane:
    # 9.75 * 512 / 3751 = 1.33. It is 1 column or more for all but 1 in 9 masks, and touches one plane in 8 or so.
    blank = []
    for seed in range(4000):
        whole = Masks(rows=1, probability=1, faithful_whole_columns=3751)
        blank.append(int((whole(np.ones((2, 512), np.float32), np.random.default_rng(seed)) == 0).all(axis=0).sum()))
    assert np.mean(blank) == pytest.approx(1.33, abs=0.25)
    assert 0.1 < np.mean(np.array(blank) > 0) < 0.15
    assert max(blank) <= 39


def test_a_plane_that_is_the_whole_recording_is_masked_as_often_as_any() -> None:
    missed = 0
    for seed in range(1000):
        whole = Masks(rows=1, probability=1, faithful_whole_columns=512)
        missed += bool(whole(np.ones((2, 512), np.float32), np.random.default_rng(seed)).all())
    assert missed / 1000 == pytest.approx(0.107, abs=0.03)  # no width: the mean of 1/1, 1/2 ... 1/40


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


def test_a_slip_of_the_memo_mixes_what_is_known_and_leaves_the_sound() -> None:
    sound = np.array([[1.0], [0.0]])
    told = Known(
        Evidence(np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]])),
        Evidence(np.zeros((2, 1, 1)), np.zeros((2, 1, 1))),
    )
    mix = Mix(0.75, np.array([1, 0]), faithful_label_only=True)
    assert mix.sound(sound) is sound
    assert mix.known(told).windows.present.ravel().tolist() == [0.75, 0.25]


@pytest.mark.parametrize("absent_too", [True, False])
def test_a_binarised_mixture_has_the_labels_of_both_windows_whole(absent_too: bool) -> None:
    # Window 0 is present, window 1 absent, window 2 unknown; 0 and 1 are mixed, 2 with itself.
    present = np.array([[2.0], [0], [0]], np.float32)
    absent = np.array([[0.0], [1], [0]], np.float32)
    told = Known(Evidence(present, absent), Evidence(absent[:, None], present[:, None]))
    mix = Mix(0.99, np.array([1, 0, 2]), absent_too=absent_too, binarised=True)
    mixed = mix.known(told)
    assert mixed.windows.present.ravel().tolist() == [1, 1, 0]
    assert mixed.windows.absent.ravel().tolist() == ([1, 1, 0] if absent_too else [0, 1, 0])
    assert mixed.frames.present.ravel().tolist() == [1, 1, 0]
    assert mixed.windows.present.dtype == np.float32


def test_torch_evidence_is_binarised_like_numpys() -> None:
    weights = torch.tensor([[2.0], [0.0]])
    told = Known(Evidence(weights, weights), Evidence(weights[:, None], weights[:, None]))
    mixed = Mix(0.25, np.array([0, 1]), binarised=True).known(told)
    assert torch.equal(mixed.windows.present, torch.tensor([[1.0], [0.0]]))


def test_what_a_mixup_is_set_to_is_what_its_mixes_do() -> None:
    mix = Mixup(at="last_map", absent_too=False, faithful_label_only=True, binarised=True).draw(
        3, np.random.default_rng(0)
    )
    assert (mix.at, mix.absent_too, mix.faithful_label_only, mix.binarised) == ("last_map", False, True, True)
    assert not Mixup().draw(3, np.random.default_rng(0)).binarised


def test_a_share_from_beta_is_mild() -> None:
    shares = np.array([Mixup(0.1).draw(2, np.random.default_rng(seed)).share for seed in range(2000)])
    assert np.minimum(shares, 1 - shares).mean() == pytest.approx(0.059, abs=0.01)
