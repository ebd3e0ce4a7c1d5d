import numpy as np
import pytest

from dawnchorus.events import Annotation
from dawnchorus.labels.annotated_only import AnnotatedOnly
from dawnchorus.labels.boxes import frames_of, share_inside
from dawnchorus.labels.unknown_is_absent import UnknownIsAbsent
from dawnchorus.windows import Window
from factories import block, window

PER_SECOND = 62.5  # columns: 32 of them, a frame, last 0.512 s


def box(start_s: float, end_s: float, present: bool, species: int = 0) -> Annotation:
    return Annotation("r", species, start_s, end_s, 100, 200, present)


def test_a_true_positive_says_present_in_its_window_and_on_its_frames_only() -> None:
    known = AnnotatedOnly()([window(0), window(512)], {"r": [box(1.0, 2.1, True)]}, 2, 32)
    assert known.windows.present.tolist() == [[1, 0], [0, 0]]
    assert np.flatnonzero(known.frames.present[0, :, 0]).tolist() == [2, 3]
    assert not known.windows.absent.any() and not known.frames.absent.any()


def test_a_false_positive_says_absent_on_its_frames_and_nothing_of_the_rest() -> None:
    known = AnnotatedOnly()([window(0)], {"r": [box(1.0, 2.1, False)]}, 2, 32)
    assert np.flatnonzero(known.frames.absent[0, :, 0]).tolist() == [2, 3]
    assert not known.windows.known.any()
    assert not known.frames.present.any()


def test_the_memo_reads_a_false_positive_as_the_whole_window() -> None:
    known = AnnotatedOnly(absent_grain="window")([window(0)], {"r": [box(1.0, 2.1, False)]}, 2, 32)
    assert known.windows.absent.tolist() == [[1, 0]]


def test_a_rejected_box_does_not_unsay_a_confirmed_call_in_its_window() -> None:
    boxes = [box(1.0, 2.1, True), box(5.0, 6.0, False), box(5.0, 6.0, False, species=1)]
    for its in (boxes, boxes[::-1]):
        known = AnnotatedOnly(absent_grain="window")([window(0)], {"r": its}, 2, 32)
        assert known.windows.present.tolist() == [[1, 0]] and known.windows.absent.tolist() == [[0, 1]]
        assert known.frames.absent[0, :, 0].any()


@pytest.mark.parametrize(("end_s", "counts"), [(8.192 + 0.7, True), (8.192 + 0.8, False)])
def test_a_box_takes_part_in_a_window_that_holds_a_quarter_of_it(end_s: float, counts: bool) -> None:
    start_s = 8.192 - 0.25
    assert AnnotatedOnly()([window(0)], {"r": [box(start_s, end_s, True)]}, 1, 32).windows.present.any() == counts


def test_a_call_shorter_than_a_frame_marks_the_frame_it_is_in() -> None:
    assert frames_of(box(0.60, 0.65, True), window(0), 32) == slice(1, 2)


def test_finer_frames_tell_finer_times() -> None:
    frames = frames_of(box(0.512, 1.024, True), window(0), 8)
    assert frames == slice(4, 8)


def test_recordings_without_annotations_stay_unknown() -> None:
    known = AnnotatedOnly()([window(0, recording="other")], {"r": [box(0, 1, True)]}, 1, 32)
    assert not known.informed.any()


def test_only_unknown_is_absent_turns_silence_into_absence() -> None:
    boxes = {"r": [box(1.0, 2.0, True, 0), box(3.0, 4.0, False, 1)]}
    known = UnknownIsAbsent(weigh_rare=False)([window(0)], boxes, 3, 32)
    assert known.windows.present.tolist() == [[1, 0, 0]]
    assert known.windows.absent.tolist() == [[0, 1, 1]]
    assert known.frames.known.all()


def test_rare_species_weigh_as_much_more_as_they_are_rarer() -> None:
    boxes = {"r": [box(1, 2, True, 0)], "q": [box(1, 2, True, 1)] + [box(n, n + 0.5, True, 1) for n in (3, 5, 6)]}
    known = UnknownIsAbsent()([window(0)], boxes, 2, 32)
    assert known.windows.present[0, 0] == 4  # 4 boxes of species 1, 1 of species 0


def test_a_window_behind_the_end_of_its_recording_holds_no_box() -> None:
    behind = Window(block(columns=100), 100, 64, PER_SECOND)  # nothing of it is in the block
    assert behind.start_s == behind.end_s
    assert share_inside(Annotation("r", 0, 1.0, 9.0, 0.0, 1.0, True), behind) == 0
    assert not AnnotatedOnly()([behind], {"r": [Annotation("r", 0, 1.0, 9.0, 0.0, 1.0, True)]}, 1, 32).informed.any()
