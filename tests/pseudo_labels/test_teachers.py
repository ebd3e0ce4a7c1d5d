from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from dawnchorus.blend.joining import Blend
from dawnchorus.blend.member import BlendError
from dawnchorus.blend.reading import member
from dawnchorus.blend.writing import record, write
from dawnchorus.files import write_json
from dawnchorus.pseudo_labels import teachers
from dawnchorus.pseudo_labels.soft import Soft
from dawnchorus.pseudo_labels.teachers import OutsideTeacher
from dawnchorus.run_folder import RunFolder
from dawnchorus.scores import Scores
from factories import NAMES, by_chance, line, window, write_run


def said_of(recordings: str, frame_s: float) -> list[Scores]:
    return [by_chance(one, frame_s) for one in recordings]


def test_one_run_teaches_with_its_own_scores(tmp_path):
    run = write_run(tmp_path / "run", said_of("abc", 0.5), "CC BY-NC")
    told, said = teachers.of_folders([run])
    (one,) = told
    assert (one.name, one.licence) == ("teacher", "CC BY-NC") and one.origin.startswith("network of run, ")
    (scores,) = said.scores["a"]
    np.testing.assert_array_equal(scores.framewise, RunFolder(run).scores("last")["a"].framewise)


def test_several_runs_teach_together_on_the_finest_frames(tmp_path):
    coarse = write_run(tmp_path / "coarse", said_of("abcd", 0.5), "CC BY-NC")
    fine = write_run(tmp_path / "fine", said_of("abc", 0.16), "MIT")
    told, said = teachers.of_folders([coarse, fine], "both")
    assert [one.name for one in told] == ["both", "both"]
    assert [one.licence for one in told] == ["CC BY-NC", "MIT"]
    assert all(isinstance(one, OutsideTeacher) for one in told)
    assert [len(said.scores[key]) for key in "abcd"] == [2, 2, 2, 1]  # one kept d from its models
    assert {one.frame_s for one in said.scores["a"]} == {0.16} and said.scores["d"][0].frame_s == 0.5
    known = Soft()(said.scores, [window(0, recording="a")], 2, 32)
    assert known.windows.known.all()


MAPS = ((2.0, 1.0), (0.5, -1.0))


def test_a_calibrated_run_brings_its_probabilities(tmp_path):
    run = write_run(tmp_path / "run", said_of("ab", 0.5), maps=MAPS)
    _, said = teachers.of_folders([run])
    for key, scores in RunFolder(run).scores("last").items():
        a, b = np.transpose(MAPS)
        np.testing.assert_allclose(
            said.probabilities[key], expit(a * logit(scores.whole_recording(1.5)) + b), rtol=1e-5
        )


def test_of_several_runs_the_mean_of_those_counts_that_are_calibrated(tmp_path):
    names = {"one": MAPS, "two": MAPS[::-1], "three": ()}
    runs = [write_run(tmp_path / name, said_of("ab", 0.5), maps=maps) for name, maps in names.items()]
    alone = [teachers.of_folders([run])[1].probabilities for run in runs]
    assert not alone[2]
    np.testing.assert_allclose(
        teachers.of_folders(runs)[1].probabilities["a"], (alone[0]["a"] + alone[1]["a"]) / 2, rtol=1e-6
    )


def test_probabilities_of_some_recordings_are_none(tmp_path):
    few = write_run(tmp_path / "few", said_of("a", 0.5), maps=MAPS)
    more = write_run(tmp_path / "more", said_of("abc", 0.5))
    _, said = teachers.of_folders([few, more])
    assert set(said.scores) == set("abc") and not said.probabilities and said.names == dict(enumerate(NAMES))


def test_a_blend_of_calibrated_runs_brings_their_mean_as_it_weighs_them(tmp_path):
    runs = [
        write_run(tmp_path / name, said_of("ab", 0.5), maps=maps) for name, maps in (("i", MAPS), ("j", MAPS[::-1]))
    ]
    both = blended(tmp_path / "both", runs, (3.0, 1.0))
    first, second, together = (teachers.of_folders([one])[1].probabilities for one in (*runs, both))
    np.testing.assert_allclose(together["a"], (3 * first["a"] + second["a"]) / 4, atol=1e-6)
    uncalibrated = write_run(tmp_path / "k", said_of("ab", 0.5))
    assert not teachers.of_folders([blended(both, [*runs, uncalibrated])])[1].probabilities  # and none of before
    assert not (both / "probabilities.csv").exists()


