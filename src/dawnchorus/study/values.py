"""What a study file holds: variants, and what was reported of them elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dawnchorus.experiment import Experiment


@dataclass(frozen=True)
class Reported:
    """Figures that the memo reports of a run: its own cross-validation score, precision at 0.5, leaderboard score.

    `failed` stands for "very bad": the run gave nothing worth a submission.
    """

    cv: float | None = None
    precision: float | None = None
    lb: float | None = None
    failed: bool = False


@dataclass(frozen=True)
class Variant:
    """One experiment of a study, None where nothing can be run and only the reported figures are known.

    `memo` names the memo's lines that it stands for, `note` says how they were read where the memo doesn't say.
    """

    experiment: Experiment | None
    reported: Reported = Reported()
    memo: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Study:
    """A question, the variants that answer it, and the one that the others are compared with."""

    path: Path
    question: str
    baseline: str
    variants: Mapping[str, Variant]

    @property
    def name(self) -> str:
        """The name of the file, without its ending."""
        return self.path.stem
