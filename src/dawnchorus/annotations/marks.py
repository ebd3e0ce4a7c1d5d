"""What tables say before it is matched with recordings and numbered: species by name, a word or none on each row."""

from __future__ import annotations

import gc
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

from dawnchorus.annotations.problems import Problem, file_and_line, place
from dawnchorus.events import Annotation, Recording, Species

Said = Literal["present", "absent", "unsure", ""]
"""A person's word on a row; unsure: looked at, and they could not tell; empty: nobody looked at it."""

PRESENT: Said = "present"
ABSENT: Said = "absent"
UNSURE: Said = "unsure"
UNSEEN: Said = ""
WORDS: Mapping[str, Said] = {"present": PRESENT, "absent": ABSENT, "unsure": UNSURE, "": UNSEEN}

CLOCK = re.compile(r"(?:[0-9]+:)?[0-9]+:[0-9]+(?:[.,][0-9]+)?")  # hours if there are any, minutes and seconds

Row = TypeVar("Row")


class Mark(NamedTuple):
    """One row: a species in a stretch of a recording, both by the names that the file gives them.

    A point in time starts where it ends. Without frequencies both are 0. `channel` is as in Detection. `where` takes no
    part in comparison.
    """  # A tuple is made in a quarter of the time that a frozen dataclass takes, and there are millions.

    recording: str
    species: str
    start_s: float
    end_s: float
    low_hz: float = 0.0
    high_hz: float = 0.0
    said: Said = PRESENT
    score: float | None = None
    channel: int = 0
    song_type: str = ""
    where: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mark) and self[:-1] == other[:-1]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self[:-1])


@dataclass(frozen=True)
class Told:
    """What the user says of a table, because the table does not.

    `species` is the column, or the key of a tag, that names the species. `said` is the word of rows that have none of
    their own; None: that of the format. `columns` gives ours for their names of columns. `recordings` are the sound, in
    the order in which a program opened it. `encoding` is that of files that are neither UTF-8 nor UTF-16.
    """

    species: str = ""
    said: Said | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    recordings: Sequence[Recording] = ()
    decimal_comma: bool = False
    encoding: str = ""


NOTHING_TOLD = Told()


@dataclass(frozen=True)
class Table:
    """What was read: rows, what is wrong with others, and the recordings of files that were looked at and are empty."""

    marks: list[Mark]
    problems: list[Problem] = field(default_factory=list)
    empty: tuple[str, ...] = ()

    def __add__(self, other: Table) -> Table:
        """Both, in this order."""
        return Table(self.marks + other.marks, self.problems + other.problems, self.empty + other.empty)


