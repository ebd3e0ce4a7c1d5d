from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dawnchorus import run_folder
from dawnchorus import scores as scoring
from dawnchorus.events import Annotation, Recording, Species
from dawnchorus.files import read_json, write_json
from dawnchorus.package import PackageError
from dawnchorus.run_folder import RunError, RunFolder
from dawnchorus.scores import Scores

SPECIES = [Species(0, "frog"), Species(1, "Pájaro, azul")]
RECORD = {"stages": [{"name": "1"}, {"name": "2"}], "data": "forest"}


def recordings(folder: Path) -> list[Recording]:
    return [Recording(key, folder / f"{key}.wav", 10.0, 32_000, site) for key, site in (("x/a", "ridge"), ("é", ""))]


def boxes() -> list[Annotation]:
    return [
        Annotation("x/a", 0, 0.1, 1.0 / 3, 100.5, 2000.0, True, 2),
        Annotation("é", 1, 3.0, 4.0, 0.0, 500.0, False),
        Annotation("x/a", 1, 1.0, 2.0, 0.0, 500.0, True),
    ]


def written(folder: Path) -> RunFolder:
    run_folder.write(folder / "run", recordings(folder), {"x/a": 0, "é": 1}, boxes(), SPECIES, RECORD)
    return RunFolder(folder / "run")


def test_what_is_read_is_what_was_written(tmp_path):
    run = written(tmp_path)
    assert run.recordings == recordings(tmp_path)
    assert run.fold_of == {"x/a": 0, "é": 1}
    assert run.annotations == [boxes()[0], boxes()[2], boxes()[1]]  # present first
    assert run.species == SPECIES
    assert run.stages == ["1", "2"]
    assert run.record["data"] == "forest"


def test_recordings_that_were_not_heard_are_not_in_the_run(tmp_path):
    run_folder.write(tmp_path / "run", recordings(tmp_path), {"é": 0}, [], SPECIES, RECORD)
    assert [recording.key for recording in RunFolder(tmp_path / "run").recordings] == ["é"]


def test_paths_are_whole_so_that_a_run_is_read_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_folder.write(Path("run"), [Recording("a", Path("sound/a.wav"), 1.0, 8000)], {"a": 0}, [], SPECIES, RECORD)
    monkeypatch.chdir("/")
    assert RunFolder(tmp_path / "run").recordings[0].path == tmp_path.resolve() / "sound" / "a.wav"


def test_scores_of_a_stage_are_read_by_recording(tmp_path):
    run = written(tmp_path)
    one = np.float32([[0.25, 0.5]])
    said = Scores("é", np.float32([0]), np.float32([1]), one, one, np.float32([0]), 1.0, one)
    scoring.write(run.path / "scores" / "2.npz", [said])
    assert run.scores("2")["é"].clipwise.tolist() == [[0.25, 0.5]]


def test_a_folder_without_a_finished_run_says_what_was_expected(tmp_path):
    with pytest.raises(RunError, match=r"no run.json here; expected the --out folder of a finished `dawnchorus train`"):
        _ = RunFolder(tmp_path).stages


def test_a_run_of_another_version_is_refused(tmp_path):
    run = written(tmp_path)
    write_json(run.path / "run.json", read_json(run.path / "run.json") | {"schema": 99})
    with pytest.raises(RunError, match="schema 99; this version of dawnchorus reads schema 1"):
        _ = RunFolder(run.path).record


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ({"recordings": None}, "recordings is None; expected a list of objects"),
        ({"stages": "2"}, "stages is '2'; expected a list of objects"),
        ({"stages": [{"name": "2", "fits": None}]}, r"stages\[0\].fits is None"),
        ({"stages": [{"name": "2", "fits": [], "finals": [3]}]}, r"stages\[0\].finals is \[3\]"),
        ({"stages": [], "experiment": {"stages": ["known"]}}, r"experiment.stages is \['known'\]"),
        ({"stages": [], "experiment": "known"}, "experiment.stages is 'known'"),
    ],
)
def test_a_damaged_record_says_what_was_found_where(tmp_path, damage, found):
    run = written(tmp_path)
    write_json(run.path / "run.json", read_json(run.path / "run.json") | damage)
    with pytest.raises(RunError, match="run.json: " + found):
        _ = RunFolder(run.path).record


@pytest.mark.parametrize(
    ("text", "found"), [('{"schema": 1, "rec', "no JSON"), ("[1]", "schema None"), ("", "no JSON")]
)
def test_a_record_that_was_cut_short_is_refused(tmp_path, text, found):
    run = written(tmp_path)
    (run.path / "run.json").write_text(text)
    with pytest.raises(RunError, match=f"run.json: {found}"):
        _ = RunFolder(run.path).record


def test_a_stage_without_a_model_is_named(tmp_path):
    with pytest.raises(PackageError, match=r"no package.json"):
        written(tmp_path).package("1")
