"""`generic-seq` of crowsetta: exactly its columns, without those of samples, which may not be empty."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from dawnchorus.annotations.crowsetta_seq import IN_SECONDS
from dawnchorus.annotations.marks import Mark
from dawnchorus.events import Recording
from dawnchorus.export import cells
from dawnchorus.export.cells import Lost

HOLDS = ("points",)


def write(path: Path, marks: Iterable[Mark], recordings: Sequence[Recording] = ()) -> Lost:
    """Write the segments, a sequence and an annotation a recording, in the order of time; give what was lost."""
    lost = Lost()
    found = cells.by_recording(cells.sayable(marks, lost, HOLDS), ())
    file_name = cells.file_names(recordings)
    rows = (
        [
            cells.text(one.species),
            cells.number(one.start_s),
            cells.number(one.end_s),
            *(cells.text(file_name(recording)), cells.text(path.name), "0", str(annotation)),
        ]
        for annotation, (recording, its) in enumerate(found.items())
        for one in sorted(its, key=lambda one: one.start_s)
    )
    cells.write_csv(path, IN_SECONDS, rows)
    return lost
