"""Where and when each file was recorded, from all that is known of it, and which source was believed.

Start times are asked for in this order: the comment of AudioMoth, GUANO, Wildlife Acoustics' `wamd`, the comments of a
FLAC, the user's pattern, the file's name. The first that names its zone is taken; only when none does, the first is
read on the recorder's clock, if the user said how that was set. Sources that contradict it are told. Coordinates come
from the user's table of sites, else from the recorder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import PurePosixPath

from dawnchorus.recorders import names, zones
from dawnchorus.recorders.pattern import Pattern
from dawnchorus.recorders.sites import Site

AUDIOMOTH = re.compile(r"Recorded at (\d\d:\d\d:\d\d)(?:\.\d+)? (\d\d/\d\d/\d{4})(?: \((UTC[^)]*)\))?")
AUDIOMOTH_ID = re.compile(r"AudioMoth ([0-9A-F]{16})", re.IGNORECASE)
FIRST_YEAR = 2000  # a clock that shows an earlier one was never set
APART = timedelta(seconds=2)  # clocks and names round
Place = tuple[float, float]
"""Latitude and longitude in degrees."""


@dataclass(frozen=True)
class Rules:
    """What the user says of a whole archive.

    `clock` is the zone that recorders were set to, for files that don't say; `zone` is that of the local times in
    tables, the start's own if None. `decimals` of coordinates are kept, all if None.
    """

    pattern: Pattern | None = None
    clock: tzinfo | None = None
    zone: tzinfo | None = None
    sites: Mapping[str, Site] = field(default_factory=dict)
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where and when a file was recorded. `start` has its zone; without one there is a warning that says why.

    `start_from`, `place_from`: `comment`, `guano`, `wamd`, `flac`, `pattern`, `name`, or `sites` (the user's table).
    """

    site: str = ""
    start: datetime | None = None
    start_from: str = ""
    place: Place | None = None
    place_from: str = ""
    recorder: str = ""
    warnings: tuple[str, ...] = ()

    def at(self, seconds: float) -> datetime | None:
        """The local time of a second of the recording, right across clock changes."""
        if self.start is None:
            return None
        return (self.start.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(self.start.tzinfo)


def of(name: str, words: Mapping[str, str], rules: Rules) -> Origin:
    """The origin of the file of this name under its root, with the words of its header."""
    return _Asked(name, words, rules).origin()


class _Asked:
    """All that is known of one file."""

    def __init__(self, name: str, words: Mapping[str, str], rules: Rules) -> None:
        self.words, self.rules = words, rules
        self.named = names.read(name.rpartition("/")[2])
        self.warnings: list[str] = []
        told = rules.pattern.read(name) if rules.pattern else None
        if told is not None and not told.fits:
            self.warnings.append(f"the pattern {rules.pattern.text!r} does not fit")  # type: ignore[union-attr]
        self.site = told.site if told else ""
        self.told_at = told.at if told else None

    def origin(self) -> Origin:
        start, start_from = self._start()
        place, place_from = next(((place, source) for source, place in self._places() if place), (None, ""))
        if place and self.rules.decimals is not None:
            place = round(place[0], self.rules.decimals), round(place[1], self.rules.decimals)
            if self.named.place:
                self.warnings.append("coordinates are rounded, but its name gives them in full")
        if (expansion := self._expansion()) != 1:
            self.warnings.append(f"time-expanded {expansion:g} times: seconds in it are not seconds of the day")
        return Origin(self.site, start, start_from, place, place_from, self._recorder(), tuple(self.warnings))

    # ---- time ----------------------------------------------------------------------------------------------------

    def _times(self) -> Iterator[tuple[str, datetime]]:
        """The sources that give a time, the most trusted first; without a zone it is that of the recorder's clock."""
        words = self.words
        if match := AUDIOMOTH.search(words.get("comment", "")):
            wall = _parsed(f"{match[2]} {match[1]}", "%d/%m/%Y %H:%M:%S")
            if wall:
                yield "comment", wall.replace(tzinfo=_zone(match[3]))
        for source, word in (("guano", "guano.Timestamp"), ("wamd", "wamd.timestamp"), ("flac", "flac.recordingstart")):
            if at := _iso(words.get(word, "")):
                yield source, at
        if self.told_at:
            yield "pattern", self.told_at
        if self.named.at:
            yield "name", self.named.at

    def _start(self) -> tuple[datetime | None, str]:
        times = list(self._times())
        if not times:
            found = "a date without a time" if self.named.day_only else "no time"
            self.warnings.append(f"no start time: {found} in its name, none in its header")
            return None, ""
        source, at = next((one for one in times if one[1].tzinfo), times[0])
        if at.year < FIRST_YEAR:
            self.warnings.append(f"no start time: the clock was not set, its {source} says {at}")
            return None, ""
        start = at if at.tzinfo else self._on_clock(source, at)
        if start is None:
            return None, ""
        for other, said in times:
            if other != source and not self._same(start, said):
                self.warnings.append(f"start: its {source} says {_words(at)}, its {other} {_words(said)}")
        return start.astimezone(self.rules.zone) if self.rules.zone else start, source

    def _on_clock(self, source: str, at: datetime) -> datetime | None:
        site = self.rules.sites.get(self.site)
        clock = (site.clock if site else None) or self.rules.clock
        if clock is None:
            self.warnings.append(f"no start time: its {source} does not say in which time zone")
            return None
        start, why = zones.on_clock(at, clock)
        if start is None:
            self.warnings.append(f"no start time: {why}")
        return start

    def _same(self, start: datetime, said: datetime) -> bool:
        if said.tzinfo:
            return abs(said.astimezone(UTC) - start.astimezone(UTC)) <= APART
        clocks = [start.replace(tzinfo=None), start.astimezone(UTC).replace(tzinfo=None)]
        if self.rules.clock:
            clocks.append(start.astimezone(self.rules.clock).replace(tzinfo=None))
        return any(abs(said - wall) <= APART for wall in clocks)

    # ---- place and recorder --------------------------------------------------------------------------------------

    def _places(self) -> Iterator[tuple[str, Place | None]]:
        site = self.rules.sites.get(self.site)
        yield "sites", site.place if site else None
        for source, word in (("guano", "guano.Loc Position"), ("wamd", "wamd.gps"), ("flac", "flac.sensorlocation")):
            yield source, _degrees(self.words.get(word, ""))
        yield "name", self.named.place

    def _recorder(self) -> str:
        words = self.words
        for word in ("artist", "comment"):
            if match := AUDIOMOTH_ID.search(words.get(word, "")):
                return f"AudioMoth {match[1].upper()}"
        for parts in (
            ("guano.Make", "guano.Model", "guano.Serial"),
            ("wamd.model", "wamd.serial"),
            ("flac.sensoruid",),
        ):
            if told := " ".join(filter(None, (words.get(part) for part in parts))):
                return told
        return ""

    def _expansion(self) -> float:
        try:
            return float(self.words.get("guano.TE") or 1)
        except ValueError:
            return 1.0


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None


def _zone(text: str | None) -> tzinfo | None:
    try:
        return zones.parse(text) if text else None
    except ValueError:
        return None


def _iso(text: str) -> datetime | None:
    """ISO 8601, also with a space before its offset."""
    try:
        return datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", text.strip()))
    except ValueError:
        return None


def _words(at: datetime) -> str:
    return at.isoformat(" ", "seconds")


def _degrees(text: str) -> Place | None:
    """Two numbers, the latitude first; letters N, S, E, W behind them turn their signs. 0, 0 is a recorder's "none"."""
    found = re.findall(r"((?:(?<![\w.])[+-]?|[+-])\d{1,3}(?:\.\d+)?)(?![\w.])[\s°,]*([NSEWnsew]\b)?", text)
    if len(found) != 2:
        return None
    latitude, longitude = (float(number) * (-1 if side.upper() in ("S", "W") else 1) for number, side in found)
    usable = abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude, longitude) != (0, 0)
    return (latitude, longitude) if usable else None


# ---- files against each other ----------------------------------------------------------------------------------


def overlapping(files: Iterable[tuple[str, Origin, float]]) -> dict[str, str]:
    """Of files as (name, origin, seconds): those that begin before another of their place ends, with a warning.

    Their place is their site, or else their folder. A second too early is no overlap: recorders round.
    """
    by_place: dict[str, list[tuple[datetime, float, str]]] = {}
    for name, origin, seconds in files:
        if origin.start is not None:
            place = origin.site or str(PurePosixPath(name).parent)
            by_place.setdefault(place, []).append((origin.start.astimezone(UTC), seconds, name))
    warnings = {}
    for those in by_place.values():
        until, before = datetime.min.replace(tzinfo=UTC), ""
        for start, seconds, name in sorted(those):
            if start + timedelta(seconds=1) < until:
                warnings[name] = f"it begins before {before} ends"
            if start + timedelta(seconds=seconds) > until:
                until, before = start + timedelta(seconds=seconds), name
    return warnings
