"""Where the start of `dawnchorus detect` goes: processor milliseconds of each step of the command and of a worker.

    python benchmarks/start_cost.py [--model RUN/model] [--rounds 5]

Each round starts a process that does the command's steps up to where its files wait for a worker, and one that does a
worker's up to its first window: one thread, processor time, medians. Without --model an untrained ResNet18 is made,
which needs torch.
"""

from __future__ import annotations

import time

BEGAN_S = time.process_time()  # Python itself: what comes before the first line of a program

import argparse  # noqa: E402
import importlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import statistics  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

Steps = list[tuple[str, Callable[[], Any]]]


def imported(*names: str) -> Callable[[], Any]:
    return lambda: [importlib.import_module(name) for name in names]


def command(model: Path) -> Steps:
    def hashed() -> Any:
        from dawnchorus import package

        return package.read(model).hash

    def precision() -> Any:
        from dawnchorus.detect.precision import native

        return native()

    return [
        ("the command line (a worker is started after this)", imported("dawnchorus.cli")),
        ("numpy", imported("numpy")),
        ("progress in the terminal", imported("dawnchorus.console")),
        ("detection and its tables", imported("dawnchorus.detect.run")),
        ("the model's record and hash", hashed),
        ("OpenVINO, asked for this processor's precision", precision),
        ("pyarrow, for the tables at the end", imported("pyarrow.parquet")),
    ]


def worker(model: Path) -> Steps:
    made: list[Any] = []

    def hashed() -> Any:
        from dawnchorus import package

        made.append(package.read(model))
        return made[0].hash

    def compiled() -> Any:
        from dawnchorus.detect.engine import Detector
        from dawnchorus.detect.precision import native

        made.append(Detector(made[0], 1, precision=native()))

    def window() -> Any:
        import numpy as np

        front_end, columns = made[0].front_end, made[0].windows.columns
        for network in made[1].networks:
            network(np.zeros((1, front_end.rows, columns), np.float32))

    def openvino() -> Any:
        from dawnchorus import offline

        return offline.openvino()

    return [
        ("numpy", imported("numpy")),
        ("decoding, features, detection", imported("dawnchorus.detect.analyse")),
        ("soundfile and soxr", imported("soundfile", "soxr")),
        ("scipy.fft", imported("scipy.fft")),
        ("OpenVINO", openvino),
        ("the model's record and hash", hashed),
        ("the network, read and compiled", compiled),
        ("the first window", window),
    ]


PROCESSES = {"command": command, "worker": worker}


def measured(steps: Steps) -> dict[str, float]:
    """Milliseconds of each step, done one after the other."""
    took = {"Python itself": 1000 * BEGAN_S}
    for name, step in steps:
        began = time.process_time()
        step()
        took[name] = 1000 * (time.process_time() - began)
    return took


def apart(kind: str, model: Path) -> dict[str, float]:
    threads = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    asked = [sys.executable, __file__, kind, str(model)]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, env={**os.environ, **threads})
    took: dict[str, float] = json.loads(done.stdout)
    return took


def main() -> None:
    if len(sys.argv) == 3 and sys.argv[1] in PROCESSES:  # in a process of its own
        print(json.dumps(measured(PROCESSES[sys.argv[1]](Path(sys.argv[2])))))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, help="a model folder; an untrained ResNet18 if not given")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        model = args.model
        if model is None:
            from detect_speed import untrained

            untrained(model := Path(home) / "model")
        for kind in PROCESSES:
            rounds = [apart(kind, model) for _ in range(args.rounds)]
            print(f"| {kind} | core-ms |\n|---|---|")
            for name in rounds[0]:
                print(f"| {name} | {statistics.median(one[name] for one in rounds):.0f} |")
            print(f"| all | {statistics.median(sum(one.values()) for one in rounds):.0f} |\n")


if __name__ == "__main__":
    main()
