"""A Ray cluster in place of the processes of this machine: the same function from a file to its result, elsewhere.

The ledger stays here and hands out files; an actor, one a core, holds the model and hears one file after another. A
machine that is lost costs its open files, which are handed out again. The model's files go to the actors by
themselves; recordings have to lie where every machine sees them under the same path, or in an object store.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dawnchorus import __version__
from dawnchorus.detect.analyse import Analyser, Job, Result, Task
from dawnchorus.detect.pool import TRIES, Done, blamed, in_turn
from dawnchorus.detect.process import WorkerError

LOOK_S = 0.2  # from one look at what came back to the next
BEAT_S = 2.0  # from one question how far an actor is to the next
START_LIMIT_S = 600.0  # a cluster that grows on demand starts machines first

Files = Mapping[str, bytes]


def connect() -> int:
    """Join the cluster that `RAY_ADDRESS` names, or the one that this machine belongs to; how many cores it has.

    Raises WorkerError when ray is not installed or there is no cluster.
    """
    if importlib.util.find_spec("ray") is None:
        raise WorkerError('--engine ray needs ray; install it with: pip install "dawnchorus[cluster]"')
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers
    import ray

    if not ray.is_initialized():
        try:
            ray.init(address=os.environ.get("RAY_ADDRESS", "auto"), logging_level="WARNING")
        except ConnectionError as error:
            raise WorkerError(
                "no Ray cluster is here; start one with `ray start --head`, or name one in RAY_ADDRESS"
            ) from error
    return max(1, int(ray.cluster_resources().get("CPU", 1)))


class Hearer:
    """What an actor is: the model, ready, and how far it is with its file. It may live on any machine."""

    def __init__(self) -> None:
        self.signs, self.done_s = 0, 0.0
        self.analyse: Analyser | None = None

    def begin(self, task: Task, files: Files | None, version: str) -> tuple[str, str]:
        """Load the model out of its files: the name of this process, and why it can't work, empty if it can."""
        import ray

        name = f"{ray.get_runtime_context().get_node_id()[:8]}/{os.getpid()}"
        if version != __version__:
            return name, f"dawnchorus {__version__} is on a machine of the cluster, {version} on this one"
        try:
            # Nothing stays on the disk: an actor is killed when its work is done, and could not tidy up.
            with tempfile.TemporaryDirectory(prefix="dawnchorus-", ignore_cleanup_errors=True) as home:
                if files is not None:
                    for file, content in files.items():
                        (Path(home) / file).write_bytes(content)
                    task = replace(task, model=Path(home))
                self.analyse = Analyser(task)
        except Exception as error:
            return name, f"{type(error).__name__}: {error}"
        return name, ""

    def hear(self, job: Job) -> Result | str:
        """Analyse a file; a text says why no file can be analysed here."""
        assert self.analyse is not None
        try:
            return self.analyse(job, self._beat)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        finally:
            self.done_s = 0.0

    def _beat(self, done_s: float) -> None:
        self.signs, self.done_s = self.signs + 1, done_s

    def pulse(self) -> tuple[int, float]:
        """How many signs of life there were so far, and seconds of sound done of the file that is open."""
        return self.signs, self.done_s


@dataclass(eq=False)
class _Actor:
    """An actor as it is seen from here; `job` is None while it starts or has nothing to do."""

    handle: Any
    name: str = ""
    job: Job | None = None
    signs: int = 0
    done_s: float = 0.0
    pulse: Any = None
    heard_of: float = field(default_factory=time.monotonic)
    stalled: bool = False

    def sign(self) -> None:
        self.heard_of = time.monotonic()


