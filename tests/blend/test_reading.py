from __future__ import annotations

import numpy as np
import pytest

from blend.members import calibrated, keep, member, predicted, table, whole
from dawnchorus.blend import reading, writing
from dawnchorus.blend.joining import Blend
from dawnchorus.blend.member import BlendError
from dawnchorus.events import Species
from dawnchorus.export import scores_parquet, submission
from dawnchorus.features import FrontEnd
from dawnchorus.files import write_json
from dawnchorus.run_folder import RunFolder
from factories import by_chance, write_run


def test_a_folder_without_predictions_says_what_was_expected(tmp_path):
    with pytest.raises(BlendError, match=r"no run.json, submission.csv or scores.parquet here"):
        reading.member(tmp_path)


def test_frames_of_another_kind_are_refused(tmp_path):
    submission.write_all(tmp_path / "submission.csv", member().whole)
    np.savez(tmp_path / "frames.npz", recording=np.array(["a"]))
    with pytest.raises(BlendError, match=r"frames.npz: no store of Scores"):
        reading.member(tmp_path)


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
    writing.write(tmp_path, member(0.5))
    (tmp_path / name).write_text(text)
    with pytest.raises(BlendError, match=f"{name}: no record of predictions: .*{said}"):
        reading.member(tmp_path)


def test_the_folder_of_a_detection_that_kept_its_scores_is_a_member(tmp_path):
    keep(tmp_path, heard := member(0.16))
    read = reading.member(tmp_path)
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
    read = reading.member(tmp_path)
    assert read.whole.keys() == read.frames.keys() == heard.frames.keys()
    for key, said in read.whole.items():
        loudest = np.sort(heard.frames[key].framewise, axis=0)[-max(1, round(top_s / 0.16)) :]
        np.testing.assert_allclose(said, loudest.mean(axis=0), atol=6e-4)


def test_kept_scores_that_tell_nothing_are_named(tmp_path):
    keep(tmp_path, member())
    (tmp_path / "submission.csv").unlink()
    write_json(tmp_path / "summary.json", {"top_s": "long"})
    with pytest.raises(BlendError, match="top_s is 'long' in its record; expected seconds"):
        reading.member(tmp_path)
    scores_parquet.write(tmp_path / "scores.parquet", [], 0.5, member().species)
    with pytest.raises(BlendError, match=r"scores.parquet: no recording is in it"):
        reading.member(tmp_path)


def test_several_channels_of_a_recording_are_no_member(tmp_path):
    keep(tmp_path, member(0.16), channels=(1, 2))
    with pytest.raises(BlendError, match=r"scores.parquet: \w+ has several channels"):
        reading.member(tmp_path)


def test_detections_of_another_origin_need_not_name_species(tmp_path):
    submission.write_all(tmp_path / "submission.csv", member().whole)
    (tmp_path / "detections.csv").write_text("recording_id,species_id,t_min,t_max,score\na,1,0,1,0.5\n")
    assert reading.member(tmp_path).names == {}


def test_a_submission_table_alone_is_a_member(tmp_path):
    submission.write_all(tmp_path / "theirs.csv", member().whole)
    alone = reading.member(tmp_path / "theirs.csv")
    np.testing.assert_allclose(table(alone), table(member()), atol=1e-6)
    assert not alone.frames and alone.species == [Species(0, "s0"), Species(1, "s1")]


def test_calibrated_members_speak_of_probabilities(tmp_path):
    one = predicted(tmp_path / "one", whole((0.5, 0.5)))
    calibrated(one, "k", (1.0, 2.0), (1.0, 0.0))
    other = predicted(tmp_path / "other", whole((0.5, 0.5)))
    calibrated(other, "k", (1.0, -2.0), (1.0, 0.0))
    members = [reading.member(one), reading.member(other)]
    assert members[0].origin == "a small one"
    np.testing.assert_allclose(table(Blend(calibrated=True)(members[:1])), [[1 / (1 + np.exp(-2)), 0.5]], atol=1e-6)
    np.testing.assert_allclose(table(Blend("logits", calibrated=True)(members)), [[0.5, 0.5]], atol=1e-6)


def test_what_was_detected_brings_the_probabilities_that_were_written(tmp_path):
    folder = predicted(tmp_path, whole((0.5, 0.25), (0.1, 0.1)))
    header = "recording_id,species_id,species,score,probability,called\n"
    (folder / "recordings.csv").write_text(header + "r0,1,wren,0.25,0.4000,0\n", encoding="utf-8")
    told = reading.member(folder).probabilities
    assert {key: its.tolist() for key, its in told.items()} == {"r0": [0, 0.4], "r1": [0, 0]}
    (folder / "recordings.csv").write_text(header + "elsewhere,1,wren,0.25,0.4000,0\n", encoding="utf-8")
    assert not reading.member(folder).probabilities
    (folder / "recordings.csv").write_text(header + "r0,2,thrush,0.25,0.4000,0\n", encoding="utf-8")
    with pytest.raises(ValueError, match="recordings.csv line 2: species 2 with probability 0.4; expected a species b"):
        reading.member(folder)


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
        reading.member(folder)


def test_frames_are_calibrated_as_recordings_are(tmp_path):
    folder = predicted(tmp_path, member())
    calibrated(folder, "k", (2.0, -1.0), (0.5, 0.0))
    read = reading.member(folder)
    framewise = Blend(calibrated=True)([read]).frames["a"].framewise
    np.testing.assert_allclose(framewise, read.calibration.apply(read.frames["a"].framewise), atol=1e-6)


def test_a_run_is_what_its_last_stage_says_of_recordings_that_it_never_heard(tmp_path):
    frames = [by_chance(key, 0.5) for key in "abcd"]
    read = reading.member(write_run(tmp_path / "run", frames, "CC BY-NC"))
    scores = RunFolder(tmp_path / "run").scores("last")
    assert list(read.frames) == list("abcd")
    np.testing.assert_array_equal(read.whole["b"], scores["b"].whole_recording(1.5))
    assert read.species == [Species(0, "frog"), Species(1, "Pájaro 鳥")]
    assert read.bands_hz[1] == (100.0, 900.0) and read.calibration is None and read.typical_s == (0.5, 0.5)
    assert (read.origin, read.licence) == (f"network of run, {FrontEnd().name}", "CC BY-NC")
