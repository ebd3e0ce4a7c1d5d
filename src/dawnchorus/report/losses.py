"""The section on training loss."""

from __future__ import annotations

from collections.abc import Mapping

from dawnchorus.plots.ink import Values, safe_text
from dawnchorus.plots.lines import line_chart
from dawnchorus.report.fragments import nothing_to_show, paragraph, titled


def losses_section(losses: Mapping[str, tuple[Values, Values]]) -> str:
    """Draw the losses, a chart for each name before the first comma."""
    if not losses:
        return nothing_to_show("No losses were recorded.")
    charts: dict[str, dict[str, tuple[Values, Values]]] = {}
    for name, values in losses.items():
        chart, _, line = name.partition(",")
        charts.setdefault(chart.strip(), {})[line.strip() or chart.strip()] = values
    figures = ""
    for name, lines in charts.items():
        says = f"Training loss of {name}"
        picture = line_chart(lines, "optimiser step", "loss", description=says, width_px=440, height_px=240)
        figures += titled(f"<b>{safe_text(name)}</b>", picture)
    return paragraph(LOSS_TEXT) + f'<div class="grid wider">{figures}</div>'


LOSS_TEXT = (
    "The loss is what training makes small; it should fall and level off. Stages measure it differently, so heights "
    "can be compared within a chart only."
)
