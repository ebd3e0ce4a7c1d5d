"""Hours of local time: the boxes into which a season is sorted. Two hours of one name, when clocks go back, are two."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from dawnchorus.export.files_table import FileRow


@dataclass(frozen=True, slots=True, order=True)
class Hour:
    """An hour of local time; `begins` is its first instant in UTC, which tells hours of one name apart."""

    begins: datetime
    day: date
    hour: int
    offset: str


def hour_of(at: datetime, zone: tzinfo) -> tuple[Hour, datetime]:
    """The local hour that holds an instant, and the instant (UTC) at which it ends."""
    local = at.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    begins = at.astimezone(UTC) - into
    if begins.astimezone(zone).utcoffset() != offset:
        # A change within the hour, where clocks move by half an hour: the second part is a box of its own.
        begins = _change(begins, at.astimezone(UTC), zone)
    text = local.strftime("%z")
    name = Hour(begins, local.date(), local.hour, f"{text[:3]}:{text[3:5]}")
    return name, at.astimezone(UTC) - into + timedelta(hours=1)


def _change(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """The first whole minute in (low, high] with the offset of `high`."""
    at = low
    while at < high and at.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
        at += timedelta(minutes=1)
    return at


def cut(start: datetime, end: datetime, zone: tzinfo) -> Iterator[tuple[Hour, float]]:
    """Cut a stretch of time into its local hours, with the seconds that fall into each."""
    at = start.astimezone(UTC)
    end = end.astimezone(UTC)
    while at < end:
        hour, until = hour_of(at, zone)
        until = min(until, end)
        yield hour, (until - at).total_seconds()
        at = until


def effort(rows: Iterable[FileRow]) -> dict[str, dict[Hour, float]]:
    """Seconds recorded by site and local hour; what two files of a site recorded at once counts once."""
    stretches: dict[str, list[tuple[datetime, datetime, int, tzinfo]]] = {}
    for number, row in enumerate(rows):
        start = row.origin.start
        if start is None or start.tzinfo is None:
            continue
        begin = start.astimezone(UTC)
        for start_s, end_s in row.heard():
            ends = begin + timedelta(seconds=start_s), begin + timedelta(seconds=end_s)
            stretches.setdefault(row.origin.site, []).append((*ends, number, start.tzinfo))
    found: dict[str, dict[Hour, float]] = {}
    for site, its in stretches.items():
        seconds = found.setdefault(site, {})
        until = datetime.min.replace(tzinfo=UTC)
        for start, end, _, zone in sorted(its, key=lambda one: one[:3]):
            for hour, part_s in cut(max(start, until), end, zone):
                seconds[hour] = seconds.get(hour, 0.0) + part_s
            until = max(until, end)
    return found


class Clock:
    """Tells the local hour of any second of one recording, which must have a start."""

    def __init__(self, row: FileRow) -> None:
        assert row.origin.start is not None and row.origin.start.tzinfo is not None
        self.start, self.zone = row.origin.start.astimezone(UTC), row.origin.start.tzinfo
        self.start_s = self.start.timestamp()
        first, until = hour_of(self.start, self.zone)
        self.hours, self.ends_s = [first], [(until - self.start).total_seconds()]

    def __call__(self, second: float) -> Hour:
        """The hour in which a second lies."""
        while second >= self.ends_s[-1]:
            hour, until = hour_of(self.start + timedelta(seconds=self.ends_s[-1]), self.zone)
            self.hours.append(hour)
            self.ends_s.append((until - self.start).total_seconds())
        return self.hours[bisect_right(self.ends_s, second)]
