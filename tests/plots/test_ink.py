import math
from xml.etree import ElementTree

import numpy as np

from dawnchorus.plots.bars import Bar, bar_chart
from dawnchorus.plots.dots import Dot, scatter_chart
from dawnchorus.plots.ink import alone, safe_text
from dawnchorus.plots.lines import line_chart, precision_recall_chart
from dawnchorus.plots.marks import Box, Track
from dawnchorus.plots.recording import recording_figure
from dawnchorus.plots.site_map import Spot, site_map
from plots.parsed import HOSTILE, MEL_HZ


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


def test_a_picture_alone_is_a_file_of_its_own() -> None:
    root = ElementTree.fromstring(alone(site_map([Spot("<a>", 1.0, 1.0, 1.0)], "calls")))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
