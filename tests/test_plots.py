import math
import re
from datetime import date
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from dawnchorus import plots
from dawnchorus.plots import (
    SPECIES_COLOURS,
    Bar,
    Box,
    Dot,
    Track,
    bar_chart,
    clip_figure,
    colour_table,
    line_chart,
    precision_recall_chart,
    recording_figure,
    safe_text,
    scatter_chart,
    spectrogram_png,
    ticks,
)

MEL_HZ = np.linspace(500, 7500, 8)
HOSTILE = "<script>alert('\x00')</script>&\"\u202e\ud800 frog"


def figure(boxes=(), tracks=(), db=None, duration_s=10.0):
    """A recording of 10 s, 0 to 8 kHz, parsed."""
    db = np.zeros((8, 20)) if db is None else db
    svg = recording_figure(db, duration_s=duration_s, low_hz=0, high_hz=8000, mel_hz=MEL_HZ, boxes=boxes, tracks=tracks)
    return ElementTree.fromstring(svg)


def pixels(png):
    return np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(int).sum(axis=2)


def at(element, *names):
    return [float(element.get(name)) for name in names]


def test_low_frequency_is_at_the_bottom_and_time_runs_to_the_right():
    db = np.full((4, 10), -80.0)
    db[0, 9] = 0.0
    shown = pixels(spectrogram_png(db, height_px=4))
    assert shown.shape == (4, 10)
    assert np.unravel_index(shown.argmax(), shown.shape) == (3, 9)


def test_louder_is_brighter_at_every_step():
    lightness = colour_table() @ np.array([0.2126, 0.7152, 0.0722])
    assert np.all(np.diff(lightness) >= 0) and lightness[-1] - lightness[0] > 200


def test_a_short_call_shows_when_columns_share_a_pixel():
    db = np.full((4, 1000), -80.0)
    db[1, 503] = 0.0
    shown = pixels(spectrogram_png(db, height_px=4, column_px=0.1, range_db=(-80, 0)))
    assert shown.shape == (4, 100) and shown.max() == colour_table()[255].astype(int).sum()


@pytest.mark.parametrize("value", [0.0, math.nan, math.inf, -math.inf])
def test_a_recording_of_one_level_or_of_none_is_still_a_picture(value):
    assert pixels(spectrogram_png(np.full((4, 6), value), height_px=8)).shape == (8, 6)


def test_a_spectrogram_without_columns_is_refused_in_words():
    with pytest.raises(ValueError, match="mel, column"):
        spectrogram_png(np.zeros((4, 0)))


def test_a_box_lies_at_its_time_and_frequency():
    root = figure([Box(2.5, 5.0, 2000, 4000, "frog", "present")])
    (image,) = root.iter("image")
    left, top, width, height = at(image, "x", "y", "width", "height")
    (box,) = (rect for rect in root.iter("rect") if rect.get("class") == "present")
    x, y, box_width, box_height = at(box, "x", "y", "width", "height")
    assert [(x - left) / width, box_width / width] == pytest.approx([0.25, 0.25], abs=1e-4)
    assert [(y - top) / height, box_height / height] == pytest.approx([0.5, 0.25], abs=1e-4)


def test_a_box_is_drawn_where_the_picture_holds_its_sound():
    db = np.full((8, 20), -80.0)
    db[2:4, 5:10] = 0.0  # 2 to 4 kHz, 2.5 to 5 s
    rows, columns = np.nonzero(pixels(spectrogram_png(db, height_px=8, range_db=(-80, 0))) > 380)
    assert (columns.min() / 20, (columns.max() + 1) / 20) == (0.25, 0.5)
    assert (rows.min() / 8, (rows.max() + 1) / 8) == (0.5, 0.75)


def test_present_is_solid_and_absent_is_dashed_and_named_not():
    root = figure([Box(1, 2, 500, 900, "frog", "present"), Box(5, 6, 500, 900, "owl", "absent")])
    dashes = {rect.get("class"): rect.get("stroke-dasharray") for rect in root.iter("rect") if rect.get("class")}
    assert dashes["present"] is None and dashes["absent"]
    assert {"frog", "not owl"} <= {text.text for text in root.iter("text")}


