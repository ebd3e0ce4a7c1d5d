"""What happens through the season: a row of days for each name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

from dawnchorus.plots.ink import (
    GREY,
    Rectangle,
    Values,
    coordinate,
    draw_line,
    draw_rectangle,
    draw_words,
    empty_picture,
    text_width_px,
    whole_picture,
)

HEARD_COLOURS = ("#c6dcec", "#85b8da", "#3f8cc0", "#0b5c94", "#06375b")  # from seldom to often, apart in grey, too
SILENT = "#ffffff"


def calendar_chart(
    days: Sequence[date], rows: Mapping[str, Values], *, description: str = "", width_px: int = 720
) -> str:
    """Draw a row of days for each name as SVG: the darker the higher; 0 is an empty box, NaN (not recorded) is none."""
    known = [float(value) for values in rows.values() for value in values if math.isfinite(value)]
    if not days or not known:
        return empty_picture(description or "days")
    highest = max(known)
    left = min(max(text_width_px(name) for name in rows) + 16, width_px * 0.3)
    wide, tall, top = min((width_px - left - 12) / len(days), 28.0), 20.0, 22.0
    bottom = top + (tall + 4) * len(rows)
    parts, free_from = list[str](), 0.0
    for column, day in enumerate(days):
        x, text = left + wide * column, _day_text(day, wide, column == 0)
        if text and x >= free_from and x + text_width_px(text, 11) <= width_px:
            parts.append(draw_words(x, top - 8, text, size=11, colour=GREY))
            free_from = x + text_width_px(text, 11) + 6
    for row, (name, values) in enumerate(rows.items()):
        y = top + (tall + 4) * row
        parts.append(draw_words(left - 8, y + tall / 2 + 4, name, anchor="end", room_px=left - 12))
        for column, (day, value) in enumerate(zip(days, values, strict=True)):
            at = (left + wide * column + 0.5, y, left + wide * (column + 1) - (1 if wide > 4 else 0), y + tall)
            parts.append(_day(at, float(value), highest, f"{name}, {day}"))
    return whole_picture(
        width_px, bottom + 34, description or "days", [*parts, *_calendar_key(left, bottom + 12, highest)]
    )


def _day_text(day: date, wide_px: float, first: bool) -> str:
    """Give what stands above a day: its number where there is room, every week, or the months of a long season."""
    if wide_px < 5:
        return (f"{day:%b %Y}" if first or day.month == 1 else f"{day:%b}") if first or day.day == 1 else ""
    if first or day.day == 1 or (wide_px < 24 and day.day in (8, 15, 22)):
        return f"{day:%d %b}"
    return f"{day:%d}" if wide_px >= 24 else ""


def _day(at: Rectangle, value: float, highest: float, name: str) -> str:
    left, top, right, bottom = at
    if not math.isfinite(value):
        middle = (top + bottom) / 2
        return draw_line((left + (right - left) * 0.3, middle), (right - (right - left) * 0.3, middle), "#9aa4a9", 1.2)
    hover = f"{name}: {value:.3g}"
    edge = f' stroke="{GREY}" stroke-width="{coordinate(min(0.8, (right - left) / 8))}"'
    return draw_rectangle(at, SILENT if value <= 0 else _heard_colour(value, highest), extra=edge, hover=hover)


def _heard_colour(value: float, highest: float) -> str:
    """Pick a shade by the root of the share, so that few detections among many are still told apart."""
    return HEARD_COLOURS[min(int(len(HEARD_COLOURS) * math.sqrt(value / highest)), len(HEARD_COLOURS) - 1)]


def _calendar_key(left: float, top: float, highest: float) -> list[str]:
    parts, x = list[str](), left
    for value, words in ((math.nan, "not recorded"), (0.0, "not heard")):
        parts += [_day((x, top, x + 14, top + 14), value, 1.0, words), draw_words(x + 20, top + 11, words, size=11)]
        x += 32 + text_width_px(words, 11)
    if highest > 0:
        steps = len(HEARD_COLOURS)
        for number, colour in enumerate(HEARD_COLOURS):
            parts.append(draw_rectangle((x + 14 * number, top, x + 14 * (number + 1), top + 14), colour))
        words = f"heard, up to {highest:.3g}"
        parts.append(draw_words(x + 14 * steps + 6, top + 11, words, size=11))
    return parts
