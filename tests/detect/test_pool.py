"""Worker processes that die, hang, or cannot start: the run goes on or says why, and never waits for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import sounds
from dawnchorus.detect import pool, process
from dawnchorus.detect.analyse import Job, Result, Task
from dawnchorus.detect.process import Process, WorkerError, started_ahead
from detect import archive

BAD_DECODER = """
import os, sys, time
from pathlib import Path
from dawnchorus.audio import header
inspect = header.inspect
def bad(path, rate_hz=32_000):
    name = Path(path).name
    if name.startswith("hang"):
        time.sleep(1000)
    if name.startswith("crash"):
        os.kill(os.getpid(), 9)
    if name.startswith("once"):
        mark = Path(path).with_suffix(".mark")
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), 9)
    if name.startswith("fail"):
        raise ZeroDivisionError("a bug")
    return inspect(path, rate_hz)
header.inspect = bad
from dawnchorus.detect.worker import main
main()
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")


def jobs(folder: Path, *names: str) -> list[Job]:
    made = []
    for number, name in enumerate(names):
        path = sounds.write_wav(folder / name, archive.bursts(0.5, 0.1), archive.RATE_HZ)
        stat = path.stat()
        made.append(Job(number, path, stat.st_size, stat.st_mtime_ns))
    return made


def codes(work: list[Job], limit_s: float = 60.0, workers: int = 2) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}

    def done(job: Job, result: Result, _: str) -> None:
        assert job.path.name not in said
        said[job.path.name] = [fault.code for fault in result.faults]

    pool.analyse(Task(None), work, workers, limit_s, done)
    return said


@pytest.fixture
def bad_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "command", lambda: [sys.executable, "-P", "-c", BAD_DECODER])


def test_files_are_analysed_once_each(tmp_path: Path) -> None:
    assert codes(jobs(tmp_path, "a.wav", "b.wav", "c.wav")) == {"a.wav": [], "b.wav": [], "c.wav": []}


def test_nothing_to_do_is_done_at_once() -> None:
    assert codes([]) == {}


def test_a_decoder_that_hangs_is_stopped_and_one_that_dies_is_named(tmp_path: Path, bad_decoder) -> None:
    work = jobs(tmp_path, "hang.wav", "crash.wav", "once.wav", "fail.wav", "good.wav")
    began = time.monotonic()
    said = codes(work, limit_s=10.0)
    assert time.monotonic() - began < 200
    assert said == {
        "hang.wav": ["stalled"],
        "crash.wav": ["crashed"],
        "once.wav": [],
        "fail.wav": ["internal"],
        "good.wav": [],
    }


def test_a_worker_that_cannot_load_its_model_ends_the_run_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match=r"no package.json here"):
        pool.analyse(Task(tmp_path), jobs(tmp_path, "a.wav"), 1, 60.0, lambda *_: None)


def test_a_worker_that_dies_at_once_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "command", lambda: [sys.executable, "-c", "import os; os._exit(7)"])
    with pytest.raises(WorkerError, match="ended while it started"):
        codes(jobs(tmp_path, "a.wav", "b.wav"))


def test_an_error_of_the_ledger_stops_all_workers(tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        pool.analyse(Task(None), jobs(tmp_path, *(f"{n}.wav" for n in range(8))), 2, 60.0, full)


def test_a_worker_without_its_parent_ends(tmp_path: Path) -> None:
    alone = Process()
    alone.begin(Task(None))
    assert alone.child.stdin is not None
    alone.child.stdin.close()
    assert alone.child.wait(30) == 0
    alone.end()


def test_a_worker_that_was_started_ahead_is_the_first_of_them(tmp_path: Path) -> None:
    heard_by = []
    with started_ahead() as ahead:
        assert ahead is not None
        work = jobs(tmp_path, "a.wav", "b.wav")
        pool.analyse(Task(None), work, 1, 60.0, lambda _job, _result, name: heard_by.append(name), ahead=ahead)
        assert heard_by == [ahead.name] * 2
    assert ahead.child.poll() is not None


def test_a_worker_that_was_started_ahead_and_died_is_replaced(tmp_path: Path) -> None:
    heard_by = []
    with started_ahead() as ahead:
        assert ahead is not None
        ahead.child.kill()
        ahead.child.wait()
        work = jobs(tmp_path, "a.wav")
        pool.analyse(Task(None), work, 1, 60.0, lambda _job, _result, name: heard_by.append(name), ahead=ahead)
    assert len(heard_by) == 1 and heard_by != [ahead.name]


def test_a_worker_that_was_started_ahead_and_is_not_needed_ends() -> None:
    with started_ahead() as ahead:
        pool.analyse(Task(None), [], 1, 60.0, lambda *_: None, ahead=ahead)
    assert ahead is not None and ahead.child.poll() is not None
    with started_ahead(wanted=False) as ahead:
        assert ahead is None


def test_a_worker_is_started_before_anything_heavy_is_loaded() -> None:
    code = "import dawnchorus.cli, dawnchorus.detect.process, sys; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
