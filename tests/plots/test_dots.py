import math
from xml.etree import ElementTree

import numpy as np
import pytest

from dawnchorus.plots.dots import Dot, scatter_chart
from plots.parsed import at


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
