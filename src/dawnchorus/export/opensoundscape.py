"""Tables of OpenSoundscape: a row a clip, a column a class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dawnchorus.annotations.marks import ABSENT, PRESENT, Mark
from dawnchorus.annotations.opensoundscape import INDEX
from dawnchorus.events import Recording
from dawnchorus.export import cells
from dawnchorus.export.cells import Lost

LABELS = ("points", "verdict")
SCORES = ("points", "unseen", "score")
Clip = tuple[str, float, float]


def write(path: Path, marks: Iterable[Mark], recordings: Sequence[Recording] = ()) -> Lost:
    """Write the table of `clips` as CSV; give what was lost."""
    lost, classes, rows = clips(marks, recordings)
    text = (
        [
            cells.text(file),
            cells.number(start_s),
            cells.number(end_s),
            *("" if (value := its.get(name)) is None else cells.number(value) for name in classes),
        ]
        for (file, start_s, end_s), its in rows.items()
    )
    cells.write_csv(path, [*INDEX, *map(cells.text, classes)], text)
    return lost


def frame(marks: Iterable[Mark], recordings: Sequence[Recording] = ()) -> Any:
    """The table of `clips` as a pandas DataFrame, whose index is (file, start_time, end_time)."""
    import pandas

    _, classes, rows = clips(marks, recordings)
    index = pandas.MultiIndex.from_tuples(list(rows), names=INDEX)
    values = [[its.get(name) for name in classes] for its in rows.values()]
    return pandas.DataFrame(values, index=index, columns=classes, dtype=float)


def clips(
    marks: Iterable[Mark], recordings: Sequence[Recording] = ()
) -> tuple[Lost, list[str], dict[Clip, dict[str, float]]]:
    """What was lost, the classes, and a value for those of each clip on which there is a word.

    With any verdict these are labels, 1 and 0, and rows without one are left out; else they are scores. The higher
    value counts of several for one class and clip.
    """
    lost, marks = Lost(), list(marks)
    labels = any(one.said in (PRESENT, ABSENT) for one in marks)
    file_name = cells.file_names(recordings)
    rows: dict[Clip, dict[str, float]] = {}
    names: set[str] = set()
    for one in cells.sayable(marks, lost, LABELS if labels else SCORES):
        if not labels and one.score is None:
            lost["have no score: left out"] += 1
            continue
        value = float(one.said == PRESENT) if labels else one.score or 0.0
        its = rows.setdefault((file_name(one.recording), one.start_s, one.end_s), {})
        if one.species in its:
            lost["are of a clip and a class that have one already: the higher value counts"] += 1
            value = max(value, its[one.species])
        its[one.species] = value
        names.add(one.species)
    return lost, sorted(names), rows
