from dataclasses import replace

from dawnchorus.report.content import PARTIAL_LABELS, StageScores
from dawnchorus.report.page import page
from report.whole import nothing, visible


def test_full_truth_leads_even_when_partial_labels_score_higher():
    stages = [StageScores("stage 1", "all", 0.9, on=PARTIAL_LABELS), StageScores("stage 1", "all", 0.4)]
    text = visible(page(replace(nothing(), stages=stages)))
    assert "a cmAP of 0.400" in text
    assert "cannot rank variants that use pseudo-labels" in text
