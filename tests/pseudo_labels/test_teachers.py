from __future__ import annotations

import numpy as np
import pytest

from dawnchorus.blend import BlendError
from dawnchorus.pseudo_labels import teachers
from dawnchorus.pseudo_labels.soft import Soft
from dawnchorus.pseudo_labels.teachers import OutsideTeacher
from dawnchorus.run_folder import RunFolder
from dawnchorus.scores import Scores
from factories import by_chance, window, write_run


def said_of(recordings: str, frame_s: float) -> list[Scores]:
    return [by_chance(one, frame_s) for one in recordings]


def test_one_run_teaches_with_its_own_scores(tmp_path):
    run = write_run(tmp_path / "run", said_of("abc", 0.5), "CC BY-NC")
    told, said = teachers.of_runs([run])
    (one,) = told
    assert (one.name, one.licence) == ("teacher", "CC BY-NC") and one.origin.startswith("network of run, ")
    (scores,) = said["a"]
    np.testing.assert_array_equal(scores.framewise, RunFolder(run).scores("last")["a"].framewise)


def test_several_runs_teach_together_on_the_finest_frames(tmp_path):
    coarse = write_run(tmp_path / "coarse", said_of("abcd", 0.5), "CC BY-NC")
    fine = write_run(tmp_path / "fine", said_of("abc", 0.16), "MIT")
    told, said = teachers.of_runs([coarse, fine], "both")
    assert [one.name for one in told] == ["both", "both"]
    assert [one.licence for one in told] == ["CC BY-NC", "MIT"]
    assert all(isinstance(one, OutsideTeacher) for one in told)
    assert [len(said[key]) for key in "abcd"] == [2, 2, 2, 1]  # one kept d from its models
    assert {one.frame_s for one in said["a"]} == {0.16} and said["d"][0].frame_s == 0.5
    known = Soft()(said, [window(0, recording="a")], 2, 32)
    assert known.windows.known.all()


def test_runs_of_other_species_do_not_teach_together(tmp_path):
    one, two = (said_of("ab", 0.5) for _ in range(2))
    runs = [write_run(tmp_path / "one", one), write_run(tmp_path / "two", two, names=("frog", "newt"))]
    with pytest.raises(BlendError, match="species 1 is 'newt'"):
        teachers.of_runs(runs)
