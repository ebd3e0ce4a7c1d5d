from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dawnchorus import blend
from dawnchorus import scores as scoring
from dawnchorus.blend import Blend, BlendError, Member
from dawnchorus.calibration import tables
from dawnchorus.calibration.tables import Calibration, SpeciesCalibration
from dawnchorus.events import Species
from dawnchorus.export import csv_table, scores_parquet, submission
from dawnchorus.features import FrontEnd
from dawnchorus.files import write_json
from dawnchorus.run_folder import RunFolder
from dawnchorus.scores import Scores
from factories import NAMES, by_chance, write_run

WAYS = ("mean", "logits", "product", "rank")


def peaked(recording: str, frame_s: float, second: float, height: float = 0.9, others: float = 0.02) -> Scores:
    """Scores with one loud frame of species 0."""
    one = by_chance(recording, frame_s)
    framewise = np.full_like(one.framewise, others)
    framewise[int(second / frame_s), 0] = height
    return replace(one, framewise=framewise)


def member(frame_s: float = 0.5, seed: int = 0, keys: str = "abcd", where: str = "one") -> Member:
    frames = {key: by_chance(key, frame_s, seed) for key in keys}
    return Member(
        Path(where), {key: one.whole_recording() for key, one in frames.items()}, frames, dict(enumerate(NAMES))
    )


def whole(*rows: tuple[float, ...], where: str = "table") -> Member:
    """A member that scored whole recordings alone."""
    return Member(Path(where), {f"r{number}": np.float32(row) for number, row in enumerate(rows)})


def table(of: Member) -> np.ndarray:
    return np.stack(list(of.whole.values()))


def same(one: Member, other: Member, atol: float = 0) -> None:
    np.testing.assert_allclose(table(one), table(other), atol=atol, rtol=0)
    assert list(one.frames) == list(other.frames)
    for key, scores in one.frames.items():
        for name in ("clipwise", "window_maximum", "framewise"):
            np.testing.assert_allclose(getattr(scores, name), getattr(other.frames[key], name), atol=atol, rtol=0)


# ---- facts of a blend ----------------------------------------------------------------------------------------


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


# ---- time ----------------------------------------------------------------------------------------------------


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
    assert blend.write(tmp_path, blended) == []
    assert [path.name for path in tmp_path.iterdir()] == ["submission.csv"]


# ---- the door ------------------------------------------------------------------------------------------------


def test_members_of_other_species_are_refused():
    with pytest.raises(BlendError, match="two: it knows 3 species, one 2; expected the same"):
        Blend()([whole((0, 0), where="one"), whole((0, 0, 0), where="two")])
    with pytest.raises(BlendError, match="two: species 1 is 'newt', in one it is 'Pájaro 鳥'"):
        Blend()([member(), replace(member(where="two"), names={1: "newt"})])


def test_members_of_other_recordings_are_refused():
    with pytest.raises(BlendError, match=r"two: other recordings than in one: 2 missing, first c; 1 only here"):
        Blend()([member(), member(keys="abx", where="two")])
    other = replace(member(where="two"), frames=member(keys="abc").frames)
    with pytest.raises(BlendError, match=r"frames.npz: other recordings than in one/frames.npz: 1 missing, first d"):
        Blend()([member(), other])


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


def test_a_folder_without_predictions_says_what_was_expected(tmp_path):
    with pytest.raises(BlendError, match=r"no run.json, submission.csv or scores.parquet here"):
        blend.member(tmp_path)


def test_frames_of_another_kind_are_refused(tmp_path):
    submission.write_all(tmp_path / "submission.csv", member().whole)
    np.savez(tmp_path / "frames.npz", recording=np.array(["a"]))
    with pytest.raises(BlendError, match=r"frames.npz: no store of Scores"):
        blend.member(tmp_path)


# ---- files ---------------------------------------------------------------------------------------------------


def test_a_blend_is_a_member_again(tmp_path):
    first = replace(member(0.16), bands_hz={0: (100.0, 900.0), 1: (0.0, 0.0)}, typical_s=(0.3, 0.3))
    blended = Blend()([first, member(0.5, seed=1)])
    events = blend.write(tmp_path, blended)
    assert events and events[0].low_hz == 100
    read = blend.member(tmp_path)
    same(read, blended, 6e-4)  # frames are kept in half precision
    assert read.names == dict(enumerate(NAMES)) and read.bands_hz == first.bands_hz
    assert (tmp_path / "detections.csv").read_text(encoding="utf-8").startswith(",".join(csv_table.COLUMNS))


