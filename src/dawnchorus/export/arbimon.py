"""CSV in the columns of Arbimon's pattern matching, one of all recordings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from dawnchorus.annotations.arbimon import COLUMNS
from dawnchorus.annotations.marks import ABSENT, PRESENT, UNSEEN, UNSURE, Mark
from dawnchorus.events import Recording
from dawnchorus.export import cells
from dawnchorus.export.cells import Lost

HOLDS = ("frequencies", "points", "verdict", "unsure", "unseen", "score", "song_type")
WORDS = {PRESENT: "present", ABSENT: "not present", UNSURE: "unknown", UNSEEN: "(not validated)"}


def write(path: Path, marks: Iterable[Mark], recordings: Sequence[Recording] = ()) -> Lost:
    """Write the rows with Arbimon's words for verdicts; give what was lost."""
    lost = Lost()
    file_name, sites = cells.file_names(recordings), {one.key: one.site for one in recordings}
    rows = (
        [
            cells.text(file_name(one.recording)),
            cells.text(sites.get(one.recording, "")),
            cells.text(one.species),
            cells.text(one.song_type),
            cells.number(one.start_s),
            cells.number(one.end_s),
            cells.number(one.low_hz),
            cells.number(one.high_hz),
            WORDS[one.said],
            "" if one.score is None else cells.number(one.score),
        ]
        for one in cells.sayable(marks, lost, HOLDS)
    )
    cells.write_csv(path, COLUMNS, rows)
    return lost