def test_pseudo_labels_lie_above_the_picture_and_truth_below_it():
    root = figure([Box(1, 2, 0, 0, "frog", "pseudo"), Box(3, 4, 0, 0, "frog", "truth")])
    (image,) = root.iter("image")
    top, height = at(image, "y", "height")
    says = {rect.find("title").text[:4]: float(rect.get("y")) for rect in root.iter("rect") if len(rect)}
    assert says["pseu"] < top and says["true"] > top + height


def test_a_score_curve_shares_the_time_axis_and_breaks_at_nan():
    root = figure(tracks=[Track("frog", [0, 5, 6, 7, 10], [0.0, 1.0, math.nan, 1.0, 0.0])])
    (image,) = root.iter("image")
    left, width = at(image, "x", "width")
    (curve,) = (path.get("d") for path in root.iter("path") if path.get("fill") == "none")
    assert curve.count("M") == 2
    assert float(curve[1:].split()[0]) == left and f"L{left + width / 2:g} " in curve


def test_names_of_boxes_do_not_cover_each_other():
    boxes = [Box(4.0, 4.2, 3000, 3500, f"species {n}", "present") for n in range(40)]
    words = [text for text in figure(boxes).iter("text") if (text.text or "").startswith("species")]
    spots = [at(word, "x", "y") for word in words]
    assert 3 <= len(spots) < 40
    assert all(abs(a[1] - b[1]) >= 16 or abs(a[0] - b[0]) > 50 for i, a in enumerate(spots) for b in spots[:i])


def test_a_box_past_the_end_stays_in_the_picture():
    root = figure([Box(9, 99, 100, 99_000, "frog", "present")])
    (image,) = root.iter("image")
    (box,) = (rect for rect in root.iter("rect") if rect.get("class") == "present")
    x, width = at(box, "x", "width")
    assert x + width <= sum(at(image, "x", "width")) + 0.01
    assert float(box.get("y")) >= float(image.get("y"))


@pytest.mark.parametrize("wrong", [{"duration_s": 0.0}, {"db": np.zeros((5, 20))}])
def test_what_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(ValueError):
        figure(**wrong)


def test_every_picture_is_xml_with_hostile_names_in_it():
    line = ([0.0, 0.5, 1.0], [1.0, math.nan, 0.2])
    pictures = [
        recording_figure(
            np.zeros((8, 20)),
            duration_s=10,
            low_hz=0,
            high_hz=8000,
            mel_hz=MEL_HZ,
            boxes=[Box(1, 2, 500, 900, HOSTILE, kind) for kind in ("present", "absent", "pseudo", "truth")],
            tracks=[Track(HOSTILE, [1, 2], [0.1, 0.9])],
            description=HOSTILE,
        ),
        line_chart({HOSTILE: line}, HOSTILE, HOSTILE, description=HOSTILE),
        precision_recall_chart({HOSTILE: line}),
        bar_chart({HOSTILE: [Bar(HOSTILE, 0.5, 0.4, 0.6)]}, HOSTILE, floors={HOSTILE: [(HOSTILE, 0.1)]}),
        scatter_chart([Dot(HOSTILE, 0.5, 0.4, HOSTILE), Dot("a", 1, 1)], HOSTILE, HOSTILE, levels=[(HOSTILE, 0.1)]),
    ]
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        assert root.get("role") == "img" and root.get("aria-label")
        assert not list(root.iter("script"))
        picture.encode("utf-8")


def test_characters_that_no_page_may_hold_are_replaced():
    assert safe_text("a\x00\ud800\ufffe\u202eb") == "a\ufffd\ufffd\ufffd\ufffdb"
    assert safe_text("Ñandú 鳥 <&>\"'") == "Ñandú 鳥 &lt;&amp;&gt;&quot;&#x27;"


def test_a_bar_without_a_value_says_so_and_is_not_drawn():
    root = ElementTree.fromstring(bar_chart({"cmAP": [Bar("stage 1", math.nan), Bar("stage 2", 0.5)]}, "score"))
    assert len(list(root.iter("rect"))) == 1
    assert "n/a" in [text.text for text in root.iter("text")]


def test_floors_of_the_same_height_share_a_line():
    svg = bar_chart({"cmAP": [Bar("one", 0.5)]}, "score", floors={"cmAP": [("equal", 0.2), ("constant", 0.2)]})
    assert svg.count("floor: ") == 1 and "equal, constant 0.200" in svg


@pytest.mark.parametrize("series", [{}, {"a": ([], [])}, {"a": ([1.0], [math.nan])}])
def test_a_chart_of_nothing_says_so(series):
    assert "No values" in line_chart(series, "step", "loss")


