from xml.etree import ElementTree

import numpy as np

from dawnchorus.plots.clip import clip_figure
from dawnchorus.plots.marks import SPECIES_COLOURS, Box, Track


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
