import json
from dataclasses import replace
from pathlib import Path

import pytest

import tiny_encoder
from dawnchorus import recommended, rounds
from dawnchorus.augment.background import Background
from dawnchorus.augment.band_masks import BandMasks
from dawnchorus.augment.disjoint import DisjointMixing
from dawnchorus.encoders.onnx_file import onnx_encoder
from dawnchorus.experiment import Experiment, Prediction, Stage, changes, from_record, to_record
from dawnchorus.features import FrontEnd
from dawnchorus.labels.beside_absent import BesideAbsent
from dawnchorus.labels.others_absent import OthersAbsent
from dawnchorus.labels.smoothed import Smoothed
from dawnchorus.pcen import Pcen
from dawnchorus.pretraining.learner import Pretraining
from dawnchorus.pseudo_labels.teachers import OutsideTeacher
from dawnchorus.pseudo_labels.votes import Votes

BASELINE = recommended.experiment()


def test_a_record_is_json_and_is_read_back_equal() -> None:
    for experiment in (BASELINE, recommended.on_frames(BASELINE)):
        assert from_record(json.loads(json.dumps(to_record(experiment)))) == experiment


@pytest.mark.parametrize(
    "kind",
    [
        "os.system",
        "dawnchorus.files.write_text",
        "dawnchorus.experiment.Path",
        "",
        "dawnchorus.audio.faults.AudioError",
    ],
)
def test_a_record_loads_settings_of_this_package_and_nothing_else(kind: str) -> None:
    with pytest.raises(ValueError, match="refusing to load"):
        from_record({"kind": kind})


def test_changes_name_the_setting_and_both_values() -> None:
    first, second, third = BASELINE.stages
    variant = replace(BASELINE, stages=(first, second, replace(third, pseudo_labels=Votes(present_above=0.5))))
    assert changes(BASELINE, variant) == ["stages.2.pseudo_labels.present_above: 0.9 -> 0.5"]
    assert changes(BASELINE, BASELINE) == []


def test_a_teacher_of_another_run_has_a_name_of_its_own_and_says_nothing_of_other_sets() -> None:
    outside = (OutsideTeacher("elsewhere", "", ""),)
    first, second, third = BASELINE.stages
    taught = replace(third, teacher="elsewhere")
    replace(BASELINE, stages=(first, second, taught), outside=outside)
    with pytest.raises(ValueError, match="a stage and a teacher of another run are both named 'elsewhere'"):
        replace(BASELINE, stages=(first, replace(second, name="elsewhere"), third), outside=outside)
    with pytest.raises(ValueError, match="stage 3: its teacher is of another run, which says nothing of also_hear"):
        replace(BASELINE, stages=(first, second, replace(taught, also_hear=("test",))), outside=outside)


def test_a_stage_can_start_only_from_an_earlier_one() -> None:
    with pytest.raises(ValueError, match="'2' is no earlier stage"):
        Experiment((Stage("1", 10, start_from="2"),))


def test_a_pretraining_a_fold_is_a_fit() -> None:
    assert replace(BASELINE, folds=2, repeats=3).fits == 18
    assert replace(BASELINE, folds=2, repeats=3, pretraining=Pretraining()).fits == 20


def test_a_stage_may_have_its_own_number_of_networks() -> None:
    first, second, third = BASELINE.stages
    assert replace(BASELINE, folds=2, repeats=3, stages=(first, second, replace(third, repeats=1))).fits == 14
    assert "repeats" not in to_record(first)  # so that runs from before keep their records
    with pytest.raises(ValueError, match="stage 2: 4 networks a fold, and 1, from which they start, has 3"):
        replace(BASELINE, repeats=3, stages=(first, replace(second, repeats=4)))
    with pytest.raises(ValueError, match="repeats 0 must be at least 1"):
        replace(first, repeats=0)


def test_final_networks_are_fits_of_their_own_and_start_anew() -> None:
    first, second, third = BASELINE.stages
    full = replace(BASELINE, folds=2, stages=(replace(first, finals=2), second, third))
    assert full.fits == 8
    assert replace(full, pretraining=Pretraining()).fits == 11
    assert "finals" not in to_record(first)  # so that runs from before keep their records
    with pytest.raises(ValueError, match="stage 2: finals start anew"):
        replace(second, finals=1)
    with pytest.raises(ValueError, match="nothing is left to choose weights by"):
        replace(first, finals=1, keep="best_on_known_cells")
    with pytest.raises(ValueError, match="finals -1 must be at least 0"):
        replace(first, finals=-1)


def test_pseudo_labels_need_a_teacher() -> None:
    with pytest.raises(ValueError, match="belong together"):
        Stage("3", 10, pseudo_labels=Votes())


@pytest.mark.parametrize("augmentation", [BandMasks(), DisjointMixing(), Background()])
def test_augmentations_that_go_by_mel_bands_are_of_no_encoder_and_no_view(augmentation: object, tmp_path: Path) -> None:
    path = tiny_encoder.write(tmp_path / "encoder.onnx")
    on_encoder = rounds.on_encoder(onnx_encoder(path, tiny_encoder.RATE_HZ, tiny_encoder.WINDOW_S, 0.5))
    stages = tuple(replace(stage, augment=(augmentation,)) for stage in on_encoder.stages)
    with pytest.raises(ValueError, match=f"{type(augmentation).__name__} needs mel bands"):
        replace(on_encoder, stages=stages)
    with pytest.raises(ValueError, match="of a view nothing is"):
        Prediction(views=(augmentation,))


def test_a_background_is_added_to_db_alone() -> None:
    stages = tuple(replace(stage, augment=(Background(),)) for stage in BASELINE.stages)
    with pytest.raises(ValueError, match="stage 1: Background adds power"):
        replace(BASELINE, stages=stages, front_end=FrontEnd(pcen=Pcen()))


def test_what_was_recorded_before_a_setting_came_is_recorded_the_same_today() -> None:
    front_end, network = (set(to_record(BASELINE)[name]) for name in ("front_end", "network"))
    assert "pcen" not in front_end and "coordinate" not in network
    heard = replace(BASELINE, front_end=FrontEnd(pcen=Pcen(seconds=0.1)))
    assert from_record(json.loads(json.dumps(to_record(heard)))) == heard
    assert "front_end.pcen.seconds: none -> 0.1" in changes(BASELINE, heard)


def test_a_misspelt_setting_is_an_error() -> None:
    with pytest.raises(TypeError, match="learning_rat"):
        replace(BASELINE.stages[0], learning_rat=1e-3)  # type: ignore[call-arg]


@pytest.mark.parametrize("text", ["", "1,2", "1,2,x", "0,1,1", "1,2,3,4"])
def test_steps_that_are_no_three_numbers_are_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="--steps"):
        recommended.steps(text)


def test_a_budget_scales_steps_and_leaves_one() -> None:
    assert recommended.steps("100,200,10", 0.01) == (1, 2, 1)


def test_a_guess_comes_after_pseudo_labels_or_not_at_all() -> None:
    first, taught = rounds.on_pictures(count=1).stages
    assert replace(taught, labels=Smoothed(OthersAbsent())).labels == Smoothed(OthersAbsent())
    inside = OthersAbsent(BesideAbsent(Smoothed()))
    assert replace(first, labels=inside).labels == inside
    with pytest.raises(ValueError, match="OthersAbsent stands over a guess"):
        replace(taught, labels=inside)
