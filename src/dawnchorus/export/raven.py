"""Selection tables of Raven: one a recording in a folder, or one of all, whose times run on over all files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path

from dawnchorus.annotations.marks import PRESENT, UNSEEN, Mark
from dawnchorus.annotations.raven import (
    BEGIN,
    CHANNEL,
    END,
    HIGH,
    LOW,
    OFFSET,
    PATH,
    SAID,
    SCORES,
    SELECTION,
    SONG_TYPE,
    VIEW,
)
from dawnchorus.events import Recording
from dawnchorus.export import cells
from dawnchorus.export.cells import ExportError, Lost

FIRST = (SELECTION, VIEW, CHANNEL, BEGIN, END, LOW, HIGH, "Species")
ENDING = ".selections.txt"
HOLDS = ("frequencies", "points", "verdict", "unsure", "unseen", "score", "channel", "song_type")


def write(path: Path, marks: Iterable[Mark], recordings: Sequence[Recording] = ()) -> Lost:
    """Write a folder of tables, or one table where `path` has a suffix; give what was lost.

    One table of several recordings needs all `recordings` that are opened with it, in their order: times run on over
    those without rows, too, and rows of others are left out. Raises ExportError without them.
    """
    lost = Lost()
    kept = list(cells.sayable(marks, lost, HOLDS))
    columns = _columns(kept)
    if cells.is_folder(path):
        for recording, its in cells.by_recording(kept, recordings).items():
            header = [*FIRST, *columns]
            cells.write_tabs(cells.file_in(path, recording, ENDING), header, _rows(its, columns))
        return lost
    names = {one.recording for one in kept}
    if len(names) > 1 and not recordings:
        raise ExportError(
            f"{path}: one table of {len(names)} recordings needs the sound, whose lengths its times run on over; "
            "give the recordings, or a folder to write to"
        )
    begins = dict(zip((one.key for one in recordings), _begins(recordings), strict=False)) or dict.fromkeys(names, 0.0)
    if strangers := sum(one.recording not in begins for one in kept):
        lost["are of recordings that are not there: left out"] += strangers
    file_name = cells.file_names(recordings)
    there = (one for one in sorted(kept, key=lambda one: begins.get(one.recording, 0.0)) if one.recording in begins)
    header = [*FIRST, PATH, OFFSET, *columns]
    rows = (
        [*row[: len(FIRST)], _text(file_name(one.recording)), cells.number(one.start_s), *row[len(FIRST) :]]
        for n, one in enumerate(there, 1)
        for row in [_row(n, one, columns, begins[one.recording])]
    )
    cells.write_tabs(path, header, rows)
    return lost


def _begins(recordings: Sequence[Recording]) -> list[float]:
    return list(accumulate((one.duration_s for one in recordings), initial=0.0))


def _columns(marks: Sequence[Mark]) -> list[str]:
    """Columns that not every table needs: without verdicts, rows are read as present, or with scores as unseen."""
    scores = any(one.score is not None for one in marks)
    verdicts = any(one.said != (UNSEEN if scores else PRESENT) for one in marks)
    songs = any(one.song_type for one in marks)
    return [name for name, there in ((SCORES[0], scores), (SAID, verdicts), (SONG_TYPE, songs)) if there]


def _rows(marks: Iterable[Mark], columns: Sequence[str]) -> Iterable[list[str]]:
    return (_row(n, one, columns) for n, one in enumerate(marks, 1))


def _row(selection: int, one: Mark, columns: Sequence[str], begins_s: float = 0.0) -> list[str]:
    more = {
        SCORES[0]: "" if one.score is None else cells.number(one.score),
        SAID: one.said,
        SONG_TYPE: _text(one.song_type),
    }
    return [
        str(selection),
        "Spectrogram 1",
        str(one.channel or 1),
        cells.number(begins_s + one.start_s),
        cells.number(begins_s + one.end_s),
        cells.number(one.low_hz),
        cells.number(one.high_hz),
        _text(one.species),
        *(more[name] for name in columns),
    ]


def _text(value: str) -> str:
    return cells.text(cells.bare(value), cells.FORMULA_OR_QUOTE)
