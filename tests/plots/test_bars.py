import math
from xml.etree import ElementTree

from dawnchorus.plots.bars import Bar, bar_chart


def test_a_bar_without_a_value_says_so_and_is_not_drawn():
    root = ElementTree.fromstring(bar_chart({"cmAP": [Bar("stage 1", math.nan), Bar("stage 2", 0.5)]}, "score"))
    assert len(list(root.iter("rect"))) == 1
    assert "n/a" in [text.text for text in root.iter("text")]


def test_floors_of_the_same_height_share_a_line():
    svg = bar_chart({"cmAP": [Bar("one", 0.5)]}, "score", floors={"cmAP": [("equal", 0.2), ("constant", 0.2)]})
    assert svg.count("floor: ") == 1 and "equal, constant 0.200" in svg
