"""Comparisons and the catalogue as people read them: in Markdown, and in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.markup import escape
from rich.table import Table

from dawnchorus.study.catalogue import Entry
from dawnchorus.study.compare import Comparison, Row, Spread
from dawnchorus.study.values import Reported

_SIGNS = {"saw_test": "†", "lost": "‡", "outdated": "§"}


def as_markdown(comparison: Comparison) -> str:
    """The comparison as a Markdown section: the question, one table, what differs, notes."""
    lines = [f"## {comparison.study}", "", *comparison.question.splitlines(), ""]
    headings = [
        "variant",
        "memo's lines",
        "memo CV",
        "memo Prec",
        "memo LB",
        "CV, memo's way",
        "CV",
        "precision",
        "test cmAP",
        "test LWLRAP",
        "test event mAP",
        f"cmAP - {comparison.baseline}, 95 %",
        "seeds",
    ]
    lines += [_line(headings), _line(["---"] * len(headings))]
    lines += [_line(cells(row, comparison.baseline)) for row in comparison.rows]
    for name, floor in comparison.floors.items():
        cmap, lwlrap = (f"{floor[figure]:.3f}" for figure in ("cmap", "lwlrap"))
        lines.append(_line([f"*floor: {name}*", *[""] * 7, cmap, lwlrap, "", "", ""]))
    lines += ["", *_footnotes(comparison)]
    if any(row.changes for row in comparison.rows):
        lines += ["", f"What differs from `{comparison.baseline}`:", ""]
        for row in comparison.rows:
            if row.changes:
                lines.append(f"- `{row.name}`: " + "; ".join(f"`{change}`" for change in row.changes))
    notes = [f"- `{row.name}`: {row.note}" for row in comparison.rows if row.note]
    if notes:
        lines += ["", "How the memo was read:", "", *notes]
    if comparison.warnings:
        lines += ["", "Warnings:", "", *(f"- {sentence}" for sentence in comparison.warnings)]
    return "\n".join(lines) + "\n"


def cells(row: Row, baseline: str) -> list[str]:
    """The cells of a row as people read them: name and signs, memo's lines and figures, ours, the difference, seeds."""
    signs = "".join(sign for name, sign in _SIGNS.items() if getattr(row, name))
    difference = "baseline" if row.name == baseline else ""
    if row.difference:
        gain = row.difference
        difference = f"{gain.mean:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})"
        difference += "" if gain.seeds > 1 else " ¹"
    shown = ("cv_faithful", "cv", "precision", "cmap", "lwlrap", "event_map")
    return [
        " ".join(filter(None, (row.name, signs))),
        ", ".join(row.memo),
        *reported_cells(row.reported),
        *(_spread(row.figures.get(figure)) for figure in shown),
        difference,
        str(len(row.seeds)) if row.seeds else ("not run" if row.runnable else "not runnable"),
    ]


def reported_cells(reported: Reported) -> list[str]:
    """What the memo reports as it is written there: CV, precision, LB; "very bad" for a run that failed."""
    missing = "very bad" if reported.failed else ""
    return [_plain(reported.cv) or missing, _plain(reported.precision), _plain(reported.lb) or missing]


def footnotes(comparison: Comparison) -> list[str]:
    """What the signs in the table mean, of those that are in it."""
    meanings = {
        "saw_test": "trained on the sound of the test recordings (not on their truth)",
        "lost": "not comparable with the others: something could not be had",
        "outdated": "run with other settings than the study has now",
    }
    said = [f"{_SIGNS[name]} {meanings[name]}" for name in _SIGNS if any(getattr(row, name) for row in comparison.rows)]
    if any(row.difference and row.difference.seeds == 1 for row in comparison.rows):
        said.append("¹ one seed: the interval covers the choice of recordings, not the chance of training")
    return said


def _footnotes(comparison: Comparison) -> list[str]:
    if not any(row.seeds for row in comparison.rows):
        return ["Nothing of this study has been run yet."]
    shown = "Figures are the mean over seeds (lowest to highest seed)."
    if any(row.difference for row in comparison.rows):
        shown += " Intervals are 95 %, from drawing test recordings and seeds together, the same for both sides."
    return [shown, *(f"{said}." for said in footnotes(comparison))]


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return ""
    shown = f"{spread.mean:.3f}"
    return shown if spread.lowest == spread.highest else f"{shown} ({spread.lowest:.3f} to {spread.highest:.3f})"


def _line(texts: Iterable[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in texts) + " |"


def comparison_table(comparison: Comparison) -> Table:
    """One row a variant, floors below; what the signs mean, and warnings, stand under it."""
    below = [*footnotes(comparison), *comparison.warnings]
    title = escape(comparison.question.splitlines()[0])
    table = Table(title=title, caption=escape("\n".join(below)) or None, caption_justify="left")
    headings = ("variant", "memo CV", "LB", "CV, memo's way", "CV", "precision", "cmAP", "LWLRAP", "event mAP")
    for heading in (*headings, f"cmAP - {comparison.baseline}", "seeds"):
        table.add_column(escape(heading), justify="left" if heading == "variant" else "right")
    for row in comparison.rows:
        name, _, cv, _, lb, *ours = cells(row, comparison.baseline)
        style = "bold" if row.name == comparison.baseline else "" if row.seeds else "dim"
        table.add_row(*(escape(text) for text in (name, cv, lb, *ours)), style=style)
    if comparison.floors:
        table.add_section()
    for name, floor in comparison.floors.items():
        figures = [f"{floor[figure]:.3f}" for figure in ("cmap", "lwlrap")]
        table.add_row(escape(f"floor: {name}"), "", "", "", "", "", *figures, "", "", "", style="dim")
    return table


def catalogue_table(entries: Sequence[Entry]) -> Table:
    """One row a memo line: where it is, what was reported, how it was read."""
    table = Table(title=f"{len({entry.line for entry in entries})} lines of the memo")
    for heading in ("line", "study:variant", "CV", "Prec", "LB", "note"):
        number = heading in ("CV", "Prec", "LB")
        table.add_column(heading, justify="right" if number else "left", no_wrap=heading == "study:variant")
    for entry in entries:
        note = entry.note if entry.runnable else " ".join(filter(None, ("Nothing to run.", entry.note)))
        shown = (entry.line, entry.where, *reported_cells(entry.reported), note)
        table.add_row(*(escape(text) for text in shown), style="" if entry.runnable else "dim")
    return table