def test_runs_of_other_species_do_not_teach_together(tmp_path):
    one, two = (said_of("ab", 0.5) for _ in range(2))
    runs = [write_run(tmp_path / "one", one), write_run(tmp_path / "two", two, names=("frog", "newt"))]
    with pytest.raises(BlendError, match="species 1 is 'newt'"):
        teachers.of_folders(runs)


def blended(folder, members, weights=()):
    """What `dawnchorus blend` leaves of members."""
    how, read = Blend("logits", weights=weights), [member(one) for one in members]
    write(folder, joined := how(read))
    write_json(folder / "blend.json", record(how, read, joined))
    return folder


def test_a_blend_of_runs_teaches_as_it_weighs_them(tmp_path):
    runs = [write_run(tmp_path / name, said_of("ab", 0.5), of) for name, of in (("one", "MIT"), ("two", "CC BY-NC"))]
    told, said = teachers.of_folders([blended(tmp_path / "both", runs, (3.0, 1.0))])
    (one,) = told
    assert one.licence == "MIT; CC BY-NC" and "network of one" in one.origin and "network of two" in one.origin
    (scores,) = said.scores["a"]
    first, second = (logit(RunFolder(run).scores("last")["a"].framewise.astype(float)) for run in runs)
    np.testing.assert_allclose(logit(scores.framewise.astype(float)), (3 * first + second) / 4, atol=0.01)


def test_what_its_models_may_have_heard_does_not_teach(tmp_path):
    run = write_run(tmp_path / "run", said_of("ab", 0.5))
    heard = blended(tmp_path / "heard", [run])
    (heard / "blend.json").unlink()  # so nothing says where it comes from: predictions, as of `detect`
    with pytest.raises(BlendError, match="both: it can't teach.*expected a run, or a blend of runs"):
        teachers.of_folders([run, blended(tmp_path / "both", [run, heard])])
    whole = blended(tmp_path / "whole", [run])
    (whole / "frames.npz").unlink()
    with pytest.raises(BlendError, match="whole: it can't teach"):
        teachers.of_folders([whole])


def test_a_frame_is_told_the_mean_of_the_teachers_frames_by_the_time_they_share():
    teacher = line(1, 0, 0.5, frame_s=0.384)  # a pupil's frames are 0.512 s
    told = teachers.said_of_frames(teacher, window(0, columns=96), 32)
    np.testing.assert_allclose(told[:, 0], [0.75, (0.256 * 0 + 0.256 * 0.5) / 0.512, 0.5], atol=1e-6)


def test_behind_the_last_frame_of_a_teacher_the_last_counts():
    told = teachers.said_of_frames(line(0.25, 0.75, frame_s=0.512), window(0, columns=128), 32)
    np.testing.assert_allclose(told[:, 0], [0.25, 0.75, 0.75, 0.75], atol=1e-6)


def test_frames_on_both_sides_of_a_lost_block_keep_apart():
    whole = line(0.25, 0.75, 0.5, 1, frame_s=0.512)
    late = replace(whole, frame_start_s=whole.frame_start_s + np.array([0, 0, 10.24, 10.24]))
    told = teachers.said_of_frames(late, window(704, columns=64), 32)  # from 11.264 s on
    np.testing.assert_allclose(told[:, 0], [0.5, 1], atol=1e-6)


@given(
    st.lists(st.floats(0, 1, width=16), min_size=40, max_size=40),
    st.sampled_from([0.032, 0.128, 0.375, 0.512, 0.75]),
    st.integers(0, 60),
)
def test_what_is_told_has_the_mean_of_what_was_said(values, frame_s, start):
    teacher, asked = line(*values, frame_s=frame_s), window(start, columns=64)
    if asked.end_s <= 40 * frame_s:
        fine = np.linspace(asked.start_s, asked.end_s, 20_001)[:-1] + (asked.end_s - asked.start_s) / 40_002
        said = np.array(values)[(fine / frame_s).astype(int)].mean()
        told = teachers.said_of_frames(teacher, asked, 16)
        assert told.mean() == pytest.approx(said, abs=2e-3)
        assert min(values) - 1e-6 <= told.min() and told.max() <= max(values) + 1e-6
