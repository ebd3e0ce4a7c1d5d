import math
import re
from datetime import date

from dawnchorus.plots.calendar import HEARD_COLOURS, SILENT, calendar_chart


def test_a_calendar_tells_heard_not_heard_and_not_recorded_apart() -> None:
    days = [date(2026, 3, 30 + n) if n < 2 else date(2026, 4, n - 1) for n in range(4)]
    picture = calendar_chart(days, {"ridge": [4.0, 0.0, math.nan, 1.0]})
    filled = re.findall(r'fill="(#\w{6})"[^>]*><title>ridge, (\S+): ', picture)
    assert filled == [
        (HEARD_COLOURS[-1], "2026-03-30"),
        (SILENT, "2026-03-31"),
        (HEARD_COLOURS[2], "2026-04-02"),
    ]
    assert ">01 Apr</text>" in picture
