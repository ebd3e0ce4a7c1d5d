"""The section on how this was made."""

from __future__ import annotations

from collections.abc import Mapping

from dawnchorus.plots.ink import safe_text
from dawnchorus.report.fragments import nothing_to_show, table_of


def settings_section(made_with: Mapping[str, str]) -> str:
    """Show the settings as a table."""
    if not made_with:
        return nothing_to_show("No settings were recorded.")
    return table_of(
        ["Setting", "Value"], [[safe_text(k), safe_text(v)] for k, v in made_with.items()], "Settings of this run"
    )
