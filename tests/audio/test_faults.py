from __future__ import annotations

import pickle
from pathlib import Path

from dawnchorus.audio.faults import AudioError, Fault


def test_an_error_survives_the_way_between_processes():
    error = AudioError(Path("a.wav"), Fault("empty", "it has no bytes"))
    again = pickle.loads(pickle.dumps(error))
    assert (again.path, again.fault, str(again)) == (error.path, error.fault, "a.wav: empty: it has no bytes")
