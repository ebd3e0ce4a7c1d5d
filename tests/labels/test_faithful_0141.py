import numpy as np

from dawnchorus.events import Annotation
from dawnchorus.labels.faithful_0141 import Faithful0141
from factories import window


def box(start_s: float, end_s: float, present: bool = True, species: int = 0) -> Annotation:
    return Annotation("r", species, start_s, end_s, 100, 200, present)


def test_a_true_positive_weighs_its_columns_on_both_sides() -> None:
    # At 62.5 columns a second, 1 s to 3 s are the columns 62 to 186: 125 of them (62.5 is rounded down, 187.5 too).
    known = Faithful0141()([window(0)], {"r": [box(1, 3)]}, 2, 32)
    assert known.windows.present.tolist() == known.windows.absent.tolist() == [[125, 0]]


def test_each_window_counts_the_columns_that_lie_in_it() -> None:
    # 8 s to 16 s are the columns 500 to 999: 12 of them in [0, 512), 475 in [463, 975).
    known = Faithful0141()([window(0), window(463), window(1024)], {"r": [box(8, 16)]}, 1, 32)
    assert known.windows.present.ravel().tolist() == [12, 475, 0]


def test_columns_in_two_boxes_count_once() -> None:
    # 2 s to 6 s and 4 s to 8 s together are 2 s to 8 s: the columns 125 to 499.
    known = Faithful0141()([window(0)], {"r": [box(2, 6), box(4, 8)]}, 1, 32)
    assert known.windows.absent.tolist() == [[375]]


def test_columns_behind_the_end_of_the_recording_do_not_count() -> None:
    # The last window of a minute is [3241, 3753), and the recording has 3751 columns.
    known = Faithful0141()([window(3241)], {"r": [box(0, 70)]}, 1, 32)
    assert known.windows.present.tolist() == [[510]]


def test_false_positives_say_nothing_and_nothing_is_known_of_frames() -> None:
    known = Faithful0141()([window(0)], {"r": [box(1, 3, False), box(1, 3, True, 1)]}, 2, 32)
    assert known.windows.known.tolist() == [[False, True]]
    assert known.frames.present.shape == (1, 16, 2)
    assert not known.frames.known.any()
    assert known.windows.present.dtype == np.float32