@contextmanager
def uncollected() -> Iterator[None]:
    """Hold the garbage collector back: of a million rows none is garbage, and it would look at each again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Bad(Exception):
    """A row that says nothing: (kind, found, expected) of its Problem."""


def collected(path: Path, rows: Iterable[tuple[int, Row]], read: Callable[[Row, str], Iterable[Mark]]) -> Table:
    """Read (line, row) of a file with `read(row, where)`; a row that it calls Bad becomes a Problem."""
    file = "/".join(path.parts[-2:])  # a folder of tables has many of one name
    marks: list[Mark] = []
    problems = []
    for line, row in rows:
        try:
            marks.extend(read(row, place(file, line)))
        except Bad as bad:
            kind, found, expected = bad.args
            problems.append(Problem(file, line, kind, found, expected, left_out=True))
    return Table(marks, problems)


def number(text: str, name: str, comma: bool = False) -> float:
    """Read the cell of a column; Bad for anything but a finite number. `comma`: a decimal comma is one, too."""
    try:
        value = float(text)
    except ValueError:
        if comma and "," in text and "." not in text:
            return number(text.replace(",", ".", 1), name)
        value = math.nan
    if not math.isfinite(value) or "_" in text:  # Python reads 1_0 as ten
        raise Bad("not_a_number", f"{name} is {text!r}", _expected(text))
    return value + 0.0  # the negative zero of a table is zero


def _expected(text: str) -> str:
    """The number that was perhaps meant by the text of a cell that is none."""
    if CLOCK.fullmatch(text):
        *hours, minutes, seconds = map(float, text.replace(",", ".").split(":"))
        return f"a number of seconds, such as {3600 * sum(hours) + 60 * minutes + seconds:.10g}"
    return "a number with a decimal point" if "," in text else "a number"


@lru_cache(1 << 16)
def whole_number(text: str, name: str) -> int:
    """Read a cell that is a whole number from 0 on."""
    value = number(text, name)
    if value < 0 or value != int(value):
        raise Bad("bad_number", f"{name} is {text}", "a whole number from 0 on")
    return int(value)


def word(text: str, name: str) -> Said:
    """Read the cell of a column of verdicts in our words."""
    if (said := WORDS.get(text.casefold())) is None:
        raise Bad("bad_verdict", f"{name} is {text!r}", "present, absent, unsure or empty")
    return said


def mark(
    recording: str,
    species: str,
    start_s: float,
    end_s: float,
    low_hz: float = 0.0,
    high_hz: float = 0.0,
    said: Said = PRESENT,
    score: float | None = None,
    channel: int = 0,
    song_type: str = "",
    where: str = "",
) -> Mark:
    """Make a Mark of what a row says, or say what is Bad about it."""
    if not recording:
        raise Bad("missing", "the recording has no name", "the name of a recording")
    if not species:
        raise Bad("missing", "the species has no name", "the name of a species")
    if start_s < 0:
        raise Bad("negative_time", f"the start is {start_s:g} s", "0 or more")
    if end_s < start_s:
        raise Bad("ends_before_start", f"the end is {end_s:g} s", f"after the start at {start_s:g} s")
    if high_hz < low_hz:
        raise Bad("bad_frequency", f"the high frequency is {high_hz:g} Hz", f"the low one, {low_hz:g} Hz, or above")
    return Mark(recording, species, start_s, end_s, low_hz, high_hz, said, score, channel, song_type, where)


@uncollected()
def numbered(
    marks: Iterable[Mark], species: Sequence[Species] = ()
) -> tuple[list[Annotation], tuple[Species, ...], list[Problem]]:
    """Number what people said: Annotations, the species by number, and what is wrong.

    Rows that nobody looked at or could not tell are no annotations, and no problems. Without `species` they are all
    names that somebody gave a word on, in the order of the alphabet; with them another name is a problem. A song type
    that is no number gets one: its place among those of the species, from 1.
    """
    spoken = [one for one in marks if one.said in (PRESENT, ABSENT)]
    if not species:
        species = tuple(Species(n, name) for n, name in enumerate(sorted({one.species for one in spoken})))
    numbers = {one.name: one.number for one in species}
    songs = _song_types(spoken)
    boxes, problems = [], []
    for one in spoken:
        number_of_it = numbers.get(one.species)
        if number_of_it is None:
            problems.append(_problem(one, "bad_species", f"the species is {one.species!r}", "one of the species"))
        elif one.end_s <= one.start_s:
            problems.append(_problem(one, "ends_before_start", f"the end is {one.end_s:g} s", "after the start"))
        else:
            boxes.append(
                Annotation(
                    one.recording,
                    number_of_it,
                    one.start_s,
                    one.end_s,
                    one.low_hz,
                    one.high_hz,
                    one.said == PRESENT,
                    songs[one.species, one.song_type] if one.song_type else 1,
                    one.where,
                )
            )
    return boxes, tuple(species), problems


def of_annotations(boxes: Iterable[Annotation], names: Mapping[int, str]) -> list[Mark]:
    """Undo `numbered`; `names` are those of the species by number."""
    return [
        Mark(
            one.recording,
            names[one.species],
            one.start_s,
            one.end_s,
            one.low_hz,
            one.high_hz,
            PRESENT if one.present else ABSENT,
            song_type="" if one.song_type == 1 else str(one.song_type),
            where=one.where,
        )
        for one in boxes
    ]


def renamed(marks: Iterable[Mark], names: Callable[[str], str]) -> list[Mark]:
    """Give species the names that `names` has for them."""
    known: dict[str, str] = {}
    for one in marks:
        if one.species not in known:
            known[one.species] = names(one.species)
    return [one if known[one.species] == one.species else one._replace(species=known[one.species]) for one in marks]


def _problem(one: Mark, kind: str, found: str, expected: str) -> Problem:
    file, line = file_and_line(one.where)
    return Problem(file, line, kind, found, expected, left_out=True)


def _song_types(marks: Iterable[Mark]) -> dict[tuple[str, str], int]:
    """Number the song types: those that are numbers themselves keep them, the others take the free ones from 1."""
    kinds: dict[str, set[str]] = {}
    for one in marks:
        if one.song_type:
            kinds.setdefault(one.species, set()).add(one.song_type)
    numbers: dict[tuple[str, str], int] = {}
    for species, its in kinds.items():
        own = {kind: int(kind) for kind in its if kind.isascii() and kind.isdecimal()}
        free = (n for n in range(1, len(its) + len(own) + 1) if n not in own.values())
        own |= dict(zip(sorted(its - own.keys()), free, strict=False))
        numbers |= {(species, kind): number for kind, number in own.items()}
    return numbers
