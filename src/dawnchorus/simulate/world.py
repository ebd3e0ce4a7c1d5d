"""What is decided before the first recording is made: settings, species, how common each is, sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dawnchorus.simulate import backgrounds, own
from dawnchorus.simulate.calls import LOWEST_RATE_HZ, Samples, animals
from dawnchorus.simulate.scene import Background, OwnVoices, SynthesisedVoices, Voices

COMMONEST, RAREST = 0.70, 0.08  # share of recordings in which a species calls
LONGEST_CALL_S = 4.0


@dataclass(frozen=True)
class Simulation:
    """What to simulate.

    `recordings` are for training, `test_recordings` for testing, each `seconds` long. Up to `tp_per_species` and
    `fp_per_species` boxes are revealed. About a third of the `sites` are heard in the test recordings only.
    `clips` (a folder per species, named after it) replaces the synthesised animals and says how many species there are;
    `background` (a folder of recordings without those species) replaces the synthesised sites, a site per file.

    Raises ValueError for settings that cannot be simulated.
    """

    recordings: int = 40
    test_recordings: int = 20
    species: int = 6
    seconds: float = 60.0
    rate_hz: int = 32000
    tp_per_species: int = 12
    fp_per_species: int = 30
    sites: int = 8
    seed: int = 0
    clips: Path | None = None
    background: Path | None = None

    def __post_init__(self) -> None:
        least: tuple[tuple[str, float], ...] = (
            ("recordings", 1),
            ("test_recordings", 1),
            ("species", 1),
            ("seconds", 2 * LONGEST_CALL_S),
            ("rate_hz", LOWEST_RATE_HZ),
            ("tp_per_species", 1),
            ("fp_per_species", 0),
            ("sites", 2),
            ("seed", 0),
        )
        for name, value in least:
            if getattr(self, name) < value:
                raise ValueError(f"{name} must be at least {value:g}, not {getattr(self, name)}")


@dataclass(frozen=True)
class Part:
    """The training or the test recordings: what calls in them, and where they are made."""

    name: str
    count: int
    voices: Voices
    sites: Sequence[tuple[str, Background]]

    def key(self, index: int) -> str:
        """The name of recording `index`."""
        return f"{self.name}{index:04d}"

    def site(self, index: int) -> tuple[str, Background]:
        """The name and the sound of the site of recording `index`: sites take turns."""
        return self.sites[index % len(self.sites)]


@dataclass(frozen=True)
class World:
    """Everything decided before the first recording: species, how common each is, the two parts, what to warn of."""

    names: Sequence[str]
    prevalence: Sequence[float]
    train: Part
    test: Part
    warnings: list[str] = field(default_factory=list)


def build(settings: Simulation) -> World:
    """Decide everything that comes before the first recording; raises ValueError when clips cannot be used."""
    warnings: list[str] = []
    names, voices = _own_voices(settings, warnings) if settings.clips else _voices(settings)
    sites = _own_sites(settings, warnings) if settings.background else _sites(settings)
    rng = np.random.default_rng([settings.seed, 4])
    # Even steps in ratio from common to rare; which species is common is chance.
    prevalence = [float(p) for p in rng.permutation(np.geomspace(COMMONEST, RAREST, len(names)))]
    train = Part("train", settings.recordings, voices[0], sites[0])
    test = Part("test", settings.test_recordings, voices[1], sites[1])
    return World(names, prevalence, train, test, warnings)


def _voices(settings: Simulation) -> tuple[list[str], tuple[Voices, Voices]]:
    species = animals(settings.species, settings.seed)
    voices = SynthesisedVoices(species, settings.rate_hz)
    return [animal.name for animal in species], (voices, voices)


def _own_voices(settings: Simulation, warnings: list[str]) -> tuple[list[str], tuple[Voices, Voices]]:
    assert settings.clips
    folders = own.species_folders(settings.clips)
    parts: tuple[list[Any], list[Any]] = ([], [])
    for name, files in folders.items():
        calls = {path: own.read_calls(path, settings.rate_hz, LONGEST_CALL_S) for path in files}
        usable = [path for path in files if calls[path]]
        warnings += [f"{path.name} of {name} is silent and was left out" for path in files if not calls[path]]
        if not usable:
            raise ValueError(f"every clip of {name} is silent")
        if len(usable) == 1:
            warnings.append(f"{name} has one clip: its test calls are its training calls, so its score means little")
        for side, chosen in zip(parts, own.split(usable, settings.seed), strict=True):
            side.append([call for path in chosen for call in calls[path]])
    return list(folders), (OwnVoices(parts[0]), OwnVoices(parts[1]))


Sites = list[tuple[str, Background]]


def _sites(settings: Simulation) -> tuple[Sites, Sites]:
    """Sites of training and of test, numbered on."""

    def place(number: int) -> tuple[str, Background]:
        made = backgrounds.site(settings.seed, number)
        return f"site{number:02d}", lambda count, rng: backgrounds.sound(made, count, settings.rate_hz, rng)

    test = max(1, round(settings.sites / 3))
    found = [place(number) for number in range(settings.sites)]
    return found[:-test], found[-test:]


def _own_sites(settings: Simulation, warnings: list[str]) -> tuple[Sites, Sites]:
    assert settings.background
    files = own.audio_files(settings.background)
    if len(files) == 1:
        warnings.append(f"{files[0].name} is the only background: training and test recordings share it")

    def place(path: Path) -> tuple[str, Background]:
        return path.name, partial(_own_background, path, settings.rate_hz)

    train, test = own.split(files, settings.seed)
    return [place(path) for path in train], [place(path) for path in test]


def _own_background(path: Path, rate_hz: int, count: int, rng: np.random.Generator) -> Samples:
    return own.read_background(path, count, rate_hz, rng)
