"""The whole page: its sections in the order of reading, its style, and what it may fetch, which is nothing."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from pathlib import Path

from dawnchorus.files import write_text
from dawnchorus.plots.ink import safe_text
from dawnchorus.report.content import Report
from dawnchorus.report.headline import headline
from dawnchorus.report.losses import losses_section
from dawnchorus.report.meaning import MEANING
from dawnchorus.report.problems import problems_section
from dawnchorus.report.pseudo import pseudo_section
from dawnchorus.report.recordings import recordings_section
from dawnchorus.report.scores import scores_section
from dawnchorus.report.settings import settings_section
from dawnchorus.report.species import species_section


def write(path: Path, content: Report) -> None:
    """Write the report as one HTML file, wholly or not at all."""
    write_text(path, page(content))


def page(content: Report) -> str:
    """Give the whole HTML page."""
    sections = {
        "scores": ("Scores by stage", scores_section(content)),
        "meaning": ("What the numbers mean", MEANING),
        "species": ("Species by species", species_section(content.species)),
        "pseudo": ("How pseudo-labels grew", pseudo_section(content.pseudo)),
        "losses": ("Training loss", losses_section(content.losses)),
        "recordings": ("Recordings to look at", recordings_section(content.recordings)),
        "problems": ("Problems found in the data", problems_section(content.problems)),
        "made": ("How this was made", settings_section(content.made_with)),
    }
    links = "".join(f'<a href="#{key}">{title}</a>' for key, (title, _) in sections.items())
    body = "\n".join(
        f'<section id="{key}" aria-labelledby="{key}-title"><h2 id="{key}-title">{title}</h2>\n{text}\n</section>'
        for key, (title, text) in sections.items()
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{safe_text(content.title)}</title>
<style>{STYLE}</style>
</head>
<body>
{headline(content)}
<nav aria-label="Contents">{links}</nav>
<main>
{body}
</main>
<footer>Written by dawnchorus. This page is complete in itself: it fetches nothing and can be sent or archived.</footer>
</body>
</html>
"""


def _policy() -> str:
    """Give the content security policy: this page's own style and pictures within the page; nothing else."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


STYLE = files("dawnchorus.report").joinpath("page.css").read_text(encoding="utf-8")
