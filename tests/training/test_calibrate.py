"""A box is a fair sample of calls: what it says of its recording weighs one over the calls that are there."""

from types import SimpleNamespace

import numpy as np
import pytest

from dawnchorus.events import Annotation
from dawnchorus.scores import Scores
from dawnchorus.training.calibrate import known_recordings


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
    known = known_recordings(
        run(("a", 0, True), ("b", 0, True), ("c", 7, True)), [said("a", 1, 0), said("b", 4, 2), said("c", 0, 8)]
    )
    assert known.present[:, 0].tolist() == pytest.approx([1.6, 0.4, 0])  # 4 to 1, and two together
    assert known.present[:, 1].tolist() == pytest.approx([0, 0, 1])  # alone it weighs one, however many calls it has


def test_no_recording_is_known_to_be_without_a_species():
    known = known_recordings(run(("a", 0, False), ("b", 0, True)), [said("a", 0, 0), said("b", 0, 0)])
    assert not known.absent.any()
    assert known.present.tolist() == [[0, 0], [1, 0]]
