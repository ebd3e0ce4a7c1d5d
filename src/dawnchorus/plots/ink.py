"""Words and shapes as SVG text, in the colours that all charts share."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from html import escape
from typing import Any

from numpy.typing import NDArray

Values = Sequence[float] | NDArray[Any]
Point = tuple[float, float]
Rectangle = tuple[float, float, float, float]  # left, top, right, bottom
INK, GREY, GRID = "#1d2528", "#566168", "#dfe4e6"
AXIS = "#7b868c"  # read on white and on night, for pictures that stand on either
FONT_PX = 12.0
PAPER_EDGE = ' stroke="#ffffff" stroke-width="3.5" stroke-linejoin="round" paint-order="stroke"'


def safe_text(text: str) -> str:
    """Escape `text` for HTML and XML; characters that no page may hold, or that turn its direction, become U+FFFD."""
    return escape("".join("\ufffd" if _unprintable(character) else character for character in str(text)))


def _unprintable(character: str) -> bool:
    """Is it a control or direction character, a surrogate or a noncharacter?"""
    code = ord(character)
    turns = 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
    controls = unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n"
    return turns or controls or code & 0xFFFE == 0xFFFE


def text_width_px(text: str, font_px: float = FONT_PX) -> float:
    """Estimate, on the wide side, how wide `text` is in a sans-serif face."""
    return font_px * sum(1.05 if unicodedata.east_asian_width(character) in "WF" else 0.57 for character in text)


def shortened(text: str, width_px: float, font_px: float = FONT_PX) -> str:
    """Cut `text` with an ellipsis so that it fits in `width_px`."""
    if text_width_px(text, font_px) <= width_px:
        return text
    while text and text_width_px(text + "…", font_px) > width_px:
        text = text[:-1]
    return text.rstrip() + "…"


def coordinate(value: float) -> str:
    """Write a coordinate: two decimals at most, no needless zeros."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def draw_words(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    colour: str = INK,
    size: float = FONT_PX,
    room_px: float = math.inf,
    extra: str = "",
) -> str:
    """Draw `text` with its base line at `y`; what doesn't fit in `room_px` is cut and shown whole on hovering."""
    shown = shortened(text, room_px, size)
    hover = f"<title>{safe_text(text)}</title>" if shown != text else ""
    where = (
        f'x="{coordinate(x)}" y="{coordinate(y)}" font-size="{coordinate(size)}" text-anchor="{anchor}" fill="{colour}"'
    )
    return f"<text {where}{extra}>{hover}{safe_text(shown)}</text>"


def draw_line(start: Point, end: Point, colour: str, width_px: float = 1, dash: str = "") -> str:
    """Draw a straight line."""
    (x1, y1), (x2, y2) = start, end
    where = f'x1="{coordinate(x1)}" y1="{coordinate(y1)}" x2="{coordinate(x2)}" y2="{coordinate(y2)}"'
    return f'<line {where} stroke="{colour}" stroke-width="{coordinate(width_px)}"{dashed(dash)}/>'


def dashed(dash: str) -> str:
    """Give the attribute for a dash pattern, or nothing for a solid line."""
    return f' stroke-dasharray="{dash}"' if dash else ""


def draw_rectangle(at: Rectangle, fill: str, *, extra: str = "", hover: str = "") -> str:
    """Draw a filled rectangle; `hover` is shown when the pointer rests on it."""
    left, top, right, bottom = at
    size = f'width="{coordinate(max(right - left, 0))}" height="{coordinate(max(bottom - top, 0))}"'
    start = f'<rect x="{coordinate(left)}" y="{coordinate(top)}" {size} fill="{fill}"{extra}'
    return f"{start}><title>{safe_text(hover)}</title></rect>" if hover else f"{start}/>"


def path_data(points: Sequence[Point]) -> str:
    """Give the `d` of a line through `points`; it breaks where one is not finite. Points nearer than 0.7 are joined."""
    parts: list[str] = []
    last: Point | None = None
    for index, (x, y) in enumerate(points):
        if not (math.isfinite(x) and math.isfinite(y)):
            last = None
            continue
        ends = index + 1 == len(points) or not math.isfinite(points[index + 1][1])
        if last is None or ends or abs(x - last[0]) + abs(y - last[1]) >= 0.7:
            parts.append(f"{'M' if last is None else 'L'}{coordinate(x)} {coordinate(y)}")
            last = (x, y)
    return "".join(parts)


def draw_curve(points: Sequence[Point], colour: str, width_px: float, dash: str = "", *, dots: bool) -> str:
    """Draw a line through `points`, with a dot at each when wished."""
    path = path_data(points)
    ends = f'stroke-width="{coordinate(width_px)}" stroke-linejoin="round" stroke-linecap="round"{dashed(dash)}'
    line = f'<path d="{path}" fill="none" stroke="{colour}" {ends}/>' if path else ""
    return line + "".join(
        f'<circle cx="{coordinate(x)}" cy="{coordinate(y)}" r="2.5" fill="{colour}"/>'
        for x, y in points
        if dots and math.isfinite(x) and math.isfinite(y)
    )


def whole_picture(width_px: float, height_px: float, description: str, parts: Sequence[str]) -> str:
    """Wrap drawn parts as one picture; `description` is what a person who can't see it hears."""
    width, height = coordinate(width_px), coordinate(height_px)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    face = "font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif\""
    return f'<svg {size} role="img" aria-label="{safe_text(description)}" {face}>' + "\n".join(parts) + "</svg>"


def empty_picture(description: str) -> str:
    """Say in the place of a chart that there is nothing to draw."""
    return whole_picture(360, 40, f"{description}: no values", [draw_words(8, 24, "No values to draw.", colour=GREY)])


def overlap(one: Rectangle, other: Rectangle) -> bool:
    """Do two rectangles share room?"""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def alone(svg: str) -> str:
    """Make a picture a file of its own, on white."""
    name = '<svg xmlns="http://www.w3.org/2000/svg" style="background:#ffffff" '
    return svg.replace("<svg ", name, 1) + "\n"
