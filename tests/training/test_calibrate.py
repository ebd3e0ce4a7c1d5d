"""A box is a fair sample of calls: what it says of its recording weighs one over the calls that are there."""

from collections.abc import Iterable, Mapping
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit, logit

from dawnchorus.calibration.measures import expected_calibration_error
from dawnchorus.events import Annotation
from dawnchorus.pseudo_labels.teachers import Said
from dawnchorus.scores import Scores
from dawnchorus.training.calibrate import calibrated, known_recordings


def said(recording: str, *calls: int) -> Scores:
    """A recording of 20 one-second frames, with so many separate calls of each species."""
    frames = np.full((20, len(calls)), 0.01, np.float32)
    for species, count in enumerate(calls):
        frames[: 2 * count : 2, species] = 0.9
    starts = np.arange(20.0)
    return Scores(
        recording,
        starts[:1],
        starts[-1:] + 1,
        frames.max(0, keepdims=True),
        frames.max(0, keepdims=True),
        starts,
        1.0,
        frames,
    )


def run(*boxes: tuple[str, int, bool]) -> SimpleNamespace:
    annotations = [Annotation(recording, species, 0.0, 1.0, 0.0, 1.0, present) for recording, species, present in boxes]
    return SimpleNamespace(
        data=SimpleNamespace(data=SimpleNamespace(annotations=annotations, typical_s=[1.0, 1.0])),
        species_of={0: 0, 7: 1},
    )


def test_of_two_boxed_recordings_the_one_with_fewer_calls_weighs_more():
    heard = [said("a", 1, 0), said("b", 4, 2), said("c", 0, 8)]
    known = known_recordings(heard, [("a", 0), ("b", 0), ("c", 1)], [1.0, 1.0])
    assert known.present[:, 0].tolist() == pytest.approx([1.6, 0.4, 0])  # 4 to 1, and two together
    assert known.present[:, 1].tolist() == pytest.approx([0, 0, 1])  # alone it weighs one, however many calls it has


def test_no_recording_is_known_to_be_without_a_species():
    known = known_recordings([said("a", 0, 0), said("b", 0, 0)], [("b", 0), ("elsewhere", 1)], [1.0, 1.0])
    assert not known.absent.any()
    assert known.present.tolist() == [[0, 0], [1, 0]]


def taught_run(teacher: Mapping[str, float], pupil: Mapping[str, float], boxed: Iterable[str]) -> SimpleNamespace:
    """A run of two stages, each with one frame a recording, in which recordings of `boxed` have a box."""

    def one(recording: str, score: float) -> Scores:
        frame = np.array([[score]], np.float32)
        start = np.zeros(1)
        return Scores(recording, start, start + 1, frame, frame, start, 1.0, frame)

    told = {"teacher": teacher, "pupil": pupil}
    annotations = [Annotation(recording, 0, 0.0, 1.0, 0.0, 1.0, True) for recording in boxed]
    stages = (SimpleNamespace(name="teacher", teacher=None), SimpleNamespace(name="pupil", teacher="teacher"))
    return SimpleNamespace(
        data=SimpleNamespace(data=SimpleNamespace(annotations=annotations, typical_s=[1.0])),
        species_of={0: 0},
        outside={},
        experiment=SimpleNamespace(stages=stages, predict=SimpleNamespace(top_s=0.0)),
        out_of_fold=lambda stage: {name: one(name, score) for name, score in told[stage].items()},
    )


def test_a_pupil_has_the_probabilities_of_its_teacher_whatever_its_own_scale():
    rng = np.random.default_rng(0)
    names = [chr(97 + number) for number in range(26)] + [chr(65 + number) for number in range(26)]
    logits = np.where(np.arange(52) < 20, rng.normal(1, 0.7, 52), rng.normal(-3, 0.7, 52))
    teacher = dict(zip(names, expit(logits).tolist(), strict=True))
    half = dict(zip(names, expit(logits / 2 - 1).tolist(), strict=True))
    by_teacher = calibrated(taught_run(teacher, teacher, "abcde"), "teacher", "t")
    # On recordings with a box the pupil is surer than elsewhere: models that knew the boxes told it of their like.
    surer = {name: expit(logit(half[name]) + 0.5) for name in "abcde"}
    by_pupil = calibrated(taught_run(teacher, half | surer, "abcde"), "pupil", "p")
    assert by_teacher is not None and by_pupil is not None
    assert by_pupil.species[0].method == "teacher" and by_pupil.model_hash == "p"
    assert by_pupil.species[0].prevalence == pytest.approx(by_teacher.species[0].prevalence, abs=0.02)
    others = names[5:]
    said = [
        by_teacher.apply(np.array([[teacher[one]] for one in others])),
        by_pupil.apply(np.array([[half[one]] for one in others])),
    ]
    assert np.abs(said[0] - said[1]).max() < 0.1


