import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from dawnchorus import dataset, rounds, scores
from dawnchorus.audio.folders import scan
from dawnchorus.averaging import WeightAverage
from dawnchorus.dataset import Prepared
from dawnchorus.files import read_json
from dawnchorus.pseudo_labels.soft import Soft
from dawnchorus.pseudo_labels.teachers import OutsideTeacher, Said
from dawnchorus.pseudo_labels.votes import Votes
from dawnchorus.training import fit as fitting
from dawnchorus.training.pasting import Pasted
from dawnchorus.training.results import Run, held_out_scores
from dawnchorus.training.run import _Running, run
from dawnchorus.training.ship import ship
from dawnchorus.windows import Anchored
from training import tiny

NOTHING_PASTED = Pasted({}, {}, {})


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
    assert {len(said) for said in held_out_scores(done.of_stage("1")).values()} == {2}
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
    first, second, third = finished.experiment.stages
    easy = replace(third, pseudo_labels=Votes(present_above=0.0), steps=1)
    again = run(
        replace(finished.experiment, stages=(first, second, easy)), finished.data, finished.fits[0].folder.parent
    )
    stretches = again.pseudo["3"]
    assert stretches
    assert all(0 <= start_s < end_s <= 10.001 for _, _, start_s, end_s in stretches)


def test_faithful_voters_are_all_models_and_honest_ones_those_that_never_heard_it(
    finished: Run, prepared: Prepared
) -> None:
    *before, third = finished.experiment.stages
    cache = finished.fits[0].folder.parent
    asked: list[dict[str, int]] = []

    @dataclass(frozen=True)
    class Counting(Votes):
        def __call__(self, teachers, windows, n_species, columns_per_frame):  # type: ignore[no-untyped-def]
            asked.append({key: len(said) for key, said in teachers.items()})
            return super().__call__(teachers, windows, n_species, columns_per_frame)

    for faithful, voters in ((False, 1), (True, 2)):
        asked.clear()
        stage = replace(third, pseudo_labels=Counting(0.0), faithful_voters=faithful, steps=1)
        run(replace(finished.experiment, stages=(*before, stage)), prepared, cache)
        assert set(asked[0].values()) == {voters}
        assert set(asked[0]) == set(prepared.recordings)


def test_twins_bring_fp_boxes_of_the_judged_fold_into_training(finished: Run, tmp_path: Path) -> None:
    running = _Running(finished.experiment, finished.data, finished.fold_of, NOTHING_PASTED, {}, tmp_path, None, "")
    twins = replace(running, experiment=replace(finished.experiment, faithful_twins=True))
    stage = finished.experiment.stages[1]
    honest, faithful = running.lesson(stage, 0, 0, {}), twins.lesson(stage, 0, 0, {})
    assert all(finished.fold_of[key] != 0 for key in honest.blocks)
    more = set(faithful.blocks) - set(honest.blocks)
    assert more
    assert all(finished.fold_of[key] == 0 for key in more)
    assert not any(box.present for key in more for box in faithful.annotations[key])


def test_sets_without_annotations_are_heard_with_the_words_of_all_models(forest: Path, tmp_path: Path) -> None:
    data = dataset.load(forest)
    test, _ = scan([forest / "test"])
    with_test = dataset.prepare(data, tmp_path / "store", tiny.FRONT_END, None, {"test": test})
    first, second, third = tiny.experiment((1, 1, 1)).stages
    hears = replace(third, also_hear=("test",), pseudo_labels=Votes(present_above=0.0))
    done = run(replace(tiny.experiment(), stages=(first, second, hears)), with_test, tmp_path / "cache")
    running = _Running(done.experiment, done.data, done.fold_of, NOTHING_PASTED, {}, tmp_path / "cache", None, "")
    teachers = running.teachers(hears, done.of_stage("2"))
    unlabelled = {key for key in teachers if key.startswith("test:")}
    assert len(unlabelled) == len(test)
    assert {len(teachers[key]) for key in unlabelled} == {2}
    assert unlabelled <= set(running.lesson(hears, 0, 0, teachers).blocks)
    assert not any(recording.startswith("test:") for recording, *_ in done.pseudo["3"])
    with pytest.raises(ValueError, match="of which no recordings were given"):
        run(done.experiment, dataset.prepare(data, tmp_path / "store", tiny.FRONT_END), tmp_path / "cache")


