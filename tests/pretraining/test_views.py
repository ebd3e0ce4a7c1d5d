from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dawnchorus.features import FeatureBlock, Range
from dawnchorus.pretraining.views import Views, heard_at, laid_over

PLAIN = Views(columns=64, places=1, apart=0, stretch=1.0, rows=0, background=0.0, augment=())


def block(values: NDArray[np.floating], recording: str = "r") -> FeatureBlock:
    """A block of values in [0, 1], `(mel, column)`."""
    db = (values * 80 - 80).astype(np.float16)
    return FeatureBlock(recording, 0, 0.0, 1.0, db.shape[1], Range(-80.0, 0.0), db)


def with_call(first: int, last: int, row: int = 16, columns: int = 640) -> FeatureBlock:
    values = np.zeros((32, columns))
    values[row, first:last] = 1
    return block(values)


def test_without_any_change_both_views_are_the_place_itself() -> None:
    noise = block(np.random.default_rng(0).random((32, 640)))
    first, second = PLAIN.pair([noise], 0, np.random.default_rng(1))
    np.testing.assert_allclose(first, second)
    whole = noise.plane(0, noise.columns)
    assert any(np.allclose(first, whole[:, start : start + 64], atol=1e-5) for start in range(577))


def test_a_call_heard_faster_is_shorter_and_one_heard_slower_is_longer() -> None:
    call = with_call(300, 340)
    lengths = [int((heard_at(call, 128, 319.5, pace, 0.0)[16] > 0.5).sum()) for pace in (0.8, 1.0, 1.25)]
    assert lengths == [50, 40, 32]


def test_pitch_moves_rows_and_the_outermost_row_stands_in_beyond_the_edge() -> None:
    view = heard_at(with_call(300, 340, row=16), 64, 320.0, 1.0, 3.0)
    assert np.flatnonzero(view.max(axis=1) > 0.5).tolist() == [13]
    low = heard_at(with_call(300, 340, row=0), 64, 320.0, 1.0, -2.0)
    assert np.flatnonzero(low.max(axis=1) > 0.5).tolist() == [0, 1, 2]


def test_views_stay_inside_their_block() -> None:
    loud = block(np.ones((8, 200)))
    for middle in (0.0, 100.0, 199.0):
        assert heard_at(loud, 64, middle, 1.2, 0.0).min() > 0.99
    short = heard_at(block(np.ones((8, 20))), 64, 10.0, 1.0, 0.0)
    assert (short.max(axis=0) > 0.99).sum() == 20, "beyond a short block there is nothing"


def test_of_several_places_the_one_with_a_call_in_it_counts() -> None:
    call, rng = with_call(300, 340), np.random.default_rng(0)
    heard = [
        np.mean([replace(PLAIN, places=places).pair([call], 0, rng)[0].max() > 0.5 for _ in range(50)])
        for places in (1, 8)
    ]
    assert heard[0] < 0.5 < heard[1]


def test_powers_add_up_under_a_view() -> None:
    loud, quiet = np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)
    np.testing.assert_allclose(laid_over(loud, loud, 0.3), loud, atol=1e-6)
    np.testing.assert_allclose(laid_over(loud, quiet, 0.5), 1 - 10 * np.log10(2) / 80, atol=1e-4)
    np.testing.assert_allclose(laid_over(quiet, loud, 0.0), quiet, atol=1e-6)


def test_what_lies_under_a_view_comes_from_another_block() -> None:
    quiet, loud = block(np.zeros((8, 200)), "quiet"), block(np.ones((8, 200)), "loud")
    settings = replace(PLAIN, background=0.4)
    assert settings.pair([quiet, loud], 0, np.random.default_rng(0))[0].min() > 0.5
    assert settings.pair([quiet], 0, np.random.default_rng(0))[0].max() == 0, "alone, there is no other"


def test_two_views_differ_and_the_same_chance_gives_the_same() -> None:
    blocks = [block(np.random.default_rng(seed).random((32, 640))) for seed in range(2)]
    settings = Views(columns=64)
    first, second = settings.pair(blocks, 0, np.random.default_rng(5))
    assert first.shape == second.shape == (32, 64) and first.dtype == np.float32
    assert not np.allclose(first, second)
    again = settings.pair(blocks, 0, np.random.default_rng(5))
    np.testing.assert_array_equal(first, again[0])
    np.testing.assert_array_equal(second, again[1])
    assert min(first.min(), second.min()) >= 0 and max(first.max(), second.max()) <= 1


@pytest.mark.parametrize("slip", [{"columns": 0}, {"places": 0}, {"stretch": 0.9}, {"background": 1.0}, {"apart": -1}])
def test_views_that_cannot_be_drawn_are_refused(slip: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Views(**slip)  # type: ignore[arg-type]


def test_blocks_in_files_are_read_as_blocks_in_memory(tmp_path: Path) -> None:
    one = with_call(300, 340)
    np.save(tmp_path / "block.npy", one.db())
    stored = replace(one, source=tmp_path / "block.npy")
    np.testing.assert_array_equal(heard_at(one, 64, 310.0, 1.1, 0.5), heard_at(stored, 64, 310.0, 1.1, 0.5))
