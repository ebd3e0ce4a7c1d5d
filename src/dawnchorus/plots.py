"""Pictures without a plotting library: spectrograms as PNG bytes, charts as SVG text.

Every function returns a picture and writes nothing. The SVG stands inside an HTML page; it has no script, no style
sheet and no outside reference, and all words in it are escaped. The same input gives the same bytes. Text is 12 units
high unless said, so a chart may be shown at 85 % of its size and still be read.
"""

from __future__ import annotations

import base64
import itertools
import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from io import BytesIO
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Values = Sequence[float] | NDArray[Any]
Point = tuple[float, float]
Rectangle = tuple[float, float, float, float]  # left, top, right, bottom
Level = tuple[str, float]  # the name of a line across a chart, and its value

# Lightness rises evenly from night to dawn while the hue hardly moves: the marks on top have all hues to themselves.
SOUND_COLOURS = ("#05060f", "#141c3a", "#223b62", "#36627f", "#5b8c98", "#98b9b1", "#d8dfcb", "#fffdf0")
# Okabe and Ito's colours, which people with any colour vision tell apart; yellow is left out on white.
LINE_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES = ("", "7 3", "2 3", "9 3 2 3")
# One pair a species: on the dark spectrogram, and deeper on white paper.
SPECIES_COLOURS = (
    ("#FFB733", "#B87800"),
    ("#6CC5F5", "#2A7FB4"),
    ("#F2A3D0", "#A8517F"),
    ("#45E0B0", "#00805D"),
    ("#F0E442", "#857B00"),
    ("#FF8A4C", "#C25200"),
)
INK, GREY, GRID = "#1d2528", "#566168", "#dfe4e6"
AXIS = "#7b868c"  # read on white and on night, for pictures that stand on either
FONT_PX = 12.0
# An edge round letters, so that they are read on loud sound, and on lines.
NIGHT_EDGE = ' stroke="#05060f" stroke-width="3.5" stroke-linejoin="round" paint-order="stroke"'
PAPER_EDGE = ' stroke="#ffffff" stroke-width="3.5" stroke-linejoin="round" paint-order="stroke"'
RECORDING_WIDTH_PX = 960


@dataclass(frozen=True, slots=True)
class Box:
    """A mark on a recording, in seconds and hertz; `label` is the species.

    `present` and `absent`: what a person said of this box. `pseudo`: a stretch that a model labelled (its hertz are not
    shown). `truth`: a stretch in which the species is known to sound (its hertz are not shown).
    """

    start_s: float
    end_s: float
    low_hz: float
    high_hz: float
    label: str
    kind: Literal["present", "absent", "pseudo", "truth"]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """How sure the detector is of one species through a recording.

    `times_s`: (frame,), seconds at the middle of each frame; `scores`: (frame,), 0 to 1, NaN where there is none.
    """

    label: str
    times_s: Values
    scores: Values
    threshold: float = 0.5


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its value, the ends of its interval (NaN: none), and `more`: a paler piece that carries the bar on."""

    label: str
    value: float
    low: float = math.nan
    high: float = math.nan
    more: float = 0.0


@dataclass(frozen=True, slots=True)
class Dot:
    """One point of a scatter chart, and its name. Dots of one `group` share a colour."""

    label: str
    x: float
    y: float
    group: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on a map, in degrees, with a value that is 0 or more (NaN: not known)."""

    label: str
    latitude: float
    longitude: float
    value: float


# ---------------------------------------------------------------------------------------------------------- words


def safe_text(text: str) -> str:
    """Escape `text` for HTML and XML; characters that no page may hold, or that turn its direction, become U+FFFD."""
    return escape("".join("\ufffd" if _unprintable(character) else character for character in str(text)))


def _unprintable(character: str) -> bool:
    """Is it a control or direction character, a surrogate or a noncharacter?"""
    code = ord(character)
    turns = 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069
    controls = unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n"
    return turns or controls or code & 0xFFFE == 0xFFFE


def _text_width_px(text: str, font_px: float = FONT_PX) -> float:
    """Estimate, on the wide side, how wide `text` is in a sans-serif face."""
    return font_px * sum(1.05 if unicodedata.east_asian_width(character) in "WF" else 0.57 for character in text)


def _shortened(text: str, width_px: float, font_px: float = FONT_PX) -> str:
    """Cut `text` with an ellipsis so that it fits in `width_px`."""
    if _text_width_px(text, font_px) <= width_px:
        return text
    while text and _text_width_px(text + "…", font_px) > width_px:
        text = text[:-1]
    return text.rstrip() + "…"


def _number(value: float) -> str:
    """Write a coordinate: two decimals at most, no needless zeros."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _tick_text(value: float) -> str:
    """Write the number at a tick, with commas in thousands."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.6g}"


