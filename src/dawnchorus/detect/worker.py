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
from typing import TYPE_CHECKING, Any, BinaryIO

from dawnchorus.detect.process import AHEAD, BEAT, BROKEN, DONE, READY

if TYPE_CHECKING:
    from dawnchorus.detect.analyse import Job, Task


def main() -> None:
    """Serve until the parent goes away."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which stops its workers
    from dawnchorus.detect.analyse import Analyser, load_libraries

    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get among the answers
    coming: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked, coming), daemon=True).start()

    def answer(kind: str, value: Any = None) -> None:
        pickle.dump((kind, value), answers, pickle.HIGHEST_PROTOCOL)
        answers.flush()

    try:
        if AHEAD in sys.argv[1:]:
            load_libraries()
        task: Task = coming.get()
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
