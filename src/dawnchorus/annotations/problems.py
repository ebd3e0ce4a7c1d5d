"""What is said of a row that cannot be used as it is, and of a table that cannot be used at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_KEPT = {"beyond_end": "; cut there", "contradiction": "; both are kept"}


class AnnotationError(ValueError):
    """A table that cannot be used at all: the message names the file and what to change."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one row, in words that make the sentence "`found`, not `expected`".

    `kind` is for programs: `missing`, `not_a_number`, `bad_species`, `bad_song_type`, `negative_time`,
    `ends_before_start`, `bad_frequency`, `unknown_recording`, `ambiguous_recording`, `starts_after_end`,
    `beyond_end`, `duplicate`, `contradiction`, `bad_start`, `bad_number`, `bad_verdict`, `bad_time`,
    `unreadable`. `left_out`: the row is not used. `line` is 0 for what is wrong with the whole file.
    """

    file: str
    line: int
    kind: str
    found: str
    expected: str
    left_out: bool

    def __str__(self) -> str:
        end = "; left out" if self.left_out else _KEPT.get(self.kind, "")
        where = place(self.file, self.line) if self.line else self.file
        return f"{where}: {self.found}, not {self.expected}{end}"


def by_kind(problems: Sequence[Problem]) -> list[str]:
    """The first problem of each kind in words, and how many more are like it; rows that are lost are told apart."""
    kinds: dict[tuple[str, bool], list[Problem]] = {}
    for one in problems:
        kinds.setdefault((one.kind, one.left_out), []).append(one)
    return [
        f"{alike[0]}" + (f", and {len(alike) - 1} more like it" if len(alike) > 1 else "") for alike in kinds.values()
    ]


def place(file: str, line: int) -> str:
    """Name a line of a file, as in `Annotation.where`."""
    return f"{file} line {line}"


def file_and_line(where: str) -> tuple[str, int]:
    """Undo `place`; line 0 if `where` names none."""
    file, _, line = where.rpartition(" line ")
    return (file, int(line)) if file and line.isdecimal() else (where, 0)
