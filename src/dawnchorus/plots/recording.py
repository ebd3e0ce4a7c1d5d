"""A whole recording: its spectrogram, the boxes on it, and below it what the detector says of each species."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from dawnchorus.plots.axes import tick_text, ticks
from dawnchorus.plots.ink import (
    GREY,
    GRID,
    INK,
    Point,
    Rectangle,
    Values,
    dashed,
    draw_curve,
    draw_line,
    draw_rectangle,
    draw_words,
    overlap,
    path_data,
    shortened,
    text_width_px,
    whole_picture,
)
from dawnchorus.plots.marks import SPECIES_COLOURS, Box, Track, species_of
from dawnchorus.plots.place import Place, above_zero, draw_frequency_axis, draw_sound, row_edges
from dawnchorus.plots.spectrogram import colour_table, shown_range_db

# An edge round letters, so that they are read on loud sound, and on lines.
NIGHT_EDGE = ' stroke="#05060f" stroke-width="3.5" stroke-linejoin="round" paint-order="stroke"'
RECORDING_WIDTH_PX = 960


def recording_figure(
    db: NDArray[Any],
    *,
    duration_s: float,
    low_hz: float,
    high_hz: float,
    mel_hz: Values,
    boxes: Sequence[Box] = (),
    tracks: Sequence[Track] = (),
    description: str = "Spectrogram",
) -> str:
    """Draw a recording as SVG: spectrogram, boxes, and below them what the detector says of each species.

    `db`: (mel, column), row 0 the lowest; it covers `duration_s` from its first column to its last. `mel_hz`: (mel,),
    the rising centre frequency of each row; `low_hz` and `high_hz` are the edges of the lowest and the highest row.
    Marks, from the top: `pseudo` boxes as pale bars, a lane a species; `present` boxes solid and `absent` ones dashed
    on the spectrogram; one curve a species from 0 to 1, its threshold dashed, and `truth` as thin bars under the curve.
    """
    names = species_of(boxes, tracks)
    lanes = [name for name in names if any(box.label == name and box.kind == "pseudo" for box in boxes)]
    scored = {track.label for track in tracks} | {box.label for box in boxes if box.kind == "truth"}
    rows = [name for name in names if name in scored]
    top = 8.0 + 18 * len(lanes) + (6 if lanes else 0)
    place = Place(
        200,
        top,
        RECORDING_WIDTH_PX - 62,
        top + 264,
        above_zero(duration_s),
        row_edges(db, low_hz, mel_hz, high_hz),
        {name: SPECIES_COLOURS[index % len(SPECIES_COLOURS)] for index, name in enumerate(names)},
    )
    parts = [draw_sound(db, place), *_lanes(place, lanes, boxes), *draw_frequency_axis(place), *_level_bar(db, place)]
    parts += _boxes(place, [box for box in boxes if box.kind in ("present", "absent")])
    parts += _time_axis(place, place.bottom, "" if rows else "time (s)")
    y = place.bottom + 34
    for name in rows:
        parts += _score_row(place, y, name, tracks, boxes)
        y += 62
    if rows:
        parts += _time_axis(place, y - 8, "time (s)")
    return whole_picture(RECORDING_WIDTH_PX, y + (36 if rows else 12), description, parts)


def _lanes(place: Place, lanes: Sequence[str], boxes: Sequence[Box]) -> list[str]:
    """Draw the pseudo-labels above the spectrogram, a lane a species."""
    parts = []
    for index, name in enumerate(lanes):
        top, (_, deep) = 8.0 + 18 * index, place.colours[name]
        parts.append(draw_words(place.left - 10, top + 11, name, anchor="end", colour=deep, room_px=place.left - 18))
        parts.append(draw_line((place.left, top + 7), (place.right, top + 7), GRID))
        for box in boxes:
            if box.kind == "pseudo" and box.label == name:
                left, _, right, _ = place.around(box)
                says = f"pseudo-label: {name}, {box.start_s:.2f} to {box.end_s:.2f} s"
                at = (left, top, right, top + 14)
                parts.append(draw_rectangle(at, deep, extra=f' fill-opacity="0.45" stroke="{deep}"', hover=says))
    return parts


def _time_axis(place: Place, y: float, label: str) -> list[str]:
    """Draw the seconds under `y`."""
    parts = []
    for value in ticks(0, place.duration_s, 10):
        x = place.x(value)
        parts.append(draw_line((x, y), (x, y + 5), GREY))
        parts.append(draw_words(x, y + 18, tick_text(value), anchor="middle", colour=GREY))
    parts.append(
        draw_words((place.left + place.right) / 2, y + 36, label, anchor="middle", colour=GREY) if label else ""
    )
    return parts


def _level_bar(db: NDArray[Any], place: Place) -> list[str]:
    """Draw which colour is which level, in dB, at the right."""
    low, high = shown_range_db(db)
    left, steps, table = place.right + 12, 32, colour_table()
    height = (place.bottom - place.top) / steps
    parts = []
    for step in range(steps):
        red, green, blue = (int(part) for part in table[round(step / (steps - 1) * 255)])
        bottom = place.bottom - step * height
        at = (left, bottom - height - (0.4 if step + 1 < steps else 0), left + 10, bottom)
        parts.append(draw_rectangle(at, f"#{red:02x}{green:02x}{blue:02x}"))
    parts.append(draw_words(left + 14, place.top + 10, f"{high:.0f} dB", colour=GREY, size=11))
    parts.append(draw_words(left + 14, place.bottom, f"{low:.0f} dB", colour=GREY, size=11))
    return parts


def _boxes(place: Place, boxes: Sequence[Box]) -> list[str]:
    """Draw what people said on the spectrogram; every line has a dark edge, so that it shows on loud sound too."""
    parts, labels = [], []
    frames = [place.around(box) for box in boxes]
    for box, frame in zip(boxes, frames, strict=True):
        bright, _ = place.colours[box.label]
        dash = "5 4" if box.kind == "absent" else ""
        says = f"{box.label}: {box.kind}, {box.start_s:.2f} to {box.end_s:.2f} s"
        says += f", {box.low_hz:.0f} to {box.high_hz:.0f} Hz"
        parts.append(draw_rectangle(frame, "none", extra=' stroke="#05060f" stroke-width="4.5" stroke-opacity="0.75"'))
        extra = f' stroke="{bright}" stroke-width="2" class="{box.kind}" pointer-events="all"{dashed(dash)}'
        parts.append(draw_rectangle(frame, "none", extra=extra, hover=says))
    taken: list[Rectangle] = []
    for box, frame in zip(boxes, frames, strict=True):
        shown = shortened(("not " if box.kind == "absent" else "") + box.label, 190)
        spot = _free_spot(place, frame, text_width_px(shown) + 4, frames, taken)
        if spot is not None:
            taken.append(spot)
            labels.append(
                draw_words(spot[0] + 2, spot[3] - 4, shown, colour=place.colours[box.label][0], extra=NIGHT_EDGE)
            )
    return parts + labels


def _free_spot(
    place: Place, frame: Rectangle, width: float, frames: Sequence[Rectangle], taken: Sequence[Rectangle]
) -> Rectangle | None:
    """Find room for a box's name: near it, off other names, off other boxes when possible; None when there is none."""
    left, top, right, bottom = frame
    x = max(min(left, place.right - width), place.left)
    beside = right + 3 if right + 3 + width <= place.right else max(left - 3 - width, place.left)
    tops = [top - 18, bottom + 2, top - 34, bottom + 18, top - 50, bottom + 34]
    spots = [(x, y) for y in tops] + [(beside, top), (beside, bottom - 16), (x, top + 3)]
    spots = [(x, y) for x, y in spots if y >= place.top and y + 16 <= place.bottom]
    for others in ([*taken, *(other for other in frames if other != frame)], taken):
        for x, y in spots:
            spot = (x, y, x + width, y + 16)
            if not any(overlap(spot, other) for other in others):
                return spot
    return None


