"""What charts over numbers share: round numbers at ticks, a grid, a legend, the look of the n-th line."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dawnchorus.plots.ink import GREY, GRID, Rectangle, coordinate, draw_line, draw_words, shortened, text_width_px

Level = tuple[str, float]  # the name of a line across a chart, and its value
# Okabe and Ito's colours, which people with any colour vision tell apart; yellow is left out on white.
LINE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES = ("", "7 3", "2 3", "9 3 2 3")


def tick_text(value: float) -> str:
    """Write the number at a tick, with commas in thousands."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.6g}"


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Give about `count` round numbers (1, 2 or 5 times a power of ten) within `low` and `high`."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low] if math.isfinite(low) else []
    rough = (high - low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{index * step:.10g}") for index in range(first, last + 1)]


def scaled(value: float, start: float, end: float, low: float, high: float) -> float:
    """Place a value on an axis that runs from `start` (the value `low`) to `end` (`high`); NaN stays NaN."""
    return start + float(np.clip((value - low) / (high - low), 0, 1)) * (end - start)


def draw_axes(
    room: Rectangle, xs: tuple[float, float], ys: tuple[float, float], x_label: str, y_label: str
) -> list[str]:
    """Draw the grid of a chart, its numbers and what they are."""
    left, top, right, bottom = room
    parts = []
    for value in ticks(*ys, 5):
        y = scaled(value, bottom, top, *ys)
        parts.append(draw_line((left, y), (right, y), GRID))
        parts.append(draw_words(left - 8, y + 4, tick_text(value), anchor="end", colour=GREY))
    for value in ticks(*xs, 5):
        x = scaled(value, left, right, *xs)
        parts.append(draw_line((x, bottom), (x, bottom + 4), GREY))
        parts.append(draw_words(x, bottom + 18, tick_text(value), anchor="middle", colour=GREY))
    middle = (top + bottom) / 2
    turned = f' transform="rotate(-90 14 {coordinate(middle)})"'
    return [
        *parts,
        draw_line((left, bottom), (right, bottom), GREY),
        draw_words((left + right) / 2, bottom + 38, x_label, anchor="middle", colour=GREY),
        draw_words(14, middle, y_label, anchor="middle", colour=GREY, extra=turned),
    ]


def span(values: Sequence[float]) -> tuple[float, float]:
    """Give the lowest and highest value, never the same."""
    low, high = min(values), max(values)
    return (low, high) if high > low else (low, low + 1)


def line_style(index: int) -> tuple[str, str]:
    """Give colour and dash of the line with this number; no two of the first 28 look alike."""
    return LINE_COLOURS[index % len(LINE_COLOURS)], DASHES[index // len(LINE_COLOURS) % len(DASHES)]


def draw_legend(names: Sequence[str], width_px: float) -> tuple[list[str], float]:
    """Draw the names of lines above a chart, in as many rows as they need; also give the height."""
    x, y, parts = 12.0, 14.0, []
    for index, name in enumerate(names):
        shown = shortened(name, width_px - 60)
        if x > 12 and x + 30 + text_width_px(shown) > width_px:
            x, y = 12.0, y + 18
        colour, dash = line_style(index)
        parts += [
            draw_line((x, y - 4), (x + 22, y - 4), colour, 2.5, dash),
            draw_words(x + 28, y, name, room_px=width_px - 60),
        ]
        x += 28 + text_width_px(shown) + 16
    return parts, y + 4 if names else 0.0
