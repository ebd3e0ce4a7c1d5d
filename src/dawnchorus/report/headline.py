"""The head of the page: what happened, the best figures, and what to know before trusting them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dawnchorus.plots.ink import safe_text
from dawnchorus.report.content import Floor, Report, StageScores
from dawnchorus.report.fragments import figure_text, interval_text, paragraph
from dawnchorus.report.ranking import best_stage, highest_floor, overall


def headline(content: Report) -> str:
    """Make the head of the page: what happened, the best figures with interval and floor, and the warnings."""
    best = best_stage(content.stages)
    parts = [paragraph("dawnchorus · training report", "kicker"), f"<h1>{safe_text(content.title)}</h1>"]
    parts.append(paragraph(_headline_sentence(best, content), "headline"))
    parts.append(paragraph(safe_text(content.summary), "summary"))
    if content.on:
        parts.append(paragraph(f"<b>Scored on:</b> {safe_text(content.on)}", "scored-on"))
    if best is not None:
        parts.append(_cards(best, content.floors))
    if content.warnings:
        items = "".join(f"<li>{safe_text(warning)}</li>" for warning in content.warnings)
        says = f"<b>Before you trust these numbers</b><ul>{items}</ul>"
        parts.append(f'<aside class="warnings" aria-label="Warnings">{says}</aside>')
    return "<header>" + "\n".join(parts) + "</header>"


def _headline_sentence(best: StageScores | None, content: Report) -> str:
    """Say in one sentence which stage scored highest, how sure that is, and what not listening would have scored."""
    if best is None:
        return "No score could be computed: the sections below say what was trained and what is wrong with the data."
    fold = "" if best.fold == "all" else f" (fold {safe_text(best.fold)})"
    interval = interval_text(best.cmap_interval)
    sure = f" (95&nbsp;% interval {interval})" if interval else " (no interval known)"
    only = len({row.name for row in overall(content.stages, best.on)}) == 1
    ranks = "reached" if only else "scored highest, with"
    name = safe_text(best.name[:1].upper() + best.name[1:])
    text = f"<b>{name}</b>{fold} {ranks} a cmAP of <b>{best.cmap:.3f}</b>{sure} on {safe_text(best.on)}"
    floor = highest_floor((floor.name, floor.cmap) for floor in content.floors if floor.on == best.on)
    if floor is None:
        return text + "."
    low = best.cmap_interval[0] if math.isfinite(best.cmap_interval[0]) else best.cmap
    against = f"answering without listening gives at most {floor[1]:.3f}"
    return f"{text}; {against}." if low > floor[1] else f"{text}, which is not clearly above the floor: {against}."


def _cards(best: StageScores, floors: Sequence[Floor]) -> str:
    """Show the three scores of the best stage in large type, each with its interval and its highest floor.

    Floors are scores of whole recordings, so event mAP has none.
    """
    own = [floor for floor in floors if floor.on == best.on]
    cmap_floor, lwlrap_floor = (
        highest_floor((f.name, f.cmap) for f in own),
        highest_floor((f.name, f.lwlrap) for f in own),
    )
    cards = [
        ("cmAP", "finding the recordings of a species", best.cmap, best.cmap_interval, cmap_floor),
        ("LWLRAP", "ranking the species of a recording", best.lwlrap, best.lwlrap_interval, lwlrap_floor),
        ("event mAP", "finding each call in time", best.event_map, best.event_map_interval, None),
    ]
    parts = []
    for name, means, value, interval, floor in cards:
        text = interval_text(interval) if figure_text(value) != "n/a" else ""
        lines = f"<span>95&nbsp;% interval {text}</span>" if text else ""
        lines += f"<span>highest floor {floor[1]:.3f} ({safe_text(floor[0])})</span>" if floor else ""
        parts.append(f"<div><dt>{name}<small>{means}</small></dt><dd><b>{figure_text(value)}</b>{lines}</dd></div>")
    return f'<dl class="cards" aria-label="Scores of {safe_text(best.name)}">{"".join(parts)}</dl>'
