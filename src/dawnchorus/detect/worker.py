"""A process that analyses files: told what to do on its standard input, it answers on its standard output.

Nothing of the parent is imported here (as with `spawn`, but the parent's own script is not run again), so that a worker
holds no more than decoding, features and OpenVINO. Messages are pickles, between processes of one user alone.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO

from dawnchorus.detect.analyse import Analyser, Job, Task

READY, BEAT, DONE, BROKEN = "ready", "beat", "done", "broken"

ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
"""One process a core: a library that starts threads of its own would only get in the way of the others."""


def command() -> list[str]:
    """How a worker is started."""
    return [sys.executable, "-P", "-m", __name__]


def environment() -> dict[str, str]:
    """The environment of a worker: it finds the package that runs here, and no library of it starts threads."""
    home = str(Path(__file__).resolve().parents[2])
    paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)}


def main() -> None:
    """Serve until the parent goes away."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which stops its workers
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get among the answers
    coming: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked, coming), daemon=True).start()

    def answer(kind: str, value: Any = None) -> None:
        pickle.dump((kind, value), answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()

    task: Task = coming.get()
    try:
        analyse = Analyser(task)
        answer(READY)
        while True:
            job: Job = coming.get()
            answer(DONE, analyse(job, lambda seconds: answer(BEAT, seconds)))
    except BrokenPipeError:
        os._exit(1)
    except Exception as error:
        answer(BROKEN, f"{type(error).__name__}: {error}")


def _listen(asked: BinaryIO, coming: queue.SimpleQueue[Any]) -> None:
    """Pass on what the parent says. When it is gone, so is the worker, in the middle of a file and of a decoder."""
    try:
        while True:
            coming.put(pickle.load(asked))
    except (EOFError, OSError, pickle.UnpicklingError):
        os._exit(0)


if __name__ == "__main__":
    main()
