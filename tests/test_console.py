"""What people see while a detection runs."""

from __future__ import annotations

import time

from rich.console import Console

from dawnchorus.audio.faults import Fault
from dawnchorus.console import LOG_S, Detecting, Training
from dawnchorus.detect.analyse import Job, Result
from dawnchorus.detect.engine import Coverage
from dawnchorus.detect.run import Progress
from dawnchorus.events import Detection, Species


def half_done() -> Progress:
    """One of two equal files is done after ten seconds: half an hour of sound, a fault, three detections."""
    progress = Progress(2, 2000, 1, (Species(0, "low frog"), Species(1, "high bird")))
    progress.began = time.monotonic() - 10
    found = tuple(Detection("", species, 0.0, 1.0, 0.5) for species in (1, 1, 0))
    result = Result((Fault("gap", "2 s"),), Coverage(1800.0, 1800.0, 1800.0, 1800.0), found)
    progress.add(Job(0, "s3://a/b.wav", 1000, 1), result)
    return progress


def test_progress_tells_hours_speed_time_left_faults_and_species() -> None:
    shown = Console(width=200)
    with shown.capture() as said:
        shown.print(Detecting()._shown(half_done()))
    text = said.get()
    assert "1 of 2 files, 0.50 h of sound, 180 x real time, 10.0 s left, 1 with faults" in text
    assert "high bird 2  low frog 1" in text


def test_a_rate_below_the_models_is_no_fault_of_a_file() -> None:
    progress = half_done()
    low = Result((Fault("band_limited", "44100 Hz"),), Coverage(1800.0, 1800.0, 1800.0, 1800.0), ())
    progress.add(Job(1, "s3://a/c.wav", 1000, 1), low)
    assert (progress.files_done, progress.faults) == (2, 1)


def test_a_log_gets_the_same_once_a_minute() -> None:
    watch = Detecting("checking")
    watch.out = Console(width=300, force_terminal=False)
    with watch.out.capture() as said:
        watch(half_done())
        watch.told -= 2 * LOG_S
        watch(half_done())
        watch(half_done())
    (line,) = said.get().splitlines()
    assert line.startswith("checking: 1 of 2 files, 0.50 h") and line.endswith("; high bird 2  low frog 1")


def test_a_log_of_training_gets_a_line_a_minute_and_one_when_a_fit_ends() -> None:
    training = Training(2)
    training.out = Console(width=300, force_terminal=False)
    with training.out.capture() as said:
        for steps in (1, 2, 3, 4):
            training.told -= 61 if steps == 2 else 0
            training("known", 0, 0, steps, 4, 0.5)
    lines = said.get().splitlines()
    assert [line.split(" steps")[0] for line in lines] == [
        f"stage known, fold 0 (fit 1 of 2): {steps} of 4" for steps in (2, 4)
    ]
    with training.out.capture() as said:
        training("student", None, 0, 4, 4, 0.5)
    assert said.get().startswith("stage student, all folds (fit 2 of 2): 4 of 4 steps")