def _words(
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
    shown = _shortened(text, room_px, size)
    hover = f"<title>{safe_text(text)}</title>" if shown != text else ""
    where = f'x="{_number(x)}" y="{_number(y)}" font-size="{_number(size)}" text-anchor="{anchor}" fill="{colour}"'
    return f"<text {where}{extra}>{hover}{safe_text(shown)}</text>"


# --------------------------------------------------------------------------------------------------------- shapes


def _line(start: Point, end: Point, colour: str, width_px: float = 1, dash: str = "") -> str:
    """Draw a straight line."""
    (x1, y1), (x2, y2) = start, end
    where = f'x1="{_number(x1)}" y1="{_number(y1)}" x2="{_number(x2)}" y2="{_number(y2)}"'
    return f'<line {where} stroke="{colour}" stroke-width="{_number(width_px)}"{_dashed(dash)}/>'


def _dashed(dash: str) -> str:
    """Give the attribute for a dash pattern, or nothing for a solid line."""
    return f' stroke-dasharray="{dash}"' if dash else ""


def _rectangle(at: Rectangle, fill: str, *, extra: str = "", hover: str = "") -> str:
    """Draw a filled rectangle; `hover` is shown when the pointer rests on it."""
    left, top, right, bottom = at
    size = f'width="{_number(max(right - left, 0))}" height="{_number(max(bottom - top, 0))}"'
    start = f'<rect x="{_number(left)}" y="{_number(top)}" {size} fill="{fill}"{extra}'
    return f"{start}><title>{safe_text(hover)}</title></rect>" if hover else f"{start}/>"


def _path(points: Sequence[Point]) -> str:
    """Give the `d` of a line through `points`; it breaks where one is not finite. Points nearer than 0.7 are joined."""
    parts: list[str] = []
    last: Point | None = None
    for index, (x, y) in enumerate(points):
        if not (math.isfinite(x) and math.isfinite(y)):
            last = None
            continue
        ends = index + 1 == len(points) or not math.isfinite(points[index + 1][1])
        if last is None or ends or abs(x - last[0]) + abs(y - last[1]) >= 0.7:
            parts.append(f"{'M' if last is None else 'L'}{_number(x)} {_number(y)}")
            last = (x, y)
    return "".join(parts)


def _curve(points: Sequence[Point], colour: str, width_px: float, dash: str = "", *, dots: bool) -> str:
    """Draw a line through `points`, with a dot at each when wished."""
    path = _path(points)
    ends = f'stroke-width="{_number(width_px)}" stroke-linejoin="round" stroke-linecap="round"{_dashed(dash)}'
    line = f'<path d="{path}" fill="none" stroke="{colour}" {ends}/>' if path else ""
    return line + "".join(
        f'<circle cx="{_number(x)}" cy="{_number(y)}" r="2.5" fill="{colour}"/>'
        for x, y in points
        if dots and math.isfinite(x) and math.isfinite(y)
    )


def _svg(width_px: float, height_px: float, description: str, parts: Sequence[str]) -> str:
    """Wrap drawn parts as one picture; `description` is what a person who can't see it hears."""
    width, height = _number(width_px), _number(height_px)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    face = "font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif\""
    return f'<svg {size} role="img" aria-label="{safe_text(description)}" {face}>' + "\n".join(parts) + "</svg>"


def _nothing(description: str) -> str:
    """Say in the place of a chart that there is nothing to draw."""
    return _svg(360, 40, f"{description}: no values", [_words(8, 24, "No values to draw.", colour=GREY)])


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Give about `count` round numbers (1, 2 or 5 times a power of ten) within `low` and `high`."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low] if math.isfinite(low) else []
    rough = (high - low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{index * step:.10g}") for index in range(first, last + 1)]


# --------------------------------------------------------------------------------------------------- spectrograms


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


# ------------------------------------------------------------------------------------------------ recording figure


@dataclass(frozen=True, slots=True)
class _Place:
    """Where seconds and hertz lie on a recording figure, and which colours its species have."""

    left: float
    top: float
    right: float
    bottom: float
    duration_s: float
    hz: tuple[float, ...]  # low edge, the mel centres, high edge
    colours: Mapping[str, tuple[str, str]]

    def x(self, time_s: float) -> float:
        share = min(max(time_s / self.duration_s, 0.0), 1.0)
        return self.left + share * (self.right - self.left)

    def y(self, hz: float) -> float:
        rows = len(self.hz) - 2
        row = float(np.interp(hz, self.hz, [-0.5, *range(rows), rows - 0.5]))
        return self.bottom - (row + 0.5) / rows * (self.bottom - self.top)

    def around(self, box: Box) -> Rectangle:
        left, right = self.x(box.start_s), self.x(box.end_s)
        low, high = sorted((self.y(box.low_hz), self.y(box.high_hz)))
        return left, low, max(right, left + 2), max(high, low + 2)


def species_of(boxes: Sequence[Box], tracks: Sequence[Track]) -> list[str]:
    """List the species of a figure: those with a score curve first, then the others as they appear."""
    return list(dict.fromkeys([*(track.label for track in tracks), *(box.label for box in boxes)]))


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
    place = _Place(
        200,
        top,
        RECORDING_WIDTH_PX - 62,
        top + 264,
        _above_zero(duration_s),
        _edges(db, low_hz, mel_hz, high_hz),
        {name: SPECIES_COLOURS[index % len(SPECIES_COLOURS)] for index, name in enumerate(names)},
    )
    parts = [_sound(db, place), *_lanes(place, lanes, boxes), *_frequency_axis(place), *_level_bar(db, place)]
    parts += _boxes(place, [box for box in boxes if box.kind in ("present", "absent")])
    parts += _time_axis(place, place.bottom, "" if rows else "time (s)")
    y = place.bottom + 34
    for name in rows:
        parts += _score_row(place, y, name, tracks, boxes)
        y += 62
    if rows:
        parts += _time_axis(place, y - 8, "time (s)")
    return _svg(RECORDING_WIDTH_PX, y + (36 if rows else 12), description, parts)


def _above_zero(duration_s: float) -> float:
    """Check that a recording lasts."""
    if not duration_s > 0:
        raise ValueError(f"a recording lasts longer than 0 s, not {duration_s} s")
    return duration_s


def _edges(db: NDArray[Any], low_hz: float, mel_hz: Values, high_hz: float) -> tuple[float, ...]:
    """Check that every row of `db` has a frequency and that they rise; give them with both ends."""
    hz = (low_hz, *(float(centre) for centre in mel_hz), high_hz)
    if len(hz) != len(db) + 2 or any(later < earlier for earlier, later in itertools.pairwise(hz)):
        raise ValueError("mel_hz has one rising frequency for each row of db, between low_hz and high_hz")
    return hz


def _sound(db: NDArray[Any], place: _Place, quick: bool = False) -> str:
    """Draw the spectrogram itself, at most two pixels wide for each unit of the figure."""
    width, height = place.right - place.left, place.bottom - place.top
    columns = np.shape(db)[1]
    png = spectrogram_png(db, height_px=256, column_px=min(1.0, 2 * width / columns), quick=quick)
    at = f'x="{_number(place.left)}" y="{_number(place.top)}" width="{_number(width)}" height="{_number(height)}"'
    return f'<image {at} preserveAspectRatio="none" href="{png_uri(png)}"/>'


def _lanes(place: _Place, lanes: Sequence[str], boxes: Sequence[Box]) -> list[str]:
    """Draw the pseudo-labels above the spectrogram, a lane a species."""
    parts = []
    for index, name in enumerate(lanes):
        top, (_, deep) = 8.0 + 18 * index, place.colours[name]
        parts.append(_words(place.left - 10, top + 11, name, anchor="end", colour=deep, room_px=place.left - 18))
        parts.append(_line((place.left, top + 7), (place.right, top + 7), GRID))
        for box in boxes:
            if box.kind == "pseudo" and box.label == name:
                left, _, right, _ = place.around(box)
                says = f"pseudo-label: {name}, {box.start_s:.2f} to {box.end_s:.2f} s"
                at = (left, top, right, top + 14)
                parts.append(_rectangle(at, deep, extra=f' fill-opacity="0.45" stroke="{deep}"', hover=says))
    return parts


def _frequency_axis(place: _Place, named: bool = True) -> list[str]:
    """Draw the kilohertz at the left, where the mel scale puts them; powers of two go first, none nearer than 17."""
    ink = GREY if named else AXIS
    kilohertz = (1, 2, 4, 8, 16, 32, 64, 0.5, 3, 6, 12, 24, 48, 96, 0.25, 10, 20, 40, 0.1)
    parts: list[str] = []
    taken: list[float] = []
    for value in kilohertz:
        y = place.y(value * 1000)
        if place.hz[0] <= value * 1000 <= place.hz[-1] and all(abs(y - other) >= 17 for other in taken):
            taken.append(y)
            parts.append(_line((place.left - 5, y), (place.left, y), ink))
            unit = "" if named else "k"
            parts.append(_words(place.left - 8, y + 4, f"{value:g}{unit}", anchor="end", colour=ink))
    if not named:
        return parts
    middle = (place.top + place.bottom) / 2
    turned = f' transform="rotate(-90 {_number(place.left - 38)} {_number(middle)})"'
    parts.append(_words(place.left - 38, middle, "frequency (kHz)", anchor="middle", colour=GREY, extra=turned))
    return parts


def _time_axis(place: _Place, y: float, label: str) -> list[str]:
    """Draw the seconds under `y`."""
    parts = []
    for value in ticks(0, place.duration_s, 10):
        x = place.x(value)
        parts.append(_line((x, y), (x, y + 5), GREY))
        parts.append(_words(x, y + 18, _tick_text(value), anchor="middle", colour=GREY))
    parts.append(_words((place.left + place.right) / 2, y + 36, label, anchor="middle", colour=GREY) if label else "")
    return parts


def _level_bar(db: NDArray[Any], place: _Place) -> list[str]:
    """Draw which colour is which level, in dB, at the right."""
    low, high = shown_range_db(db)
    left, steps, table = place.right + 12, 32, colour_table()
    height = (place.bottom - place.top) / steps
    parts = []
    for step in range(steps):
        red, green, blue = (int(part) for part in table[round(step / (steps - 1) * 255)])
        bottom = place.bottom - step * height
        at = (left, bottom - height - (0.4 if step + 1 < steps else 0), left + 10, bottom)
        parts.append(_rectangle(at, f"#{red:02x}{green:02x}{blue:02x}"))
    parts.append(_words(left + 14, place.top + 10, f"{high:.0f} dB", colour=GREY, size=11))
    parts.append(_words(left + 14, place.bottom, f"{low:.0f} dB", colour=GREY, size=11))
    return parts


def _boxes(place: _Place, boxes: Sequence[Box]) -> list[str]:
    """Draw what people said on the spectrogram; every line has a dark edge, so that it shows on loud sound too."""
    parts, labels = [], []
    frames = [place.around(box) for box in boxes]
    for box, frame in zip(boxes, frames, strict=True):
        bright, _ = place.colours[box.label]
        dash = "5 4" if box.kind == "absent" else ""
        says = f"{box.label}: {box.kind}, {box.start_s:.2f} to {box.end_s:.2f} s"
        says += f", {box.low_hz:.0f} to {box.high_hz:.0f} Hz"
        parts.append(_rectangle(frame, "none", extra=' stroke="#05060f" stroke-width="4.5" stroke-opacity="0.75"'))
        extra = f' stroke="{bright}" stroke-width="2" class="{box.kind}" pointer-events="all"{_dashed(dash)}'
        parts.append(_rectangle(frame, "none", extra=extra, hover=says))
    taken: list[Rectangle] = []
    for box, frame in zip(boxes, frames, strict=True):
        shown = _shortened(("not " if box.kind == "absent" else "") + box.label, 190)
        spot = _free_spot(place, frame, _text_width_px(shown) + 4, frames, taken)
        if spot is not None:
            taken.append(spot)
            labels.append(_words(spot[0] + 2, spot[3] - 4, shown, colour=place.colours[box.label][0], extra=NIGHT_EDGE))
    return parts + labels


def _free_spot(
    place: _Place, frame: Rectangle, width: float, frames: Sequence[Rectangle], taken: Sequence[Rectangle]
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
            if not any(_overlap(spot, other) for other in others):
                return spot
    return None


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    """Do two rectangles share room?"""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _score_row(place: _Place, top: float, name: str, tracks: Sequence[Track], boxes: Sequence[Box]) -> list[str]:
    """Draw one species below the spectrogram: its score from 0 to 1, its threshold, and its true events."""
    height, (_, deep) = 36.0, place.colours[name]
    bottom = top + height
    parts = [_words(place.left - 24, top + 22, name, anchor="end", colour=deep, room_px=place.left - 32)]
    for value in (0, 1):
        y = bottom - value * height
        parts.append(_line((place.left, y), (place.right, y), GRID))
        parts.append(_words(place.left - 6, y + 4, str(value), anchor="end", colour=GREY, size=11))
    for track in tracks:
        if track.label == name:
            parts += _score_curve(place, bottom, height, track, deep)
    for box in boxes:
        if box.kind == "truth" and box.label == name:
            left, _, right, _ = place.around(box)
            at = (left, bottom + 3, right, bottom + 9)
            parts.append(_rectangle(at, INK, hover=f"true: {name}, {box.start_s:.2f} to {box.end_s:.2f} s"))
    return parts


def _score_curve(place: _Place, bottom: float, height: float, track: Track, colour: str) -> list[str]:
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
            area = _path([(run[0][0], bottom), *run, (run[-1][0], bottom)])
            parts.append(f'<path d="{area}Z" fill="{colour}" fill-opacity="0.2"/>')
            run = []
    y = bottom - track.threshold * height
    parts.append(_line((place.left, y), (place.right, y), GREY, 1, "3 3"))
    parts.append(_words(place.right + 5, y + 4, f"{track.threshold:.2g}", colour=GREY, size=11))
    return [*parts, _curve(points, colour, 1.8, dots=False)]


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
    duration_s = _above_zero(end_s - start_s)
    hz = _edges(db, low_hz, mel_hz, high_hz)
    label = box.label if box is not None else track.label if track is not None else ""
    place = _Place(40, 6, width - 8.0, height - float(below), duration_s, hz, {label: SPECIES_COLOURS[0]})
    parts = [_sound(db, place, quick=True), *_frequency_axis(place, named=False)]
    if box is not None:
        parts.append(_found(place, box, start_s))
    if track is not None:
        parts += _clip_curve(place, track, start_s)
    for value in ticks(start_s, end_s, max(2, width // 90)):
        x, y = place.x(value - start_s), height - 20.0
        parts.append(_line((x, y), (x, y + 4), AXIS))
        parts.append(_words(x, y + 16, f"{_tick_text(value)} s", anchor="middle", colour=AXIS, size=11))
    # A file of its own, not a part of a page, has to say that it is SVG.
    return _svg(width, height, description, parts).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def _found(place: _Place, box: Box, start_s: float) -> str:
    low_hz, high_hz = (box.low_hz, box.high_hz) if box.high_hz > box.low_hz else (place.hz[0], place.hz[-1])
    frame = place.around(Box(box.start_s - start_s, box.end_s - start_s, low_hz, high_hz, box.label, box.kind))
    edge = _rectangle(frame, "none", extra=' stroke="#05060f" stroke-width="4" stroke-opacity="0.75"')
    return edge + _rectangle(frame, "none", extra=f' stroke="{place.colours[box.label][0]}" stroke-width="1.8"')


def _clip_curve(place: _Place, track: Track, start_s: float) -> list[str]:
    top, bottom = place.bottom + 4, place.bottom + 38
    moved = Track(track.label, np.asarray(track.times_s) - start_s, track.scores, track.threshold)
    own = _Place(place.left, top, place.right, bottom, place.duration_s, place.hz, place.colours)
    parts = [_line((own.left, y), (own.right, y), AXIS, 0.5) for y in (top, bottom)]
    for value, y in ((1, top + 8), (0, bottom)):
        parts.append(_words(own.left - 5, y, str(value), anchor="end", colour=AXIS, size=10))
    heights = [min(max(float(score), 0.0), 1.0) * (bottom - top) for score in moved.scores]
    points = [(own.x(float(time_s)), bottom - up) for time_s, up in zip(moved.times_s, heights, strict=True)]
    return [*parts, _curve(points, place.colours[track.label][1], 1.8, dots=len(points) == 1)]


# --------------------------------------------------------------------------------------------------------- charts


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
        return _nothing(description)
    ranges = (x_range or _span([x for x, _ in known]), y_range or _span([0.0, *(y for _, y in known)]))
    legend, legend_px = _legend(list(series), width_px)
    room = (60.0, legend_px + 14, width_px - 16.0, height_px - 46 + legend_px)
    parts = [*legend, *_axes(room, *ranges, x_label, y_label)]
    for index, line in enumerate(points.values()):
        at = [(_scaled(x, room[0], room[2], *ranges[0]), _scaled(y, room[3], room[1], *ranges[1])) for x, y in line]
        colour, dash = _line_style(index)
        parts.append(_curve(at, colour, 2, dash, dots=len(line) <= 30))
    return _svg(width_px, height_px + legend_px, description, parts)


def _points(xs: Values, ys: Values) -> list[Point]:
    """Pair x and y; where either is not finite, y is NaN."""
    pairs = [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
    return [(x, y) if math.isfinite(x) and math.isfinite(y) else (0.0, math.nan) for x, y in pairs]


def _scaled(value: float, start: float, end: float, low: float, high: float) -> float:
    """Place a value on an axis that runs from `start` (the value `low`) to `end` (`high`); NaN stays NaN."""
    return start + float(np.clip((value - low) / (high - low), 0, 1)) * (end - start)


def _axes(room: Rectangle, xs: tuple[float, float], ys: tuple[float, float], x_label: str, y_label: str) -> list[str]:
    """Draw the grid of a chart, its numbers and what they are."""
    left, top, right, bottom = room
    parts = []
    for value in ticks(*ys, 5):
        y = _scaled(value, bottom, top, *ys)
        parts.append(_line((left, y), (right, y), GRID))
        parts.append(_words(left - 8, y + 4, _tick_text(value), anchor="end", colour=GREY))
    for value in ticks(*xs, 5):
        x = _scaled(value, left, right, *xs)
        parts.append(_line((x, bottom), (x, bottom + 4), GREY))
        parts.append(_words(x, bottom + 18, _tick_text(value), anchor="middle", colour=GREY))
    middle = (top + bottom) / 2
    turned = f' transform="rotate(-90 14 {_number(middle)})"'
    return [
        *parts,
        _line((left, bottom), (right, bottom), GREY),
        _words((left + right) / 2, bottom + 38, x_label, anchor="middle", colour=GREY),
        _words(14, middle, y_label, anchor="middle", colour=GREY, extra=turned),
    ]


def _span(values: Sequence[float]) -> tuple[float, float]:
    """Give the lowest and highest value, never the same."""
    low, high = min(values), max(values)
    return (low, high) if high > low else (low, low + 1)


def _line_style(index: int) -> tuple[str, str]:
    """Give colour and dash of the line with this number; no two of the first 28 look alike."""
    return LINE_COLOURS[index % len(LINE_COLOURS)], DASHES[index // len(LINE_COLOURS) % len(DASHES)]


def _legend(names: Sequence[str], width_px: float) -> tuple[list[str], float]:
    """Draw the names of lines above a chart, in as many rows as they need; also give the height."""
    x, y, parts = 12.0, 14.0, []
    for index, name in enumerate(names):
        shown = _shortened(name, width_px - 60)
        if x > 12 and x + 30 + _text_width_px(shown) > width_px:
            x, y = 12.0, y + 18
        colour, dash = _line_style(index)
        parts += [_line((x, y - 4), (x + 22, y - 4), colour, 2.5, dash), _words(x + 28, y, name, room_px=width_px - 60)]
        x += 28 + _text_width_px(shown) + 16
    return parts, y + 4 if names else 0.0


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
        return _nothing(description)
    across = [value for _, value in levels if math.isfinite(value)]
    ranges = x_range or _roomy([dot.x for dot in dots]), y_range or _roomy([*(dot.y for dot in dots), *across])
    groups = list(dict.fromkeys(dot.group for dot in dots))
    key, key_px = _dot_key(groups, width_px) if len(groups) > 1 else ([], 0.0)
    room = (60.0, key_px + 14, width_px - 16.0, height_px - 46 + key_px)
    parts = [*key, *_axes(room, *ranges, x_label, y_label)]
    for name, value in levels:
        if math.isfinite(value):
            y = _scaled(value, room[3], room[1], *ranges[1])
            parts.append(_line((room[0], y), (room[2], y), LINE_COLOURS[1], 1.5, "4 3"))
            parts.append(_words(room[2] - 4, y - 5, name, anchor="end", colour="#A84600", size=11, extra=PAPER_EDGE))
    at = [(_scaled(dot.x, room[0], room[2], *ranges[0]), _scaled(dot.y, room[3], room[1], *ranges[1])) for dot in dots]
    parts += _dot_names(dots, at, room)  # below the dots, so that their white edges cut none
    for dot, (x, y) in zip(dots, at, strict=True):
        parts.append(_dot((x, y), groups.index(dot.group), f"{dot.label}: {dot.x:.4g}, {dot.y:.4g}"))
    return _svg(width_px, height_px + key_px, description, parts)


def _dot(at: Point, group: int, hover: str) -> str:
    """Draw a dot of a group: filled, and from the eighth group on hollow."""
    colour, filled = LINE_COLOURS[group % len(LINE_COLOURS)], group < len(LINE_COLOURS)
    where = f'cx="{_number(at[0])}" cy="{_number(at[1])}" r="{"4" if filled else "3.2"}"'
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
        shown = _shortened(name, width_px - 40)
        if x > 12 and x + 12 + _text_width_px(shown) > width_px:
            x, y = 12.0, y + 18
        parts += [_dot((x + 4, y - 4), index, name), _words(x + 14, y, name, room_px=width_px - 40)]
        x += 14 + _text_width_px(shown) + 16
    return parts, y + 4


def _dot_names(
    dots: Sequence[Dot], at: Sequence[Point], room: Rectangle, radii_px: Sequence[float] | None = None
) -> list[str]:
    """Draw the names of dots where they cover neither dots nor each other."""
    radii = [4.0] * len(dots) if radii_px is None else radii_px
    taken: list[Rectangle] = [(x - r - 1, y - r - 1, x + r + 1, y + r + 1) for (x, y), r in zip(at, radii, strict=True)]
    parts = []
    for index, (dot, (x, y), r) in enumerate(zip(dots, at, radii, strict=True)):
        width = _text_width_px(_shortened(dot.label, 180, 11), 11)
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
            if inside and not any(_overlap(spot, other) for n, other in enumerate(taken) if n != index):
                taken.append(spot)
                name = _words(by, top + 11, dot.label, anchor=anchor, size=11, room_px=180, extra=PAPER_EDGE)
                parts.append(name)
                break
    return parts


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


def bar_chart(
    groups: Mapping[str, Sequence[Bar]],
    x_label: str,
    *,
    floors: Mapping[str, Sequence[Level]] | None = None,
    x_range: tuple[float, float] | None = None,
    decimals: int = 3,
    description: str = "",
    width_px: int = 720,
    colour: str = LINE_COLOURS[0],
) -> str:
    """Draw bars that lie, in named groups over one axis, as SVG; the value and its interval stand at the right.

    `floors` maps a group to named values; each is a dashed line through the bars of its group. NaN is drawn as n/a.
    """
    floors = floors or {}
    ends = [end for bars in groups.values() for bar in bars for end in (bar.value + bar.more, bar.low, bar.high)]
    ends += [value for group in floors.values() for _, value in group]
    known = [0.0, *(end for end in ends if math.isfinite(end))]
    if not any(groups.values()):
        return _nothing(description or x_label)
    low, high = x_range or _span(known)
    names = [bar.label for bars in groups.values() for bar in bars]
    values = [_bar_text(bar, decimals) for bars in groups.values() for bar in bars]
    left = min(max(_text_width_px(name) for name in names) + 20, width_px * 0.32)
    right = width_px - max(_text_width_px(value) for value in values) - 16
    scale = (left, right, low, high)
    parts: list[str] = []
    y = 4.0
    for name, bars in groups.items():
        drawn, y = _bar_group(name, bars, floors.get(name, ()), y, scale, decimals, colour)
        parts += drawn
        y += 12
    for value in _bar_ticks(scale):
        parts.append(_words(_scaled(value, *scale), y + 4, _tick_text(value), anchor="middle", colour=GREY))
    parts.append(_words((left + right) / 2, y + 24, x_label, anchor="middle", colour=GREY))
    return _svg(width_px, y + 34, description or x_label, parts)


def _bar_ticks(scale: tuple[float, float, float, float]) -> list[float]:
    """Give the values that have a line across the bars."""
    left, right, low, high = scale
    return ticks(low, high, 4 if right - left < 300 else 6)


def _bar_text(bar: Bar, decimals: int) -> str:
    """Write a bar's value, its interval and what is added to it."""
    if not math.isfinite(bar.value):
        return "n/a"
    text = f"{bar.value:,.{decimals}f}"
    if math.isfinite(bar.low) and math.isfinite(bar.high):
        text += f" ({bar.low:.{decimals}f}–{bar.high:.{decimals}f})"
    return f"{text} + {bar.more:,.{decimals}f}" if bar.more else text


def _bar_group(
    name: str,
    bars: Sequence[Bar],
    floors: Sequence[Level],
    top: float,
    scale: tuple[float, float, float, float],
    decimals: int,
    colour: str,
) -> tuple[list[str], float]:
    """Draw one group from `top` down: its name, the names of its floors in rows of their own, its bars."""
    right = scale[1]
    levels: dict[float, str] = {}
    for floor, value in sorted(floors, key=lambda level: level[1]):
        if math.isfinite(value):
            levels[value] = f"{levels[value]}, {floor}" if value in levels else floor
    bars_top = top + 24 + 16 * len(levels)
    bottom = bars_top + 24 * len(bars)
    parts = [_words(4, top + 14, name, size=13, room_px=right, extra=' font-weight="600"')]
    for value in _bar_ticks(scale):
        x = _scaled(value, *scale)
        parts.append(_line((x, bars_top - 2), (x, bottom), GREY if value == 0 else GRID))
    for index, bar in enumerate(bars):
        parts += _one_bar(bar, bars_top + 24 * index, scale, decimals, colour)
    for index, (value, floor) in enumerate(levels.items()):
        x, y = _scaled(value, *scale), top + 24 + 16 * index + 10
        says = f"floor: {floor} {value:.{decimals}f}"
        at, anchor = (x + 6, "start") if x + 8 + _text_width_px(says, 11) <= right + 90 else (x - 6, "end")
        parts.append(_line((x, y - 9), (x, bottom - 2), LINE_COLOURS[1], 1.5, "4 3"))
        parts.append(_words(at, y, says, anchor=anchor, colour="#A84600", size=11, extra=PAPER_EDGE))
    return parts, bottom


def _one_bar(bar: Bar, top: float, scale: tuple[float, float, float, float], decimals: int, colour: str) -> list[str]:
    """Draw one bar with its name, its interval and its number."""
    left, right = scale[:2]
    parts = [_words(left - 8, top + 14, bar.label, anchor="end", room_px=left - 12)]
    parts.append(_words(right + 10, top + 14, _bar_text(bar, decimals), colour=INK))
    if not math.isfinite(bar.value):
        return parts
    x, end = _scaled(bar.value, *scale), _scaled(bar.value + bar.more, *scale)
    parts.append(_rectangle((_scaled(0, *scale), top + 2, x, top + 18), colour))
    if end > x:
        parts.append(_rectangle((x, top + 2, end, top + 18), colour, extra=' fill-opacity="0.35"'))
    if math.isfinite(bar.low) and math.isfinite(bar.high):
        low, high = _scaled(bar.low, *scale), _scaled(bar.high, *scale)
        parts.append(_line((low, top + 10), (high, top + 10), INK, 1.6))
        parts += [_line((at, top + 6), (at, top + 14), INK, 1.6) for at in (low, high)]
    return parts


# -------------------------------------------------------------------------------------------------------- seasons

HEARD_COLOURS = ("#c6dcec", "#85b8da", "#3f8cc0", "#0b5c94", "#06375b")  # from seldom to often, apart in grey, too
SILENT = "#ffffff"
KM_OF_DEGREE = 111.2


def alone(svg: str) -> str:
    """Make a picture a file of its own, on white."""
    name = '<svg xmlns="http://www.w3.org/2000/svg" style="background:#ffffff" '
    return svg.replace("<svg ", name, 1) + "\n"


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
        return _nothing(description or y_label)
    ys = _span([0.0, *known])
    legend, legend_px = _legend(list(series), width_px)
    left, top, right, bottom = 60.0, legend_px + 14, width_px - 24.0, height_px - 46 + legend_px
    parts = list(legend)
    for hour in range(24):
        x, wide = left + (right - left) * hour / 24, (right - left) / 24
        if not any(math.isfinite(values[hour]) for values in series.values()):
            parts.append(_rectangle((x, top, x + wide, bottom), "#eef0f1", hover=f"{hour:02d}:00: nothing recorded"))
    for value in ticks(*ys, 5):
        y = _scaled(value, bottom, top, *ys)
        parts += [_line((left, y), (right, y), GRID), _words(left - 8, y + 4, _tick_text(value), anchor="end")]
    for hour in range(0, 25, 3):
        x = left + (right - left) * hour / 24
        parts += [_line((x, bottom), (x, bottom + 4), GREY)]
        parts.append(_words(x, bottom + 18, f"{hour:02d}:00", anchor="middle", colour=GREY))
    middle = (top + bottom) / 2
    turned = f' transform="rotate(-90 14 {_number(middle)})"'
    parts.append(_line((left, bottom), (right, bottom), GREY))
    parts.append(_words((left + right) / 2, bottom + 38, "local time", anchor="middle", colour=GREY))
    parts.append(_words(14, middle, y_label, anchor="middle", colour=GREY, extra=turned))
    for index, values in enumerate(series.values()):
        at = [
            (left + (right - left) * (hour + 0.5) / 24, _scaled(float(value), bottom, top, *ys))
            for hour, value in enumerate(values)
        ]
        colour, dash = _line_style(index)
        parts.append(_curve(at, colour, 2, dash, dots=True))
    return _svg(width_px, height_px + legend_px, description or y_label, parts)


def calendar_chart(
    days: Sequence[date], rows: Mapping[str, Values], *, description: str = "", width_px: int = 720
) -> str:
    """Draw a row of days for each name as SVG: the darker the higher; 0 is an empty box, NaN (not recorded) is none."""
    known = [float(value) for values in rows.values() for value in values if math.isfinite(value)]
    if not days or not known:
        return _nothing(description or "days")
    highest = max(known)
    left = min(max(_text_width_px(name) for name in rows) + 16, width_px * 0.3)
    wide, tall, top = min((width_px - left - 12) / len(days), 28.0), 20.0, 22.0
    bottom = top + (tall + 4) * len(rows)
    parts, free_from = list[str](), 0.0
    for column, day in enumerate(days):
        x, text = left + wide * column, _day_text(day, wide, column == 0)
        if text and x >= free_from and x + _text_width_px(text, 11) <= width_px:
            parts.append(_words(x, top - 8, text, size=11, colour=GREY))
            free_from = x + _text_width_px(text, 11) + 6
    for row, (name, values) in enumerate(rows.items()):
        y = top + (tall + 4) * row
        parts.append(_words(left - 8, y + tall / 2 + 4, name, anchor="end", room_px=left - 12))
        for column, (day, value) in enumerate(zip(days, values, strict=True)):
            at = (left + wide * column + 0.5, y, left + wide * (column + 1) - (1 if wide > 4 else 0), y + tall)
            parts.append(_day(at, float(value), highest, f"{name}, {day}"))
    return _svg(width_px, bottom + 34, description or "days", [*parts, *_calendar_key(left, bottom + 12, highest)])


def _day_text(day: date, wide_px: float, first: bool) -> str:
    """Give what stands above a day: its number where there is room, every week, or the months of a long season."""
    if wide_px < 5:
        return (f"{day:%b %Y}" if first or day.month == 1 else f"{day:%b}") if first or day.day == 1 else ""
    if first or day.day == 1 or (wide_px < 24 and day.day in (8, 15, 22)):
        return f"{day:%d %b}"
    return f"{day:%d}" if wide_px >= 24 else ""


def _day(at: Rectangle, value: float, highest: float, name: str) -> str:
    left, top, right, bottom = at
    if not math.isfinite(value):
        middle = (top + bottom) / 2
        return _line((left + (right - left) * 0.3, middle), (right - (right - left) * 0.3, middle), "#9aa4a9", 1.2)
    hover = f"{name}: {value:.3g}"
    edge = f' stroke="{GREY}" stroke-width="{_number(min(0.8, (right - left) / 8))}"'
    return _rectangle(at, SILENT if value <= 0 else _heard_colour(value, highest), extra=edge, hover=hover)


def _heard_colour(value: float, highest: float) -> str:
    """Pick a shade by the root of the share, so that few detections among many are still told apart."""
    return HEARD_COLOURS[min(int(len(HEARD_COLOURS) * math.sqrt(value / highest)), len(HEARD_COLOURS) - 1)]


def _calendar_key(left: float, top: float, highest: float) -> list[str]:
    parts, x = list[str](), left
    for value, words in ((math.nan, "not recorded"), (0.0, "not heard")):
        parts += [_day((x, top, x + 14, top + 14), value, 1.0, words), _words(x + 20, top + 11, words, size=11)]
        x += 32 + _text_width_px(words, 11)
    if highest > 0:
        steps = len(HEARD_COLOURS)
        for number, colour in enumerate(HEARD_COLOURS):
            parts.append(_rectangle((x + 14 * number, top, x + 14 * (number + 1), top + 14), colour))
        words = f"heard, up to {highest:.3g}"
        parts.append(_words(x + 14 * steps + 6, top + 11, words, size=11))
    return parts


def site_map(
    spots: Sequence[Spot], value_label: str, *, description: str = "", width_px: int = 560, height_px: int = 460
) -> str:
    """Draw places as SVG, north up, a kilometre as long in both directions: the dot's area is its value, 0 a ring."""
    spots = [spot for spot in spots if math.isfinite(spot.latitude) and math.isfinite(spot.longitude)]
    if not spots:
        return _nothing(description or value_label)
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
    parts = [_rectangle(room, "#f6f8f8", extra=f' stroke="{GRID}"')]
    heard = [math.isfinite(spot.value) and spot.value > 0 for spot in spots]
    radii = [4 + 12 * math.sqrt(s.value / highest) if h else 4.0 for s, h in zip(spots, heard, strict=True)]
    dots = [Dot(spot.label, *xy) for spot, xy in zip(spots, at, strict=True)]
    parts += _dot_names(dots, at, room, radii)
    for radius, number in sorted(((r, n) for n, r in enumerate(radii)), reverse=True):  # small ones on top
        spot, (x, y) = spots[number], at[number]
        ring = f'fill="#ffffff" stroke="{GREY}" stroke-width="1.6"'
        look = f'fill="{LINE_COLOURS[0]}" fill-opacity="0.75"' if heard[number] else ring
        hover = f"{spot.label}: {spot.value:.3g}; {spot.latitude:.5g}, {spot.longitude:.5g}"
        where = f'cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}"'
        parts.append(f"<circle {where} {look}><title>{safe_text(hover)}</title></circle>")
    parts += _scale_bar(room, px)
    words = f"largest dot: {highest:.3g} {value_label}; ring: not heard" if highest > 0 else "ring: not heard"
    parts.append(_words(room[0], room[3] + 20, words, size=11, colour=GREY, room_px=width_px - 32))
    return _svg(width_px, height_px, description or value_label, parts)


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
        _line((left, y), (right, y), INK, 2),
        *(_line((x, y - 4), (x, y + 1), INK, 2) for x in (left, right)),
        _words((left + right) / 2, y - 8, text, anchor="middle", size=11, extra=PAPER_EDGE),
        _words(north[0], north[1] + 26, "N", anchor="middle", size=11),
        f'<path d="M{_number(north[0])} {_number(north[1])}l5 13l-5 -3l-5 3z" fill="{INK}"/>',
    ]
