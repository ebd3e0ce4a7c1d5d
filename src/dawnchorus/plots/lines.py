"""Lines over common axes, and those of precision against recall."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dawnchorus.plots.axes import draw_axes, draw_legend, line_style, scaled, span
from dawnchorus.plots.ink import Point, Values, draw_curve, empty_picture, whole_picture


def line_chart(
    series: Mapping[str, tuple[Values, Values]],
    x_label: str,
    y_label: str,
    *,
    description: str = "",
    x_range: tuple[float, float] | None = None,
    y_range: tuple[float, float] | None = None,
    width_px: int = 520,
    height_px: int = 300,
) -> str:
    """Draw lines over common axes as SVG: `series` maps a name to its x and y values; a line breaks where one is NaN.

    The axes hold all values unless a range is given; y begins at 0 when nothing is below. The names stand above.
    """
    points = {name: _points(xs, ys) for name, (xs, ys) in series.items()}
    known = [point for line in points.values() for point in line if math.isfinite(point[1])]
    description = description or f"{y_label} against {x_label}"
    if not known:
        return empty_picture(description)
    ranges = (x_range or span([x for x, _ in known]), y_range or span([0.0, *(y for _, y in known)]))
    legend, legend_px = draw_legend(list(series), width_px)
    room = (60.0, legend_px + 14, width_px - 16.0, height_px - 46 + legend_px)
    parts = [*legend, *draw_axes(room, *ranges, x_label, y_label)]
    for index, line in enumerate(points.values()):
        at = [(scaled(x, room[0], room[2], *ranges[0]), scaled(y, room[3], room[1], *ranges[1])) for x, y in line]
        colour, dash = line_style(index)
        parts.append(draw_curve(at, colour, 2, dash, dots=len(line) <= 30))
    return whole_picture(width_px, height_px + legend_px, description, parts)


def _points(xs: Values, ys: Values) -> list[Point]:
    """Pair x and y; where either is not finite, y is NaN."""
    pairs = [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
    return [(x, y) if math.isfinite(x) and math.isfinite(y) else (0.0, math.nan) for x, y in pairs]


def precision_recall_chart(
    curves: Mapping[str, tuple[Values, Values]], *, description: str = "Precision against recall", width_px: int = 340
) -> str:
    """Draw precision-recall curves as SVG: `curves` maps a name to its recall and precision values, 0 to 1."""
    full = (0.0, 1.0)
    return line_chart(
        curves,
        "recall (share found)",
        "precision (share correct)",
        description=description,
        x_range=full,
        y_range=full,
        width_px=width_px,
        height_px=width_px - 50,
    )
