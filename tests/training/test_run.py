import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from dawnchorus import dataset, scores
from dawnchorus.dataset import Prepared
from dawnchorus.pseudo_labels.votes import Votes
from dawnchorus.training import fit as fitting
from dawnchorus.training.run import Run, pseudo_stretches, run, teachers_of
from training import tiny


@pytest.fixture(scope="module")
def prepared(forest: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return dataset.prepare(dataset.load(forest), tmp_path_factory.mktemp("store"), tiny.FRONT_END)


@pytest.fixture(scope="module")
def finished(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(tiny.experiment(), prepared, tmp_path_factory.mktemp("cache"))


def test_every_recording_is_scored_by_models_that_never_heard_it(finished: Run) -> None:
    for stage in ("1", "2", "3"):
        for one in finished.of_stage(stage):
            assert {finished.fold_of[key] for key in scores.read(one.scores)} == {one.fold}
        assert set(finished.out_of_fold(stage)) == set(finished.data.recordings)


def test_one_teacher_a_repeat(prepared: Prepared, tmp_path: Path) -> None:
    twice = replace(tiny.experiment(), repeats=2, stages=tiny.experiment().stages[:1])
    done = run(twice, prepared, tmp_path)
    assert {len(said) for said in teachers_of(done.of_stage("1")).values()} == {2}
    first, _, second, _ = done.of_stage("1")
    assert not np.allclose(load_file(first.weights)["score.weight"], load_file(second.weights)["score.weight"])


def test_a_finished_run_is_not_trained_again(finished: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr("dawnchorus.training.run.fit", never)
    again = run(finished.experiment, finished.data, finished.fits[0].folder.parent)
    assert [one.folder for one in again.fits] == [one.folder for one in finished.fits]


def test_experiments_share_the_stages_they_have_in_common(finished: Run) -> None:
    *before, last = finished.experiment.stages
    other = replace(finished.experiment, stages=(*before, replace(last, pseudo_labels=Votes(present_above=0.5))))
    again = run(other, finished.data, finished.fits[0].folder.parent)
    for stage in ("1", "2"):
        assert [one.folder for one in again.of_stage(stage)] == [one.folder for one in finished.of_stage(stage)]
    assert not {one.folder for one in again.of_stage("3")} & {one.folder for one in finished.of_stage("3")}


def test_a_changed_teacher_changes_the_pupil_and_nothing_else(finished: Run) -> None:
    first, second, third = finished.experiment.stages
    other = replace(finished.experiment, stages=(first, replace(second, learning_rate=1e-5), third))
    again = run(other, finished.data, finished.fits[0].folder.parent)
    assert [one.folder for one in again.of_stage("1")] == [one.folder for one in finished.of_stage("1")]
    assert not {one.folder for one in again.of_stage("3")} & {one.folder for one in finished.of_stage("3")}


def test_the_same_run_twice_gives_the_same_weights(finished: Run, prepared: Prepared, tmp_path: Path) -> None:
    again = run(finished.experiment, prepared, tmp_path)
    for one, other in zip(finished.fits, again.fits, strict=True):
        assert one.weights.read_bytes() == other.weights.read_bytes()


def test_pseudo_labels_lie_inside_recordings(finished: Run) -> None:
    easy = replace(finished.experiment.stages[2], pseudo_labels=Votes(present_above=0.0))
    stretches = pseudo_stretches(finished, easy)
    assert stretches
    assert all(0 <= start_s < end_s <= 10.001 for _, _, start_s, end_s in stretches)


def test_a_loss_that_is_no_number_stops_the_stage_by_name(prepared: Prepared, tmp_path: Path) -> None:
    (first, *_) = tiny.experiment().stages
    wild = replace(tiny.experiment(), stages=(replace(first, learning_rate=1e30, steps=8),))
    with pytest.raises(fitting.TrainingError, match=r"stage 1, step \d+: the loss is"):
        run(wild, prepared, tmp_path)


def test_the_best_weights_on_known_cells_can_be_kept(prepared: Prepared, tmp_path: Path) -> None:
    (first, *_) = tiny.experiment().stages
    best = replace(tiny.experiment(), stages=(replace(first, keep="best_on_known_cells"),))
    assert all(one.weights.exists() for one in run(best, prepared, tmp_path).fits)


KILLED = """
import sys
from pathlib import Path
from dawnchorus import dataset
from dawnchorus.training import fit
from dawnchorus.training.run import run
from training import tiny
fit.STEPS_BETWEEN_CHECKPOINTS = 3
data, store, cache = map(Path, sys.argv[1:])
prepared = dataset.prepare(dataset.load(data), store, tiny.FRONT_END)
def announce(fit, steps, of, loss):
    print(fit.stage.name, fit.fold, steps, flush=True)
run(tiny.experiment((8, 2, 2)), prepared, cache, announce)
"""


def _start(forest: Path, store: Path, cache: Path) -> subprocess.Popen[str]:
    tests = str(Path(__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-W", "ignore", "-c", KILLED, str(forest), str(store), str(cache)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
def test_a_run_that_was_killed_goes_on_to_the_same_weights(forest: Path, tmp_path: Path) -> None:
    store, cache = tmp_path / "store", tmp_path / "killed"
    with _start(forest, store, cache) as process:
        for line in process.stdout or ():
            if line.split() == ["1", "1", "5"]:  # in the middle of the second fit, between two checkpoints
                process.send_signal(signal.SIGKILL)
                break
    assert not list(cache.glob("*/.*")), "a kill leaves nothing half-written behind"
    with _start(forest, store, cache) as process:
        lines = [line.split() for line in process.stdout or ()]
    assert process.returncode == 0
    assert lines[0] == ["1", "1", "4"], "it goes on from the checkpoint, and repeats the epoch it was killed in"
    with _start(forest, store, tmp_path / "whole") as process:
        process.communicate()
    assert process.returncode == 0
    fits = sorted((tmp_path / "whole").glob("*/weights.safetensors"))
    assert len(fits) == 6
    for weights in fits:
        assert weights.read_bytes() == (cache / weights.parent.name / weights.name).read_bytes()
