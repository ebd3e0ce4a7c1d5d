from dataclasses import replace

from dawnchorus.report.page import page
from report.whole import nothing


def test_a_long_list_of_problems_is_folded_not_cut():
    text = page(replace(nothing(), problems=[f"file {n} is bad" for n in range(30)]))
    assert "10 more" in text and all(f"file {n} is bad" in text for n in range(30))