def test_a_chart_of_one_point_shows_it():
    assert line_chart({"a": ([3.0], [0.0])}, "step", "loss").count("<circle") == 1


def test_ticks_are_round_and_inside():
    assert ticks(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert ticks(0, 60, 10) == [0, 10, 20, 30, 40, 50, 60]
    assert ticks(math.nan, 1) == []


def test_the_same_input_gives_the_same_bytes():
    db = np.random.default_rng(0).normal(size=(8, 50))
    assert spectrogram_png(db) == spectrogram_png(db.copy())


def circles(svg):
    """Where the dots of a scatter chart are, by what is shown on hovering; those in the key show no values."""
    dots = ElementTree.fromstring(svg).iter("circle")
    return {dot.find("title").text: at(dot, "cx", "cy") for dot in dots if ": " in dot.find("title").text}


def left_end(word, width):
    """The left end of a text of this width."""
    return float(word.get("x")) - {"start": 0, "middle": width / 2, "end": width}[word.get("text-anchor")]


def test_a_dot_lies_where_its_values_are():
    dots = [Dot("low", 0.0, 0.0), Dot("middle", 0.5, 5.0), Dot("high", 1.0, 10.0), Dot("none", math.nan, 1.0)]
    spots = circles(scatter_chart(dots, "x", "y", x_range=(0, 1), y_range=(0, 10)))
    assert list(spots) == ["low: 0, 0", "middle: 0.5, 5", "high: 1, 10"]
    (left, bottom), middle, (right, top) = spots.values()
    assert left < right and bottom > top and middle == pytest.approx([(left + right) / 2, (bottom + top) / 2])


def test_names_of_dots_cover_neither_dots_nor_each_other():
    rng = np.random.default_rng(0)
    dots = [Dot(f"exp{number}", *rng.random(2)) for number in range(30)]
    svg = scatter_chart(dots, "x", "y")
    words = [text for text in ElementTree.fromstring(svg).iter("text") if (text.text or "").startswith("exp")]
    # letters of 11 units are about 5.4 wide, and reach 9 up and 3 down from their base line
    sizes = [(left_end(word, 5.4 * len(word.text)), float(word.get("y")), 5.4 * len(word.text)) for word in words]
    spots = [(x, y - 9, x + width, y + 3) for x, y, width in sizes]
    spots += [(x - 4, y - 4, x + 4, y + 4) for x, y in circles(svg).values()]
    apart = [
        a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1] for i, a in enumerate(spots) for b in spots[:i]
    ]
    assert len(words) >= 25 and all(apart)


def test_dots_too_close_for_names_are_named_on_hovering():
    svg = scatter_chart([Dot(f"experiment {number}", 0.5, 0.5 + number / 1e4) for number in range(40)], "x", "y")
    assert len(circles(svg)) == 40 and "experiment 39: 0.5, 0.5039" in circles(svg)


def test_names_are_escaped_once():
    root = ElementTree.fromstring(
        scatter_chart([Dot("a<b & c", 1.0, 2.0, "g&1"), Dot("d", 2.0, 1.0, "g2")], "x&", "y<")
    )
    said = {text.text for text in root.iter("text")}
    assert {"a<b & c", "d", "g&1", "g2", "x&", "y<"} <= said
    assert "a<b & c: 1, 2" in {title.text for title in root.iter("title")}


def test_no_two_of_14_groups_look_alike():
    svg = scatter_chart([Dot("a", n, n, f"group {n}") for n in range(14)], "x", "y")
    dots = list(ElementTree.fromstring(svg).iter("circle"))
    assert len({(dot.get("fill"), dot.get("stroke")) for dot in dots}) == 14 and len(dots) == 28  # the key has them too


def test_a_level_stands_where_its_value_is_and_has_its_name():
    svg = scatter_chart([Dot("a", 1.0, 2.0, "one"), Dot("b", 2.0, 3.0, "two")], "x", "y", levels=[("floor", 1.0)])
    root = ElementTree.fromstring(svg)
    assert "floor" in {text.text for text in root.iter("text")}
    (line,) = (line for line in root.iter("line") if line.get("stroke-dasharray"))
    assert float(line.get("y1")) > max(y for _, y in circles(svg).values())


