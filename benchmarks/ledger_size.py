"""How fast a ledger takes files, how large it becomes, and how long its tables take: no sound, made-up results.

    python benchmarks/ledger_size.py --rows 1000000

Each file has a minute of sound and two detections, as `detect` records them: one transaction a file.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import numpy as np

from dawnchorus.detect import outputs
from dawnchorus.detect.analyse import Result
from dawnchorus.detect.engine import Coverage
from dawnchorus.detect.ledger import Entry, Ledger
from dawnchorus.detect.outputs import Made
from dawnchorus.events import Detection, Species

SPECIES = tuple(Species(number, f"species {number}") for number in range(24))


def result(number: int) -> Result:
    """What came of a file: two detections, and a score for each species."""
    detections = tuple(
        Detection("", (number + more) % len(SPECIES), 10.0 * more, 10.0 * more + 1.5, 0.5, 200.0, 4000.0)
        for more in (1, 2)
    )
    whole = np.full(len(SPECIES), 0.1, np.float32)
    return Result((), Coverage(60.0, 60.0, 60.0, 60.0), detections, whole, seconds=(("decode", 0.1),))


def measure(folder: Path, rows: int) -> dict[str, float]:
    """Enter, record and write out so many files: rows a second, bytes a row, seconds for the tables, MiB."""
    path = folder / "ledger.sqlite"
    entries = [Entry(f"{number // 1440:06d}/{number:09d}.flac", Path(f"/{number}"), 1, 1) for number in range(rows)]
    with Ledger(path) as ledger:
        ledger.begin({}, "settings", "model")
        began = time.process_time()
        ledger.enter(entries)
        entered = time.process_time()
        jobs = ledger.waiting()
        for job in jobs:
            ledger.record(job.number, result(job.number), "1")
        recorded = time.process_time()
        outputs.write([ledger], folder, Made(SPECIES, None, "model", 0.1))
        written = time.process_time()
    return {
        "rows": rows,
        "entered_per_s": rows / (entered - began),
        "recorded_per_s": rows / (recorded - entered),
        "tables_s": written - recorded,
        "bytes_per_row": path.stat().st_size / rows,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    with tempfile.TemporaryDirectory() as folder:
        print(
            json.dumps(
                {name: round(value, 1) for name, value in measure(Path(folder), parser.parse_args().rows).items()}
            )
        )


if __name__ == "__main__":
    main()
