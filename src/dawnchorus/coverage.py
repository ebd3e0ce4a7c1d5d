"""What tables of annotations say, species by species: how often, of how much sound, and what is wrong with it."""

from __future__ import annotations

import difflib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dawnchorus.annotations import door
from dawnchorus.annotations.marks import ABSENT, PRESENT, UNSEEN, UNSURE, Table, numbered
from dawnchorus.annotations.names import plain
from dawnchorus.annotations.problems import Problem, file_and_line
from dawnchorus.events import Annotation, Recording
from dawnchorus.plots.bars import Bar, bar_chart
from dawnchorus.plots.ink import alone

ALIKE = 0.9  # of difflib: one letter of ten; names that are less alike are two species
MOST_COMPARED = 1000  # names: every pair is looked at

UNITS = ((5.0, 1, "hours"), (5 / 60, 60, "minutes"), (0.0, 3600, "seconds"))  # least hours, how many are one, name


@dataclass(frozen=True)
class Said:
    """What is said of one species: rows by their word, recordings that have a row, and hours that the boxes cover."""

    species: str
    present: int
    absent: int
    unsure: int
    not_looked_at: int
    recordings: int
    present_h: float
    absent_h: float
    contradictions: int


@dataclass(frozen=True)
class Coverage:
    """The species in the order of their names, names that may be one species, and problems with rows.

    `recordings` and `hours` are those of all recordings, 0 where these are not known; `annotated` those with a row.
    """

    species: tuple[Said, ...]
    alike: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]
    annotated: int
    recordings: int
    hours: float

    def as_record(self) -> dict[str, Any]:
        """All of it as a JSON value."""
        return {
            "species": [asdict(one) for one in self.species],
            "alike": [list(pair) for pair in self.alike],
            "problems": [str(problem) for problem in self.problems],
            "annotated": self.annotated,
            "recordings": self.recordings,
            "hours": round(self.hours, 4),
        }

    def picture(self) -> str:
        """A file of SVG: how long is present and, paler, absent; a bar a species, in a unit that suits the longest."""
        longest = max((one.present_h + one.absent_h for one in self.species), default=0.0)
        per_h, unit = next((per_h, unit) for least, per_h, unit in UNITS if longest >= least)
        bars = [Bar(one.species, one.present_h * per_h, more=one.absent_h * per_h) for one in self.species]
        label = f"{unit} in boxes: present, and paler, absent"
        return alone(bar_chart({"": bars}, label, decimals=1, description="What annotations cover, by species"))


def coverage(table: Table, recordings: Sequence[Recording] = ()) -> Coverage:
    """Look at rows. Their recordings are keys where there are `recordings`; else no box can be outside the sound."""
    marks = table.marks
    boxes, species, problems = numbered(marks)
    sound = recordings or [Recording(key, Path(key), math.inf, 0) for key in {one.recording for one in boxes}]
    boxes, doubtful = door.check(boxes, sound, None)
    names = sorted({one.species for one in marks})
    counts = Counter((one.species, one.said) for one in marks)
    places: dict[str, set[str]] = defaultdict(set)
    for one in marks:
        places[one.species].add(one.recording)
    hours = _hours(boxes)
    numbers = {one.name: one.number for one in species}
    of_row = {file_and_line(one.where): species[one.species].name for one in boxes if not one.present}
    doubtful = [_named(problem, of_row) for problem in doubtful]
    contradicted = Counter(of_row[one.file, one.line] for one in doubtful if one.kind == "contradiction")
    said = [
        Said(
            name,
            counts[name, PRESENT],
            counts[name, ABSENT],
            counts[name, UNSURE],
            counts[name, UNSEEN],
            len(places[name]),
            round(hours.get((numbers.get(name, -1), True), 0.0), 6),
            round(hours.get((numbers.get(name, -1), False), 0.0), 6),
            contradicted[name],
        )
        for name in names
    ]
    return Coverage(
        tuple(said),
        tuple(spelt_alike(names)),
        (*table.problems, *problems, *doubtful),
        len({one.recording for one in marks} | set(table.empty)),
        len(recordings),
        sum(one.duration_s for one in recordings) / 3600,
    )


def spelt_alike(names: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of names that may be one species in two spellings: but for capitals and blanks, or for a letter or two."""
    pairs = set()
    by_plain: dict[str, str] = {}
    for name in names:
        other = by_plain.setdefault(plain(name), name)
        if other != name:
            pairs.add((other, name))
    plains = sorted(by_plain)
    for at, name in enumerate(plains if len(plains) <= MOST_COMPARED else ()):
        for other in difflib.get_close_matches(name, plains[at + 1 :], n=3, cutoff=ALIKE):
            if not _numbered_alike(name, other):
                pairs.add((by_plain[name], by_plain[other]))
    return sorted(pairs)


def _numbered_alike(one: str, other: str) -> bool:
    """Whether two names differ in their digits alone: type 1 and type 2 are no slip."""
    letters = [[mark for mark in name if not mark.isdigit()] for name in (one, other)]
    return letters[0] == letters[1]


def _hours(boxes: Iterable[Annotation]) -> dict[tuple[int, bool], float]:
    """Hours in boxes by species and verdict; where boxes lie over each other an hour counts once."""
    stretches: dict[tuple[int, bool, str], list[tuple[float, float]]] = defaultdict(list)
    for one in boxes:
        stretches[one.species, one.present, one.recording].append((one.start_s, one.end_s))
    hours: dict[tuple[int, bool], float] = defaultdict(float)
    for (species, present, _), its in stretches.items():
        reached = 0.0
        for start_s, end_s in sorted(its):
            hours[species, present] += max(0.0, end_s - max(start_s, reached)) / 3600
            reached = max(reached, end_s)
    return hours


def _named(problem: Problem, of_row: Mapping[tuple[str, int], str]) -> Problem:
    """A contradiction in the name of its species, which rows have in place of a number."""
    if problem.kind != "contradiction":
        return problem
    name = of_row[problem.file, problem.line]
    return replace(problem, found=re.sub(r"^species \d+", repr(name).replace("\\", r"\\"), problem.found))
