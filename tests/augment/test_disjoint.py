import numpy as np

import factories
from dawnchorus.augment.bands import Bands
from dawnchorus.augment.disjoint import DisjointMixing
from dawnchorus.augment.example import Around, Example

# Species 0 is low, 1 high, 2 is everywhere.
BANDS = Bands(np.array([2, 10, 0]), np.array([5, 15, 16]), 16)


def mixed(one: Example, other: Example, seeds: int = 200) -> list[tuple[int, bool, Example]]:
    """Mixtures of a window of ones with a window of zeros: where they are cut, and whether the first is the low one."""
    around = Around(BANDS, lambda _: other, lambda *_: None)
    made = []
    for seed in range(seeds):
        example = DisjointMixing(1.0).of_window(one, around, np.random.default_rng(seed))
        rows = example.plane.mean(axis=1)
        assert set(rows) <= {0, 1}  # each row is of one window, as loud as it was
        if rows[0] != rows[-1]:
            made.append((int(np.flatnonzero(np.diff(rows))[0]) + 1, bool(rows[0] == 1), example))
    return made


def windows(one: list[float], other: list[float]) -> tuple[Example, Example]:
    """Two windows of which these are known: 1 present, 0 unknown, -1 absent."""

    def of(value: int, known: list[float]) -> Example:
        sides = [max(weight, 0) for weight in known], [max(-weight, 0) for weight in known]
        return factories.example(np.full((16, 64), value), *sides)

    return of(1, one), of(0, other)


def test_what_is_known_goes_with_the_window_that_the_band_is_from() -> None:
    made = mixed(*windows([1, -1, 0], [-1, 1, 0]))
    assert {low for _, low, _ in made} == {True, False}
    for cut, first_is_low, example in made:
        # The first has the low species and not the high one, the other the reverse.
        low, high = (after <= cut for after in BANDS.after[:2])
        present = [low == first_is_low, high != first_is_low]
        for evidence in (example.known.windows, example.known.frames):
            assert (evidence.present[..., :2] == present).all()
            assert (evidence.absent[..., :2] == np.logical_not(present)).all()


def test_no_cut_goes_through_a_band_that_is_known_present() -> None:
    cuts = {cut for cut, _, _ in mixed(*windows([1, 0, 0], [0, 1, 0]))}
    assert cuts == {1, 2, 5, 6, 7, 8, 9, 10, 15}


def test_a_species_whose_band_is_cut_is_unknown() -> None:
    made = mixed(*windows([-1, -1, -1], [-1, -1, -1]))
    assert any(2 < cut < 5 for cut, _, _ in made)
    for cut, _, example in made:
        known = example.known.windows.absent[0] == 1
        assert known.tolist() == [not 2 < cut < 5, not 10 < cut < 15, False]


def test_where_every_cut_goes_through_a_call_nothing_is_mixed() -> None:
    one, other = windows([0, 0, 1], [0, 0, 0])
    around = Around(BANDS, lambda _: other, lambda *_: None)
    for seed in range(20):
        assert DisjointMixing(1.0).of_window(one, around, np.random.default_rng(seed)) is one


def test_probability_0_changes_nothing() -> None:
    one, other = windows([0, 0, 0], [0, 0, 0])
    around = Around(BANDS, lambda _: other, lambda *_: None)
    assert DisjointMixing(0.0).of_window(one, around, np.random.default_rng(0)) is one
