"""Worker processes on this machine: files handed out one by one, the dead replaced, those that hang stopped."""

from __future__ import annotations

import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence

from dawnchorus.detect.analyse import Job, Result, Task
from dawnchorus.detect.process import Gone, Process, WorkerError

TRIES = 3  # of a file whose process dies, and of a process that dies before it is ready
LOOK_S = 0.2  # from one look at the clocks to the next

Done = Callable[[Job, Result, str], None]


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_turn(jobs: Sequence[Job]) -> deque[Job]:
    """Files in the order in which they are begun: a day-long one that came last would leave all other cores idle."""
    return deque(sorted(jobs, key=lambda job: (-job.size, job.number)))


def blamed(died: int, how: str, limit_s: float, stalled_at_s: float | None) -> Result | None:
    """What is said of a file with which a worker went down, for the `died`th time; None if it is to be tried again.

    `stalled_at_s` are the seconds of sound that were done when it was stopped because nothing came any more.
    """
    if stalled_at_s is not None:
        return Result.failure("stalled", f"nothing came of it for {limit_s:g} s, after {stalled_at_s:.0f} s of sound")
    return Result.failure("crashed", f"its process died {TRIES} times ({how})") if died >= TRIES else None


class _Pool:
    """What the threads share: the files that wait, and the first error."""

    def __init__(self, task: Task, jobs: Sequence[Job], limit_s: float, done: Done, ahead: Process | None) -> None:
        self.task, self.limit_s, self.done = task, limit_s, done
        self.waiting = in_turn(jobs)
        self.left = len(jobs)
        self.lock = threading.Condition()
        self.died: Counter[int] = Counter()
        self.open: dict[int, float] = {}  # seconds done of the files that are being analysed
        self.processes: set[Process] = set()
        self.ahead = ahead
        self.error: BaseException | None = None

    def serve(self) -> None:
        """Take files until there are none; one thread a process."""
        process: Process | None = None
        try:
            while (job := self._next()) is not None:
                try:
                    process = process or self._start()
                    result = process.analyse(job, self.limit_s, lambda seconds: self._beat(job, seconds))
                    self._finish(job, result, process.name)
                except Gone:
                    self._blame(job, process)
                    process = None
        except BaseException as error:
            with self.lock:
                self.error = self.error or error
                self.lock.notify_all()
        finally:
            if process is not None:
                self._end(process)

    def _next(self) -> Job | None:
        with self.lock:
            while not self.waiting and self.left and self.error is None:
                self.lock.wait()  # a file that another worker has may come back
            if self.error is not None or not self.waiting:
                return None
            job = self.waiting.popleft()
            self.open[job.number] = 0.0
            return job

    def _beat(self, job: Job, seconds: float) -> None:
        with self.lock:
            self.open[job.number] = seconds

    def _start(self) -> Process:
        for _ in range(TRIES):
            with self.lock:
                if self.error is not None:
                    break
                process, self.ahead = self.ahead or Process(), None
                self.processes.add(process)
            try:
                process.begin(self.task)
                return process
            except Gone:
                self._end(process)
            except BaseException:
                self._end(process)
                raise
        raise WorkerError("a worker process ended while it started; its own words, if any, are above")

    def _blame(self, job: Job, process: Process | None) -> None:
        """A process is gone: say so of the file if it is to blame, otherwise put it back."""
        if process is None:
            return
        how = self._end(process)
        self.died[job.number] += 1
        stalled_at_s = self.open.get(job.number, 0.0) if process.stalled else None
        if (failed := blamed(self.died[job.number], how, self.limit_s, stalled_at_s)) is not None:
            self._finish(job, failed, process.name)
        else:
            with self.lock:
                self.open.pop(job.number, None)
                self.waiting.appendleft(job)
                self.lock.notify()

    def _finish(self, job: Job, result: Result, name: str) -> None:
        with self.lock:
            self.open.pop(job.number, None)
            if self.error is not None:
                return
            self.done(job, result, name)
            self.left -= 1
            if self.left == 0:
                self.lock.notify_all()

    def _end(self, process: Process) -> str:
        with self.lock:
            self.processes.discard(process)
        return process.end()

    def stop(self, error: BaseException) -> None:
        with self.lock:
            self.error = self.error or error
            for process in self.processes:
                process.child.kill()
            self.lock.notify_all()


def analyse(
    task: Task,
    jobs: Sequence[Job],
    workers: int,
    limit_s: float,
    done: Done,
    tick: Callable[[float], None] = lambda _: None,
    ahead: Process | None = None,
) -> None:
    """Analyse files in `workers` processes and call `done(job, result, worker)` for each, never twice at a time.

    A file of which nothing comes for `limit_s` seconds is `stalled`; one whose process dies is tried again, and after
    three times it is `crashed`. `tick` is called several times a second with the seconds of sound in open files.
    `ahead` is a process that was started before; it becomes the first of them.

    Raises WorkerError if workers can't work, and what `done` raises; all processes are gone then.
    """
    if not jobs:
        return
    pool = _Pool(task, jobs, limit_s, done, ahead)
    threads = [threading.Thread(target=pool.serve, daemon=True) for _ in range(min(workers, len(jobs)))]
    for thread in threads:
        thread.start()
    try:
        while pool.error is None and any(thread.is_alive() for thread in threads):
            for thread in threads:
                thread.join(LOOK_S / len(threads))
            with pool.lock:
                for process in pool.processes:
                    process.stop_if_stalled()
                done_s = sum(pool.open.values())
            tick(done_s)
    except BaseException as error:
        pool.stop(error)
        raise
    finally:
        if pool.error is not None:
            pool.stop(pool.error)
        for thread in threads:
            thread.join()
    if pool.error is not None:
        raise pool.error
