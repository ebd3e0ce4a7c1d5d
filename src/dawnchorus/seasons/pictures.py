"""Pictures of a season, one page and one SVG each: activity through the day, days of presence, a map of the sites."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

from dawnchorus.files import write_text
from dawnchorus.plots.calendar import calendar_chart
from dawnchorus.plots.diel import diel_chart
from dawnchorus.plots.ink import alone, safe_text
from dawnchorus.plots.site_map import Spot, site_map
from dawnchorus.seasons.season import Season, by_day

PAGE = "season.html"
MOST_LINES = 7  # of sites in one chart; from there on they are drawn as one

STYLE = """
body { font-family: system-ui, sans-serif; max-width: 760px; margin: 2em auto; padding: 0 1em; color: #1d2528; }
svg { max-width: 100%; height: auto; }
figure { margin: 1em 0 2em; break-inside: avoid; }
figcaption { color: #566168; font-size: 0.9em; margin-bottom: 0.5em; }
@media print { section { break-before: page; } section:first-of-type { break-before: auto; } }
"""


def write(out: Path, season: Season) -> Path:
    """Write `season.html` and the pictures in `plots/`; give the page."""
    sections = []
    for number, species in enumerate(season.species):
        stem = f"{number:03d}-{re.sub(r'[^A-Za-z0-9]+', '-', species).strip('-')[:60]}"
        figures = []
        for kind, caption, picture in _figures(season, species):
            write_text(out / "plots" / f"{stem}-{kind}.svg", alone(picture))
            figures.append(f"<figure><figcaption>{safe_text(caption)}</figcaption>\n{picture}</figure>")
        sections.append(f"<section><h2>{safe_text(species)}</h2>\n" + "\n".join(figures) + "</section>")
    head = f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Season</title><style>{STYLE}</style>'
    days = season.days
    span = f"{days[0]} to {days[-1]}" if days else ""
    body = f"<h1>Season {span}</h1>\n" + ("\n".join(sections) or "<p>Nothing was heard.</p>")
    write_text(out / PAGE, f"{head}</head>\n<body>{body}\n</body></html>\n")
    return out / PAGE


def _figures(season: Season, species: str) -> list[tuple[str, str, str]]:
    """Name, caption and picture."""
    days, sites = season.days, season.sites
    diel = diel_chart(by_hour(season, species), "detections in an hour of recording", description=species)
    heard = {site: _by_day(season, species, site) for site in sites}
    figures = [
        ("diel", "Through the day: detections in an hour of recording, by local time. Grey: never recorded.", diel),
        ("calendar", "Days: how often it was heard in an hour of recording.", calendar_chart(days, heard)),
    ]
    spots = [Spot(site, *season.places[site], _rate(season, species, site)) for site in sites if site in season.places]
    if spots:
        caption = "Sites: the larger the dot, the more detections in an hour of recording."
        figures.append(("map", caption, site_map(spots, "detections an hour", description=species)))
    return figures


def by_hour(season: Season, species: str) -> dict[str, list[float]]:
    """Detections in an hour of recording for each local hour of the day, by site; NaN where nothing was recorded.

    Of many sites, all of them as one.
    """
    groups: dict[str, Sequence[str]] = {site: [site] for site in season.sites}
    if len(groups) > MOST_LINES:
        groups = {f"all {len(season.sites)} sites": season.sites}
    found = {}
    for name, sites in groups.items():
        heard, seconds = [0] * 24, [0.0] * 24
        for site in sites:
            for hour, part_s in season.seconds[site].items():
                seconds[hour.hour] += part_s
            for hour, count in season.tally(species, site).detections.items():
                heard[hour.hour] += count
        found[name] = [3600 * n / s if s else math.nan for n, s in zip(heard, seconds, strict=True)]
    return found


def _by_day(season: Season, species: str, site: str) -> list[float]:
    seconds, heard = by_day(season.seconds[site]), by_day(season.tally(species, site).detections)
    return [3600 * heard.get(day, 0) / seconds[day] if seconds.get(day) else math.nan for day in season.days]


def _rate(season: Season, species: str, site: str) -> float:
    seconds = sum(season.seconds[site].values())
    return 3600 * season.tally(species, site).detections.total() / seconds if seconds else math.nan