@pytest.mark.parametrize("name", ["result.json", "summary.json", "blend.json"])
def test_events_of_a_blend_are_as_long_as_the_calls_of_its_members(tmp_path, name):
    folder = predicted(tmp_path, member(0.5), "k")
    assert blend.member(folder).typical_s == ()
    (folder / "result.json").unlink()
    write_json(folder / name, {"typical_s": [0.5, 4.0]})
    blended = Blend()([member(0.5, seed=1), blend.member(folder)])
    assert blended.typical_s == (0.5, 4.0)
    events = blend.write(tmp_path / "both", blended)
    longest = [max(one.end_s - one.start_s for one in events if one.species == species) for species in (0, 1)]
    assert longest[0] <= 1 < longest[1] <= 8


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value"),
        ('{"typical_s": [', "Expecting value"),
        ("[]", "it holds list; expected an object"),
        ('{"typical_s": null}', "typical_s is None; expected seconds above 0 of 2 species"),
        ('{"typical_s": [0.5]}', r"typical_s is \[0.5\]"),
        ('{"typical_s": [0.5, 0]}', r"typical_s is \[0.5, 0.0\]"),
        ('{"typical_s": [0.5, NaN]}', r"typical_s is \[0.5, nan\]"),
        ('{"typical_s": ["long", "short"]}', r"typical_s is \['long', 'short'\]"),
    ],
)
@pytest.mark.parametrize("name", ["summary.json", "blend.json"])
def test_a_damaged_record_beside_predictions_is_named(tmp_path, name, text, said):
    blend.write(tmp_path, member(0.5))
    (tmp_path / name).write_text(text)
    with pytest.raises(BlendError, match=f"{name}: no record of predictions: .*{said}"):
        blend.member(tmp_path)


def keep(folder: Path, heard: Member, channels: tuple[int, ...] = (0,)) -> None:
    """What `detect --keep-scores --submission` leaves of it."""
    submission.write_all(folder / "submission.csv", heard.whole)
    lines = [
        (key, channel, float(one.frame_start_s[-1] + one.frame_s), one.frame_start_s, one.framewise.astype(np.float16))
        for key, one in sorted(heard.frames.items())
        for channel in channels
    ]
    frame_s = next(iter(heard.frames.values())).frame_s
    scores_parquet.write(folder / "scores.parquet", lines, frame_s, heard.species)


def test_the_folder_of_a_detection_that_kept_its_scores_is_a_member(tmp_path):
    keep(tmp_path, heard := member(0.16))
    read = blend.member(tmp_path)
    assert read.frames.keys() == heard.frames.keys()
    for key, one in read.frames.items():
        np.testing.assert_allclose(one.framewise, heard.frames[key].framewise, atol=6e-4)
        np.testing.assert_allclose(one.frame_start_s, heard.frames[key].frame_start_s)


@pytest.mark.parametrize(("record", "top_s"), [({"top_s": 1.6}, 1.6), ({}, 0.0), (None, 0.0)])
def test_kept_scores_tell_of_whole_recordings_as_their_model_does(tmp_path, record, top_s):
    keep(tmp_path, heard := member(0.16))
    (tmp_path / "submission.csv").unlink()
    if record is not None:
        write_json(tmp_path / "summary.json", record)
    read = blend.member(tmp_path)
    assert read.whole.keys() == read.frames.keys() == heard.frames.keys()
    for key, said in read.whole.items():
        loudest = np.sort(heard.frames[key].framewise, axis=0)[-max(1, round(top_s / 0.16)) :]
        np.testing.assert_allclose(said, loudest.mean(axis=0), atol=6e-4)


def test_kept_scores_that_tell_nothing_are_named(tmp_path):
    keep(tmp_path, member())
    (tmp_path / "submission.csv").unlink()
    write_json(tmp_path / "summary.json", {"top_s": "long"})
    with pytest.raises(BlendError, match="top_s is 'long' in its record; expected seconds"):
        blend.member(tmp_path)
    scores_parquet.write(tmp_path / "scores.parquet", [], 0.5, member().species)
    with pytest.raises(BlendError, match=r"scores.parquet: no recording is in it"):
        blend.member(tmp_path)


def test_several_channels_of_a_recording_are_no_member(tmp_path):
    keep(tmp_path, member(0.16), channels=(1, 2))
    with pytest.raises(BlendError, match=r"scores.parquet: \w+ has several channels"):
        blend.member(tmp_path)


def test_detections_of_another_origin_need_not_name_species(tmp_path):
    submission.write_all(tmp_path / "submission.csv", member().whole)
    (tmp_path / "detections.csv").write_text("recording_id,species_id,t_min,t_max,score\na,1,0,1,0.5\n")
    assert blend.member(tmp_path).names == {}


def test_a_submission_table_alone_is_a_member(tmp_path):
    submission.write_all(tmp_path / "theirs.csv", member().whole)
    alone = blend.member(tmp_path / "theirs.csv")
    np.testing.assert_allclose(table(alone), table(member()), atol=1e-6)
    assert not alone.frames and alone.species == [Species(0, "s0"), Species(1, "s1")]


def calibrated(folder: Path, key: str, *maps: tuple[float, float]) -> None:
    species = tuple(SpeciesCalibration(a, b, 0.5, "mixture", 1, 1) for a, b in maps)
    tables.write(folder, Calibration(key, species))


def predicted(folder: Path, of: Member, key: str = "k") -> Path:
    """A folder as a study leaves it."""
    blend.write(folder, of)
    write_json(folder / "result.json", {"key": key, "network": "a small one"})
    return folder


