r"""Label tracks of Audacity, one a recording; frequencies on a line of their own that begins with `\`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dawnchorus import files
from dawnchorus.annotations.marks import Mark
from dawnchorus.events import Recording
from dawnchorus.export import cells
from dawnchorus.export.cells import ExportError, Lost

ENDING = ".txt"
HOLDS = ("frequencies", "points")


def write(path: Path, marks: Iterable[Mark], recordings: Sequence[Recording] = ()) -> Lost:
    """Write a folder of label tracks, or one track where `path` has a suffix; give what was lost.

    Raises ExportError for one track of several recordings: it has no place for their names.
    """
    lost = Lost()
    tracks = cells.by_recording(cells.sayable(marks, lost, HOLDS), recordings)
    if cells.is_folder(path):
        for recording, its in tracks.items():
            files.write_text(cells.file_in(path, recording, ENDING), "".join(_lines(its)))
        return lost
    if len(tracks) > 1:
        raise ExportError(f"{path}: a label track is of one recording, and there are {len(tracks)}; name a folder")
    files.write_text(path, "".join(line for its in tracks.values() for line in _lines(its)))
    return lost


def _lines(marks: Iterable[Mark]) -> Iterator[str]:
    for one in marks:
        yield f"{cells.number(one.start_s)}\t{cells.number(one.end_s)}\t{cells.bare(one.species)}\n"
        if one.high_hz > 0:
            yield f"\\\t{cells.number(one.low_hz)}\t{cells.number(one.high_hz)}\n"
