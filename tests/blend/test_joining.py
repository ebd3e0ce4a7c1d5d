from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blend.members import WAYS, member, peaked, same, table, whole
from dawnchorus import scores as scoring
from dawnchorus.blend import writing
from dawnchorus.blend.joining import Blend
from dawnchorus.blend.member import BlendError
from dawnchorus.calibration.tables import Calibration, SpeciesCalibration
from factories import by_chance


@pytest.mark.parametrize("by", WAYS)
def test_a_blend_of_one_member_is_that_member(by):
    same(Blend(by)([member()]), member(), 2e-6)


@pytest.mark.parametrize("by", WAYS)
def test_a_blend_of_equal_members_is_each_of_them(by):
    same(Blend(by, weights=(1.0, 5.0))([member(), member()]), member(), 2e-6)


@pytest.mark.parametrize("by", WAYS)
def test_the_order_of_members_changes_nothing_but_with_their_weights(by):
    one, other = member(seed=1), member(0.16, seed=2)
    same(Blend(by, weights=(3.0, 1.0))([one, other]), Blend(by, weights=(1.0, 3.0))([other, one]), 1e-6)


@pytest.mark.parametrize("by", ["mean", "logits", "product"])
def test_a_blend_lies_between_its_members(by):
    one, other = member(seed=1), member(seed=2)
    between = table(Blend(by)([one, other]))
    assert (between >= np.minimum(table(one), table(other)) - 1e-6).all()
    assert (between <= np.maximum(table(one), table(other)) + 1e-6).all()


def test_weights_are_shares():
    assert table(Blend(weights=(3.0, 1.0))([whole((1.0, 0.0)), whole((0.0, 1.0))])).tolist() == [[0.75, 0.25]]


def test_a_product_is_high_where_all_are():
    both = table(Blend("product")([whole((0.9, 0.9, 0.0)), whole((0.9, 0.1, 0.9))]))
    np.testing.assert_allclose(both, [[0.9, 0.3, 0.0]], atol=1e-6)


@given(st.integers(0, 1000), st.floats(0.2, 5))
def test_ranks_do_not_change_when_a_members_scores_are_squashed(seed, power):
    rng = np.random.default_rng(seed)
    one, other = (whole(*map(tuple, rng.choice(101, (9, 2)) / 100)) for _ in range(2))
    squashed = replace(one, whole={key: values**power / 2 for key, values in one.whole.items()})
    before, after = (table(Blend("rank")([its, other])) for its in (one, squashed))
    for species in range(2):
        first, then = (np.subtract.outer(its[:, species], its[:, species]) for its in (before, after))
        assert not ((first > 1e-6) & (then < -1e-6)).any()


def test_ranks_keep_how_high_a_species_scores():
    common, rare = (0.9, 0.8, 0.7), (0.03, 0.02, 0.01)
    blended = table(Blend("rank")([whole(*zip(common, rare, strict=True)), whole(*zip(common, rare, strict=True))]))
    np.testing.assert_allclose(blended, np.transpose([common, rare]), atol=1e-6)


def test_equal_scores_stay_equal_in_ranks():
    blended = table(Blend("rank")([whole((0.5,), (0.5,), (0.9,), (0.0,))]))
    assert blended[0] == blended[1]


@pytest.mark.parametrize("by", WAYS)
@given(second=st.floats(0.5, 7.5))
@settings(max_examples=20)
def test_members_on_grids_of_half_a_second_and_a_sixth_agree_in_time(by, second):
    coarse, fine = (
        replace(member(frame_s, keys="a"), frames={"a": peaked("a", frame_s, second)}) for frame_s in (0.5, 0.16)
    )
    blended = Blend(by)([coarse, fine]).frames["a"]
    assert blended.frame_s == 0.16 and blended.framewise.shape == (50, 2)
    loudest = blended.frame_start_s[blended.framewise[:, 0].argmax()] + 0.08
    assert abs(loudest - second) <= 0.5


