from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dawnchorus.features import FeatureBlock, Range
from dawnchorus.windows import Anchored, EventCrops, SlidingWindows, Window

PER_SECOND = 62.5


def block(columns: int, start_s: float = 0.0, index: int = 0) -> FeatureBlock:
    end_s = start_s + (columns - 1) / PER_SECOND
    return FeatureBlock("r", index, start_s, end_s, columns, Range(0.0, 1.0), Path())


@st.composite
def grids(draw: st.DrawFn) -> tuple[SlidingWindows, int]:
    columns = draw(st.integers(1, 600))
    return SlidingWindows(columns, draw(st.integers(0, columns - 1))), draw(st.integers(1, 5000))


# ---- sliding -------------------------------------------------------------------------------------------------


def test_a_minute_is_cut_into_the_eight_windows_of_the_memo():
    assert SlidingWindows().starts(3751) == [0, 463, 926, 1389, 1852, 2315, 2778, 3241]


@given(grids())
@settings(deadline=None)
def test_trap_3_12_every_column_is_in_a_window_the_tail_too(grid):
    windows, length = grid
    covered = np.zeros(length, bool)
    for start in windows.starts(length):
        covered[start : start + windows.columns] = True
    assert covered.all()


@given(grids())
@settings(deadline=None)
def test_no_window_starts_beyond_the_end_and_none_is_there_for_nothing(grid):
    windows, length = grid
    starts = windows.starts(length)
    assert starts[-1] < length
    assert len(starts) == 1 or starts[-2] + windows.columns < length


@given(grids())
@settings(deadline=None)
def test_windows_are_one_stride_apart(grid):
    windows, length = grid
    starts = windows.starts(length)
    assert starts[0] == 0
    assert set(np.diff(starts)) <= {windows.columns - windows.overlap}


@pytest.mark.parametrize("length", [1, 100, 512])
def test_a_block_that_fits_into_one_window_gets_one(length):
    assert SlidingWindows().starts(length) == [0]
    assert len(SlidingWindows().starts(513)) == 2


@pytest.mark.parametrize("overlap", [-1, 512, 600])
def test_an_overlap_that_never_ends_is_refused(overlap):
    with pytest.raises(ValueError, match="overlap"):
        SlidingWindows(512, overlap)


def test_trap_3_12_windows_end_with_the_sound_and_know_where_they_lie_in_the_recording():
    windows = SlidingWindows(500, 0).over(block(1251, start_s=60.0), PER_SECOND)
    assert [(window.start_s, window.end_s) for window in windows] == [(60.0, 68.0), (68.0, 76.0), (76.0, 80.0)]
    assert {window.recording for window in windows} == {"r"}


def test_the_memo_never_hears_the_last_twelve_columns_at_an_overlap_of_51():
    starts = SlidingWindows(512, 51, faithful_tail=True).starts(3751)
    assert starts == [0, 461, 922, 1383, 1844, 2305, 2766, 3227]
    assert starts[-1] + 512 == 3739
    assert SlidingWindows(512, 51).starts(3751) == [*starts, 3688]


@given(grids())
@settings(deadline=None)
def test_with_a_faithful_tail_no_window_is_padded_and_less_than_a_stride_is_lost(grid):
    windows, length = grid
    stride = windows.columns - windows.overlap
    starts = SlidingWindows(windows.columns, windows.overlap, faithful_tail=True).starts(length)
    assert len(starts) == max(1, (length - windows.overlap) // stride)
    assert starts == windows.starts(length)[: len(starts)]
    if length >= windows.columns:
        assert 0 <= length - (starts[-1] + windows.columns) < stride


# ---- crops ---------------------------------------------------------------------------------------------------


@given(
    place=st.sampled_from(["from_left", "from_centre"]),
    length=st.integers(1, 4000),
    share=st.floats(0, 1, exclude_max=True),
    seed=st.integers(0, 1000),
)
@settings(deadline=None)
def test_a_crop_holds_the_middle_of_its_event_and_stays_in_the_block(place, length, share, seed):
    crops = EventCrops(512, (32, 64, 128, 255), place)
    middle = int(share * length)
    start = crops.start(middle, length, np.random.default_rng(seed))
    assert start <= middle < start + 512
    assert start >= 0
    assert start + 512 <= length or start == 0


def test_from_left_puts_the_middle_at_the_offsets_and_at_no_other_place():
    rng = np.random.default_rng(0)
    assert {2000 - EventCrops().start(2000, 3751, rng) for _ in range(200)} == {32, 64, 128, 256}


def test_from_left_takes_only_offsets_that_the_recording_has_before_the_event():
    rng = np.random.default_rng(0)
    assert {EventCrops().start(100, 3751, rng) for _ in range(200)} == {100 - 32, 100 - 64}
    assert EventCrops().start(20, 3751, rng) == 0


def test_from_centre_moves_the_middle_to_either_side():
    rng = np.random.default_rng(0)
    crops = EventCrops(512, (0, 64), "from_centre")
    assert {2000 - crops.start(2000, 3751, rng) for _ in range(200)} == {256 - 64, 256, 256 + 64}


def test_a_crop_near_the_end_is_moved_inside():
    assert EventCrops(512, (32,)).start(3700, 3751, np.random.default_rng(0)) == 3751 - 512


def test_a_crop_is_taken_from_the_block_that_holds_the_event():
    blocks = [block(1251, 0.0, 0), block(1251, 20.0, 1), block(1251, 40.0, 2)]
    crops, rng = EventCrops(512, (100,)), np.random.default_rng(0)
    crop = crops.around(blocks, 30.0, PER_SECOND, rng)
    assert crop == Window(blocks[1], 625 - 100, 512, PER_SECOND)
    assert crop.start_s < 30.0 < crop.end_s
    assert crops.around(blocks, 20.0, PER_SECOND, rng).block is blocks[1]
    assert crops.around(blocks, 61.0, PER_SECOND, rng).block is blocks[2]  # a box may reach beyond the end


def test_equal_chance_gives_equal_crops():
    def starts() -> list[int]:
        rng = np.random.default_rng(5)
        return [EventCrops().start(2000, 3751, rng) for _ in range(20)]

    assert starts() == starts()


@given(st.floats(0, 59.9), st.integers(0, 1000))
def test_an_anchored_window_holds_its_event_and_stays_in_the_block(middle_s: float, seed: int) -> None:
    blocks, rng = [block(3751)], np.random.default_rng(seed)
    found = Anchored(512).around(blocks, middle_s, PER_SECOND, rng)
    assert 0 <= found.start <= 3751 - 512
    assert found.start <= int(middle_s * PER_SECOND) < found.start + 512


def test_windows_anywhere_reach_both_ends_of_a_recording() -> None:
    rng = np.random.default_rng(0)
    starts = [Anchored(512).anywhere([block(3751)], PER_SECOND, rng).start for _ in range(2000)]
    assert min(starts) < 20 and max(starts) > 3751 - 512 - 20
    assert Anchored(512).anywhere([block(100)], PER_SECOND, rng).start == 0


def test_shares_of_windows_are_no_more_than_all() -> None:
    with pytest.raises(ValueError, match="at most 1 together"):
        Anchored(share=0.6, pasted_share=0.5)
