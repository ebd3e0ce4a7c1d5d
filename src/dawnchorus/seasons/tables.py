"""A season as CSV tables for the next program: what was recorded and heard nothing has its row or cell, too."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path

from dawnchorus.export import cells
from dawnchorus.export.files_table import degrees, stamp
from dawnchorus.files import whole
from dawnchorus.seasons.season import Season, by_day

NOT_RECORDED = "NA"
Row = list[object]

HOURS = (
    "species", "site", "date", "hour", "utc_offset", "minutes", "recordings", "detections", "expected_recordings",
)  # fmt: skip
DAYS = ("species", "site", "date", "minutes", "recordings", "detections", "expected_recordings")
FIRST_LAST = (
    "species", "site", "first", "last", "detections", "days_detected", "days_recorded", "minutes",
)  # fmt: skip
SITES = ("site", "latitude", "longitude", "recordings", "minutes", "days_recorded", "first_day", "last_day")
NAMES = ("hours.csv", "days.csv", "first_last.csv", "histories.csv", "effort.csv", "sites.csv")


def write(out: Path, season: Season, occasion_days: int = 1, least_minutes: float = 0.0) -> list[Path]:
    """Write all tables, each wholly or not at all, and give their paths."""
    occasions = season.occasions(occasion_days)
    starts = [occasion[0].isoformat() for occasion in occasions]
    tables: list[tuple[Sequence[str], Iterable[Row]]] = [
        (HOURS, _hours(season)),
        (DAYS, _days(season)),
        (FIRST_LAST, _first_last(season)),
        (("species", "site", *starts), _histories(season, occasions, least_minutes)),
        (("site", *starts), _effort(season, occasions)),
        (SITES, _sites(season)),
    ]
    paths = [out / name for name in NAMES]
    for path, (header, rows) in zip(paths, tables, strict=True):
        _write(path, header, rows)
    return paths


def _write(path: Path, header: Sequence[str], rows: Iterable[Row]) -> None:
    with whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        names = [number for number, column in enumerate(header) if column in ("species", "site")]
        for row in rows:
            writer.writerow([cells.text(str(cell)) if number in names else cell for number, cell in enumerate(row)])


def _hours(season: Season) -> Iterator[Row]:
    for species in season.species:
        for site in season.sites:
            tally, begun = season.tally(species, site), season.recordings.get(site, {})
            for hour in sorted(season.seconds[site]):
                yield [
                    species,
                    site,
                    hour.day.isoformat(),
                    hour.hour,
                    hour.offset,
                    f"{season.seconds[site][hour] / 60:.2f}",
                    begun.get(hour, 0),
                    tally.detections[hour],
                    _expected(season, tally.expected.get(hour, 0.0)),
                ]


def _days(season: Season) -> Iterator[Row]:
    for species in season.species:
        for site in season.sites:
            tally = season.tally(species, site)
            heard, expected = by_day(tally.detections), by_day(tally.expected)
            begun = by_day(season.recordings.get(site, {}))
            for day, seconds in sorted(by_day(season.seconds[site]).items()):
                yield [
                    species,
                    site,
                    day.isoformat(),
                    f"{seconds / 60:.2f}",
                    int(begun.get(day, 0)),
                    int(heard.get(day, 0)),
                    _expected(season, expected.get(day, 0.0)),
                ]


def _expected(season: Season, value: float) -> str:
    return f"{value:.4f}" if season.calibrated else NOT_RECORDED


def _first_last(season: Season) -> Iterator[Row]:
    for species in season.species:
        for site in season.sites:
            tally, days = season.tally(species, site), by_day(season.seconds[site])
            yield [
                species,
                site,
                stamp(tally.first) or NOT_RECORDED,
                stamp(tally.last) or NOT_RECORDED,
                tally.detections.total(),
                len({hour.day for hour in tally.detections}),
                len(days),
                f"{sum(days.values()) / 60:.2f}",
            ]


def _histories(season: Season, occasions: Sequence[Sequence[date]], least_minutes: float) -> Iterator[Row]:
    for species in season.species:
        for site in season.sites:
            history = season.history(species, site, occasions, least_minutes)
            yield [species, site, *(NOT_RECORDED if seen is None else seen for seen in history)]


def _effort(season: Season, occasions: Sequence[Sequence[date]]) -> Iterator[Row]:
    for site in season.sites:
        yield [site, *(f"{minutes:.2f}" for minutes in season.minutes(site, occasions))]


def _sites(season: Season) -> Iterator[Row]:
    for site in season.sites:
        days = by_day(season.seconds[site])
        latitude, longitude = degrees(season.places.get(site))
        yield [
            site,
            latitude or NOT_RECORDED,
            longitude or NOT_RECORDED,
            sum(season.recordings.get(site, {}).values()),
            f"{sum(days.values()) / 60:.2f}",
            len(days),
            min(days).isoformat() if days else NOT_RECORDED,
            max(days).isoformat() if days else NOT_RECORDED,
        ]
