"""A stretch of a recording, small enough to stand among many."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.plots.axes import tick_text, ticks
from dawnchorus.plots.ink import AXIS, Values, draw_curve, draw_line, draw_rectangle, draw_words, whole_picture
from dawnchorus.plots.marks import SPECIES_COLOURS, Box, Track
from dawnchorus.plots.place import Place, above_zero, draw_frequency_axis, draw_sound, row_edges


def clip_figure(
    db: NDArray[Any],
    *,
    start_s: float,
    end_s: float,
    low_hz: float,
    high_hz: float,
    mel_hz: Values,
    box: Box | None = None,
    track: Track | None = None,
    description: str = "Spectrogram",
    size_px: tuple[int, int] = (360, 240),
) -> str:
    """Draw a stretch of a recording as SVG, small enough to stand among many: in the colours of `recording_figure`.

    `db` covers `start_s` to `end_s`, which the time axis tells as seconds of the recording; `mel_hz`, `low_hz` and
    `high_hz` as in `recording_figure`. `box` is what was found, in seconds of the recording; where its hertz are not
    known, both 0, it is as high as the picture. The curve of `track` is drawn below, from 0 to 1.
    """
    width, height = size_px
    below = 24 if track is None else 60
    duration_s = above_zero(end_s - start_s)
    hz = row_edges(db, low_hz, mel_hz, high_hz)
    label = box.label if box is not None else track.label if track is not None else ""
    place = Place(40, 6, width - 8.0, height - float(below), duration_s, hz, {label: SPECIES_COLOURS[0]})
    parts = [draw_sound(db, place, quick=True), *draw_frequency_axis(place, named=False)]
    if box is not None:
        parts.append(_found(place, box, start_s))
    if track is not None:
        parts += _clip_curve(place, track, start_s)
    for value in ticks(start_s, end_s, max(2, width // 90)):
        x, y = place.x(value - start_s), height - 20.0
        parts.append(draw_line((x, y), (x, y + 4), AXIS))
        parts.append(draw_words(x, y + 16, f"{tick_text(value)} s", anchor="middle", colour=AXIS, size=11))
    # A file of its own, not a part of a page, has to say that it is SVG.
    return whole_picture(width, height, description, parts).replace(
        "<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1
    )


def _found(place: Place, box: Box, start_s: float) -> str:
    low_hz, high_hz = (box.low_hz, box.high_hz) if box.high_hz > box.low_hz else (place.hz[0], place.hz[-1])
    frame = place.around(Box(box.start_s - start_s, box.end_s - start_s, low_hz, high_hz, box.label, box.kind))
    edge = draw_rectangle(frame, "none", extra=' stroke="#05060f" stroke-width="4" stroke-opacity="0.75"')
    return edge + draw_rectangle(frame, "none", extra=f' stroke="{place.colours[box.label][0]}" stroke-width="1.8"')


def _clip_curve(place: Place, track: Track, start_s: float) -> list[str]:
    top, bottom = place.bottom + 4, place.bottom + 38
    moved = Track(track.label, np.asarray(track.times_s) - start_s, track.scores, track.threshold)
    own = Place(place.left, top, place.right, bottom, place.duration_s, place.hz, place.colours)
    parts = [draw_line((own.left, y), (own.right, y), AXIS, 0.5) for y in (top, bottom)]
    for value, y in ((1, top + 8), (0, bottom)):
        parts.append(draw_words(own.left - 5, y, str(value), anchor="end", colour=AXIS, size=10))
    heights = [min(max(float(score), 0.0), 1.0) * (bottom - top) for score in moved.scores]
    points = [(own.x(float(time_s)), bottom - up) for time_s, up in zip(moved.times_s, heights, strict=True)]
    return [*parts, draw_curve(points, place.colours[track.label][1], 1.8, dots=len(points) == 1)]