def test_song_types_are_classes_in_training_and_species_in_scores(prepared: Prepared, tmp_path: Path) -> None:
    boxes = list(prepared.data.annotations)
    rare = next(number for number, box in enumerate(boxes) if box.present and box.species == 1)
    boxes[rare] = replace(boxes[rare], song_type=4)
    split = replace(prepared, data=replace(prepared.data, annotations=tuple(boxes)))
    first = replace(tiny.experiment().stages[0], steps=1)
    done = run(replace(tiny.experiment(), stages=(first,), song_types=True), split, tmp_path)
    assert done.species_of == (0, 1, 1)
    raw = scores.read(done.fits[0].scores)
    key = next(iter(raw))
    assert raw[key].framewise.shape[1] == 3
    merged = done.out_of_fold("1")[key].framewise
    np.testing.assert_array_equal(merged[:, 1], raw[key].framewise[:, 1:].max(axis=1))


def test_averaged_weights_are_kept_through_a_stop(prepared: Prepared, tmp_path: Path) -> None:
    first = replace(tiny.experiment().stages[0], steps=4, average=WeightAverage(start=0.5, every=1))
    averaged = run(replace(tiny.experiment(), stages=(first,)), prepared, tmp_path)
    plain = run(replace(tiny.experiment(), stages=(replace(first, average=None),)), prepared, tmp_path)
    one, other = (load_file(done.fits[0].weights)["score.weight"] for done in (averaged, plain))
    assert not np.allclose(one, other, atol=1e-6)


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


def test_a_stage_that_draws_pasted_events_needs_them(prepared: Prepared) -> None:
    _, second, _ = tiny.experiment().stages
    stage = replace(second, start_from=None, windows=Anchored(128, 0.5, 0.5))
    with pytest.raises(ValueError, match="says nothing of pasting"):
        replace(tiny.experiment(), stages=(stage,))


def test_rounds_of_soft_labels_start_again_and_learn_from_the_round_before(prepared: Prepared, tmp_path: Path) -> None:
    _, second, _ = tiny.experiment().stages
    known = replace(second, name="known", start_from=None, windows=Anchored(128, 1.0))
    rounds = [
        replace(known, name=name, windows=Anchored(128, 0.5), pseudo_labels=Soft(power=1.5), teacher=teacher)
        for name, teacher in (("round 1", "known"), ("round 2", "round 1"))
    ]
    done = run(replace(tiny.experiment(), stages=(known, *rounds)), prepared, tmp_path)
    for name in ("round 1", "round 2"):
        assert min(read_json(done.of_stage(name)[0].record)["labels"]["pseudo_mass"]) > 0


