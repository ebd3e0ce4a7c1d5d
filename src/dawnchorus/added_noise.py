"""Noise of training recordings, added to the recordings that a model is tried on.

The memo names two ways to come by the noise and gives neither a formula nor numbers; the defaults are our reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from dawnchorus.audio import reading
from dawnchorus.audio.faults import Fault
from dawnchorus.audio.reading import stretch
from dawnchorus.audio.samples import Samples
from dawnchorus.denoise import denoise
from dawnchorus.events import Recording
from dawnchorus.features import FeatureBlock, Features, heard
from dawnchorus.scores import Scores


@dataclass(frozen=True, slots=True)
class NoiseSource:
    """A stretch `[start_s, end_s)` of a sound file that noise may be taken from."""

    path: Path
    start_s: float
    end_s: float

    def sound(self, front_end: Features) -> Samples:
        """Its samples `(sample,)`, at the front end's rate. Raises AudioError when nothing can be read there."""
        blocks = reading.blocks(self.path, front_end.rate_hz, front_end.channel, front_end.block_s, front_end.tail_s)
        return stretch(self.path, blocks, self.start_s, self.end_s, front_end.rate_hz)


@dataclass(frozen=True)
class AddedNoise:
    """How noise is made of training recordings, how loud it is, and how often.

    `removed` is what denoising takes out of a training recording. `quiet_windows` are stretches of training recordings
    as they are, in which a model finds nothing: no species has a probability of `quiet_below` (see `quiet_stretches`).

    `gain` multiplies the noise. Each recording is heard `draws` times, each time with other noise, and the mean of what
    a model says counts. (The memo's "x10" may mean a gain of 10, or 10 draws.)
    """

    taken: Literal["removed", "quiet_windows"] = "removed"
    gain: float = 1.0
    draws: int = 1
    quiet_below: float = 0.1

    def __post_init__(self) -> None:
        if self.draws < 1:
            raise ValueError(f"noise is drawn at least once, not {self.draws} times")

    def add(self, samples: Samples, noise: Samples) -> Samples:
        """Samples `(sample,)` with the noise on top, which is cut to their length or repeated until it fills it."""
        together: Samples = samples + np.float32(self.gain) * np.resize(noise, len(samples))
        return together

    def drawn(self, sources: Sequence[NoiseSource], front_end: Features, rng: np.random.Generator) -> Samples:
        """The noise of one source drawn by chance `(sample,)`."""
        if not sources:
            raise ValueError(f"there is nothing to take noise from: {self.taken}")
        sound = sources[int(rng.integers(len(sources)))].sound(front_end)
        return sound if self.taken == "quiet_windows" else sound - denoise(sound, front_end.rate_hz)


def noisy(
    recording: Recording,
    front_end: Features,
    noise: AddedNoise,
    sources: Sequence[NoiseSource],
    rng: np.random.Generator,
    faults: list[Fault],
) -> Iterator[FeatureBlock]:
    """The blocks of a recording as `features.heard` gives them, each with noise drawn for it; this is one draw.

    A front end that denoises hears the sound with the noise in it. Raises AudioError when nothing of the file, or of a
    source, can be read.
    """
    return heard(recording, front_end, faults, lambda samples: noise.add(samples, noise.drawn(sources, front_end, rng)))


def quiet_stretches(scores: Mapping[str, Scores], below: float) -> list[tuple[str, float, float]]:
    """The windows in which no frame of any species reaches `below`: (recording, start_s, end_s), in order."""
    return [
        (recording, float(said.window_start_s[window]), float(said.window_end_s[window]))
        for recording, said in sorted(scores.items())
        for window in np.flatnonzero(said.window_maximum.max(axis=1) < below)
    ]
