"""The section on pseudo-labels: how many labels each stage learned from, of people and of models."""

from __future__ import annotations

from collections.abc import Sequence

from dawnchorus.plots.bars import Bar, bar_chart
from dawnchorus.plots.ink import safe_text
from dawnchorus.report.content import PseudoRow
from dawnchorus.report.fragments import nothing_to_show, paragraph, table_of, titled, unique


def pseudo_section(rows: Sequence[PseudoRow]) -> str:
    """Show how many labels each stage learned from, of people and of models."""
    if not rows:
        return nothing_to_show("No pseudo-labels were made in this run.")
    present = {name: _label_bars(rows, name, present=True) for name in unique(row.species for row in rows)}
    absent = {name: _label_bars(rows, name, present=False) for name in present}
    charts = ""
    for groups, colour, word in ((present, "#0072B2", "present"), (absent, "#C25200", "absent")):
        says = f"{word} labels by species and stage"
        picture = bar_chart(groups, "labels", decimals=0, width_px=500, colour=colour, description=says)
        caption = f"<b>Labels that say “{word}”.</b> Full colour: given by people. Pale: added by models."
        charts += titled(caption, picture)
    tables = _label_totals(rows), _agreement(rows)
    return "\n".join([paragraph(PSEUDO_TEXT), *tables, f'<div class="grid wider">{charts}</div>'])


def _label_totals(rows: Sequence[PseudoRow]) -> str:
    """Put the labels of all species together in a table, a row a stage."""
    totals = []
    for step in unique(_step_name(row) for row in rows):
        own = [row for row in rows if _step_name(row) == step]
        people = sum(row.annotated_present for row in own), sum(row.annotated_absent for row in own)
        models = sum(row.pseudo_present for row in own), sum(row.pseudo_absent for row in own)
        counts = (people[0], models[0], people[1], models[1])
        totals.append([safe_text(step), *(f"{count:,}" for count in counts)])
    heads = ["Stage", "Present, by people", "Present, by models", "Absent, by people", "Absent, by models"]
    return table_of(heads, totals, "Labels of all species together")


def _agreement(rows: Sequence[PseudoRow]) -> str:
    """How far models agree with people, a row a stage that learnt from models."""
    lines = []
    for step in unique(_step_name(row) for row in rows if row.mass):
        own = [row for row in rows if _step_name(row) == step]
        shares = _mean([(row.tp_presence, row.tp) for row in own]), _mean([(row.fp_presence, row.fp) for row in own])
        lines.append([safe_text(step), f"{sum(row.mass for row in own):,.0f}", *shares])
    heads = ["Stage", "Weight of presence", "Mean presence in TP boxes", "In FP boxes"]
    return table_of(heads, lines, "What models say, of all species together") if lines else ""


def _mean(sums: Sequence[tuple[float, float]]) -> str:
    """The mean over all sums and counts together; a dash where nothing was counted."""
    presence, of = (sum(each) for each in zip(*sums, strict=True))
    return f"{presence / of:.2f}" if of else "–"


def _step_name(row: PseudoRow) -> str:
    """Name the round and stage of a row."""
    return f"{row.stage}, round {row.round}" if row.round else row.stage


def _label_bars(rows: Sequence[PseudoRow], species: str, *, present: bool) -> list[Bar]:
    """Make one bar a stage of one species."""
    own = [row for row in rows if row.species == species]
    if present:
        return [Bar(_step_name(row), row.annotated_present, more=row.pseudo_present) for row in own]
    return [Bar(_step_name(row), row.annotated_absent, more=row.pseudo_absent) for row in own]


PSEUDO_TEXT = (
    "People annotate a small part of the recordings. After a stage, models label stretches that nobody checked; the "
    "next stage learns from people's labels and these <i>pseudo-labels</i> together. If the pale bars of a species "
    "grow far beyond what its calls can be, the models are repeating a mistake. The second table says how much "
    "presence, from 0 to 1, models give people's boxes of recordings that they never heard: far more in TP boxes than "
    "in FP boxes is good. A model that learnt from such models is better off than it should be."
)
