"""When a table lists every call of its species, silence means "absent": only its author can say so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dawnchorus.annotations.marks import ABSENT, Mark
from dawnchorus.events import Recording

MARGIN_S = 8.2
"""Of training: no window of the default length holds a call and what silence says of its species."""


def complete(
    marks: Sequence[Mark],
    recordings: Sequence[Recording],
    empty: Iterable[str] = (),
    species: Iterable[str] = (),
    margin_s: float = 0.0,
) -> list[Mark]:
    """Give the rows, and after them those that the silence between them says: absent.

    They are of the recordings that have rows or are `empty`, all by their keys, and of all `species` and those of the
    rows. Within `margin_s` of any row of a species nothing is said of it, nor where a row is unsure.
    """
    ends = {one.key: one.duration_s for one in recordings}
    names = sorted({*species, *(one.species for one in marks)})
    its: dict[str, dict[str, list[Mark]]] = {key: {} for key in empty if key in ends}
    for one in marks:
        if one.recording in ends:
            its.setdefault(one.recording, {}).setdefault(one.species, []).append(one)
    silence = []
    for key in sorted(its):
        for name in names:
            of_none = Mark(key, name, 0.0, ends[key], said=ABSENT, where=f"{key}: listed completely")
            rows = sorted(its[key].get(name, ()), key=lambda one: one.start_s)
            at_s = 0.0
            for one in rows:
                if one.start_s - margin_s > at_s:
                    silence.append(of_none._replace(start_s=at_s, end_s=min(one.start_s - margin_s, ends[key])))
                at_s = max(at_s, one.end_s + margin_s)
            if at_s < ends[key]:
                silence.append(of_none._replace(start_s=at_s))
    return [*marks, *silence]
