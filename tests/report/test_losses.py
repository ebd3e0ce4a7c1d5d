from dataclasses import replace

from dawnchorus.report.page import page
from report.whole import nothing


def test_losses_of_one_stage_share_a_chart():
    losses = {f"stage {s}, fold {f}": ([0, 1], [1.0, 0.5]) for s in (1, 2) for f in (0, 1)}
    text = page(replace(nothing(), losses=losses))
    assert text.count('aria-label="Training loss of') == 2
