"""How long a million rows of annotations take to read, and how much memory: one process a format.

    python benchmarks/annotation_reading.py [--rows 1000000] [--formats raven csv ...]

The aim is 10 s and 1 GB: read, matched with 10,000 recordings, and numbered.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from dawnchorus import convert
from dawnchorus.annotations.marks import Mark, Told, numbered
from dawnchorus.events import Recording
from dawnchorus.export import formats as writers

SPECIES, RECORDINGS = 100, 10_000
FILES = {"rfcx": "folder", "parquet": "x.parquet", "raven": "x.selections.txt"}
FORMATS = ("csv", "raven", "arbimon", "kaleidoscope", "birdnet", "crowsetta", "parquet", "rfcx")


def recordings() -> list[Recording]:
    return [Recording(f"SD{n % 10:02}/{n:06}", Path(f"/audio/{n:06}.WAV"), 3600.0, 48_000) for n in range(RECORDINGS)]


def marks(rows: int) -> Iterator[Mark]:
    for n in range(rows):
        at_s = (n * 7919 % 3_500_000) / 1000
        name = f"SD{n % RECORDINGS % 10:02}/{n % RECORDINGS:06}"
        yield Mark(name, f"Genus species{n % SPECIES}", at_s, at_s + 1.537, 1031.25, 8062.5)


def write(folder: Path, format: str, rows: int) -> Path:
    path = folder / FILES.get(format, "x.csv")
    writers.write(path, list(marks(rows)), format, recordings())
    return path


def measure(path: Path, format: str) -> tuple[int, float, float]:
    """Annotations, seconds of the processor, and GB of memory at most."""
    sound = recordings()
    began = time.process_time()
    table = convert.read([path], format, Told(recordings=sound))
    boxes, _, _ = numbered(table.marks)
    seconds = time.process_time() - began
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return len(boxes), seconds, kilobytes / 1024**2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--formats", nargs="+", default=FORMATS)
    asked = parser.parse_args()
    context = multiprocessing.get_context("spawn")  # memory of one format is not counted with another's
    for format in asked.formats:
        with tempfile.TemporaryDirectory() as folder:
            with context.Pool(1) as pool:
                path = pool.apply(write, (Path(folder), format, asked.rows))
            with context.Pool(1) as pool:
                rows, seconds, gigabytes = pool.apply(measure, (path, format))
        print(f"{format}: {rows} annotations in {seconds:.1f} s, {gigabytes:.2f} GB at most", flush=True)


if __name__ == "__main__":
    main()
