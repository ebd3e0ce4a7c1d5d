import numpy as np
import pytest

from dawnchorus.pseudo_labels.soft import Soft
from dawnchorus.windows import Window
from factories import PER_SECOND, block, said, window


def test_a_soft_label_is_what_the_teachers_say_on_average() -> None:
    known = Soft()({"r": [said(0.2), said(0.6)]}, [window(0)], 1, 32)
    assert known.windows.present[0, 0] == pytest.approx(0.4)
    assert known.windows.absent[0, 0] == pytest.approx(0.6)
    assert known.frames.present[0, :, 0] == pytest.approx(np.full(16, 0.4))


def test_a_prior_carries_what_teachers_say_to_how_often_a_species_sounds() -> None:
    known = Soft(prior=0.1)({"r": [said(0.5)]}, [window(0)], 1, 32)
    assert known.windows.present[0, 0] == pytest.approx(0.1)
    even = Soft(prior=0.1)({"r": [said(0.9)]}, [window(0)], 1, 32)
    assert even.windows.present[0, 0] == pytest.approx(0.5)  # odds of 9 times odds of 1/9


def test_a_power_lets_doubt_fade() -> None:
    known = Soft(power=2)({"r": [said(0.5)]}, [window(0)], 1, 32)
    assert (known.windows.present[0, 0], known.windows.absent[0, 0]) == pytest.approx((0.25, 0.75))


def test_presence_and_absence_have_their_own_weights() -> None:
    known = Soft(weight=0.5, absent_weight=0)({"r": [said(0.8)]}, [window(0)], 1, 32)
    assert known.windows.present[0, 0] == pytest.approx(0.4)
    assert not known.windows.absent.any() and not known.frames.absent.any()


def test_windows_or_frames_alone_can_be_labelled() -> None:
    only_windows = Soft(frames=False)({"r": [said(0.8)]}, [window(0)], 1, 32)
    assert only_windows.windows.known.all() and not only_windows.frames.known.any()
    only_frames = Soft(windows=False)({"r": [said(0.8)]}, [window(0)], 1, 32)
    assert only_frames.frames.known.all() and not only_frames.windows.known.any()


def test_a_recording_that_nobody_else_heard_is_not_labelled() -> None:
    assert not Soft()({"q": [said(0.99)]}, [window(0)], 1, 32).informed.any()


def test_what_a_short_recording_is_filled_up_with_is_not_labelled() -> None:
    short = Window(block(columns=100), 0, 512, PER_SECOND)  # 100 of 512 columns, of 3.1 frames of 32
    known = Soft()({"r": [said(0.8)]}, [short, window(0)], 1, 32)
    assert known.frames.known[0, :, 0].tolist() == [True] * 4 + [False] * 12
    assert known.windows.known.all() and known.frames.known[1].all()
