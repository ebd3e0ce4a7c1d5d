"""Exports of Arbimon: pattern matching, detections of a classifier, and validations of whole recordings.

The word for "not present" is 0 where a column is `validated` or `present`, and -1 where it is `validation_status` or
`review_status`, whose 0 means "unknown". A class is a species with a song type. Arbimon cuts long files into pieces
that keep the name of the file: see `_pieces`. Detections of a classifier name a site and a time, and need
`Told.recordings` with sites and starts.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path

from dawnchorus.annotations import sheet
from dawnchorus.annotations.door import Names
from dawnchorus.annotations.marks import (
    ABSENT,
    NOTHING_TOLD,
    PRESENT,
    UNSEEN,
    UNSURE,
    Bad,
    Mark,
    Said,
    Table,
    Told,
    collected,
    mark,
    number,
)
from dawnchorus.annotations.problems import AnnotationError
from dawnchorus.events import Recording

UNSEEN_WORDS = ("", "-", "(not validated)", "null", "none", "na")
WORDS: Mapping[str, Said] = {
    **dict.fromkeys(UNSEEN_WORDS, UNSEEN),
    "present": PRESENT,
    "not present": ABSENT,
    "unknown": UNSURE,
    "1": PRESENT,
    "-1": ABSENT,
}
OF_COLUMN: Mapping[str, Mapping[str, Said]] = {
    "validated": {**WORDS, "0": ABSENT},
    "present": {**WORDS, "0": ABSENT},
    "validation_status": {**WORDS, "0": UNSURE},
    "review_status": {**WORDS, "0": UNSURE},
}
COLUMNS = ("recording", "site", "species", "songtype", "x1", "x2", "y1", "y2", "validated", "score")
TIME_IN_NAME = re.compile(r"(\d{8})_(\d{6})")


def read(path: Path, told: Told = NOTHING_TOLD, named: str = "") -> Table:
    """Read an export; rows name their recordings, or their sites and times. AnnotationError if it is none of these."""
    table = sheet.read(path, otherwise=told.encoding)
    if table.column("detection_start") != sheet.NOT_THERE:
        return _detections(path, table, told)
    if table.column("x1") != sheet.NOT_THERE:
        return _boxes(path, table, told)
    return _whole_recordings(path, table, told)


def _said(table: sheet.Sheet, column: int, cells: list[str], told: Told) -> Said:
    words = OF_COLUMN[table.header[column].casefold()]
    said = words.get(cells[column].casefold().removesuffix(".0"))
    if said is None:
        found = f"{table.header[column]} is {cells[column]!r}"
        raise Bad("bad_verdict", found, "present, not present, unknown, 1, 0, -1 or empty")
    return said or told.said or UNSEEN


def _boxes(path: Path, table: sheet.Sheet, told: Told) -> Table:
    recording, species = table.needed("recording"), table.needed(told.species or "species")
    song, score = table.column("songtype"), table.column("score")
    box = [table.needed(name) for name in ("x1", "x2", "y1", "y2")]
    verdict = table.needed("validated", "validation_status", "review_status", "present")
    shifts_s = _pieces(sheet.read(path, otherwise=told.encoding), recording)  # the cells of all rows are much memory

    def marks(cells: list[str], where: str) -> tuple[Mark]:
        start_s, end_s, low_hz, high_hz = (
            number(cells[at], table.header[at], table.comma) if cells[at] else 0.0 for at in box
        )
        shift_s = shifts_s(cells)
        one = mark(
            sheet.recording(cells[recording]),
            sheet.plain(cells[species]),
            start_s + shift_s,
            end_s + shift_s,
            low_hz,
            high_hz,
            _said(table, verdict, cells, told),
            number(cells[score], "score", table.comma) if cells[score] else None,
            song_type=sheet.plain(cells[song]),
            where=where,
        )
        return (one,)

    return collected(path, table.rows, marks)


class _pieces:
    """Seconds from the start of a file to the piece of it that a row is of.

    Where rows of one name have several times, the file was cut into pieces of whole minutes: a piece begins as many
    minutes after the time in the file's name as its row says. A name that has no time in it says nothing of where.
    """

    def __init__(self, table: sheet.Sheet, recording: int) -> None:
        self.recording = recording
        self.at = [table.column(name) for name in ("year", "month", "day", "hour", "minute")]
        time = itemgetter(*self.at)
        first: dict[str, tuple[str, ...]] = {}
        rows = ((cells[recording], time(cells)) for _, cells in table.rows)
        self.cut = {name for name, its in rows if first.setdefault(name, its) != its}

    def __call__(self, cells: list[str]) -> float:
        name = cells[self.recording]
        if name not in self.cut:
            return 0.0
        found = TIME_IN_NAME.search(name)
        if found is None:
            raise Bad("bad_time", f"{name!r} was cut into pieces", "a name with its time, which tells where they were")
        begin = datetime.strptime(found[1] + found[2][:4], "%Y%m%d%H%M")
        try:
            piece = datetime(*(int(float(cells[at])) for at in self.at))  # type: ignore[arg-type]
        except ValueError:
            raise Bad("bad_time", "the year to the minute are no time", "the time of the piece") from None
        if not timedelta() <= piece - begin < timedelta(days=1):
            raise Bad("bad_time", f"the piece is of {piece}", f"within a day after {begin}, the time in the name")
        return (piece - begin).total_seconds()


def _detections(path: Path, table: sheet.Sheet, told: Told) -> Table:
    site, species = table.needed("site_name"), table.needed(told.species or "detection_class")
    start, end = table.needed("detection_start"), table.needed("detection_end")
    score, verdict = table.column("confidence"), table.needed("validation_status")
    starts = _starts(told)
    if not starts:
        raise AnnotationError(
            f"{path} names sites and times, not recordings; it can be read with the recordings' sites and starts, "
            "which a recordings.csv can tell"
        )

    def marks(cells: list[str], where: str) -> Iterator[Mark]:
        begin, stop = (_time(cells[at], table.header[at]) for at in (start, end))
        its = starts.get(cells[site], [])
        place = bisect_right(its, begin, key=lambda one: one[0]) - 1
        if place < 0 or begin >= its[place][0] + timedelta(seconds=its[place][1].duration_s):
            raise Bad(
                "unknown_recording", f"{cells[site]!r} at {begin.isoformat()}", "when one of its recordings was on"
            )
        began, recording = its[place]
        yield mark(
            recording.key,
            sheet.plain(cells[species]),
            (begin - began).total_seconds(),
            (stop - began).total_seconds(),
            said=_said(table, verdict, cells, told),
            score=number(cells[score], "confidence", table.comma) if cells[score] else None,
            where=where,
        )

    return collected(path, table.rows, marks)


def _time(text: str, name: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise Bad("bad_time", f"{name} is {text!r}", "a time with its zone, such as 2026-04-01T05:30:00Z")
    return time


def _starts(told: Told) -> dict[str, list[tuple[datetime, Recording]]]:
    """Recordings by site, in the order of their starts."""
    starts: dict[str, list[tuple[datetime, Recording]]] = defaultdict(list)
    for one in told.recordings:
        if one.start is not None:
            starts[one.site].append((one.start, one))
    return {site: sorted(its, key=lambda one: one[0]) for site, its in starts.items()}


def _whole_recordings(path: Path, table: sheet.Sheet, told: Told) -> Table:
    recording, species = table.needed("recording"), table.needed(told.species or "species")
    song, verdict = table.column("songtype"), table.needed("present", "validated")
    names = Names(told.recordings)

    def marks(cells: list[str], where: str) -> Iterator[Mark]:
        name = sheet.recording(cells[recording])
        known = names.candidates(name)
        if len(known) != 1:
            raise Bad("unknown_recording", f"the recording is {name!r}", "one whose length is known")
        said = _said(table, verdict, cells, told)
        kind = sheet.plain(cells[song])
        yield mark(
            known[0].key, sheet.plain(cells[species]), 0.0, known[0].duration_s, said=said, song_type=kind, where=where
        )

    return collected(path, table.rows, marks)
