"""Time zones: `Europe/Berlin`, `UTC`, or an offset such as `UTC-5`, `UTC+5:30`, `+0530`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)


def parse(text: str) -> tzinfo:
    """Read a zone. Raises ValueError for what is neither a name nor an offset."""
    if text.strip().upper() in ("UTC", "GMT", "Z"):
        return UTC
    if match := OFFSET.fullmatch(text.strip()):
        sign, hours, minutes = match.groups()
        ahead = timedelta(hours=int(hours), minutes=int(minutes or 0))
        if ahead <= timedelta(hours=14) and int(minutes or 0) < 60:
            return UTC if not ahead else timezone(-ahead if sign == "-" else ahead)
    else:
        try:
            return ZoneInfo(text.strip())
        except (ValueError, OSError, LookupError):
            pass
    raise ValueError(f"time zone {text!r}; expected a name such as America/Puerto_Rico, or an offset such as UTC-5")


def name(at: datetime) -> str:
    """The name of a time's zone, such that `parse` reads it; of an offset, `UTC-05:00`."""
    if isinstance(at.tzinfo, ZoneInfo):
        return at.tzinfo.key
    text = at.strftime("%z")
    return "UTC" if text in ("+0000", "-0000") else f"UTC{text[:3]}:{text[3:5]}"


def on_clock(wall: datetime, clock: tzinfo) -> tuple[datetime | None, str]:
    """A clock's time with its zone; or None and why, in the hours that its zone leaves out or has twice."""
    early, late = wall.replace(tzinfo=clock), wall.replace(tzinfo=clock, fold=1)
    if early.utcoffset() == late.utcoffset():
        return early, ""
    back = early.astimezone(UTC).astimezone(clock).replace(tzinfo=None)
    how_often = "twice" if back == wall else "never"
    return None, f"{wall} came {how_often} in {clock}; if the clock stayed as it was, give its offset, such as UTC+1"
