from __future__ import annotations

import pytest

from dawnchorus.audio.faults import AudioError
from dawnchorus.audio.header import inspect
from dawnchorus.evaluate.judging import judge_on_partial_labels
from dawnchorus.evaluate.report import report_of


def test_a_report_does_without_recordings_that_have_gone(run):
    for recording in run.recordings:
        recording.path.unlink()
    with pytest.raises(AudioError):
        inspect(run.recordings[0].path)
    assert report_of(run, judge_on_partial_labels(run)).recordings == []
