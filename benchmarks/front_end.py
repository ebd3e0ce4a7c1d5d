"""What the front end costs: decode, resample and mel of one-minute 48 kHz FLAC files, core-milliseconds a minute.

    python benchmarks/front_end.py [--files 10] [--rounds 5]

Makes its own files (noise and tones, 16 bit mono) in a temporary folder. One thread; processor time, not wall time.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from dawnchorus.audio.reading import blocks
from dawnchorus.features import FrontEnd

RATE_HZ = 48_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    front_end = FrontEnd()
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.flac" for number in range(args.files)]
        for number, path in enumerate(paths):
            rng = np.random.default_rng(number)
            time_s = np.arange(60 * RATE_HZ) / RATE_HZ
            wave = 0.05 * rng.standard_normal(len(time_s)) + 0.1 * np.sin(2 * np.pi * (800 + 100 * number) * time_s)
            soundfile.write(path, (wave * 32767).astype(np.int16), RATE_HZ)
        sound, whole = [], []
        for _ in range(args.rounds):
            began = time.process_time()
            for path in paths:
                for _block in blocks(path):
                    pass
            sound.append((time.process_time() - began) * 1000 / args.files)
            began = time.process_time()
            for path in paths:
                for block in blocks(path):
                    front_end.to_db(block.samples)
            whole.append((time.process_time() - began) * 1000 / args.files)
    for name, values in (("decode and resample", sound), ("decode, resample and mel", whole)):
        print(f"{name}: median {statistics.median(values):.1f} core-ms a minute, lowest {min(values):.1f}")


if __name__ == "__main__":
    main()
