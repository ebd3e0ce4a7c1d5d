import numpy as np

import factories
from dawnchorus.augment.band_masks import BandMasks
from dawnchorus.augment.bands import Bands
from dawnchorus.augment.example import Around, Example
from dawnchorus.augment.masks import Masks

BANDS = Bands(np.array([10, 40, 60]), np.array([20, 60, 128]), 128)


def around() -> Around:
    def nobody(*_: object) -> Example:
        raise AssertionError("masks need no other window")

    return Around(BANDS, nobody, nobody)


def masked_rows(present: list[float], absent: list[float], seeds: int = 300, **settings: int) -> list[np.ndarray]:
    example = factories.example(np.ones((128, 512)), present, absent)
    masks = BandMasks(**settings, probability=1)
    made = [masks.of_window(example, around(), np.random.default_rng(seed)) for seed in range(seeds)]
    assert all(one.known is example.known for one in made) and (example.plane == 1).all()
    return [(one.plane == 0).all(axis=1) for one in made]


def test_a_masked_band_never_covers_one_that_is_annotated_present() -> None:
    masks = np.array(masked_rows([1, 0, 1], [0, 1, 0]))
    assert not masks[:, 10:20].any() and not masks[:, 60:].any()
    # What is absent, and what nobody hears, may go; every other row does at times.
    assert masks[:, :10].any(axis=0).all() and masks[:, 20:60].any(axis=0).all()


def test_where_bands_leave_no_room_nothing_is_masked() -> None:
    everywhere = Bands(np.array([0]), np.array([128]), 128)
    example = factories.example(np.ones((128, 512)), [1], [0])
    for seed in range(50):
        whole = Around(everywhere, around().another, around().elsewhere)
        masked = BandMasks(probability=1).of_window(example, whole, np.random.default_rng(seed))
        assert not (masked.plane == 0).all(axis=1).any()


def test_without_anything_present_masks_are_as_wide_as_plain_ones() -> None:
    heights = [rows.sum() for rows in masked_rows([0, 0, 0], [0, 0, 0], 2000)]
    plain = [
        (Masks(probability=1)(np.ones((128, 512), np.float32), np.random.default_rng(seed)) == 0).all(axis=1).sum()
        for seed in range(2000)
    ]
    assert abs(np.mean(heights) - np.mean(plain)) < 0.5
    assert max(heights) <= 29


def test_probability_0_changes_nothing() -> None:
    example = factories.example(np.ones((128, 512)), [0, 0, 0], [0, 0, 0])
    assert BandMasks(probability=0).of_window(example, around(), np.random.default_rng(0)) is example
