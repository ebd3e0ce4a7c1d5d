from __future__ import annotations

from dataclasses import replace

import pytest

from dawnchorus import recommended, rounds
from dawnchorus.encoders.birdnet import BirdNet
from dawnchorus.experiment import from_record, to_record
from dawnchorus.labels.annotated_only import AnnotatedOnly
from dawnchorus.pseudo_labels.teachers import OutsideTeacher


def test_a_student_of_its_own_run_learns_as_one_of_another_run():
    first = replace(rounds.on_pictures(), repeats=3)
    own = rounds.self_taught(first)
    other = rounds.taught(rounds.on_pictures(steps=rounds.STUDENT_STEPS), [OutsideTeacher("known")])
    assert own.stages[:-1] == first.stages
    assert own.stages[-1] == replace(other.stages[0], repeats=1, finals=0)  # its folds had other teachers
    assert other.stages[0].finals == 1
    assert own.predict == other.predict
    assert [own.repeats_of(stage) for stage in own.stages] == [3, 1]


def test_it_is_taught_by_the_last_round_and_hears_nothing_made_up():
    known, first, student = rounds.self_taught(rounds.on_pictures(steps=30, count=1)).stages
    assert (student.teacher, student.steps) == (first.name, 100)
    assert student.mixup is None and student.windows.pasted_share == 0 and student.labels == AnnotatedOnly()
    assert known.windows.pasted_share > 0


def test_the_network_is_told_how_high_a_place_is_but_the_memos_is_not():
    assert rounds.on_pictures().network.coordinate
    assert not recommended.experiment().network.coordinate  # the memo's three channels are alike


def test_an_encoder_has_one_round_of_soft_labels_and_spectrograms_none():
    known, first = rounds.on_encoder(BirdNet()).stages
    assert (known.teacher, first.teacher, first.pseudo_labels) == (None, "known", rounds.SOFT)
    assert [stage.name for stage in rounds.on_pictures().stages] == ["known"]


def test_a_student_of_an_encoders_own_hears_what_its_teachers_do_and_learns_longer():
    alone = rounds.on_encoder(rounds.BIRDNET)
    own = rounds.self_taught(alone, rounds.ENCODER_STUDENT_STEPS / rounds.ENCODER_STEPS)
    *before, student = own.stages
    assert tuple(before) == alone.stages
    assert (student.teacher, student.steps, student.finals) == ("round-1", 1500, 0)
    assert student.pseudo_labels == rounds.TAUGHT and student.labels == AnnotatedOnly()
    # Its frames, windows and marks of recordings are theirs, so that both may stand in one table.
    assert (student.windows.columns, own.network, own.predict) == (4, alone.network, alone.predict)


@pytest.mark.parametrize(("hop_s", "top_s"), [(0.1875, 1.0), (0.375, 1.0), (0.75, 1.5)])
def test_a_recordings_score_is_that_of_two_frames_or_more_on_every_encoder(hop_s: float, top_s: float):
    experiment = rounds.on_encoder(BirdNet(hop_s, speeds=(2.0,)))
    assert experiment.predict.top_s == rounds.self_taught(experiment).predict.top_s == top_s


def test_a_record_from_before_there_were_speeds_hears_at_one():
    one, two = (to_record(rounds.on_encoder(heard_by)) for heard_by in (BirdNet(), rounds.BIRDNET))
    assert "speeds" not in one["front_end"] and two["front_end"]["speeds"] == [1.0, 2.0]
    assert from_record(one).front_end == BirdNet() and from_record(two).front_end == rounds.BIRDNET


def test_a_student_on_an_encoder_hears_four_times_less_and_more_at_once():
    pupil = rounds.taught_on_encoder(rounds.LIGHT_BIRDNET, [OutsideTeacher("teacher")])
    (stage,) = pupil.stages
    assert (stage.teacher, stage.finals, stage.pseudo_labels) == ("teacher", 1, rounds.TAUGHT)
    assert stage.windows.columns == pupil.score_windows.columns == 6  # 4.5 s
    assert pupil.network == replace(rounds.HEAD, context=3)
    assert pupil.predict.top_s == 2 * rounds.LIGHT_BIRDNET.hop_s
    usual = rounds.taught_on_encoder(rounds.BIRDNET, [OutsideTeacher("teacher")])
    assert usual.stages[0].windows.columns == 12 and usual.predict.top_s == rounds.SURER_S
    assert usual.network.context == 5  # as many seconds
    assert (stage.batch, usual.stages[0].batch) == (160, 80)  # and as many frames a step
    assert from_record(to_record(pupil)) == pupil
