r"""Selection tables of Raven: separated by tabs, seconds and hertz, the column with the species as its user named it.

Raven may save a selection twice, as `Waveform 1` and as `Spectrogram 1`: the waveform's is the same one again and has
no frequencies. With several sound files open, `Begin Time (s)` runs on over all of them, and `File Offset (s)` is the
time in the file of `Begin Path` or `Begin File`; without that column, `Told.recordings` must be the files in the order
in which they were open. A table without either is of the sound that it is named after.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path, PurePosixPath

from dawnchorus.annotations import sheet
from dawnchorus.annotations.marks import (
    NOTHING_TOLD,
    PRESENT,
    UNSEEN,
    Bad,
    Mark,
    Said,
    Table,
    Told,
    collected,
    mark,
    number,
    whole_number,
    word,
)
from dawnchorus.annotations.problems import AnnotationError

BEGIN, END, LOW, HIGH = "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)"
OFFSET, VIEW, SELECTION, CHANNEL = "File Offset (s)", "View", "Selection", "Channel"
PATH, FILE = "Begin Path", "Begin File"
SCORES = ("Score", "Confidence")
SAID, SONG_TYPE = "Verdict", "Song Type"
ENDINGS = (".BirdNET.selection.table.txt", ".selection.table.txt", ".selections.txt", ".txt", ".tsv")
OWN = frozenset(
    name.casefold()
    for name in (SELECTION, VIEW, CHANNEL, BEGIN, END, LOW, HIGH, OFFSET, PATH, FILE, *SCORES, SAID, SONG_TYPE)
) | {"delta time (s)", "delta freq (hz)", "end path", "end file", "occupancy"}


def read(path: Path, told: Told = NOTHING_TOLD, named: str = "") -> Table:
    """Read the selections of a table; `named` is the recording of rows that name none.

    Rows of a table with scores and without verdicts are what a program found: nobody looked at them. Raises
    AnnotationError if the file is no such table, if which column names the species is not certain, or if the times in
    the files cannot be known.
    """
    table = sheet.read(path, "\t", False, told.encoding)
    of_table = named or sheet.without(table_name(path.name), ENDINGS)
    begin, end, low, high = table.needed(BEGIN), table.needed(END), table.column(LOW), table.column(HIGH)
    file, channel, song_type = table.column(PATH, FILE), table.column(CHANNEL), table.column(SONG_TYPE)
    score, verdict = table.column(*SCORES), table.column(SAID)
    species = table.needed(told.species) if told.species else _species_column(table)
    otherwise: Said = UNSEEN if score != sheet.NOT_THERE else PRESENT
    otherwise = otherwise if told.said is None else told.said
    in_file = _in_file(table, file, told)

    def marks(cells: list[str], where: str) -> tuple[Mark]:
        recording = sheet.recording(cells[file]) or of_table
        start_s, end_s = number(cells[begin], BEGIN, True), number(cells[end], END, True)
        in_file_s = in_file(cells, recording, start_s)
        one = mark(
            recording,
            sheet.plain(cells[species]),
            in_file_s,
            end_s if in_file_s == start_s else in_file_s + (end_s - start_s),
            number(cells[low], LOW, True) if cells[low] else 0.0,
            number(cells[high], HIGH, True) if cells[high] else 0.0,
            word(cells[verdict], SAID) if verdict != sheet.NOT_THERE else otherwise,
            number(cells[score], table.header[score], True) if cells[score] else None,
            whole_number(cells[channel], CHANNEL) if cells[channel] else 0,
            sheet.plain(cells[song_type]),
            where,
        )
        return (one,)

    found = collected(path, _without_twins(table), marks)
    if not found.marks and not found.problems and file == sheet.NOT_THERE:
        return Table([], [], (of_table,))
    return found


def table_name(name: str) -> str:
    """Take away `.Table.1`, which Raven puts into the names of its tables."""
    head, found, tail = name.rpartition(".Table.")
    count, dot, rest = tail.partition(".")
    return head + dot + rest if found and count.isdecimal() else name


def _without_twins(table: sheet.Sheet) -> Iterator[tuple[int, list[str]]]:
    """Leave out waveforms whose selection has a spectrogram, too, wherever in the table it stands."""
    view, selection = table.column(VIEW), table.column(SELECTION)
    if sheet.NOT_THERE in (view, selection):
        yield from table.rows
        return
    waveforms: dict[str, tuple[int, list[str]]] = {}
    seen: set[str] = set()
    for line, cells in table.rows:
        if cells[view].casefold().startswith("waveform"):
            waveforms.setdefault(cells[selection], (line, cells))
        else:
            seen.add(cells[selection])
            yield line, cells
    yield from (row for name, row in waveforms.items() if name not in seen)


def _in_file(table: sheet.Sheet, file: int, told: Told) -> Callable[[list[str], str, float], float]:
    """How a row (cells, recording, start in the running time) tells its start in its file."""
    offset = table.column(OFFSET)
    starts = _starts(told) if offset == sheet.NOT_THERE and file != sheet.NOT_THERE else {}
    only = ""

    def in_file(cells: list[str], recording: str, start_s: float) -> float:
        nonlocal only
        if cells[offset]:
            return number(cells[offset], OFFSET, True)
        if file == sheet.NOT_THERE:
            return start_s
        if starts:
            before = starts.get(recording, starts.get(PurePosixPath(recording).name))
            if before is None:
                raise Bad("unknown_recording", f"the file is {recording!r}", "one of the files that were open")
            return start_s - before
        only = only or recording
        if recording != only:
            raise AnnotationError(
                f"{table.path} is of several sound files and has no column {OFFSET!r}, so the times in the files "
                "are not known; save it from Raven with that column, or name the sound files in the order in which "
                "they were open"
            )
        return start_s

    return in_file


def _species_column(table: sheet.Sheet) -> int:
    """The one column that Raven does not fill itself; with several the user must say which."""
    free = [name for name in table.header if name and name.casefold() not in OWN]
    birdnet = [name for name in free if name.casefold() in ("common name", "scientific name", "species code")]
    if len(free) == 1:
        return table.column(free[0])
    said = "no column that could name the species" if not free else f"the columns {', '.join(free)}"
    also = "; BirdNET's tables have several names of a species" if len(birdnet) > 1 else ""
    raise AnnotationError(f"{table.path} has {said}: say which it is with --species-column{also}")


def _starts(told: Told) -> dict[str, float]:
    """When each file begins in the running time: by path, by key, and by name where no other has it."""
    begins = list(accumulate((one.duration_s for one in told.recordings), initial=0.0))
    known = list(zip(told.recordings, begins, strict=False))
    names = Counter(one.path.name for one, _ in known)
    starts = {one.path.name: at for one, at in known if names[one.path.name] == 1}
    for one, at in known:
        starts |= {one.path.as_posix(): at, one.key: at, one.key + one.path.suffix: at}
    return starts
