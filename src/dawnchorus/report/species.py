"""The section on species: precision and recall of each, the best heard first."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dawnchorus.plots.ink import safe_text
from dawnchorus.plots.lines import precision_recall_chart
from dawnchorus.report.content import SpeciesCurve
from dawnchorus.report.fragments import figure_text, nothing_to_show, paragraph, table_of, titled, unique


def species_section(curves: Sequence[SpeciesCurve]) -> str:
    """Show precision and recall of each species, the best heard first, and a table of average precision."""
    if not curves:
        return nothing_to_show("No species could be scored by itself.")
    stages = unique(curve.stage for curve in curves)
    by_name = {name: [curve for curve in curves if curve.name == name] for name in unique(c.name for c in curves)}
    names = sorted(by_name, key=lambda name: -_last_ap(by_name[name]))
    figures = "".join(_species_figure(name, by_name[name]) for name in names)
    rows = []
    for name in names:
        found = {curve.stage: curve for curve in by_name[name]}
        aps = [figure_text(found[stage].ap if stage in found else None) for stage in stages]
        rows.append([safe_text(name), str(max(curve.positives for curve in by_name[name])), *aps])
    heads = ["Species", "Recordings with it", *(f"AP after {safe_text(stage)}" for stage in stages)]
    return "\n".join(
        [
            paragraph(CURVES_TEXT),
            f'<div class="grid">{figures}</div>',
            table_of(heads, rows, "Average precision (AP) of each species, the best heard first"),
        ]
    )


def _last_ap(curves: Sequence[SpeciesCurve]) -> float:
    """Give the average precision after the last stage; -1 when it isn't known."""
    return curves[-1].ap if math.isfinite(curves[-1].ap) else -1.0


def _species_figure(name: str, curves: Sequence[SpeciesCurve]) -> str:
    """Draw the curves of one species, a line a stage."""
    lines = {f"{curve.stage} (AP {figure_text(curve.ap, 2)})": (curve.recall, curve.precision) for curve in curves}
    positives = max(curve.positives for curve in curves)
    recordings = "in 1 recording" if positives == 1 else f"in {positives} recordings"
    picture = precision_recall_chart(lines, description=f"Precision against recall for {name}")
    return titled(f"<b>{safe_text(name)}</b><br>{recordings}", picture)


CURVES_TEXT = (
    "Each curve follows a species as the threshold is lowered: to the right, more of the recordings with the species "
    "are found; further down, more of what is reported is wrong. A perfect detector runs along the top edge. Few "
    "recordings make jagged curves."
)
