"""A worker process as its parent sees it: started, told what to do, listened to, ended.

Nothing heavy is imported here, so that a command starts a worker first of all, and both load at the same time.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dawnchorus.detect.analyse import Job, Result, Task

START_LIMIT_S = 600.0
AHEAD = "ahead"  # the word on a worker's command line
READY, BEAT, DONE, BROKEN = "ready", "beat", "done", "broken"  # what a worker's answers are

ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
"""One process a core: a library that starts threads of its own would only get in the way of the others."""


class WorkerError(RuntimeError):
    """No worker can do its work; the message says why."""


def command() -> list[str]:
    """How a worker is started."""
    return [sys.executable, "-P", "-m", "dawnchorus.detect.worker"]


def environment() -> dict[str, str]:
    """The environment of a worker: it finds the package that runs here, and no library of it starts threads."""
    home = str(Path(__file__).resolve().parents[2])
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)}


class Gone(Exception):
    """A worker ended in the middle of its work."""


class Process:
    """One worker process, which does one thing at a time.

    With `ahead` it loads, before it is told what is to be done, the libraries that it will need to detect.
    """

    def __init__(self, ahead: bool = False) -> None:
        self.stalled = False
        self.deadline = time.monotonic() + START_LIMIT_S
        self.child = subprocess.Popen(
            [*command(), *([AHEAD] if ahead else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
        )
        self.name = str(self.child.pid)

    def begin(self, task: Task) -> None:
        """Tell it what is to be done with every file; it loads its model. Raises as `analyse` does."""
        self.deadline = time.monotonic() + START_LIMIT_S
        self._say(task)
        self._answer(START_LIMIT_S, lambda _: None)

    def analyse(self, job: Job, limit_s: float, beat: Callable[[float], None]) -> Result:
        """Have a file analysed. Raises Gone if the process ends, WorkerError if it can do no file at all."""
        self.deadline = time.monotonic() + limit_s
        self._say(job)
        result: Result = self._answer(limit_s, beat)
        return result

    def _say(self, value: Any) -> None:
        try:
            pickle.dump(value, self.child.stdin, pickle.HIGHEST_PROTOCOL)  # type: ignore[arg-type]
            self.child.stdin.flush()  # type: ignore[union-attr]
        except OSError as error:
            raise Gone from error

    def _answer(self, limit_s: float, beat: Callable[[float], None]) -> Any:
        while True:
            try:
                kind, value = pickle.load(self.child.stdout)  # type: ignore[arg-type]
            except (EOFError, OSError, pickle.UnpicklingError) as error:
                raise Gone from error
            if kind == BROKEN:
                raise WorkerError(value)
            if kind != BEAT:
                self.deadline = float("inf")
                return value
            self.deadline = time.monotonic() + limit_s
            beat(value)

    def stop_if_stalled(self) -> None:
        """End it if nothing was heard of it for too long."""
        if time.monotonic() > self.deadline:
            self.stalled = True
            self.child.kill()

    def end(self) -> str:
        """Make sure that it is gone, and say how it ended."""
        self.child.kill()
        for pipe in (self.child.stdin, self.child.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was not yet written to a process that is gone
                    pipe.close()
        return f"exit code {self.child.wait()}"


@contextmanager
def started_ahead(wanted: bool = True) -> Iterator[Process | None]:
    """A worker that loads its libraries while its parent does; gone when the block ends. None if not `wanted`."""
    process = Process(ahead=True) if wanted else None
    try:
        yield process
    finally:
        if process is not None:
            process.end()