def test_a_teacher_of_another_run_brings_its_own_probabilities():
    rng = np.random.default_rng(0)
    names = [f"r{number:03}" for number in range(400)]
    present = rng.random(400) < 0.3
    told = dict(zip(names, expit(np.where(present, 1, -1) * 4 + rng.normal(0, 1, 400))[:, None], strict=True))
    boxed = [name for name, holds in zip(names, present, strict=True) if holds][::6]
    # Of recordings with a box the teacher knew: it is a student itself, and those before it had the boxes.
    logits = np.where(present, 1, -2) + rng.normal(0, 0.7, 400) + np.where(np.isin(names, boxed), 1, 0)
    heard = dict(zip(names, expit(logits).tolist(), strict=True))
    brought = SimpleNamespace(
        **vars(taught_run(heard, heard, boxed)) | {"outside": {"teacher": Said({}, probabilities=told)}}
    )
    found = calibrated(brought, "pupil", "p")
    assert found is not None
    assert found.species[0].prevalence == pytest.approx(np.mean(list(told.values())), abs=1e-6)
    new = np.where(present, 1, -2) + rng.normal(0, 0.7, 400)
    assert expected_calibration_error(found.apply(expit(new)[:, None])[:, 0], present) < 0.04
    without_boxes = SimpleNamespace(**vars(brought) | {"data": taught_run(heard, heard, "").data})
    assert calibrated(without_boxes, "pupil", "p") is not None


def test_a_species_becomes_no_rarer_by_being_confirmed():
    rng = np.random.default_rng(0)
    present = rng.random(600) < 0.4
    logits = np.where(present, rng.normal(2, 1, 600), rng.normal(-3, 1, 600))
    said = {f"r{number:03}": score for number, score in enumerate(expit(logits).tolist())}
    hold_it = [name for name, holds in zip(said, present, strict=True) if holds]
    scores = np.array([[score] for score in said.values()])
    for each in (20, 2, 1):  # one in twenty of those that hold it is boxed, one in two, all
        found = calibrated(taught_run(said, said, hold_it[::each]), "teacher", "t")
        assert found is not None
        assert found.species[0].prevalence == pytest.approx(present.mean(), abs=0.03)
        assert found.apply(scores).mean() == pytest.approx(present.mean(), abs=0.05)


def test_a_species_that_is_boxed_in_every_recording_is_not_certain_elsewhere():
    rng = np.random.default_rng(0)
    names = [f"r{number}" for number in range(12)]
    boxes = [*((name, 0, True) for name in names), *((name, 7, True) for name in names[:3])]
    told = {name: said(name, 2, int(rng.integers(0, 3))) for name in names}
    stages = (SimpleNamespace(name="known", teacher=None),)
    of_stages = SimpleNamespace(stages=stages, predict=SimpleNamespace(top_s=0.0))
    everywhere = SimpleNamespace(**vars(run(*boxes)), outside={}, experiment=of_stages, out_of_fold=lambda stage: told)
    found = calibrated(everywhere, "known", "t")
    assert found is not None
    assert found.species[0].prevalence == pytest.approx(13 / 14)
    quiet, loud = found.apply(np.array([[0.01, 0.01], [0.9, 0.9]]))[:, 0]
    assert quiet < loud < 0.999


def test_without_a_box_there_is_no_calibration_and_none_for_a_pupil():
    scores = {"a": 0.2, "b": 0.7}
    assert calibrated(taught_run(scores, scores, ""), "pupil", "p") is None