def _score_row(place: Place, top: float, name: str, tracks: Sequence[Track], boxes: Sequence[Box]) -> list[str]:
    """Draw one species below the spectrogram: its score from 0 to 1, its threshold, and its true events."""
    height, (_, deep) = 36.0, place.colours[name]
    bottom = top + height
    parts = [draw_words(place.left - 24, top + 22, name, anchor="end", colour=deep, room_px=place.left - 32)]
    for value in (0, 1):
        y = bottom - value * height
        parts.append(draw_line((place.left, y), (place.right, y), GRID))
        parts.append(draw_words(place.left - 6, y + 4, str(value), anchor="end", colour=GREY, size=11))
    for track in tracks:
        if track.label == name:
            parts += _score_curve(place, bottom, height, track, deep)
    for box in boxes:
        if box.kind == "truth" and box.label == name:
            left, _, right, _ = place.around(box)
            at = (left, bottom + 3, right, bottom + 9)
            parts.append(draw_rectangle(at, INK, hover=f"true: {name}, {box.start_s:.2f} to {box.end_s:.2f} s"))
    return parts


def _score_curve(place: Place, bottom: float, height: float, track: Track, colour: str) -> list[str]:
    """Draw one curve, filled down to 0, with its threshold."""
    heights = [
        min(max(float(score), 0.0), 1.0) * height if math.isfinite(score) else math.nan for score in track.scores
    ]
    points = [(place.x(float(time_s)), bottom - up) for time_s, up in zip(track.times_s, heights, strict=True)]
    parts, run = [], list[Point]()
    for point in [*points, (0.0, math.nan)]:
        if math.isfinite(point[1]):
            run.append(point)
        elif run:
            area = path_data([(run[0][0], bottom), *run, (run[-1][0], bottom)])
            parts.append(f'<path d="{area}Z" fill="{colour}" fill-opacity="0.2"/>')
            run = []
    y = bottom - track.threshold * height
    parts.append(draw_line((place.left, y), (place.right, y), GREY, 1, "3 3"))
    parts.append(draw_words(place.right + 5, y + 4, f"{track.threshold:.2g}", colour=GREY, size=11))
    return [*parts, draw_curve(points, colour, 1.8, dots=False)]
