"""The section on scores: every stage, apart for full truth and for partial labels."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dawnchorus.plots.bars import Bar, bar_chart
from dawnchorus.plots.ink import safe_text
from dawnchorus.report.content import PARTIAL_LABELS, Floor, Report, StageScores
from dawnchorus.report.fragments import figure_of, folded, nothing_to_show, paragraph, score_cell, scroller, table_of
from dawnchorus.report.ranking import grounds_of, overall


def scores_section(content: Report) -> str:
    """Show the scores of every stage, apart for full truth and for partial labels."""
    if not content.stages:
        return nothing_to_show("No stage was scored.")
    parts = []
    for on in grounds_of(content.stages):
        rows = [row for row in content.stages if row.on == on]
        floors = [floor for floor in content.floors if floor.on == on]
        parts.append(f"<h3>On {safe_text(on)}</h3>")
        if on == PARTIAL_LABELS:
            parts.append(paragraph(PARTIAL_WARNING, "note"))
        parts.append(figure_of(scroller(_score_bars(overall(rows, on), floors, on), "Scores by stage"), SCORE_CAPTION))
        parts.append(_score_table(overall(rows, on), floors, on))
        folds = [row for row in rows if row.fold != "all"]
        if folds and len(folds) < len(rows):
            parts.append(folded(f"Each fold by itself ({len(folds)} rows)", _score_table(folds, (), on)))
    return "\n".join(parts)


def _score_bars(rows: Sequence[StageScores], floors: Sequence[Floor], on: str) -> str:
    """Draw cmAP, LWLRAP and event mAP of the stages as bars, the floors through them."""
    labels = [row.name if row.fold == "all" else f"{row.name}, fold {row.fold}" for row in rows]
    groups = {
        "cmAP": [Bar(label, row.cmap, *row.cmap_interval) for label, row in zip(labels, rows, strict=True)],
        "LWLRAP": [Bar(label, row.lwlrap, *row.lwlrap_interval) for label, row in zip(labels, rows, strict=True)],
    }
    if any(row.event_map is not None for row in rows):
        events = [(math.nan if row.event_map is None else row.event_map, *row.event_map_interval) for row in rows]
        groups["event mAP"] = [Bar(label, *values) for label, values in zip(labels, events, strict=True)]
    lines = {"cmAP": [(f.name, f.cmap) for f in floors], "LWLRAP": [(f.name, f.lwlrap) for f in floors]}
    says = f"Scores by stage on {on}; the table below holds the same numbers"
    return bar_chart(
        groups, "score (0 to 1, higher is better)", floors=lines, x_range=(0, 1), description=says, width_px=800
    )


def _score_table(rows: Sequence[StageScores], floors: Sequence[Floor], on: str) -> str:
    """Put the same scores, and the others, in a table; the floors stand under the stages."""
    with_folds = any(row.fold != "all" for row in rows)
    heads = ["Stage", *(["Fold"] if with_folds else []), "cmAP", "LWLRAP", "Event mAP", "Precision", "Recall", "AUC"]
    cells = [
        [
            safe_text(row.name),
            *([safe_text(row.fold)] if with_folds else []),
            score_cell(row.cmap, row.cmap_interval),
            score_cell(row.lwlrap, row.lwlrap_interval),
            score_cell(row.event_map, row.event_map_interval),
            *(score_cell(value) for value in (row.precision, row.recall, row.auc)),
        ]
        for row in rows
    ]
    empty = ["–"] * (len(heads) - 3)
    cells += [[f"<i>Floor: {safe_text(f.name)}</i>", score_cell(f.cmap), score_cell(f.lwlrap), *empty] for f in floors]
    return table_of(heads, cells, f"Scores on {safe_text(on)}; in grey the 95&nbsp;% interval")


SCORE_CAPTION = (
    "Bars: the score of each stage. Black whiskers: the 95&nbsp;% interval; where whiskers of two stages overlap "
    "widely, the order of the stages is not settled. Dashed lines: the floors, which are scores that need no "
    "listening."
)
PARTIAL_WARNING = (
    "These scores use only the stretches that people annotated. They show whether training works, but they <b>cannot "
    "rank variants that use pseudo-labels</b>: see “What the numbers mean”."
)
