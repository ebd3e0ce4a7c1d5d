"""CSV in the columns of BirdNET, one of all recordings; any column of ours comes after them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from dawnchorus.annotations.birdnet import COLUMNS, VALIDATION
from dawnchorus.annotations.marks import ABSENT, PRESENT, UNSEEN, Mark
from dawnchorus.annotations.names import NO_NAMES, Names
from dawnchorus.events import Recording
from dawnchorus.export import cells
from dawnchorus.export.cells import Lost

HOLDS = ("points", "verdict", "unseen", "score")
WORDS = {PRESENT: "Y", ABSENT: "N"}


def write(path: Path, marks: Iterable[Mark], recordings: Sequence[Recording] = (), names: Names = NO_NAMES) -> Lost:
    """Write the rows; `validation` where any has a verdict. Gives what was lost.

    A species without a scientific or a common name in `names` has the name that the rows give it in its place.
    """
    lost = Lost()
    kept = list(cells.sayable(marks, lost, HOLDS))
    validated = any(one.said != UNSEEN for one in kept)
    file_name = cells.file_names(recordings)
    rows = (
        [
            cells.number(one.start_s),
            cells.number(one.end_s),
            cells.text(names.other(one.species, "scientific") or one.species),
            cells.text(names.other(one.species, "common") or one.species),
            "" if one.score is None else cells.number(one.score),
            cells.text(file_name(one.recording)),
            *([WORDS.get(one.said, "U")] if validated else []),
        ]
        for one in kept
    )
    cells.write_csv(path, [*COLUMNS, *([VALIDATION] if validated else [])], rows)
    return lost
