"""The section on problems found in the data."""

from __future__ import annotations

from collections.abc import Sequence

from dawnchorus.plots.ink import safe_text
from dawnchorus.report.fragments import folded, nothing_to_show, paragraph


def problems_section(problems: Sequence[str]) -> str:
    """List the problems; after twenty the rest is folded away."""
    if not problems:
        return nothing_to_show("None: every recording and every annotation could be used.")
    items = [f"<li>{safe_text(problem)}</li>" for problem in problems]
    shown = f'<ul class="problems">{"".join(items[:20])}</ul>'
    rest = f'<ul class="problems">{"".join(items[20:])}</ul>'
    found = "1 was found." if len(items) == 1 else f"{len(items):,} were found."
    count = paragraph(f"{found} Nothing was dropped in silence: whatever could not be used is named here.")
    return count + shown + (folded(f"{len(items) - 20:,} more", rest) if len(items) > 20 else "")