def test_a_product_takes_the_species_of_one_member_and_the_time_of_another():
    knows_what, knows_when = peaked("a", 0.5, 4.0), peaked("a", 0.16, 4.0)
    smeared = knows_what.framewise.copy()
    smeared[5:12, 0] = 0.9  # an encoder that hears three seconds
    unsure = knows_when.framewise.copy()
    unsure[25] = 0.8  # both species, at the right moment
    members = [
        replace(member(frame_s, keys="a"), frames={"a": replace(scores, framewise=framewise)})
        for frame_s, scores, framewise in ((0.5, knows_what, smeared), (0.16, knows_when, unsure))
    ]
    blended = Blend("product")(members).frames["a"]
    assert np.argwhere(blended.framewise > 0.5).tolist() == [[25, 0]]


def test_frames_are_as_long_as_is_stated():
    blended = Blend(frame_s=0.3)([member(0.5), member(0.16)]).frames["a"]
    assert blended.frame_s == 0.3
    assert blended.frame_start_s[-1] < 8.0 <= blended.frame_start_s[-1] + 0.3
    assert len(blended.framewise) == len(blended.frame_start_s) == 27


def test_without_frames_in_every_member_whole_recordings_alone_are_blended(tmp_path):
    one = member()
    blended = Blend()([one, replace(one, frames={})])
    assert not blended.frames and table(blended).shape == (4, 2)
    (tmp_path / "frames.npz").write_bytes(b"of an earlier blend")
    assert writing.write(tmp_path, blended) == []
    assert [path.name for path in tmp_path.iterdir()] == ["submission.csv"]


def test_new_frames_leave_out_what_nobody_heard():
    one = by_chance("a", 0.5)
    heard = (one.frame_start_s < 2) | (one.frame_start_s >= 6)
    torn = replace(one, frame_start_s=one.frame_start_s[heard], framewise=one.framewise[heard])
    for frame_s in (0.5, 0.3, 0.2):
        starts_s = Blend(frame_s=frame_s)([replace(member(keys="a"), frames={"a": torn})]).frames["a"].frame_start_s
        assert not ((starts_s >= 2 + 1e-6) & (starts_s + frame_s <= 6 - 1e-6)).any(), frame_s
        assert len(starts_s) >= 4 / frame_s and starts_s[0] == 0 and starts_s[-1] + frame_s >= 8 - 1e-6


def test_the_spread_of_a_calibrated_blend_is_of_what_was_joined():
    said = Calibration("x", tuple(SpeciesCalibration(a, b, 0.5, "platt", 1, 1) for a, b in ((1.0, 0.0),) * 2))
    doubled = Calibration("y", tuple(SpeciesCalibration(2.0, 0.0, 0.5, "platt", 1, 1) for _ in range(2)))
    sure, unsure = member(keys="a"), member(keys="a")
    odds = sure.frames["a"].framewise / (1 - sure.frames["a"].framewise)
    squared = odds**2 / (1 + odds**2)  # what the map that doubles log odds makes of the other
    sure = replace(sure, frames={"a": replace(sure.frames["a"], framewise=squared)}, calibration=said)
    unsure = replace(unsure, calibration=doubled)
    apart = Blend(calibrated=True)([sure, unsure]).frames["a"].framewise_spread
    assert apart is not None and apart.max() < 1e-4
    plain = Blend()([sure, unsure]).frames["a"].framewise_spread
    assert plain is not None and plain.max() > 0.01


def test_who_counts_more_draws_the_spread_to_itself():
    one, other = (member(keys="a", seed=seed).frames["a"] for seed in (1, 2))
    alike = scoring.spread([one, one, one, other])
    np.testing.assert_allclose(scoring.spread([one, other], np.array([0.75, 0.25])), alike, atol=1e-6)


@pytest.mark.parametrize("wrong", [{"weights": (1.0, 0.0)}, {"weights": (float("nan"),)}, {"frame_s": 0.0}])
def test_weights_and_frames_of_nothing_are_refused(wrong):
    with pytest.raises(BlendError, match="expected"):
        Blend(**wrong)


def test_weights_are_one_a_member():
    with pytest.raises(BlendError, match="1 weights for 2 members"):
        Blend(weights=(1.0,))([member(), member()])