class _Run:
    """The files that wait, the actors, and what each of them was asked."""

    def __init__(self, task: Task, jobs: Sequence[Job], workers: int, limit_s: float, done: Done) -> None:
        import ray

        self.ray, self.task, self.workers, self.limit_s, self.done = ray, task, workers, limit_s, done
        self.waiting = in_turn(jobs)
        files = None if task.model is None else {path.name: path.read_bytes() for path in _files(task.model)}
        self.files = ray.put(files)
        # One thread hears, the other says how far it is. Ray tells libraries to start no threads beside one core.
        self.kind = ray.remote(num_cpus=1, max_concurrency=2)(Hearer)
        self.asked: dict[Any, _Actor] = {}  # the answer that is waited for, and who owes it
        self.died: Counter[int] = Counter()
        self.failed_starts = 0

    def serve(self, tick: Callable[[float], None]) -> None:
        asked_s = time.monotonic()
        while self.waiting or self._open():
            self._hire()
            answers, _ = self.ray.wait(list(self.asked), num_returns=len(self.asked), timeout=LOOK_S)
            for answer in answers:
                self._take(answer, self.asked.pop(answer))
            if time.monotonic() - asked_s > BEAT_S:
                asked_s = time.monotonic()
                self._feel_pulses()
            tick(sum(actor.done_s for actor in self._open()))

    def _open(self) -> list[_Actor]:
        return [actor for actor in self.asked.values() if actor.job is not None]

    def _hire(self) -> None:
        """Start actors, as many as there is work for. One that dies on a lost machine is replaced elsewhere."""
        while len(self.asked) < min(self.workers, len(self.waiting) + len(self._open())):
            actor = _Actor(self.kind.remote())
            self.asked[actor.handle.begin.remote(self.task, self.files, __version__)] = actor

    def _take(self, answer: Any, actor: _Actor) -> None:
        """Hear what an actor has to say, and give it the next file."""
        try:
            said = self.ray.get(answer)
        except self.ray.exceptions.RayError as error:
            self._bury(actor, error)
            return
        if actor.job is None:
            actor.name, trouble = said
            self.failed_starts = 0
        else:
            trouble = said if isinstance(said, str) else ""
        if trouble:
            raise WorkerError(trouble)
        if actor.job is not None:
            self.done(actor.job, said, actor.name)
        self._ask(actor)

    def _ask(self, actor: _Actor) -> None:
        actor.job, actor.done_s = None, 0.0
        actor.sign()
        if self.waiting:
            actor.job = self.waiting.popleft()
            self.asked[actor.handle.hear.remote(_anywhere(actor.job))] = actor
        else:
            self._dismiss(actor)

    def _bury(self, actor: _Actor, error: Exception) -> None:
        """An actor is gone: say so of its file if that is to blame, otherwise hand the file out again."""
        self._dismiss(actor)
        job = actor.job
        if job is None:
            self.failed_starts += 1
            if self.failed_starts >= max(TRIES, self.workers):
                raise WorkerError(f"no machine of the cluster can start a worker: {error}")
            return
        self.died[job.number] += 1
        stalled_at_s = actor.done_s if actor.stalled else None
        if (failed := blamed(self.died[job.number], type(error).__name__, self.limit_s, stalled_at_s)) is not None:
            self.done(job, failed, actor.name)
        else:
            self.waiting.appendleft(job)

    def _feel_pulses(self) -> None:
        """Ask the actors with a file how far they are, hear what they said last time, and stop those that hang."""
        now = time.monotonic()
        for actor in list(self.asked.values()):
            if actor.job is None:
                continue
            if actor.pulse is not None and self.ray.wait([actor.pulse], timeout=0)[0]:
                with suppress(self.ray.exceptions.RayError):  # it is dead: its file's answer will say so
                    signs, actor.done_s = self.ray.get(actor.pulse)
                    if signs != actor.signs:
                        actor.signs = signs
                        actor.sign()
                actor.pulse = None
            if actor.pulse is None:
                actor.pulse = actor.handle.pulse.remote()
            if now - actor.heard_of > self.limit_s and not actor.stalled:
                actor.stalled = True
                self._dismiss(actor)
        if not self._open() and min((now - actor.heard_of for actor in self.asked.values()), default=0) > START_LIMIT_S:
            raise WorkerError(f"no machine of the cluster gave a core in {START_LIMIT_S:.0f} s")

    def _dismiss(self, actor: _Actor) -> None:
        with suppress(self.ray.exceptions.RayError, ValueError):  # it is gone already
            self.ray.kill(actor.handle)

    def end(self) -> None:
        for actor in self.asked.values():
            self._dismiss(actor)


def _files(model: Path) -> list[Path]:
    return sorted(path for path in model.iterdir() if path.is_file())


def _anywhere(job: Job) -> Job:
    """A job whose path means the same on another machine."""
    return replace(job, path=job.path.absolute()) if isinstance(job.path, Path) else job


def analyse(
    task: Task,
    jobs: Sequence[Job],
    workers: int,
    limit_s: float,
    done: Done,
    tick: Callable[[float], None] = lambda _: None,
) -> None:
    """Analyse files on a cluster, as `pool.analyse` does on this machine: the same arguments and the same faults.

    Raises WorkerError if no machine can do the work, and what `done` raises; all actors are gone then.
    """
    if not jobs:
        return
    connect()
    run = _Run(task, jobs, workers, limit_s, done)
    try:
        run.serve(tick)
    finally:
        run.end()
