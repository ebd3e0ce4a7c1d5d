"""Any table of annotations or detections to any other format, and what is lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dawnchorus.annotations import door
from dawnchorus.annotations import formats as readers
from dawnchorus.annotations.complete import MARGIN_S, complete
from dawnchorus.annotations.marks import NOTHING_TOLD, Table, Told, renamed, uncollected
from dawnchorus.annotations.names import NO_NAMES, Names
from dawnchorus.annotations.problems import AnnotationError, Problem, by_kind
from dawnchorus.events import Recording
from dawnchorus.export import formats as writers
from dawnchorus.words import counted


@dataclass(frozen=True)
class Converted:
    """How many rows were read and written, what is wrong with the others, and what the format could not hold.

    `silence`: how many rows came to them from what a complete list leaves out.
    """

    rows: int
    problems: tuple[Problem, ...]
    lost: dict[str, int]
    silence: int = 0

    def lines(self) -> list[str]:
        """All of it in words."""
        lines = [f"{counted(self.rows, 'row')} read"]
        if self.silence:
            lines.append(f"{counted(self.silence, 'stretch', 'stretches')} without a call, as absent")
        lines += [f"rows that {what} ({count})" for what, count in self.lost.items()]
        return lines + by_kind(self.problems)


@uncollected()
def read(
    sources: Sequence[Path],
    format: str = "",
    told: Told = NOTHING_TOLD,
    names: Names = NO_NAMES,
) -> Table:
    """Read files and folders, rows with the keys of `told.recordings` if there are any, species by their `names`.

    Raises AnnotationError for what is no table.
    """
    table = Table([])
    for source in sources:
        table += readers.read(source, format, told)
    marks, problems, empty = table.marks, table.problems, list(table.empty)
    if told.recordings:
        marks, unmatched = door.match(marks, told.recordings)
        problems = problems + unmatched
        names_of = door.Names(told.recordings)
        empty = [found[0].key for name in empty if len(found := names_of.candidates(name)) == 1]
    return Table(renamed(marks, names) if names.kinds else marks, problems, tuple(empty))


def completed(table: Table, recordings: Sequence[Recording]) -> Table:
    """What a table says that lists every call: behind its rows those of silence, as `train --complete` learns them.

    Raises AnnotationError without recordings.
    """
    if not recordings:
        raise AnnotationError(
            "a complete list says what is absent up to the end of each recording, which only the sound tells; "
            "give the folder of the recordings"
        )
    return replace(table, marks=complete(table.marks, recordings, table.empty, margin_s=MARGIN_S))


def convert(
    sources: Sequence[Path],
    out: Path,
    read_as: str = "",
    write_as: str = "",
    told: Told = NOTHING_TOLD,
    names: Names = NO_NAMES,
    listed_completely: bool = False,
) -> Converted:
    """Read tables and write them in another format; formats are guessed where none is given.

    `listed_completely`: silence is written, too, as absence. Further kinds of `names` are written, too, where the
    format has room. Raises AnnotationError, also when there are rows and none can be used, and ExportError, before
    anything is written.
    """
    table = read(sources, read_as, told, names)
    rows = len(table.marks)
    if not rows and any(one.left_out for one in table.problems):
        named = f"; the recordings are named such as {told.recordings[0].key!r}" if told.recordings else ""
        lines = "\n".join(by_kind(table.problems))
        raise AnnotationError(f"{sources[0]}: no row of it can be used{named}; the problems:\n{lines}")
    if listed_completely:
        table = completed(table, told.recordings)
    lost = writers.write(out, table.marks, write_as, told.recordings, names)
    return Converted(rows, tuple(table.problems), dict(lost), len(table.marks) - rows)