def test_calibrated_members_speak_of_probabilities(tmp_path):
    one = predicted(tmp_path / "one", whole((0.5, 0.5)))
    calibrated(one, "k", (1.0, 2.0), (1.0, 0.0))
    other = predicted(tmp_path / "other", whole((0.5, 0.5)))
    calibrated(other, "k", (1.0, -2.0), (1.0, 0.0))
    members = [blend.member(one), blend.member(other)]
    assert members[0].origin == "a small one"
    np.testing.assert_allclose(table(Blend(calibrated=True)(members[:1])), [[1 / (1 + np.exp(-2)), 0.5]], atol=1e-6)
    np.testing.assert_allclose(table(Blend("logits", calibrated=True)(members)), [[0.5, 0.5]], atol=1e-6)


def test_probabilities_of_a_blend_are_the_weighted_mean_of_its_members_and_are_read_again(tmp_path):
    folders = [predicted(tmp_path / name, whole((0.5, 0.25))) for name in ("one", "other")]
    for folder, height in zip(folders, (2.0, -2.0), strict=True):
        calibrated(folder, "k", (1.0, height), (1.0, 0.0))
    blended = Blend("logits", weights=(3.0, 1.0))([blend.member(folder) for folder in folders])
    high, low = 1 / (1 + np.exp([-2.0, 2.0]))
    np.testing.assert_allclose(blended.probabilities["r0"], [(3 * high + low) / 4, 0.25], atol=1e-6)
    blend.write(tmp_path / "both", blended)
    again = blend.member(tmp_path / "both")
    np.testing.assert_allclose(again.probabilities["r0"], blended.probabilities["r0"], atol=1e-6)
    assert again.calibration is None


def test_a_blend_knows_its_species_by_name_whether_they_were_detected_or_not(tmp_path):
    read = [member(), member(seed=1)]
    joined = replace(Blend()(read), frames={})
    blend.write(tmp_path, joined)
    write_json(tmp_path / "blend.json", blend.record(Blend(), read, joined))
    assert blend.member(tmp_path).names == dict(enumerate(NAMES))


def test_what_was_detected_brings_the_probabilities_that_were_written(tmp_path):
    folder = predicted(tmp_path, whole((0.5, 0.25), (0.1, 0.1)))
    header = "recording_id,species_id,species,score,probability,called\n"
    (folder / "recordings.csv").write_text(header + "r0,1,wren,0.25,0.4000,0\n", encoding="utf-8")
    told = blend.member(folder).probabilities
    assert {key: its.tolist() for key, its in told.items()} == {"r0": [0, 0.4], "r1": [0, 0]}
    (folder / "recordings.csv").write_text(header + "elsewhere,1,wren,0.25,0.4000,0\n", encoding="utf-8")
    assert not blend.member(folder).probabilities
    (folder / "recordings.csv").write_text(header + "r0,2,thrush,0.25,0.4000,0\n", encoding="utf-8")
    with pytest.raises(ValueError, match="recordings.csv line 2: species 2 with probability 0.4; expected a species b"):
        blend.member(folder)


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("r0,0.5,1.5", "expected 2 probabilities a recording"),
        ("r0,0.5", "expected 2"),
        ("r1,0.5,0.5", "1 missing, first r0"),
    ],
)
def test_probabilities_that_fit_no_blend_are_named(tmp_path, row, fault):
    folder = predicted(tmp_path, whole((0.5, 0.25)))
    columns = ",".join(["recording_id", "s0", "s1"][: row.count(",") + 1])
    (folder / "probabilities.csv").write_text(f"{columns}\n{row}\n", encoding="utf-8")
    with pytest.raises(BlendError, match=f"probabilities.csv: .*{fault}"):
        blend.member(folder)


def test_frames_are_calibrated_as_recordings_are(tmp_path):
    folder = predicted(tmp_path, member())
    calibrated(folder, "k", (2.0, -1.0), (0.5, 0.0))
    read = blend.member(folder)
    framewise = Blend(calibrated=True)([read]).frames["a"].framewise
    np.testing.assert_allclose(framewise, read.calibration.apply(read.frames["a"].framewise), atol=1e-6)


def test_a_member_without_its_own_calibration_is_named(tmp_path):
    with pytest.raises(BlendError, match="one: no calibration"):
        Blend(calibrated=True)([member()])
    folder = predicted(tmp_path, member(), "another")
    calibrated(folder, "k", (1.0, 0.0), (1.0, 0.0))
    with pytest.raises(ValueError, match="it is another model's"):
        blend.member(folder)


def test_a_run_is_what_its_last_stage_says_of_recordings_that_it_never_heard(tmp_path):
    frames = [by_chance(key, 0.5) for key in "abcd"]
    read = blend.member(write_run(tmp_path / "run", frames, "CC BY-NC"))
    scores = RunFolder(tmp_path / "run").scores("last")
    assert list(read.frames) == list("abcd")
    np.testing.assert_array_equal(read.whole["b"], scores["b"].whole_recording(1.5))
    assert read.species == [Species(0, "frog"), Species(1, "Pájaro 鳥")]
    assert read.bands_hz[1] == (100.0, 900.0) and read.calibration is None and read.typical_s == (0.5, 0.5)
    assert (read.origin, read.licence) == (f"network of run, {FrontEnd().name}", "CC BY-NC")