@pytest.mark.parametrize("dots", [[], [Dot("a", math.nan, 1.0)]])
def test_a_scatter_chart_of_nothing_says_so(dots):
    assert "No values" in scatter_chart(dots, "x", "y")


def test_one_dot_alone_lies_in_the_middle():
    ((x, y),) = circles(scatter_chart([Dot("a", 3.0, 4.0)], "x", "y")).values()
    assert 300 < x < 450 and 150 < y < 270


# ---- seasons -----------------------------------------------------------------------------------------------------


def test_hours_in_which_nothing_was_recorded_have_no_point_and_a_grey_ground() -> None:
    values = [math.nan] * 24
    values[5], values[6] = 2.0, 0.0
    picture = plots.diel_chart({"ridge": values}, "calls")
    assert picture.count("<circle") == 2
    assert picture.count(": nothing recorded") == 22
    assert "No values to draw" in plots.diel_chart({"ridge": [math.nan] * 24}, "calls")


def test_a_calendar_tells_heard_not_heard_and_not_recorded_apart() -> None:
    days = [date(2026, 3, 30 + n) if n < 2 else date(2026, 4, n - 1) for n in range(4)]
    picture = plots.calendar_chart(days, {"ridge": [4.0, 0.0, math.nan, 1.0]})
    filled = re.findall(r'fill="(#\w{6})"[^>]*><title>ridge, (\S+): ', picture)
    assert filled == [
        (plots.HEARD_COLOURS[-1], "2026-03-30"),
        (plots.SILENT, "2026-03-31"),
        (plots.HEARD_COLOURS[2], "2026-04-02"),
    ]
    assert ">01 Apr</text>" in picture


def test_a_map_is_as_long_east_as_north_and_dots_are_as_large_as_their_values() -> None:
    north, east = plots.Spot("north", 60.01, 10.0, 4.0), plots.Spot("east", 60.0, 10.02, 1.0)
    picture = plots.site_map([plots.Spot("here", 60.0, 10.0, 0.0), north, east], "calls")
    dots = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"[^>]*><title>(\w+):', picture)
    at = {name: (float(x), float(y), float(r)) for x, y, r, name in dots}
    assert at["here"][1] - at["north"][1] == pytest.approx(at["east"][0] - at["here"][0], rel=0.01)
    assert (at["north"][2], at["east"][2], at["here"][2]) == (16, 10, 4)
    assert "km</text>" in picture or " m</text>" in picture


def test_a_picture_alone_is_a_file_of_its_own() -> None:
    root = ElementTree.fromstring(plots.alone(plots.site_map([plots.Spot("<a>", 1.0, 1.0, 1.0)], "calls")))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"


def clip(**more: object) -> str:
    db = np.random.default_rng(0).normal(-60, 5, (16, 100))
    places = {"start_s": 100.0, "end_s": 104.0, "low_hz": 0.0, "high_hz": 8000.0, "mel_hz": np.linspace(200, 7800, 16)}
    return clip_figure(db, **{**places, **more})


def test_a_clip_is_a_file_of_its_own_that_tells_the_seconds_of_its_recording() -> None:
    root = ElementTree.fromstring(clip())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"100 s", "102 s", "104 s", "1k"} <= set(words)
    assert "0 s" not in words


def test_the_box_of_a_clip_lies_where_it_says() -> None:
    box = Box(101.0, 103.0, 1000.0, 4000.0, "frog", "present")
    one = ElementTree.fromstring(clip(box=box, size_px=(448, 230)))  # 400 pixels are 4 seconds, 200 are 8000 Hz
    (frame,) = [each for each in one.iter() if each.get("stroke") == SPECIES_COLOURS[0][0]]
    assert (float(frame.get("x", 0)), float(frame.get("width", 0))) == (140.0, 200.0)
    whole = ElementTree.fromstring(clip(box=Box(101, 103, 0, 0, "frog", "present"), size_px=(448, 230)))
    (tall,) = [each for each in whole.iter() if each.get("stroke") == SPECIES_COLOURS[0][0]]
    assert float(tall.get("height", 0)) == 200.0 > float(frame.get("height", 0)) > 0


def test_the_curve_of_a_clip_is_drawn_below_and_names_are_text() -> None:
    track = Track("<b>", [100.5, 101.5, 102.5], [0.0, 1.0, 0.5])
    drawn = clip(track=track, description="<script>")
    assert "<script>" not in drawn and "<path" in drawn and "<path" not in clip()
