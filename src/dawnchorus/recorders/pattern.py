"""Sites and dates in folders and names, by a pattern such as `{site}/{date}/{time}` or `card*/{site}_*`.

A pattern is held against the path of a file under the folder that was named, part by part from the left; `*` stands
for anything within a part, and what comes below the pattern's last part may be anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

FIELDS = {
    "site": r"(?P<site>[^/]+?)",
    "date": r"(?P<date>\d{8}|\d{4}[-_]\d\d[-_]\d\d)",
    "time": r"(?P<time>\d{6}|\d{4}|\d\d[-_:h.]\d\d(?:[-_:m.]\d\d)?)",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a path says: a site, a time of the recorder's clock, both or neither; `fits`: the pattern is that of it."""

    fits: bool = False
    site: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Pattern:
    """A pattern; raises ValueError for one with a field that is unknown or there twice, or without any."""

    text: str

    def __post_init__(self) -> None:
        fields = re.findall(r"\{(.*?)\}", self.text)
        if not fields or len(fields) != len(set(fields)) or not set(fields) <= set(FIELDS):
            raise ValueError(
                f"pattern {self.text!r}; expected {{site}}, {{date}} or {{time}}, each once, such as {{site}}/{{date}}"
            )

    @cached_property
    def form(self) -> re.Pattern[str]:
        """The pattern as a regular expression; the extension of a file may be left out."""
        pieces = re.split(r"(\{\w+\}|\*)", self.text.strip("/").replace("\\", "/"))
        form = "".join(
            FIELDS[piece[1:-1]] if piece.startswith("{") else "[^/]*" if piece == "*" else re.escape(piece)
            for piece in pieces
        )
        return re.compile(form + r"(?:/.*|\.[^/.]+)?", re.DOTALL)

    def read(self, name: str) -> Told:
        """Hold the pattern against a path with `/`."""
        match = self.form.fullmatch(name)
        if match is None:
            return Told()
        found = match.groupdict()
        at = None
        if found.get("date") and found.get("time"):
            digits = re.sub(r"\D", "", found["date"] + found["time"]).ljust(14, "0")
            try:
                at = datetime.strptime(digits, "%Y%m%d%H%M%S")
            except ValueError:
                return Told()
        return Told(True, found.get("site") or "", at)
