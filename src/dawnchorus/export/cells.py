"""What tables for others share: numbers, cells that no program runs or splits, names of files, what is lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from dawnchorus.annotations import table
from dawnchorus.annotations.marks import ABSENT, PRESENT, UNSEEN, UNSURE, Mark
from dawnchorus.annotations.names import Names
from dawnchorus.events import Recording
from dawnchorus.files import whole

Lost = Counter[str]
"""How many rows lost what, in words that follow `rows that`: `say absent: left out`."""

FORMULA = re.compile(r"'*[=+\-@\t\r]")
FORMULA_OR_QUOTE = re.compile(r"""'*[=+\-@\t\r"]""")  # where cells are not quoted, a quote opens one for some readers
NOT_IN_NAMES = re.compile(r'[<>:"|?*\x00-\x1f]')  # of files, on one system or another


class ExportError(ValueError):
    """What is to be written cannot be said in a format; the message says what is missing."""


def number(value: float) -> str:
    """Write a number always with a point: some readers take a column of whole ones for another type, and refuse it."""
    return table.decimal(value)


def text(value: str, dangerous: re.Pattern[str] = FORMULA) -> str:
    """A cell that a spreadsheet does not run: what begins like a formula gets an apostrophe before it."""
    return "'" + value if dangerous.match(value) else value


def bare(value: str) -> str:
    """Text for formats without quoting: tabs and line ends become blanks."""
    return " ".join(value.split()) if any(mark in value for mark in "\t\r\n") else value


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table, as its rows come, wholly or not at all; its header is there without any row, too."""
    with whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(map(table.cell, header)) + "\n")
        file.writelines(",".join(map(table.cell, row)) + "\n" for row in rows)


def write_tabs(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table whose cells are separated by tabs, and not quoted."""
    with whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write("\t".join(header) + "\n")
        file.writelines("\t".join(row) + "\n" for row in rows)


def file_names(recordings: Sequence[Recording]) -> Callable[[str], str]:
    """Give the path of a recording under its folder, with the extension where the recording is known."""
    names = {one.key: one.key if one.key.endswith(one.path.suffix) else one.key + one.path.suffix for one in recordings}
    return lambda key: names.get(key, key)


def further_names(path: Path, ours: Sequence[str], names: Names) -> tuple[str, ...]:
    """The columns of a names table that come behind ours; raises ExportError where one has the name of ours."""
    taken = {name.casefold() for name in ours}
    if both := [kind for kind in names.more if kind.casefold() in taken]:
        raise ExportError(
            f"{path}: the table of names has a column {both[0]!r}, and so has this format; name it otherwise"
        )
    return names.more


def by_recording(marks: Iterable[Mark], recordings: Sequence[Recording]) -> dict[str, list[Mark]]:
    """The rows of each recording, in the order of the recordings; those without rows are there, too."""
    found: dict[str, list[Mark]] = {one.key: [] for one in recordings}
    for one in marks:
        found.setdefault(one.recording, []).append(one)
    return found


def file_in(folder: Path, recording: str, ending: str) -> Path:
    """Name the file of a recording in a folder of such files; never one outside it."""
    parts = [NOT_IN_NAMES.sub("_", part) for part in PurePosixPath(recording).parts if part != "/"]
    if ".." in parts or not parts:
        raise ExportError(f"the recording {recording!r} can be no file under {folder}")
    return folder.joinpath(*parts[:-1], parts[-1] + ending)


def is_folder(path: Path) -> bool:
    """Whether what is to be written is a folder of files: what has no suffix is."""
    return path.is_dir() or not path.suffix


def sayable(marks: Iterable[Mark], lost: Lost, holds: Iterable[str]) -> Iterator[Mark]:
    """Give the rows that a format can say, and count what is lost.

    `holds`: of `frequencies`, `points`, `verdict` (present and absent), `unsure`, `unseen`, `score`, `channel` and
    `song_type` those that it keeps. A format without verdicts would turn "absent" into "present": such rows are left
    out.
    """
    holds = frozenset(holds)
    for one in marks:
        if one.said == ABSENT and "verdict" not in holds:
            lost["say absent: left out"] += 1
            continue
        if one.said == UNSURE and "unsure" not in holds:
            if "unseen" not in holds:
                lost["say unsure: left out"] += 1
                continue
            lost["say unsure, and read as not looked at"] += 1
        if one.said == PRESENT and "verdict" not in holds and "unseen" in holds:
            lost["say present, and read as not looked at"] += 1
        if one.said == UNSEEN and "unseen" not in holds:
            if "verdict" in holds:
                lost["were not looked at: left out"] += 1
                continue
            lost["were not looked at, and read as present"] += 1
        if one.end_s == one.start_s and "points" not in holds:
            lost["are points in time: left out"] += 1
            continue
        for name, there in (
            ("frequencies", one.high_hz > 0),
            ("score", one.score is not None),
            ("channel", one.channel > 0),
            ("song_type", bool(one.song_type)),
        ):
            if there and name not in holds:
                lost[f"lose {LOSING[name]}"] += 1
        yield one


LOSING = {
    "frequencies": "their frequencies",
    "score": "their scores",
    "channel": "their channels",
    "song_type": "their song types",
}
