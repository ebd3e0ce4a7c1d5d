"""What the start page sets to work: one detection or training at a time, which is watched and can be stopped."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dawnchorus.detect import run as detecting
from dawnchorus.detect.run import Progress, Wanted
from dawnchorus.words import counted

LINES = 40  # of what a job said last
EXIT_FAULTS = 3  # of a command that finished, though some recordings failed
END_S = 10.0  # that a job has to end when the server does
SENTENCE = "dawnchorus: "  # begins what a command says of why it ended
COMMAND = "from dawnchorus.cli import main; main()"


class BusyError(ValueError):
    """Another job is at work."""


class Stopped(Exception):
    """A person stopped the job."""


@dataclass
class Job:
    """One piece of work; `share` is how much of it is done, None where nobody knows."""

    kind: Literal["detection", "training"]
    out: Path
    state: Literal["running", "done", "failed", "stopped"] = "running"
    words: str = "it begins"
    share: float | None = None
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES))
    stopping: bool = False

    def watch(self, progress: Progress) -> None:
        """Take in how far a detection is. Raises Stopped when it is to end."""
        self.share = progress.bytes_done / progress.bytes if progress.bytes else None
        self.words = str(progress)
        if self.stopping:
            raise Stopped

    def as_record(self) -> dict[str, Any]:
        """The same as a JSON value."""
        return {
            "kind": self.kind,
            "out": str(self.out),
            "state": self.state,
            "words": self.words,
            "share": self.share,
            "lines": list(self.lines),
        }


class Jobs:
    """The job at work and, when none is, the last one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.job: Job | None = None
        self.thread: threading.Thread | None = None
        self.process: subprocess.Popen[str] | None = None

    def detect(self, wanted: Wanted) -> None:
        """Begin a detection, as the command `detect` does it. Raises BusyError."""

        def work(job: Job) -> None:
            detected = detecting.run(wanted, job.watch).detected
            job.lines.extend(detected.lines())
            job.words = f"{counted(detected.detections, 'detection')} in {counted(detected.heard, 'recording')}"

        self._begin(Job("detection", wanted.out), work)

    def train(self, data: Path, out: Path, options: Sequence[str] = ()) -> None:
        """Begin the command `train` in a process of its own: it needs much memory, and gives it back. Raises BusyError.

        `options` are those of the command.
        """
        command = [sys.executable, "-c", COMMAND, "train", str(data), "--out", str(out), *options]
        self._begin(Job("training", out), lambda job: self._run(job, command))

    def stop(self) -> None:
        """Ask the job to end. What is done is kept: the same job, begun again, goes on from there."""
        with self.lock:
            if self.job is not None:
                self.job.stopping = True
            if self.process is not None:
                self.process.terminate()

    def end(self) -> None:
        """Stop, and wait until it did."""
        self.stop()
        if self.thread is not None:
            self.thread.join(END_S)

    def as_record(self) -> dict[str, Any] | None:
        """The job as a JSON value; None before the first."""
        return self.job.as_record() if self.job is not None else None

    def _begin(self, job: Job, work: Callable[[Job], None]) -> None:
        with self.lock:
            if self.job is not None and self.job.state == "running":
                raise BusyError(f"a {self.job.kind} is at work in {self.job.out}; wait for it, or stop it")
            self.job = job
            self.thread = threading.Thread(target=_worked, args=(job, work), daemon=True)
            self.thread.start()

    def _run(self, job: Job, command: Sequence[str]) -> None:
        wide = {"COLUMNS": "200", "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
        pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        with subprocess.Popen(
            command, **pipes, text=True, encoding="utf-8", errors="replace", env=os.environ | wide
        ) as process:
            with self.lock:
                self.process = process
                if job.stopping:
                    process.terminate()
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    if said := line.strip():
                        job.lines.append(said)
                        job.words = said
            finally:
                with self.lock:
                    self.process = None
        if job.stopping:
            raise Stopped
        if process.returncode not in (0, EXIT_FAULTS):
            ended = f"the training ended with exit code {process.returncode}"
            told = [line for line in job.lines if line.startswith(SENTENCE)] or [*job.lines, ended][-1:]
            raise RuntimeError(told[0].removeprefix(SENTENCE))
        job.words = f"the model is in {job.out / 'model'}"


def _worked(job: Job, work: Callable[[Job], None]) -> None:
    """Do the work and say how it ended; what is no fault of the folders shows in the terminal as well."""
    try:
        work(job)
    except Stopped:
        job.words, job.state = "stopped; begin it again with the same folders to go on from here", "stopped"
    except Exception as error:
        job.words, job.state = str(error) or type(error).__name__, "failed"
        if not isinstance(error, (ValueError, OSError, RuntimeError)):
            raise
    else:
        job.share, job.state = 1.0, "done"
