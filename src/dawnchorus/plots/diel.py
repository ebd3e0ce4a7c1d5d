"""What happens through the day."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dawnchorus.plots.axes import draw_legend, line_style, scaled, span, tick_text, ticks
from dawnchorus.plots.ink import (
    GREY,
    GRID,
    Values,
    coordinate,
    draw_curve,
    draw_line,
    draw_rectangle,
    draw_words,
    empty_picture,
    whole_picture,
)


def diel_chart(
    series: Mapping[str, Values],
    y_label: str,
    *,
    description: str = "",
    width_px: int = 720,
    height_px: int = 300,
) -> str:
    """Draw what happens through the day as SVG: 24 values a line, one an hour; NaN is a gap, and has no ground."""
    known = [float(value) for values in series.values() for value in values if math.isfinite(value)]
    if not known:
        return empty_picture(description or y_label)
    ys = span([0.0, *known])
    legend, legend_px = draw_legend(list(series), width_px)
    left, top, right, bottom = 60.0, legend_px + 14, width_px - 24.0, height_px - 46 + legend_px
    parts = list(legend)
    for hour in range(24):
        x, wide = left + (right - left) * hour / 24, (right - left) / 24
        if not any(math.isfinite(values[hour]) for values in series.values()):
            parts.append(
                draw_rectangle((x, top, x + wide, bottom), "#eef0f1", hover=f"{hour:02d}:00: nothing recorded")
            )
    for value in ticks(*ys, 5):
        y = scaled(value, bottom, top, *ys)
        parts += [draw_line((left, y), (right, y), GRID), draw_words(left - 8, y + 4, tick_text(value), anchor="end")]
    for hour in range(0, 25, 3):
        x = left + (right - left) * hour / 24
        parts += [draw_line((x, bottom), (x, bottom + 4), GREY)]
        parts.append(draw_words(x, bottom + 18, f"{hour:02d}:00", anchor="middle", colour=GREY))
    middle = (top + bottom) / 2
    turned = f' transform="rotate(-90 14 {coordinate(middle)})"'
    parts.append(draw_line((left, bottom), (right, bottom), GREY))
    parts.append(draw_words((left + right) / 2, bottom + 38, "local time", anchor="middle", colour=GREY))
    parts.append(draw_words(14, middle, y_label, anchor="middle", colour=GREY, extra=turned))
    for index, values in enumerate(series.values()):
        at = [
            (left + (right - left) * (hour + 0.5) / 24, scaled(float(value), bottom, top, *ys))
            for hour, value in enumerate(values)
        ]
        colour, dash = line_style(index)
        parts.append(draw_curve(at, colour, 2, dash, dots=True))
    return whole_picture(width_px, height_px + legend_px, description or y_label, parts)
