from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dawnchorus import scores as scoring
from dawnchorus.features import FeatureBlock, Range
from dawnchorus.scores import Scores, of_recording, stitch
from dawnchorus.windows import SlidingWindows, Window
from factories import line

PER_SECOND = 62.5
PER_FRAME = 32
FRAME_S = PER_FRAME / PER_SECOND  # 0.512


def block(columns: int, start_s: float = 0.0, index: int = 0) -> FeatureBlock:
    end_s = start_s + (columns - 1) / PER_SECOND
    return FeatureBlock("r", index, start_s, end_s, columns, Range(0.0, 1.0), Path())


def random_scores(recording: str, seed: int = 0, windows: int = 3, frames: int = 7, species: int = 4) -> Scores:
    rng = np.random.default_rng(seed)
    starts = np.arange(windows, dtype=np.float32)
    return Scores(
        recording,
        starts,
        starts + 1.5,
        rng.random((windows, species), np.float32),
        rng.random((windows, species), np.float32),
        np.arange(frames, dtype=np.float32) / 2,
        0.5,
        rng.random((frames, species), np.float32),
    )


@st.composite
def grids(draw: st.DrawFn) -> tuple[list[int], int, int]:
    """Starts of windows over a block, its columns, the frames of a window: offsets of any kind."""
    per_window = draw(st.integers(2, 6))
    columns = per_window * PER_FRAME
    length = draw(st.integers(1, 900))
    windows = SlidingWindows(columns, draw(st.integers(0, columns - 1)))
    return windows.starts(length), length, per_window


# ---- stitching -----------------------------------------------------------------------------------------------


