"""Which stage scored highest, on what, and against which floor."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from dawnchorus.report.content import FULL_TRUTH, StageScores
from dawnchorus.report.fragments import unique


def overall(stages: Sequence[StageScores], on: str) -> list[StageScores]:
    """Give the rows that stand for a whole stage, or all rows when there are only folds."""
    rows = [row for row in stages if row.on == on]
    return [row for row in rows if row.fold == "all"] or rows


def grounds_of(stages: Sequence[StageScores]) -> list[str]:
    """List what stages were scored on, full truth first."""
    return sorted(unique(row.on for row in stages), key=lambda on: on != FULL_TRUTH)


def best_stage(stages: Sequence[StageScores]) -> StageScores | None:
    """Give the stage with the highest cmAP, on full truth when there is any."""
    for on in grounds_of(stages):
        rows = [row for row in overall(stages, on) if math.isfinite(row.cmap)]
        if rows:
            return max(rows, key=lambda row: row.cmap)
    return None


def highest_floor(floors: Iterable[tuple[str, float]]) -> tuple[str, float] | None:
    """Give the highest floor that is a number."""
    known = [floor for floor in floors if math.isfinite(floor[1])]
    return max(known, key=lambda floor: floor[1]) if known else None
