"""Pieces of HTML that sections share: tables, figures, numbers in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from dawnchorus.report.content import UNKNOWN, Interval


def figure_text(value: float | None, decimals: int = 3) -> str:
    """Write a score, or n/a."""
    return "n/a" if value is None or not math.isfinite(value) else f"{value:.{decimals}f}"


def interval_text(interval: Interval) -> str:
    """Write an interval in words, or nothing when it isn't known."""
    low, high = interval
    return f"{low:.3f} to {high:.3f}" if math.isfinite(low) and math.isfinite(high) else ""


def score_cell(value: float | None, interval: Interval = UNKNOWN) -> str:
    """Fill a table cell with a score and, smaller, its interval."""
    text = interval_text(interval) if figure_text(value) != "n/a" else ""
    return figure_text(value) + (f' <span class="interval">{text}</span>' if text else "")


def table_of(heads: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """Make a table from cells that are HTML already; the first cell of a row is its heading."""
    head = "".join(f'<th scope="col">{cell}</th>' for cell in heads)
    body = "\n".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in row[1:]) + "</tr>" for row in rows
    )
    table = f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table>"
    return scroller(table, caption)


def scroller(inner: str, name: str) -> str:
    """Let something wide scroll by itself on a narrow screen, with the keyboard too."""
    return f'<div class="wide" role="region" tabindex="0" aria-label="{name}">{inner}</div>'


def folded(title: str, inner: str) -> str:
    """Hide `inner` behind a title that opens it."""
    return f"<details><summary>{title}</summary>\n{inner}\n</details>"


def figure_of(picture: str, caption: str) -> str:
    """Put a picture above its caption."""
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"


def titled(caption: str, picture: str) -> str:
    """Put a picture below a caption that is its title."""
    return f'<figure class="titled"><figcaption>{caption}</figcaption>{picture}</figure>'


def paragraph(text: str, kind: str = "") -> str:
    """Make a paragraph from HTML."""
    return f'<p class="{kind}">{text}</p>' if kind else f"<p>{text}</p>"


def nothing_to_show(what: str) -> str:
    """Say that a section has nothing to show."""
    return paragraph(what, "quiet")


def unique(values: Iterable[str]) -> list[str]:
    """List values once each, in the order of their first appearance."""
    return list(dict.fromkeys(values))
