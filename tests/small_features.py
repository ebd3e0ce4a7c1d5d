"""A small front end, and files of noise for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import sounds
from dawnchorus.events import Recording
from dawnchorus.features import FrontEnd
from dawnchorus.pcen import Pcen

SMALL = FrontEnd(n_fft=512, hop=256, n_mels=32, block_s=2.0, tail_s=0.5)
SMALL_PCEN = replace(SMALL, pcen=Pcen())


def recording(path: Path, key: str = "") -> Recording:
    return Recording(key or path.stem, path, 0.0, 32_000)


def noise_file(folder: Path, name: str, seconds: float = 1.0, seed: int = 0) -> Recording:
    return recording(sounds.write_wav(folder / f"{name}.wav", sounds.noise(seconds, seed=seed)))


def fail(*_: object) -> None:
    raise AssertionError("computed again")
