"""Tables of Kaleidoscope, one of all recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dawnchorus.annotations.kaleidoscope import DISTANCE, DURATION, FILE, FOLDERS, MANUAL, MATCH, OFFSET, REJECTED
from dawnchorus.annotations.marks import ABSENT, PRESENT, Mark
from dawnchorus.events import Recording
from dawnchorus.export import cells
from dawnchorus.export.cells import Lost

COLUMNS = (*FOLDERS, FILE, OFFSET, DURATION, MATCH, DISTANCE, MANUAL)
HOLDS = ("points", "verdict", "unseen", "score")


def write(path: Path, marks: Iterable[Mark], recordings: Sequence[Recording] = ()) -> Lost:
    """Write the rows, the distance 1 minus the score; INDIR is the audio folder if it is known. Gives what was lost."""
    lost = Lost()
    cells.write_csv(path, COLUMNS, _rows(cells.sayable(marks, lost, HOLDS), recordings))
    return lost


def _rows(marks: Iterable[Mark], recordings: Sequence[Recording]) -> Iterator[list[str]]:
    file_name, roots = cells.file_names(recordings), {one.key: _root(one) for one in recordings}
    for one in marks:
        folder, _, file = file_name(one.recording).rpartition("/")
        distance = "" if one.score is None else cells.number(round(1 - one.score, 12))
        yield [
            cells.text(roots.get(one.recording, "")),
            cells.text(folder),
            cells.text(file),
            cells.number(one.start_s),
            cells.number(one.end_s - one.start_s),
            cells.text(one.species),
            distance,
            cells.text(_by_hand(one)),
        ]


def _by_hand(one: Mark) -> str:
    if one.said == ABSENT:
        return next(name for name in REJECTED if name.casefold() != one.species.casefold())
    return one.species if one.said == PRESENT else ""


def _root(recording: Recording) -> str:
    return str(recording.path.parents[recording.key.count("/")])
