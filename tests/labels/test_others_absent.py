import numpy as np
import pytest

from dawnchorus.events import Annotation
from dawnchorus.labels.beside_absent import BesideAbsent
from dawnchorus.labels.others_absent import OthersAbsent
from dawnchorus.labels.smoothed import Smoothed
from factories import window


def box(start_s: float, end_s: float, present: bool, species: int = 0) -> Annotation:
    return Annotation("r", species, start_s, end_s, 100, 200, present)


def test_other_species_are_weakly_absent_on_the_frames_of_a_true_positive_alone() -> None:
    known = OthersAbsent(weight=0.25)([window(0)], {"r": [box(1.0, 2.1, True)]}, 3, 32)
    assert np.flatnonzero(known.frames.absent[0, :, 1]).tolist() == [2, 3]
    assert known.frames.absent[0, 2].tolist() == [0, 0.25, 0.25]
    assert known.frames.present[0, 2].tolist() == [1, 0, 0]
    assert not known.windows.absent.any()


def test_what_is_known_of_another_species_there_stays() -> None:
    boxes = {"r": [box(1.0, 2.1, True), box(1.0, 2.1, True, 1), box(1.0, 2.1, False, 2)]}
    known = OthersAbsent(weight=0.25)([window(0)], boxes, 4, 32)
    assert known.frames.absent[0, 2].tolist() == [0, 0, 1, 0.25]


def test_a_false_positive_says_nothing_of_the_other_species() -> None:
    known = OthersAbsent()([window(0)], {"r": [box(1.0, 2.1, False)]}, 2, 32)
    assert not known.frames.known[:, :, 1].any()


def test_unknown_cells_get_a_soft_target_and_known_cells_keep_theirs() -> None:
    boxes = {"r": [box(1.0, 2.1, True), box(3.0, 4.0, False, 1)]}
    known = Smoothed(target=0.25, weight=0.5)([window(0)], boxes, 2, 32)
    assert known.windows.present.tolist() == [[1, 0.125]]
    assert known.windows.absent.tolist() == [[0, 0.375]]
    assert known.frames.present[0, 2].tolist() == [1, 0.125]
    assert known.frames.absent[0, 6].tolist() == [0.375, 1]


def test_a_target_is_a_probability() -> None:
    with pytest.raises(ValueError, match="expected a probability"):
        Smoothed(target=1.5)


def test_a_species_is_weakly_absent_beside_its_call_and_present_in_it() -> None:
    boxes = {"r": [box(2.1, 3.0, True), box(4.2, 4.5, True)]}  # frames 4 and 5, and 8
    known = BesideAbsent(reach_s=1.0, weight=0.25)([window(0)], boxes, 2, 32)
    assert np.flatnonzero(known.frames.present[0, :, 0]).tolist() == [4, 5, 8]
    assert np.flatnonzero(known.frames.absent[0, :, 0]).tolist() == [2, 3, 6, 7, 9, 10]
    assert known.frames.absent.max() == 0.25 and not known.frames.known[0, :, 1].any()


def test_what_is_known_beside_a_call_is_not_weakened() -> None:
    boxes = {"r": [box(2.1, 3.0, True), box(3.1, 3.5, False)]}
    known = BesideAbsent(reach_s=1.0, weight=0.25)([window(0)], boxes, 1, 32)
    assert known.frames.absent[0, 6, 0] == 1 and known.frames.absent[0, 7, 0] == 0.25