@given(grids(), st.floats(0, 1, width=32))
@settings(deadline=None)
def test_constant_frames_are_stitched_to_a_constant(grid, value):
    starts, length, per_window = grid
    stitched = stitch(starts, np.full((len(starts), per_window, 2), value, np.float32), PER_FRAME, length)
    assert stitched.shape == (-(-length // PER_FRAME), 2)
    np.testing.assert_allclose(stitched, value, atol=1e-6)


@given(grids(), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_a_stitched_frame_lies_between_the_frames_it_comes_from(grid, seed):
    starts, length, per_window = grid
    frames = np.random.default_rng(seed).random((len(starts), per_window, 1)).astype(np.float32)
    stitched = stitch(starts, frames, PER_FRAME, length)
    for number, value in enumerate(stitched[:, 0]):
        first, after = number * PER_FRAME, (number + 1) * PER_FRAME
        touching = [
            frames[w, k, 0]
            for w, start in enumerate(starts)
            for k in range(per_window)
            if start + k * PER_FRAME < min(after, length) and start + (k + 1) * PER_FRAME > first
        ]
        assert min(touching) - 1e-6 <= value <= max(touching) + 1e-6


@given(grids(), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_what_is_said_of_padding_changes_nothing(grid, seed):
    starts, length, per_window = grid
    windows = [Window(block(length), start, per_window * PER_FRAME, PER_SECOND) for start in starts]
    frames = np.random.default_rng(seed).random((len(starts), per_window, 2)).astype(np.float32)
    behind = np.add.outer(starts, PER_FRAME * np.arange(per_window)) >= length
    altered = np.where(behind[..., None], np.float32(9), frames)
    clipwise = frames.max(axis=1)
    one, other = (of_recording(windows, clipwise, said, PER_FRAME) for said in (frames, altered))
    np.testing.assert_array_equal(one.framewise, other.framewise)
    np.testing.assert_array_equal(one.window_maximum, other.window_maximum)


@given(
    column=st.integers(0, 3750),
    overlap=st.integers(0, 500),
    per_frame=st.sampled_from([8, 16, 32]),
)
@settings(deadline=None)
def test_a_peak_stays_where_it_is_whatever_the_grid_of_windows(column, overlap, per_frame):
    starts = SlidingWindows(512, overlap).starts(3751)
    frames = np.zeros((len(starts), 512 // per_frame, 1), np.float32)
    for window, start in enumerate(starts):
        if 0 <= column - start < 512:
            frames[window, (column - start) // per_frame] = 1
    stitched = stitch(starts, frames, per_frame, 3751)[:, 0]
    middles = per_frame * (np.arange(len(stitched)) + 0.5)
    assert stitched.max() > 0
    assert np.abs(middles[stitched > 0] - column).max() <= 1.5 * per_frame
    assert np.abs(middles[stitched.argmax()] - column) <= per_frame


def test_where_windows_overlap_their_mean_counts():
    frames = np.float32([[0.2, 0.2], [0.6, 0.6]])[..., None]
    assert stitch([0, 32], frames, 32, 96)[:, 0].tolist() == pytest.approx([0.2, 0.4, 0.6])


def test_a_window_between_frames_gives_to_both_by_its_share():
    frames = np.float32([[0.0, 0.0], [1.0, 1.0]])[..., None]
    # the second window begins in the middle of frame 1: half of its first frame lies there
    assert stitch([0, 48], frames, 32, 112)[:, 0].tolist() == pytest.approx([0.0, 0.5 / 1.5, 1.0, 1.0])


def test_blocks_follow_one_another_in_seconds_of_the_recording():
    blocks = [block(96, 0.0, 0), block(65, 60.0, 1)]
    sliding = SlidingWindows(64, 0)
    windows = [window for one in blocks for window in sliding.over(one, PER_SECOND)]
    frames = np.random.default_rng(0).random((len(windows), 2, 1)).astype(np.float32)
    scores = of_recording(windows, frames.max(axis=1), frames, PER_FRAME)
    assert scores.frame_s == FRAME_S
    assert scores.frame_start_s.tolist() == pytest.approx([0, 0.512, 1.024, 60.0, 60.512, 61.024])
    assert scores.window_start_s.tolist() == pytest.approx([0, 1.024, 60.0, 61.024])
    assert scores.window_end_s.tolist() == pytest.approx([1.024, 1.52, 61.024, 61.024])
    np.testing.assert_array_equal(scores.framewise[:2], frames[0])
    np.testing.assert_array_equal(scores.framewise[3:5], frames[2])  # nothing crosses from block to block


def test_a_recording_has_the_highest_frame_of_any_window():
    windows = SlidingWindows(64, 32).over(block(128), PER_SECOND)
    frames = np.zeros((3, 2, 2), np.float32)
    frames[1, 0], frames[2, 1] = (0.9, 0.1), (0.2, 0.7)
    scores = of_recording(windows, frames.max(axis=1) * 0, frames, PER_FRAME)
    assert scores.whole_recording().tolist() == pytest.approx([0.9, 0.7])
    assert scores.framewise[:, 0].max() < 0.9  # stitching took the mean with the other window


def test_the_highest_frames_of_a_recording_can_count_on_average():
    windows = SlidingWindows(128, 0).over(block(128), PER_SECOND)
    frames = np.float32([[[0.2], [0.9], [0.1], [0.5]]])
    scores = of_recording(windows, frames.max(axis=1), frames, PER_FRAME)
    assert scores.whole_recording(2 * FRAME_S).tolist() == pytest.approx([0.7])
    assert scores.whole_recording(FRAME_S).tolist() == pytest.approx([0.9])
    assert scores.whole_recording(60.0).tolist() == pytest.approx([0.425])  # no more than there are


# ---- stretches -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start_s", "end_s", "expected"),
    [
        (0.0, 1.0, 0.1),
        (1.0, 2.0, 0.9),
        (0.5, 1.0, 0.1),
        (0.5, 1.01, 0.9),
        (1.99, 2.5, 0.9),
        (2.0, 4.0, 0.3),
        (3.2, 3.3, 0.2),
        (3.5, 9.0, 0.2),
        (9.0, 10.0, 0.2),
    ],
)
def test_a_stretch_has_the_highest_frame_that_touches_it(start_s, end_s, expected):
    scores = line(0.1, 0.9, 0.3, 0.2)
    assert scores.highest_between(start_s, end_s).tolist() == pytest.approx([expected])


# ---- several models ------------------------------------------------------------------------------------------


def test_the_mean_and_the_maximum_of_models_are_those_of_every_cell():
    one, other = random_scores("r", 1), random_scores("r", 2)
    mean, highest = scoring.mean([one, other]), scoring.maximum([one, other])
    for name in ("clipwise", "window_maximum", "framewise"):
        a, b = getattr(one, name), getattr(other, name)
        np.testing.assert_allclose(getattr(mean, name), (a + b) / 2, atol=1e-6)
        np.testing.assert_array_equal(getattr(highest, name), np.maximum(a, b))
        np.testing.assert_allclose(mean.framewise_spread, np.abs(one.framewise - other.framewise) / 2, atol=1e-6)
    assert mean.recording == "r"
    np.testing.assert_array_equal(mean.frame_start_s, one.frame_start_s)


def test_the_highest_class_of_a_species_counts():
    classes = random_scores("r")
    three = replace(
        classes,
        framewise=np.float32([[0.1, 0.5, 0.7], [0.4, 0.2, 0.3]]),
        clipwise=np.float32([[0.1, 0.2, 0.3]]),
        window_maximum=np.float32([[0.9, 0.2, 0.3]]),
    )
    species = scoring.merged(three, (0, 1, 0))
    np.testing.assert_array_equal(species.framewise, np.float32([[0.7, 0.5], [0.4, 0.2]]))
    np.testing.assert_array_equal(species.clipwise, np.float32([[0.3, 0.2]]))
    np.testing.assert_array_equal(species.window_maximum, np.float32([[0.9, 0.2]]))


def test_the_spread_of_a_species_is_that_of_its_highest_class():
    one = random_scores("r", species=3)
    classes = replace(
        one,
        framewise=np.float32([[0.1, 0.5, 0.7], [0.4, 0.2, 0.3]]),
        framewise_spread=np.float32([[0.01, 0.02, 0.03], [0.04, 0.05, 0.06]]),
    )
    species = scoring.merged(classes, (0, 1, 0))
    np.testing.assert_array_equal(species.framewise_spread, np.float32([[0.03, 0.02], [0.04, 0.05]]))


def test_means_bring_the_spread_of_what_they_are_means_of():
    four = [random_scores("r", seed) for seed in range(4)]
    halves = [scoring.mean(four[:2]), scoring.mean(four[2:])]
    assert four[0].framewise_spread is None
    np.testing.assert_allclose(scoring.spread(halves), scoring.spread(four), atol=1e-6)
    assert not scoring.spread([four[0], four[0]]).any()


def test_one_model_is_its_own_mean():
    one = random_scores("r")
    assert scoring.mean([one]) is one
    np.testing.assert_allclose(scoring.mean([one, one]).framewise, one.framewise)


# ---- grids ---------------------------------------------------------------------------------------------------


def cut(frame_s: float, window_s: float, seconds: float = 12.0) -> Scores:
    """Scores of one silent recording in frames and windows side by side."""
    frames, windows = np.arange(round(seconds / frame_s)), np.arange(round(seconds / window_s))
    nothing = np.zeros((len(windows), 1), np.float32)
    starts = window_s * windows
    silent = np.zeros((len(frames), 1), np.float32)
    return Scores("r", starts, starts + window_s, nothing, nothing, frame_s * frames, frame_s, silent)


def with_peak(scores: Scores, second: float, height: float = 0.9) -> Scores:
    framewise = scores.framewise.copy()
    framewise[int(second / scores.frame_s)] = height
    return replace(scores, framewise=framewise)


@given(st.floats(0.6, 11.4), st.sampled_from([0.5, 0.16, 0.128]), st.sampled_from([0.5, 0.16, 0.4]))
def test_a_peak_keeps_its_place_and_its_height_on_other_frames(second, frame_s, wanted_s):
    one, like = cut(frame_s, 2.0), cut(wanted_s, 2.0)
    laid = scoring.on_grid(with_peak(one, second), like)
    assert laid.framewise.shape == like.framewise.shape
    assert laid.framewise.max() == np.float32(0.9)
    middle_s = laid.frame_start_s[laid.framewise.argmax()] + wanted_s / 2
    assert abs(middle_s - (int(second / frame_s) + 0.5) * frame_s) <= wanted_s / 2 + 1e-9


@given(st.floats(0, 1, width=32), st.sampled_from([0.5, 0.16]), st.sampled_from([0.5, 0.16, 0.7]))
def test_what_never_changes_is_the_same_on_other_frames_and_windows(value, frame_s, wanted_s):
    one = cut(frame_s, 2.0)
    steady = replace(
        one,
        framewise=np.full_like(one.framewise, value),
        clipwise=np.full_like(one.clipwise, value),
        window_maximum=np.full_like(one.clipwise, value),
    )
    laid = scoring.on_grid(steady, cut(wanted_s, 3.0))
    for its in (laid.framewise, laid.clipwise, laid.window_maximum):
        np.testing.assert_allclose(its, value, atol=1e-6)


def test_on_its_own_grid_nothing_changes():
    one = random_scores("r")
    assert scoring.on_grid(one, random_scores("r", seed=1)) is one


def test_a_new_window_is_told_by_the_one_that_shares_most_time_and_by_its_own_frames():
    one = with_peak(cut(0.5, 2.0), 4.2)
    one = replace(one, clipwise=np.arange(6, dtype=np.float32)[:, None])
    laid = scoring.on_grid(one, cut(0.5, 3.0))
    assert laid.clipwise[:, 0].tolist() == [0, 2, 3, 5]  # of 0-2, 4-6, 6-8, 10-12
    assert laid.window_maximum[:, 0].round(2).tolist() == [0, np.float32(0.9).round(2), 0, 0]


# ---- on disk -------------------------------------------------------------------------------------------------


def test_what_is_read_is_what_was_written_within_half_precision(tmp_path):
    keys = ["b/2", "a/1", "élan/Nº 7", "森/鳥", "z"]
    written = [random_scores(key, seed, 2 + seed, 5 + seed) for seed, key in enumerate(keys)]
    scoring.write(tmp_path / "deep" / "scores.npz", iter(written))
    read = scoring.read(tmp_path / "deep" / "scores.npz")
    assert list(read) == keys
    for one in written:
        again = read[one.recording]
        assert (again.recording, again.frame_s) == (one.recording, one.frame_s)
        for name in ("clipwise", "window_maximum", "framewise"):
            assert getattr(again, name).dtype == np.float32
            np.testing.assert_allclose(getattr(again, name), getattr(one, name), atol=0.0005)
        for name in ("window_start_s", "window_end_s", "frame_start_s"):
            np.testing.assert_array_equal(getattr(again, name), getattr(one, name))
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["scores.npz"]


def test_spreads_are_kept_where_there_are_some(tmp_path):
    alone = random_scores("a")
    both = scoring.mean([random_scores("b", 1), random_scores("b", 2)])
    scoring.write(tmp_path / "scores.npz", [alone, both])
    read = scoring.read(tmp_path / "scores.npz")
    np.testing.assert_allclose(read["b"].framewise_spread, both.framewise_spread, atol=0.0005)
    assert not read["a"].framewise_spread.any()
    scoring.write(tmp_path / "alone.npz", [alone])
    assert scoring.read(tmp_path / "alone.npz")["a"].framewise_spread is None


def test_no_recording_at_all_can_be_written(tmp_path):
    scoring.write(tmp_path / "none.npz", [])
    assert scoring.read(tmp_path / "none.npz") == {}


def test_what_is_read_can_be_written_again_without_a_change(tmp_path):
    scoring.write(tmp_path / "1.npz", [random_scores("r")])
    once = scoring.read(tmp_path / "1.npz")
    scoring.write(tmp_path / "2.npz", once.values())
    np.testing.assert_array_equal(scoring.read(tmp_path / "2.npz")["r"].framewise, once["r"].framewise)


def test_what_lies_behind_the_end_or_in_a_gap_of_another_grid_is_in_none_of_its_frames():
    longer = line(*[0.1] * 32, 0.9, 0.9)
    assert scoring.on_grid(longer, line(*[0.5] * 60, frame_s=0.5)).framewise.max() < 0.11
    grid = line(*[0.5] * 32)
    gap = replace(grid, frame_start_s=np.where(np.arange(32) < 16, np.arange(32.0), np.arange(32) + 50.0))
    peak = line(*[0.1] * 20, 0.9, *[0.1] * 70)
    assert scoring.on_grid(peak, gap).framewise.max() < 0.11
    assert scoring.on_grid(peak, line(*[0.5] * 91)).framewise.max() == np.float32(0.9)


def test_a_store_that_was_cut_off_is_named(tmp_path):
    path = tmp_path / "scores.npz"
    scoring.write(path, [random_scores("a")])
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(scoring.ScoresError, match=r"scores.npz: no store of Scores"):
        scoring.read(path)
