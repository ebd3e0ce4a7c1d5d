"""Where seconds and hertz lie on a picture of sound, and the spectrogram that lies there."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.plots.ink import AXIS, GREY, Rectangle, Values, coordinate, draw_line, draw_words
from dawnchorus.plots.marks import Box
from dawnchorus.plots.spectrogram import png_uri, spectrogram_png


@dataclass(frozen=True, slots=True)
class Place:
    """Where seconds and hertz lie on a recording figure, and which colours its species have."""

    left: float
    top: float
    right: float
    bottom: float
    duration_s: float
    hz: tuple[float, ...]  # low edge, the mel centres, high edge
    colours: Mapping[str, tuple[str, str]]

    def x(self, time_s: float) -> float:
        """Give where a moment lies; what is outside the recording lies at its end."""
        share = min(max(time_s / self.duration_s, 0.0), 1.0)
        return self.left + share * (self.right - self.left)

    def y(self, hz: float) -> float:
        """Give where a frequency lies, on the scale of the rows."""
        rows = len(self.hz) - 2
        row = float(np.interp(hz, self.hz, [-0.5, *range(rows), rows - 0.5]))
        return self.bottom - (row + 0.5) / rows * (self.bottom - self.top)

    def around(self, box: Box) -> Rectangle:
        """Give the rectangle of a box, at least two units wide and high."""
        left, right = self.x(box.start_s), self.x(box.end_s)
        low, high = sorted((self.y(box.low_hz), self.y(box.high_hz)))
        return left, low, max(right, left + 2), max(high, low + 2)


def above_zero(duration_s: float) -> float:
    """Check that a recording lasts."""
    if not duration_s > 0:
        raise ValueError(f"a recording lasts longer than 0 s, not {duration_s} s")
    return duration_s


def row_edges(db: NDArray[Any], low_hz: float, mel_hz: Values, high_hz: float) -> tuple[float, ...]:
    """Check that every row of `db` has a frequency and that they rise; give them with both ends."""
    hz = (low_hz, *(float(centre) for centre in mel_hz), high_hz)
    if len(hz) != len(db) + 2 or any(later < earlier for earlier, later in itertools.pairwise(hz)):
        raise ValueError("mel_hz has one rising frequency for each row of db, between low_hz and high_hz")
    return hz


def draw_sound(db: NDArray[Any], place: Place, quick: bool = False) -> str:
    """Draw the spectrogram itself, at most two pixels wide for each unit of the figure."""
    width, height = place.right - place.left, place.bottom - place.top
    columns = np.shape(db)[1]
    png = spectrogram_png(db, height_px=256, column_px=min(1.0, 2 * width / columns), quick=quick)
    at = f'x="{coordinate(place.left)}" y="{coordinate(place.top)}"'
    size = f'width="{coordinate(width)}" height="{coordinate(height)}"'
    return f'<image {at} {size} preserveAspectRatio="none" href="{png_uri(png)}"/>'


def draw_frequency_axis(place: Place, named: bool = True) -> list[str]:
    """Draw the kilohertz at the left, where the mel scale puts them; powers of two go first, none nearer than 17."""
    ink = GREY if named else AXIS
    kilohertz = (1, 2, 4, 8, 16, 32, 64, 0.5, 3, 6, 12, 24, 48, 96, 0.25, 10, 20, 40, 0.1)
    parts: list[str] = []
    taken: list[float] = []
    for value in kilohertz:
        y = place.y(value * 1000)
        if place.hz[0] <= value * 1000 <= place.hz[-1] and all(abs(y - other) >= 17 for other in taken):
            taken.append(y)
            parts.append(draw_line((place.left - 5, y), (place.left, y), ink))
            unit = "" if named else "k"
            parts.append(draw_words(place.left - 8, y + 4, f"{value:g}{unit}", anchor="end", colour=ink))
    if not named:
        return parts
    middle = (place.top + place.bottom) / 2
    turned = f' transform="rotate(-90 {coordinate(place.left - 38)} {coordinate(middle)})"'
    parts.append(draw_words(place.left - 38, middle, "frequency (kHz)", anchor="middle", colour=GREY, extra=turned))
    return parts
