"""Detections against what was recorded: counts by site, species and local hour, and what follows from them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property

from dawnchorus.export.files_table import FileRow
from dawnchorus.recorders.origin import Place
from dawnchorus.seasons.hours import Clock, Hour, effort

NO_SITE = "(no site)"
Heard = tuple[str, str, float, float]
"""A detection: recording, species, the second at which it begins, score."""
Believed = tuple[str, str, float]
"""Of a whole recording: recording, species, and the probability that the species is in it."""
Instant = tuple[float, tzinfo]
"""Seconds since 1970, and the zone of the place."""


@dataclass
class Tally:
    """What was heard of one species at one site: detections and expected recordings by hour, and the first and last.

    `span` holds these two as seconds since 1970 with their zones.
    """

    detections: Counter[Hour] = field(default_factory=Counter)
    expected: dict[Hour, float] = field(default_factory=dict)
    span: tuple[Instant, Instant] | None = None

    def hear(self, hour: Hour, at_s: float, zone: tzinfo) -> None:
        """Count a detection, which began so many seconds after 1970."""
        self.detections[hour] += 1
        if self.span is None:
            self.span = (at_s, zone), (at_s, zone)
        elif at_s < self.span[0][0]:
            self.span = (at_s, zone), self.span[1]
        elif at_s > self.span[1][0]:
            self.span = self.span[0], (at_s, zone)

    @property
    def first(self) -> datetime | None:
        """When the first detection began, in local time."""
        return None if self.span is None else datetime.fromtimestamp(*self.span[0])

    @property
    def last(self) -> datetime | None:
        """When the last detection began, in local time."""
        return None if self.span is None else datetime.fromtimestamp(*self.span[1])


@dataclass(frozen=True)
class Season:
    """A season of sites: `seconds` recorded and `recordings` begun by site and hour, and a Tally by species and site.

    `unplaced_files` and `unplaced_detections` have no start time and are in nothing else; `calibrated` says whether
    expected recordings are known.
    """

    seconds: Mapping[str, Mapping[Hour, float]]
    recordings: Mapping[str, Mapping[Hour, int]]
    tallies: Mapping[tuple[str, str], Tally]
    species: tuple[str, ...]
    places: Mapping[str, Place]
    calibrated: bool = False
    unplaced_files: int = 0
    unplaced_detections: int = 0

    @property
    def sites(self) -> list[str]:
        """The sites with a recording whose time is known, by name."""
        return sorted(self.seconds)

    def tally(self, species: str, site: str) -> Tally:
        """What was heard of a species at a site; nothing if nothing was."""
        return self.tallies.get((species, site)) or Tally()

    @cached_property
    def days(self) -> list[date]:
        """All days from the first on which any site recorded to the last."""
        found = {hour.day for hours in self.seconds.values() for hour in hours}
        if not found:
            return []
        first, last = min(found), max(found)
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    def occasions(self, length_days: int) -> list[list[date]]:
        """The days, so many an occasion; the last may be shorter."""
        days = self.days
        return [days[at : at + length_days] for at in range(0, len(days), length_days)]

    def minutes(self, site: str, occasions: Sequence[Sequence[date]]) -> list[float]:
        """Minutes that a site recorded on each occasion."""
        days = by_day(self.seconds[site])
        return [sum(days.get(day, 0.0) for day in occasion) / 60 for occasion in occasions]

    def history(
        self, species: str, site: str, occasions: Sequence[Sequence[date]], least_minutes: float = 0.0
    ) -> list[int | None]:
        """1 where the species was heard, 0 where the site recorded and did not hear it, None where it did not record.

        An occasion on which it recorded less than `least_minutes` counts as not recorded.
        """
        heard = {hour.day for hour in self.tally(species, site).detections}
        return [
            None if not minutes or minutes < least_minutes else int(any(day in heard for day in occasion))
            for occasion, minutes in zip(occasions, self.minutes(site, occasions), strict=True)
        ]


def by_day(by_hour: Mapping[Hour, float]) -> dict[date, float]:
    """Sums of the values of each day's hours; days without any are left out."""
    days: dict[date, float] = {}
    for hour, value in by_hour.items():
        days[hour.day] = days.get(hour.day, 0.0) + value
    return days


def gather(
    files: Iterable[FileRow],
    heard: Iterable[Heard],
    believed: Iterable[Believed] | None = None,
    zone: tzinfo | None = None,
    threshold: float = 0.0,
    species: Sequence[str] = (),
) -> Season:
    """Sort a run into a season; `zone` is that of local times, each file's own if None.

    Detections below `threshold` are left out. With `species` only those count, in that order; else all that were heard.
    """
    rows = [_placed(row, zone) for row in files]
    clocks = {row.key: (row, Clock(row)) for row in rows if row.origin.start is not None}
    recordings: dict[str, Counter[Hour]] = {}
    for row, clock in clocks.values():
        if row.seconds > 0:
            recordings.setdefault(row.origin.site, Counter())[clock(0.0)] += 1
    tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
    unplaced = 0
    for recording, name, start_s, score in heard:
        if score < threshold or (species and name not in species):
            continue
        if recording not in clocks:
            unplaced += 1
            continue
        row, clock = clocks[recording]
        tallies[name, row.origin.site].hear(clock(start_s), clock.start_s + start_s, clock.zone)
    for recording, name, probability in believed or ():
        if recording in clocks and (not species or name in species):
            row, clock = clocks[recording]
            expected = tallies[name, row.origin.site].expected
            expected[clock(0.0)] = expected.get(clock(0.0), 0.0) + probability
    found = tuple(species) or tuple(sorted({name for (name, _), tally in tallies.items() if tally.detections}))
    return Season(
        effort(rows),
        recordings,
        tallies,
        found,
        _places(rows),
        believed is not None,
        len(rows) - len(clocks),
        unplaced,
    )


def _placed(row: FileRow, zone: tzinfo | None) -> FileRow:
    start = row.origin.start
    if start is not None and zone is not None:
        start = start.astimezone(zone)
    return replace(row, origin=replace(row.origin, start=start, site=row.origin.site or NO_SITE))


def _places(rows: Iterable[FileRow]) -> dict[str, Place]:
    """The coordinates of each site: the mean of its files', for GPS wanders."""
    places: dict[str, list[Place]] = {}
    for row in rows:
        if row.origin.place is not None:
            places.setdefault(row.origin.site, []).append(row.origin.place)
    return {
        site: (sum(latitude for latitude, _ in its) / len(its), sum(longitude for _, longitude in its) / len(its))
        for site, its in places.items()
    }
