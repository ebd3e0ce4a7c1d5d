from dataclasses import replace

from dawnchorus.plots.marks import Box
from dawnchorus.report.page import page
from report.whole import full, nothing, visible


def test_the_caption_of_a_recording_names_only_marks_that_are_there():
    bare = replace(full().recordings[0], boxes=[Box(1, 2, 500, 900, "frog", "present")], tracks=[])
    text = visible(page(replace(nothing(), recordings=[bare])))
    assert "Solid box (1)" in text
    assert "Dashed box" not in text and "Bar above" not in text and "Curve (" not in text
