"""How long does a run of ours take to train and to hear the test recordings, for the columns of the accuracy table?

    python benchmarks/accuracy_times.py BENCHMARK RUN=SAID [RUN=SAID ...]

RUN is the --out folder of a finished `dawnchorus train`, SAID the predictions of its model that `accuracy.py table`
reads; its line has the times from then on. The test recordings are heard once more, by one process on one core, into a
folder that is deleted; nothing else should run. Leaves SAID/times.json: training_s (all of `train`, embeddings or
spectrograms too where they were not there yet), hours_a_minute and, of CPU, hours_a_core_minute, starting included.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from accuracy import TIMES

from dawnchorus.files import read_json, write_json


def cpu_of_children_s() -> float:
    """Seconds that finished child processes have used so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def heard(model: Path, audio: Path) -> tuple[float, float, float]:
    """Hours of sound that were heard, and the seconds of wall clock and of CPU that it took."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "said"
        command = [sys.executable, "-m", "dawnchorus", "detect", str(model), str(audio), "--out", str(out)]
        began, before_s = time.monotonic(), cpu_of_children_s()
        one_core = os.environ | {"OMP_NUM_THREADS": "1"}
        subprocess.run([*command, "--workers", "1"], check=True, env=one_core, stdout=subprocess.DEVNULL)
        wall_s, cpu_s = time.monotonic() - began, cpu_of_children_s() - before_s
        hours = read_json(out / "summary.json")["coverage"]["seconds_analysed"] / 3600
    return hours, wall_s, cpu_s


def timed(run: Path, benchmark: Path) -> dict[str, float]:
    """The times of one run."""
    hours, wall_s, cpu_s = heard(run / "model", benchmark / "test")
    return {
        "training_s": read_json(run / "run.json")["seconds"]["total_s"],
        "hours_a_minute": round(60 * hours / wall_s, 4),
        "hours_a_core_minute": round(60 * hours / cpu_s, 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("places", nargs="+", metavar="RUN=SAID")
    args = parser.parse_args()
    for place in args.places:
        run, _, said = place.partition("=")
        found = timed(Path(run), args.benchmark)
        write_json(Path(said) / TIMES, found)
        print(f"{run}: {found}")


if __name__ == "__main__":
    main()