def test_no_model_hears_the_audit_part_and_a_worse_round_is_left_out(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second, _ = tiny.experiment().stages
    known = replace(second, name="known", start_from=None)
    rounds = [
        replace(known, name=name, pseudo_labels=Soft(), teacher=teacher)
        for name, teacher in (("round-1", "known"), ("round-2", "round-1"))
    ]
    experiment = replace(tiny.experiment(), stages=(known, *rounds), audit=True)
    judged = iter((0.5, 0.6, 0.4))
    monkeypatch.setattr(_Running, "audit_score", lambda self, fits: next(judged))
    done = run(experiment, prepared, tmp_path)
    assert [stage.name for stage in done.experiment.stages] == ["known", "round-1"]
    assert done.audit == {"known": 0.5, "round-1": 0.6, "round-2": 0.4}
    audited = {key for key, fold in done.fold_of.items() if fold == 2}
    assert audited and not audited & set(done.out_of_fold("round-1"))
    monkeypatch.undo()
    running = _Running(experiment, prepared, done.fold_of, NOTHING_PASTED, {}, tmp_path, None, "")
    assert not audited & set(running.lesson(known, 0, 0, {}).blocks)
    assert 0 <= running.audit_score(done.of_stage("known")) <= 1


def test_a_student_learns_from_what_the_audit_kept(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second, _ = tiny.experiment((1, 1, 1)).stages
    known = replace(second, name="known", start_from=None)
    experiment = rounds.self_taught(replace(tiny.experiment(), stages=rounds.rounds(known, 3), audit=True))
    judged = iter((0.5, 0.6, 0.4, 0.7))
    monkeypatch.setattr(_Running, "audit_score", lambda self, fits: next(judged))
    done = run(experiment, prepared, tmp_path)
    assert [(one.name, one.teacher) for one in done.experiment.stages] == [
        ("known", None),
        ("round-1", "known"),
        ("student", "round-1"),
    ]
    assert done.audit == {"known": 0.5, "round-1": 0.6, "round-2": 0.4, "student": 0.7}
    assert set(done.out_of_fold("student")) == {key for key, fold in done.fold_of.items() if fold != 2}


def test_final_networks_hear_all_folds_and_are_the_detector(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second, _ = tiny.experiment().stages
    known = replace(second, name="known", start_from=None)
    pupil = replace(known, name="pupil", pseudo_labels=Soft(), teacher="known", finals=2)
    plain = replace(tiny.experiment(), stages=(known, replace(pupil, finals=0)))
    without = run(plain, prepared, tmp_path)
    done = run(replace(plain, stages=(known, pupil)), prepared, tmp_path)
    assert [one.folder for one in done.fits] == [one.folder for one in without.fits], "the folds are as they were"
    assert done.detector_of("known") == done.of_stage("known")
    first, second_final = done.detector_of("pupil")
    assert (first.fold, second_final.fold) == (None, None)
    assert not np.allclose(load_file(first.weights)["score.weight"], load_file(second_final.weights)["score.weight"])
    assert not first.scores.exists(), "there is nothing that it never heard"
    running = _Running(done.experiment, prepared, done.fold_of, NOTHING_PASTED, {}, tmp_path, None, "")
    assert set(running.lesson(pupil, None, 0, {}).blocks) == set(prepared.blocks)
    shipped = ship(done, "pupil", tmp_path / "model")
    assert len(shipped.models) == 2
    for number, one in enumerate(done.detector_of("pupil")):
        assert (shipped.folder / f"weights.{number}.safetensors").read_bytes() == one.weights.read_bytes()
    card = (shipped.folder / "card.md").read_text(encoding="utf-8")
    assert "models: 2, which heard the recordings of all 2 folds" in card
    audited = replace(running, experiment=replace(done.experiment, audit=True), fold_of=dict.fromkeys(done.fold_of, 2))
    assert not audited.lesson(pupil, None, 0, {}).blocks, "the audit part is kept from them too"
    monkeypatch.setattr("dawnchorus.training.run.fit", None)  # nothing is trained again
    assert run(done.experiment, prepared, tmp_path).finals == done.finals


def test_an_audited_run_shares_no_network_with_one_that_hears_what_it_keeps_back(
    prepared: Prepared, tmp_path: Path
) -> None:
    _, second, _ = tiny.experiment((1, 1, 1)).stages
    known = replace(second, name="known", start_from=None, finals=1)
    audited = run(replace(tiny.experiment(), stages=(known,), folds=2, audit=True), prepared, tmp_path)
    whole = run(replace(tiny.experiment(), stages=(known,), folds=3), prepared, tmp_path)
    assert audited.fold_of == whole.fold_of
    folders = [{one.folder for one in (*done.fits, *done.finals)} for done in (audited, whole)]
    assert not folders[0] & folders[1]
    shipped = ship(audited, "known", tmp_path / "model")
    assert "none heard the audit part" in (shipped.folder / "card.md").read_text(encoding="utf-8")


def test_a_pupil_learns_from_a_teacher_of_another_run(finished: Run, tmp_path: Path) -> None:
    _, second, _ = tiny.experiment().stages
    pupil = replace(second, name="pupil", start_from=None, pseudo_labels=Soft(), teacher="elsewhere")
    experiment = replace(tiny.experiment(), stages=(pupil,), outside=(OutsideTeacher("elsewhere", "a run", "MIT"),))
    with pytest.raises(ValueError, match="whose scores were not given"):
        run(experiment, finished.data, tmp_path)
    said = {key: [one] for key, one in finished.out_of_fold("3").items()}
    with pytest.raises(ValueError, match="elsewhere: it scored none of the"):
        run(experiment, finished.data, tmp_path, outside={"elsewhere": Said({"stranger": next(iter(said.values()))})})
    fewer = {key: [replace(one, framewise=one.framewise[:, :1]) for one in its] for key, its in said.items()}
    with pytest.raises(ValueError, match="elsewhere: it knows 1 species, the data 2"):
        run(experiment, finished.data, tmp_path, outside={"elsewhere": Said(fewer)})
    names = {one.number: one.name for one in finished.data.data.species}
    with pytest.raises(ValueError, match="elsewhere: its species 1 is 'wren', in the data it is"):
        run(experiment, finished.data, tmp_path, outside={"elsewhere": Said(said, names | {1: "wren"})})
    done = run(experiment, finished.data, tmp_path, outside={"elsewhere": Said(said, names)})
    twice = Said({key: [one, one] for key, (one,) in said.items()})
    other = run(experiment, finished.data, tmp_path, outside={"elsewhere": twice})
    assert done.fits[0].folder != other.fits[0].folder  # a changed teacher changes the pupil's key
