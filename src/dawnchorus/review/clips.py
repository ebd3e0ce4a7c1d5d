"""Clips to see and to hear: a stretch of a recording as a picture and as sound; nothing but the stretch is decoded.

Recordings are known by number. What is opened lies under the audio folders once every link is followed, each time.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from dawnchorus.audio.faults import AudioError, Fault
from dawnchorus.audio.folders import folders_of, listed
from dawnchorus.audio.header import inspect
from dawnchorus.audio.reading import excerpt
from dawnchorus.features import FrontEnd
from dawnchorus.files import value_hash
from dawnchorus.plots.clip import clip_figure
from dawnchorus.plots.marks import Box, Track

USUAL_HZ = 32_000  # of pictures; calls above half of it are drawn at the file's own rate
AROUND_S = 1.0  # shown and played before and after a clip
LEAST_S = 4.0  # a shorter clip gets more of what is around it
WIDE_S = 20.0
COLUMNS = 480  # of a picture, about
MELS = 96
LOUDEST, MOST_GAIN = 0.7, 100.0  # of what is played: quiet recordings are made loud enough to hear
HEARD_HZ = 48_000  # browsers play no more; faster recordings are resampled, which takes nothing that ears hear


class Sounds:
    """The sound files under some folders. Links that lead out of them are left out, and counted in `refused`."""

    def __init__(self, folders: Sequence[Path]) -> None:
        """List them; nothing is opened."""
        files, _ = listed(folders)
        self.roots = sorted(folders_of(folders))
        inside = [file for file in files if self._inside(file.path)]
        self.refused = len(files) - len(inside)
        inside.sort(key=lambda file: file.key)
        self.keys = tuple(file.key for file in inside)
        self.paths = tuple(file.path for file in inside)
        self.content = value_hash([file.name for file in inside])
        stems = Counter(key.rpartition("/")[2] for key in self.keys)
        named = {key.rpartition("/")[2]: number for number, key in enumerate(self.keys)}
        self._numbers = {stem: number for stem, number in named.items() if stems[stem] == 1}
        self._numbers |= {key: number for number, key in enumerate(self.keys)}

    def __len__(self) -> int:
        """The number of recordings."""
        return len(self.keys)

    def numbers(self, names: Iterable[str]) -> list[int]:
        """The recording that each name means: its key, or its file's name where one file alone has it; -1 for none."""
        plain = (name.replace("\\", "/") for name in names)
        return [self._numbers.get(name, self._numbers.get(name.rpartition("/")[2], -1)) for name in plain]

    def path(self, number: int) -> Path:
        """Where a recording lies, every link followed. Raises AudioError when that is outside the folders."""
        path = self.paths[number]
        if not self._inside(path):
            raise AudioError(path, Fault("unreadable", "it leads out of the audio folder, or is gone"))
        return path.resolve()

    def _inside(self, path: Path) -> bool:
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError):  # a link to nowhere, or to itself
            return False
        return any(real.is_relative_to(root) for root in self.roots)


def around(start_s: float, end_s: float, least_s: float = LEAST_S) -> tuple[float, float]:
    """What is shown of a clip: it, and what is around it, at least `least_s` seconds; from 0 on."""
    more = max(AROUND_S, (least_s - (end_s - start_s)) / 2)
    return max(0.0, start_s - more), end_s + more


def picture(
    path: Path,
    start_s: float,
    end_s: float,
    box: Box | None = None,
    track: Track | None = None,
    description: str = "Spectrogram",
    size_px: tuple[int, int] = (360, 240),
) -> str:
    """A stretch as SVG. Raises AudioError when it can't be decoded."""
    high = box is not None and box.high_hz > USUAL_HZ / 2
    own_hz = inspect(path).rate_hz
    rate_hz = own_hz if high else min(own_hz, USUAL_HZ)
    sound = excerpt(path, start_s, end_s, rate_hz)
    seconds = len(sound) / rate_hz
    n_fft = 1 << max(6, round(np.log2(rate_hz * 0.032)))
    wanted = COLUMNS * size_px[0] / 360
    hop = max(n_fft // 8, round(len(sound) / wanted))
    front_end = FrontEnd(rate_hz, n_fft, hop, MELS, 20.0, rate_hz / 2)
    return clip_figure(
        front_end.to_db(sound),
        start_s=start_s,
        end_s=start_s + seconds,
        low_hz=front_end.low_hz,
        high_hz=front_end.high_hz,
        mel_hz=front_end.mel_hz(),
        box=box,
        track=track,
        description=description,
        size_px=size_px,
    )


def wav(path: Path, start_s: float, end_s: float) -> bytes:
    """A stretch as a WAV of 16 bits, as loud as it can be without clipping. Raises AudioError."""
    import soundfile

    rate_hz = min(inspect(path).rate_hz, HEARD_HZ)
    sound = excerpt(path, start_s, end_s, rate_hz)
    sound = sound - sound.mean()
    peak = float(np.abs(sound).max())
    gain = min(LOUDEST / peak, MOST_GAIN) if peak > 0 else 1.0
    file = io.BytesIO()
    soundfile.write(file, sound * gain, rate_hz, "PCM_16", format="WAV")
    return file.getvalue()
