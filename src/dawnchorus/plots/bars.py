"""Bars that lie, in groups over one axis, with intervals and floors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dawnchorus.plots.axes import LINE_COLOURS, Level, scaled, span, tick_text, ticks
from dawnchorus.plots.ink import (
    GREY,
    GRID,
    INK,
    PAPER_EDGE,
    draw_line,
    draw_rectangle,
    draw_words,
    empty_picture,
    text_width_px,
    whole_picture,
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its value, the ends of its interval (NaN: none), and `more`: a paler piece that carries the bar on."""

    label: str
    value: float
    low: float = math.nan
    high: float = math.nan
    more: float = 0.0


def bar_chart(
    groups: Mapping[str, Sequence[Bar]],
    x_label: str,
    *,
    floors: Mapping[str, Sequence[Level]] | None = None,
    x_range: tuple[float, float] | None = None,
    decimals: int = 3,
    description: str = "",
    width_px: int = 720,
    colour: str = LINE_COLOURS[0],
) -> str:
    """Draw bars that lie, in named groups over one axis, as SVG; the value and its interval stand at the right.

    `floors` maps a group to named values; each is a dashed line through the bars of its group. NaN is drawn as n/a.
    """
    floors = floors or {}
    ends = [end for bars in groups.values() for bar in bars for end in (bar.value + bar.more, bar.low, bar.high)]
    ends += [value for group in floors.values() for _, value in group]
    known = [0.0, *(end for end in ends if math.isfinite(end))]
    if not any(groups.values()):
        return empty_picture(description or x_label)
    low, high = x_range or span(known)
    names = [bar.label for bars in groups.values() for bar in bars]
    values = [_bar_text(bar, decimals) for bars in groups.values() for bar in bars]
    left = min(max(text_width_px(name) for name in names) + 20, width_px * 0.32)
    right = width_px - max(text_width_px(value) for value in values) - 16
    scale = (left, right, low, high)
    parts: list[str] = []
    y = 4.0
    for name, bars in groups.items():
        drawn, y = _bar_group(name, bars, floors.get(name, ()), y, scale, decimals, colour)
        parts += drawn
        y += 12
    for value in _bar_ticks(scale):
        parts.append(draw_words(scaled(value, *scale), y + 4, tick_text(value), anchor="middle", colour=GREY))
    parts.append(draw_words((left + right) / 2, y + 24, x_label, anchor="middle", colour=GREY))
    return whole_picture(width_px, y + 34, description or x_label, parts)


def _bar_ticks(scale: tuple[float, float, float, float]) -> list[float]:
    """Give the values that have a line across the bars."""
    left, right, low, high = scale
    return ticks(low, high, 4 if right - left < 300 else 6)


def _bar_text(bar: Bar, decimals: int) -> str:
    """Write a bar's value, its interval and what is added to it."""
    if not math.isfinite(bar.value):
        return "n/a"
    text = f"{bar.value:,.{decimals}f}"
    if math.isfinite(bar.low) and math.isfinite(bar.high):
        text += f" ({bar.low:.{decimals}f}–{bar.high:.{decimals}f})"
    return f"{text} + {bar.more:,.{decimals}f}" if bar.more else text


def _bar_group(
    name: str,
    bars: Sequence[Bar],
    floors: Sequence[Level],
    top: float,
    scale: tuple[float, float, float, float],
    decimals: int,
    colour: str,
) -> tuple[list[str], float]:
    """Draw one group from `top` down: its name, the names of its floors in rows of their own, its bars."""
    right = scale[1]
    levels: dict[float, str] = {}
    for floor, value in sorted(floors, key=lambda level: level[1]):
        if math.isfinite(value):
            levels[value] = f"{levels[value]}, {floor}" if value in levels else floor
    bars_top = top + 24 + 16 * len(levels)
    bottom = bars_top + 24 * len(bars)
    parts = [draw_words(4, top + 14, name, size=13, room_px=right, extra=' font-weight="600"')]
    for value in _bar_ticks(scale):
        x = scaled(value, *scale)
        parts.append(draw_line((x, bars_top - 2), (x, bottom), GREY if value == 0 else GRID))
    for index, bar in enumerate(bars):
        parts += _one_bar(bar, bars_top + 24 * index, scale, decimals, colour)
    for index, (value, floor) in enumerate(levels.items()):
        x, y = scaled(value, *scale), top + 24 + 16 * index + 10
        says = f"floor: {floor} {value:.{decimals}f}"
        at, anchor = (x + 6, "start") if x + 8 + text_width_px(says, 11) <= right + 90 else (x - 6, "end")
        parts.append(draw_line((x, y - 9), (x, bottom - 2), LINE_COLOURS[1], 1.5, "4 3"))
        parts.append(draw_words(at, y, says, anchor=anchor, colour="#A84600", size=11, extra=PAPER_EDGE))
    return parts, bottom


def _one_bar(bar: Bar, top: float, scale: tuple[float, float, float, float], decimals: int, colour: str) -> list[str]:
    """Draw one bar with its name, its interval and its number."""
    left, right = scale[:2]
    parts = [draw_words(left - 8, top + 14, bar.label, anchor="end", room_px=left - 12)]
    parts.append(draw_words(right + 10, top + 14, _bar_text(bar, decimals), colour=INK))
    if not math.isfinite(bar.value):
        return parts
    x, end = scaled(bar.value, *scale), scaled(bar.value + bar.more, *scale)
    parts.append(draw_rectangle((scaled(0, *scale), top + 2, x, top + 18), colour))
    if end > x:
        parts.append(draw_rectangle((x, top + 2, end, top + 18), colour, extra=' fill-opacity="0.35"'))
    if math.isfinite(bar.low) and math.isfinite(bar.high):
        low, high = scaled(bar.low, *scale), scaled(bar.high, *scale)
        parts.append(draw_line((low, top + 10), (high, top + 10), INK, 1.6))
        parts += [draw_line((at, top + 6), (at, top + 14), INK, 1.6) for at in (low, high)]
    return parts
