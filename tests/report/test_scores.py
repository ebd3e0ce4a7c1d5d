import math
from dataclasses import replace

from dawnchorus.report.content import PARTIAL_LABELS, Floor, StageScores
from dawnchorus.report.page import page
from report.whole import nothing, visible


def test_what_could_not_be_computed_is_not_available_and_never_zero():
    stage = StageScores("stage 1", "all", math.nan, (math.nan, math.nan), math.nan, event_map=None)
    text = visible(page(replace(nothing(), stages=[stage], floors=[Floor("equal", math.nan, math.nan)])))
    assert "No score could be computed" in text and text.count("n/a") >= 8
    assert "nan" not in text and "0.000" not in text


def test_a_floor_stands_beside_the_scores_it_belongs_to():
    stages = [StageScores("stage 1", "all", 0.4), StageScores("stage 1", "all", 0.9, on=PARTIAL_LABELS)]
    text = page(replace(nothing(), stages=stages, floors=[Floor("equal", 0.777, 0.1, on=PARTIAL_LABELS)]))
    assert "0.777" not in text.split("On partial labels")[0]
    assert "0.777" in text.split("On partial labels")[1]
