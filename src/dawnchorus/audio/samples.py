"""The sound of a file: its samples, which of its channels is meant, and the file opened for its decoder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from soundfile import SoundFile

Channel = Literal["mean"] | int
"""Which sound of a file with several channels: their mean, or one of them, counted from 1."""

Samples = NDArray[np.float32]


def sound_file(path: Path) -> SoundFile:
    """Open a file for decoding. Raises what soundfile raises: OSError, RuntimeError or TypeError."""
    import soundfile

    # Bytes, because a name on a POSIX disk need not be UTF-8; soundfile takes them, though its types don't say so.
    name: Any = str(path) if os.name == "nt" else os.fsencode(path)
    return soundfile.SoundFile(name)
