import math
from xml.etree import ElementTree

import numpy as np
import pytest

from dawnchorus.plots.marks import Box, Track
from dawnchorus.plots.recording import recording_figure
from dawnchorus.plots.spectrogram import spectrogram_png
from plots.parsed import MEL_HZ, at, pixels


def figure(boxes=(), tracks=(), db=None, duration_s=10.0):
    """A recording of 10 s, 0 to 8 kHz, parsed."""
    db = np.zeros((8, 20)) if db is None else db
    svg = recording_figure(db, duration_s=duration_s, low_hz=0, high_hz=8000, mel_hz=MEL_HZ, boxes=boxes, tracks=tracks)
    return ElementTree.fromstring(svg)


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
