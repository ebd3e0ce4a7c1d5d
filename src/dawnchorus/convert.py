"""Any table of annotations or detections to any other format, and what is lost on the way."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dawnchorus.annotations import door
from dawnchorus.annotations import formats as readers
from dawnchorus.annotations.marks import NOTHING_TOLD, Table, Told, renamed
from dawnchorus.annotations.problems import Problem
from dawnchorus.events import Recording
from dawnchorus.export import formats as writers


@dataclass(frozen=True)
class Converted:
    """How many rows were read and written, what is wrong with the others, and what the format could not hold."""

    rows: int
    problems: tuple[Problem, ...]
    lost: dict[str, int]

    def lines(self) -> list[str]:
        """All of it in words."""
        lines = [f"{self.rows} rows read"] + [f"{count} rows {what}" for what, count in self.lost.items()]
        kinds: dict[str, list[Problem]] = {}
        for one in self.problems:
            kinds.setdefault(one.kind, []).append(one)
        for alike in kinds.values():
            lines.append(f"{alike[0]}" + (f", and {len(alike) - 1} more like it" if len(alike) > 1 else ""))
        return lines


def read(
    sources: Sequence[Path],
    format: str = "",
    told: Told = NOTHING_TOLD,
    names: Callable[[str], str] | None = None,
) -> Table:
    """Read files and folders, rows with the keys of `told.recordings` if there are any, species by their `names`.

    Raises AnnotationError for what is no table.
    """
    with _uncollected():
        return _read(sources, format, told, names)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Hold the garbage collector back: of a million rows none is garbage, and it would look at each again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _read(sources: Sequence[Path], format: str, told: Told, names: Callable[[str], str] | None) -> Table:
    table = Table([])
    for source in sources:
        table += readers.read(source, format, told)
    marks, problems, empty = table.marks, table.problems, list(table.empty)
    if told.recordings:
        marks, unmatched = door.match(marks, told.recordings)
        problems = problems + unmatched
        names_of = door.Names(told.recordings)
        empty = [found[0].key for name in empty if len(found := names_of.candidates(name)) == 1]
    return Table(renamed(marks, names) if names else marks, problems, tuple(empty))


def convert(
    sources: Sequence[Path],
    out: Path,
    read_as: str = "",
    write_as: str = "",
    told: Told = NOTHING_TOLD,
    names: Callable[[str], str] | None = None,
) -> Converted:
    """Read tables and write them in another format; formats are guessed where none is given.

    Raises AnnotationError and ExportError, before anything is written.
    """
    table = read(sources, read_as, told, names)
    recordings: Sequence[Recording] = told.recordings
    lost = writers.write(out, table.marks, write_as, recordings)
    return Converted(len(table.marks), tuple(table.problems), dict(lost))
