"""Where things happen: places as dots on a map without a background."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dawnchorus.plots.axes import LINE_COLOURS
from dawnchorus.plots.dots import Dot, draw_dot_names
from dawnchorus.plots.ink import (
    GREY,
    GRID,
    INK,
    PAPER_EDGE,
    Rectangle,
    coordinate,
    draw_line,
    draw_rectangle,
    draw_words,
    empty_picture,
    safe_text,
    whole_picture,
)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on a map, in degrees, with a value that is 0 or more (NaN: not known)."""

    label: str
    latitude: float
    longitude: float
    value: float


KM_OF_DEGREE = 111.2


def site_map(
    spots: Sequence[Spot], value_label: str, *, description: str = "", width_px: int = 560, height_px: int = 460
) -> str:
    """Draw places as SVG, north up, a kilometre as long in both directions: the dot's area is its value, 0 a ring."""
    spots = [spot for spot in spots if math.isfinite(spot.latitude) and math.isfinite(spot.longitude)]
    if not spots:
        return empty_picture(description or value_label)
    middle = (
        (min(spot.latitude for spot in spots) + max(spot.latitude for spot in spots)) / 2,
        (min(spot.longitude for spot in spots) + max(spot.longitude for spot in spots)) / 2,
    )
    km_east = KM_OF_DEGREE * max(math.cos(math.radians(middle[0])), 0.01)
    places = [((s.longitude - middle[1]) * km_east, (s.latitude - middle[0]) * KM_OF_DEGREE) for s in spots]
    room = (16.0, 16.0, width_px - 16.0, height_px - 44.0)
    reach_km = max([0.05, *(abs(x) * 2 / (room[2] - room[0]) * (room[3] - room[1]) for x, _ in places)])
    reach_km = max(reach_km, *(abs(y) * 2 for _, y in places)) * 1.25
    px = (room[3] - room[1]) / reach_km
    centre = (room[0] + room[2]) / 2, (room[1] + room[3]) / 2
    at = [(centre[0] + x * px, centre[1] - y * px) for x, y in places]
    highest = max((spot.value for spot in spots if math.isfinite(spot.value)), default=0.0)
    parts = [draw_rectangle(room, "#f6f8f8", extra=f' stroke="{GRID}"')]
    heard = [math.isfinite(spot.value) and spot.value > 0 for spot in spots]
    radii = [4 + 12 * math.sqrt(s.value / highest) if h else 4.0 for s, h in zip(spots, heard, strict=True)]
    dots = [Dot(spot.label, *xy) for spot, xy in zip(spots, at, strict=True)]
    parts += draw_dot_names(dots, at, room, radii)
    for radius, number in sorted(((r, n) for n, r in enumerate(radii)), reverse=True):  # small ones on top
        spot, (x, y) = spots[number], at[number]
        ring = f'fill="#ffffff" stroke="{GREY}" stroke-width="1.6"'
        look = f'fill="{LINE_COLOURS[0]}" fill-opacity="0.75"' if heard[number] else ring
        hover = f"{spot.label}: {spot.value:.3g}; {spot.latitude:.5g}, {spot.longitude:.5g}"
        where = f'cx="{coordinate(x)}" cy="{coordinate(y)}" r="{coordinate(radius)}"'
        parts.append(f"<circle {where} {look}><title>{safe_text(hover)}</title></circle>")
    parts += _scale_bar(room, px)
    words = f"largest dot: {highest:.3g} {value_label}; ring: not heard" if highest > 0 else "ring: not heard"
    parts.append(draw_words(room[0], room[3] + 20, words, size=11, colour=GREY, room_px=width_px - 32))
    return whole_picture(width_px, height_px, description or value_label, parts)


def _scale_bar(room: Rectangle, px_of_km: float) -> list[str]:
    """Draw a round length at the lower right, and which way is north."""
    most_km = 110 / px_of_km
    power = 10.0 ** math.floor(math.log10(most_km))
    length_km = max(factor * power for factor in (1, 2, 5) if factor * power <= most_km)
    text = f"{length_km:g} km" if length_km >= 1 else f"{1000 * length_km:g} m"
    right, y = room[2] - 12, room[3] - 12
    left = right - length_km * px_of_km
    north = (room[2] - 20, room[1] + 14)
    return [
        draw_line((left, y), (right, y), INK, 2),
        *(draw_line((x, y - 4), (x, y + 1), INK, 2) for x in (left, right)),
        draw_words((left + right) / 2, y - 8, text, anchor="middle", size=11, extra=PAPER_EDGE),
        draw_words(north[0], north[1] + 26, "N", anchor="middle", size=11),
        f'<path d="M{coordinate(north[0])} {coordinate(north[1])}l5 13l-5 -3l-5 3z" fill="{INK}"/>',
    ]
