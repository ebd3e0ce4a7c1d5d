"""Where each line of the memo is: which variant of which study stands for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dawnchorus.study.values import Reported, Study


@dataclass(frozen=True)
class Entry:
    """A memo line and the variant that stands for it, `STUDY:VARIANT`; `runnable` unless nothing can be run."""

    line: str
    where: str
    reported: Reported
    note: str
    runnable: bool


def catalogue(studies: Sequence[Study]) -> list[Entry]:
    """Every memo line of every variant, in the order of studies and variants; a line may stand in several places."""
    return [
        Entry(line, f"{study.name}:{name}", variant.reported, variant.note, variant.experiment is not None)
        for study in studies
        for name, variant in study.variants.items()
        for line in variant.memo
    ]
