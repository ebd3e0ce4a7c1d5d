"""Zones are told by name or by an offset; what is neither is refused with what was expected."""

from datetime import UTC, timedelta

import pytest

from dawnchorus.recorders import zones


@pytest.mark.parametrize(("text", "hours"), [("UTC-5", -5), ("+0530", 5.5), ("GMT+1:30", 1.5), ("-00:30", -0.5)])
def test_an_offset_is_hours_and_minutes(text: str, hours: float) -> None:
    assert zones.parse(text).utcoffset(None) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["UTC", "z", "GMT", "+0000"])
def test_no_offset_is_utc(text: str) -> None:
    assert zones.parse(text) is UTC


@pytest.mark.parametrize("text", ["+0099", "UTC+15", "Mars/Olympus", "../../etc/passwd", "", "5"])
def test_what_is_no_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a name such as America/Puerto_Rico, or an offset such as UTC-5"):
        zones.parse(text)
