"""What a run leaves behind: its fits and their folders, and what models say of recordings they never heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dawnchorus import scores as scoring
from dawnchorus.dataset import Prepared
from dawnchorus.experiment import Experiment, Stage
from dawnchorus.pseudo_labels.teachers import Said
from dawnchorus.scores import Scores

Stretch = tuple[str, int, float, float]  # recording, species, start_s, end_s


@dataclass(frozen=True)
class Fit:
    """One stage on one fold and repeat, and the folder where its results lie.

    The fold of a final network, which heard the recordings of all folds, is None.
    """

    stage: Stage
    fold: int | None
    repeat: int
    folder: Path

    @property
    def weights(self) -> Path:
        """The trained weights."""
        return self.folder / "weights.safetensors"

    @property
    def scores(self) -> Path:
        """What the network says of the recordings of its fold, which it never heard; a final one has none."""
        return self.folder / "scores.npz"

    @property
    def record(self) -> Path:
        """Losses, counts of labels, and what the fit came from. It is written last: what has it is finished."""
        return self.folder / "fit.json"


@dataclass(frozen=True)
class Run:
    """A finished run: its fits in the order of training, the fold of each recording, the species of each class.

    `data` is what was trained on, with song types as classes where the experiment asks for them. `pseudo` holds, for
    each stage, the stretches of annotated recordings that its pseudo-labels call present. `audit` is the cmAP of each
    stage on the boxes of the recordings that no model heard; a round that was worse there is in it and nowhere else.
    `outside` holds what teachers of other runs say. `finals` heard the recordings of all folds, where stages ask for
    such networks. `problems` are sentences about what could not be done, and was left out.
    """

    experiment: Experiment
    data: Prepared
    fold_of: dict[str, int]
    fits: tuple[Fit, ...]
    species_of: tuple[int, ...]
    pseudo: Mapping[str, list[Stretch]]
    audit: Mapping[str, float] = field(default_factory=dict)
    outside: Mapping[str, Said] = field(default_factory=dict)
    finals: tuple[Fit, ...] = ()
    problems: tuple[str, ...] = ()

    def of_stage(self, name: str) -> list[Fit]:
        """The fits of one stage on its folds: they say how good it is."""
        return [one for one in self.fits if one.stage.name == name]

    def finals_of(self, name: str) -> list[Fit]:
        """The networks of one stage that heard the recordings of all folds."""
        return [one for one in self.finals if one.stage.name == name]

    def detector_of(self, name: str) -> list[Fit]:
        """The networks that are a stage's detector: its final ones, or those of all its folds where it has none."""
        return self.finals_of(name) or self.of_stage(name)

    def out_of_fold(self, stage: str) -> dict[str, Scores]:
        """Scores of each recording from the mean of the models of this stage, or teacher, that never heard it.

        An audit part is not among them: all models could speak of it, and of the others only some.
        """
        outside = self.outside.get(stage)
        said = held_out_scores(self.of_stage(stage)) if outside is None else outside.scores
        return {key: scoring.merged(scoring.mean(those), self.species_of) for key, those in said.items()}


def held_out_scores(fits: Iterable[Fit]) -> dict[str, list[Scores]]:
    """For each recording what the models say that never heard it: one Scores a repeat."""
    return gathered(scoring.read(one.scores) for one in fits)


def gathered(each: Iterable[Mapping[str, Scores]]) -> dict[str, list[Scores]]:
    """All that was said of each recording, in one list."""
    said: dict[str, list[Scores]] = {}
    for scores in each:
        for recording, its_scores in scores.items():
            said.setdefault(recording, []).append(its_scores)
    return said
