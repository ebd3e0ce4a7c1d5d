"""Named dots over common axes: a scatter chart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dawnchorus.plots.axes import LINE_COLOURS, Level, draw_axes, scaled
from dawnchorus.plots.ink import (
    PAPER_EDGE,
    Point,
    Rectangle,
    coordinate,
    draw_line,
    draw_words,
    empty_picture,
    overlap,
    safe_text,
    shortened,
    text_width_px,
    whole_picture,
)


@dataclass(frozen=True, slots=True)
class Dot:
    """One point of a scatter chart, and its name. Dots of one `group` share a colour."""

    label: str
    x: float
    y: float
    group: str = ""


def scatter_chart(
    dots: Sequence[Dot],
    x_label: str,
    y_label: str,
    *,
    description: str = "",
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    levels: Sequence[Level] = (),
    width_px: int = 720,
    height_px: int = 460,
) -> str:
    """Draw named dots over common axes as SVG; a dot that is not finite is left out.

    The axes hold all dots with some room unless a range is given. A name stands beside its dot where it covers no other
    name or dot; where there is no room it is shown on hovering alone, as all names are. `levels` are dashed lines
    across, each with its name. Names of groups stand above, if there are several.
    """
    dots = [dot for dot in dots if math.isfinite(dot.x) and math.isfinite(dot.y)]
    description = description or f"{y_label} against {x_label}"
    if not dots:
        return empty_picture(description)
    across = [value for _, value in levels if math.isfinite(value)]
    ranges = x_range or _roomy([dot.x for dot in dots]), y_range or _roomy([*(dot.y for dot in dots), *across])
    groups = list(dict.fromkeys(dot.group for dot in dots))
    key, key_px = _dot_key(groups, width_px) if len(groups) > 1 else ([], 0.0)
    room = (60.0, key_px + 14, width_px - 16.0, height_px - 46 + key_px)
    parts = [*key, *draw_axes(room, *ranges, x_label, y_label)]
    for name, value in levels:
        if math.isfinite(value):
            y = scaled(value, room[3], room[1], *ranges[1])
            parts.append(draw_line((room[0], y), (room[2], y), LINE_COLOURS[1], 1.5, "4 3"))
            parts.append(
                draw_words(room[2] - 4, y - 5, name, anchor="end", colour="#A84600", size=11, extra=PAPER_EDGE)
            )
    at = [(scaled(dot.x, room[0], room[2], *ranges[0]), scaled(dot.y, room[3], room[1], *ranges[1])) for dot in dots]
    parts += draw_dot_names(dots, at, room)  # below the dots, so that their white edges cut none
    for dot, (x, y) in zip(dots, at, strict=True):
        parts.append(_dot((x, y), groups.index(dot.group), f"{dot.label}: {dot.x:.4g}, {dot.y:.4g}"))
    return whole_picture(width_px, height_px + key_px, description, parts)


def _dot(at: Point, group: int, hover: str) -> str:
    """Draw a dot of a group: filled, and from the eighth group on hollow."""
    colour, filled = LINE_COLOURS[group % len(LINE_COLOURS)], group < len(LINE_COLOURS)
    where = f'cx="{coordinate(at[0])}" cy="{coordinate(at[1])}" r="{"4" if filled else "3.2"}"'
    look = f'fill="{colour}" fill-opacity="0.85"' if filled else f'fill="#ffffff" stroke="{colour}" stroke-width="1.8"'
    return f"<circle {where} {look}><title>{safe_text(hover)}</title></circle>"


def _roomy(values: Sequence[float]) -> tuple[float, float]:
    """Give a range that holds all values with a twelfth of it free at either end."""
    low, high = min(values), max(values)
    free = (high - low) / 10 or 0.5
    return low - free, high + free


def _dot_key(groups: Sequence[str], width_px: float) -> tuple[list[str], float]:
    """Draw the names of groups above a chart, each behind a dot of its colour; also give the height."""
    x, y, parts = 12.0, 14.0, list[str]()
    for index, name in enumerate(groups):
        shown = shortened(name, width_px - 40)
        if x > 12 and x + 12 + text_width_px(shown) > width_px:
            x, y = 12.0, y + 18
        parts += [_dot((x + 4, y - 4), index, name), draw_words(x + 14, y, name, room_px=width_px - 40)]
        x += 14 + text_width_px(shown) + 16
    return parts, y + 4


def draw_dot_names(
    dots: Sequence[Dot], at: Sequence[Point], room: Rectangle, radii_px: Sequence[float] | None = None
) -> list[str]:
    """Draw the names of dots where they cover neither dots nor each other."""
    radii = [4.0] * len(dots) if radii_px is None else radii_px
    taken: list[Rectangle] = [(x - r - 1, y - r - 1, x + r + 1, y + r + 1) for (x, y), r in zip(at, radii, strict=True)]
    parts = []
    for index, (dot, (x, y), r) in enumerate(zip(dots, at, radii, strict=True)):
        width = text_width_px(shortened(dot.label, 180, 11), 11)
        right, left_of, above, below = x + r + 3, x - r - 3, y - r - 18, y + r + 3
        sides = [("start", right, y - 8), ("end", left_of, y - 8), ("middle", x, above), ("middle", x, below)]
        corners = [
            (anchor, by, top)
            for top in (y - r - 15, y + r)
            for anchor, by in (("start", x + r + 1), ("end", x - r - 1))
        ]
        for anchor, by, top in sides + corners:
            left = by - {"start": 0, "middle": width / 2, "end": width}[anchor]
            spot = (left, top, left + width, top + 14)
            inside = left >= room[0] and top >= room[1] and spot[2] <= room[2] and spot[3] <= room[3]
            if inside and not any(overlap(spot, other) for n, other in enumerate(taken) if n != index):
                taken.append(spot)
                name = draw_words(by, top + 11, dot.label, anchor=anchor, size=11, room_px=180, extra=PAPER_EDGE)
                parts.append(name)
                break
    return parts
