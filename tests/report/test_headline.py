from dataclasses import replace

from dawnchorus.report.content import Floor, StageScores
from dawnchorus.report.page import page
from report.whole import nothing, visible


def test_the_headline_has_the_best_stage_its_interval_and_the_floor():
    stages = [StageScores(f"stage {n}", "all", 0.2 * n, (0.2 * n - 0.05, 0.2 * n + 0.05), 0.5) for n in (1, 3, 2)]
    floors = [Floor("equal", 0.111, 0.2), Floor("prevalence", 0.222, 0.3)]
    text = visible(page(replace(nothing(), stages=stages, floors=floors)))
    assert "Stage 3 scored highest, with a cmAP of 0.600 (95 % interval 0.550 to 0.650) on full truth" in text
    assert "answering without listening gives at most 0.222" in text


def test_each_card_has_its_interval():
    stage = StageScores("stage 1", "all", 0.3, (0.1, 0.5), 0.4, (0.2, 0.6), 0.25, event_map_interval=(0.15, 0.35))
    cards = visible(page(replace(nothing(), stages=[stage]))).partition("event mAP")
    assert "0.300 95 % interval 0.100 to 0.500" in cards[0] and "0.400 95 % interval 0.200 to 0.600" in cards[0]
    assert "0.250 95 % interval 0.150 to 0.350" in cards[2]


def test_a_score_whose_interval_holds_the_floor_is_called_so():
    stage = StageScores("stage 1", "all", 0.3, (0.1, 0.5), 0.5)
    text = visible(page(replace(nothing(), stages=[stage], floors=[Floor("equal", 0.2, 0.2)])))
    assert "not clearly above the floor" in text
