"""A spectrogram as PNG bytes: time to the right, low frequency at the bottom, loud is bright."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Lightness rises evenly from night to dawn while the hue hardly moves: the marks on top have all hues to themselves.
SOUND_COLOURS = ("#05060f", "#141c3a", "#223b62", "#36627f", "#5b8c98", "#98b9b1", "#d8dfcb", "#fffdf0")


def colour_table() -> NDArray[np.uint8]:
    """Give the 256 colours of a spectrogram, quiet to loud: (256, 3), red, green, blue."""
    anchors = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in SOUND_COLOURS], dtype=np.float64)
    at = np.linspace(0, len(anchors) - 1, 256)
    table = [np.interp(at, np.arange(len(anchors)), anchors[:, channel]) for channel in range(3)]
    return np.round(np.stack(table, axis=1)).astype(np.uint8)


def shown_range_db(db: NDArray[Any]) -> tuple[float, float]:
    """Give the levels drawn darkest and brightest: the 10th and the 99.9th percentile."""
    known = np.asarray(db, dtype=np.float64)
    known = known[np.isfinite(known)]
    if known.size == 0:
        return 0.0, 1.0
    low, high = (float(level) for level in np.percentile(known, [10, 99.9]))
    return low, max(high, low + 1.0)


def spectrogram_png(
    db: NDArray[Any],
    *,
    height_px: int = 256,
    column_px: float = 1.0,
    range_db: tuple[float, float] | None = None,
    quick: bool = False,
) -> bytes:
    """Draw a spectrogram as a PNG: time to the right, low frequency at the bottom, loud is bright.

    `db`: (mel, column), row 0 the lowest frequency; what is not finite is drawn as quiet. `column_px`: picture pixels a
    column; below 1 columns share a pixel and the loudest shows, so that no short call is lost. `range_db`: the levels
    drawn darkest and brightest; `shown_range_db` unless given. `quick` packs less closely: a third of the time.
    """
    from PIL import Image

    levels = np.asarray(db, dtype=np.float64)
    if levels.ndim != 2 or 0 in levels.shape:
        raise ValueError(f"a spectrogram has the shape (mel, column), both above 0; this one has {levels.shape}")
    low, high = range_db or shown_range_db(levels)
    levels = np.nan_to_num(levels, nan=low, neginf=low, posinf=high)
    width_px = max(1, round(levels.shape[1] * column_px))
    if width_px < levels.shape[1]:
        levels = np.maximum.reduceat(levels, np.arange(width_px) * levels.shape[1] // width_px, axis=1)
    shades = np.round(np.clip((levels[::-1] - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    picture = Image.fromarray(shades).resize((width_px, height_px), Image.Resampling.BILINEAR)
    picture.putpalette(colour_table().tobytes())
    file = BytesIO()
    picture.save(file, "PNG", **({"compress_level": 2} if quick else {"optimize": True}))
    return file.getvalue()


def png_uri(png: bytes) -> str:
    """Give a PNG as a data URI, which a page holds within itself."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
