"""What a model says of recordings, and which members of an ensemble fit together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawnchorus.calibration.tables import Calibration
from dawnchorus.events import Species
from dawnchorus.scores import Scores

Floats = NDArray[np.float64]
SUBMISSION, DETECTIONS, FRAMES = "submission.csv", "detections.csv", "frames.npz"
PROBABILITIES, RECORD = "probabilities.csv", "blend.json"


class BlendError(ValueError):
    """Members that can't be blended; the message says which, and why."""


@dataclass(frozen=True)
class Member:
    """What a model, or a blend of several, says of recordings; `where` it was read from.

    `whole` holds a score of each recording `(species,)`, `frames` the Scores behind them, nothing where they were not
    kept. `names` and `bands_hz` are those of the species of which they are known, `typical_s` how long their calls last
    (`EventRule`), where that is known. `calibration` makes probabilities of this member's scores of recordings, and
    `probabilities` `(species,)` are what it made of them. `held_out` says that models which never heard a recording
    scored it. `origin` says which network it is, `licence` is that of the weights behind it. A blend has the place of
    its first member and no calibration, but probabilities where all its members have them.
    """

    where: Path
    whole: Mapping[str, NDArray[np.float32]]
    frames: Mapping[str, Scores] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    bands_hz: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    typical_s: tuple[float, ...] = ()
    calibration: Calibration | None = None
    probabilities: Mapping[str, Floats] = field(default_factory=dict)
    held_out: bool = False
    origin: str = ""
    licence: str = ""

    @property
    def n_species(self) -> int:
        """How many species it knows."""
        return len(next(iter(self.whole.values())))

    @property
    def species(self) -> list[Species]:
        """All its species; one whose name is not known is called by its column in a submission."""
        return [Species(number, self.names.get(number, f"s{number}")) for number in range(self.n_species)]

    def calibrated(self, values: NDArray[np.float32]) -> Floats:
        """Probabilities of its scores `(row, species)`. Raises BlendError when it has no calibration."""
        if self.calibration is None:
            raise BlendError(f"{self.where}: no calibration; only members that have one can be blended calibrated")
        return self.calibration.apply(values)


def check_species(members: Sequence[Member]) -> None:
    """All must know the same species, else BlendError; names are compared where both sides know them."""
    first = members[0]
    for other in members[1:]:
        if other.n_species != first.n_species:
            raise BlendError(
                f"{other.where}: it knows {other.n_species} species, {first.where} {first.n_species}; "
                "expected the same in every member"
            )
        for number in sorted(set(first.names) & set(other.names)):
            if first.names[number] != other.names[number]:
                raise BlendError(
                    f"{other.where}: species {number} is {other.names[number]!r}, in {first.where} it is "
                    f"{first.names[number]!r}"
                )


def check_recordings(members: Sequence[Member]) -> None:
    """All must have scored the same recordings, whole and, where they are kept, in frames; else BlendError."""
    first = members[0]
    for other in members[1:]:
        check_same(first.where, first.whole, other.where, other.whole)
        if first.frames and other.frames:
            check_same(first.where / FRAMES, first.frames, other.where / FRAMES, other.frames)


def check_same(where: Path, recordings: Iterable[str], elsewhere: Path, others: Iterable[str]) -> None:
    """Both must name the same recordings, else BlendError names the first that does not."""
    lacking, more = sorted(set(recordings) - set(others)), sorted(set(others) - set(recordings))
    if lacking or more:
        differing = ((lacking, "missing"), (more, "only here"))
        told = "; ".join(f"{len(some)} {what}, first {some[0]}" for some, what in differing if some)
        raise BlendError(f"{elsewhere}: other recordings than in {where}: {told}")
