import numpy as np
import pytest

from dawnchorus.pseudo_labels.mean_above import MeanAbove
from dawnchorus.pseudo_labels.votes import Votes
from dawnchorus.windows import Window
from factories import PER_SECOND, block, said, window


@pytest.mark.parametrize(
    ("votes", "labelled"), [((0.95, 0.95, 0.95, 0.1, 0.1), True), ((0.95, 0.95, 0.1, 0.1, 0.1), False), ((0.95,), True)]
)
def test_three_of_five_votes_make_a_label(votes: tuple[float, ...], labelled: bool) -> None:
    teachers = {"r": [said(vote) for vote in votes]}
    known = Votes(present_above=0.9, share=0.6)(teachers, [window(0)], 1, 32)
    assert bool(known.windows.present[0, 0]) == labelled
    assert not known.windows.absent.any()


def test_a_recording_that_nobody_else_heard_is_not_labelled() -> None:
    assert not Votes()({"q": [said(0.99)]}, [window(0)], 1, 32).informed.any()


def test_negatives_come_only_when_they_are_wished() -> None:
    teachers = {"r": [said(0.005)]}
    assert not Votes()(teachers, [window(0)], 1, 32).informed.any()
    assert Votes(absent_below=0.01)(teachers, [window(0)], 1, 32).windows.absent.tolist() == [[1]]


def test_framewise_votes_ask_the_highest_frame() -> None:
    teachers = {"r": [said(0.2, frames=0.95)]}
    assert not Votes(source="clipwise")(teachers, [window(0)], 1, 32).informed.any()
    assert Votes(source="framewise")(teachers, [window(0)], 1, 32).windows.present.all()


def test_frames_are_labelled_only_inside_windows_that_are() -> None:
    sure, unsure = {"r": [said(0.95)]}, {"r": [said(0.5, frames=0.95)]}
    assert Votes(frames=True)(sure, [window(463)], 1, 32).frames.present.all()
    assert not Votes(frames=True)(unsure, [window(463)], 1, 32).frames.present.any()


def test_no_vote_is_given_on_what_a_short_recording_is_filled_up_with() -> None:
    short = Window(block(columns=70), 0, 512, PER_SECOND)
    assert (
        Votes(frames=True)({"r": [said(0.95)]}, [short], 1, 32).frames.present[0, :, 0].tolist() == [1] * 3 + [0] * 13
    )


def test_no_vote_passes_09_after_a_second_sigmoid() -> None:
    # The sigmoid of the probabilities 0.95 and 1 is 0.721 and 0.731, of 0.005 it is 0.501.
    for sure in (0.95, 1.0):
        teachers = {"r": [said(sure)]}
        assert not Votes(0.9, frames=True, faithful_double_sigmoid=True)(teachers, [window(0)], 1, 32).informed.any()
    twice = Votes(0.72, absent_below=0.01, frames=True, faithful_double_sigmoid=True)
    known = twice({"r": [said(0.95)], "q": [said(0.005)]}, [window(0), window(0, recording="q")], 1, 32)
    assert known.windows.present.tolist() == [[1], [0]]
    assert known.frames.present[0].all() and not known.frames.present[1].any()
    assert not known.windows.absent.any()
    assert not Votes(0.722, faithful_double_sigmoid=True)({"r": [said(0.95)]}, [window(0)], 1, 32).informed.any()


def test_the_mean_can_decide_where_no_vote_would() -> None:
    teachers = {"r": [said(0.99), said(0.6)]}
    assert MeanAbove(0.75)(teachers, [window(0)], 1, 32).windows.present.all()
    assert not Votes(0.75, share=0.6)(teachers, [window(0)], 1, 32).windows.present.any()


def test_a_pseudo_label_has_the_weight_it_is_given() -> None:
    assert Votes(weight=0.5)({"r": [said(0.95)]}, [window(0)], 1, 32).windows.present.max() == np.float32(0.5)
