"""A whole file decoded, and what was wrong with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dawnchorus.audio.faults import AudioError, Fault
from dawnchorus.audio.header import inspect
from dawnchorus.audio.reading import blocks


def decode(path: Path, rate_hz: int = 32_000, **settings):
    """All blocks as one array, and the faults."""
    faults: list[Fault] = []
    found = list(blocks(path, rate_hz, faults=faults, **settings))
    return np.concatenate([block.samples for block in found]), faults


def codes(faults) -> list[str]:
    return [fault.code for fault in faults]


def fatal(path: Path) -> Fault:
    """The fault of a file that cannot be used: `inspect` and `blocks` agree on it."""
    with pytest.raises(AudioError) as inspected:
        inspect(path)
    with pytest.raises(AudioError) as decoded:
        next(blocks(path))
    assert inspected.value.fault == decoded.value.fault
    assert inspected.value.fault.fatal
    return inspected.value.fault


def pcm(x: np.ndarray) -> np.ndarray:
    """What 16 bits leave of a sound."""
    return (np.round(x * 32767) / 32768).astype(np.float32)
