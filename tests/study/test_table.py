from dataclasses import replace
from io import StringIO

from rich.console import Console

from dawnchorus.study.compare import compare
from dawnchorus.study.table import as_markdown, comparison_table
from dawnchorus.study.values import Variant
from study.runs import PERFECT, REVERSED, STUDY, run


def test_markdown_says_what_people_need(tmp_path, judge):
    run(tmp_path, "plain", 0, REVERSED)
    run(tmp_path, "bright", 0, PERFECT, saw_test=True)
    text = as_markdown(compare(STUDY, tmp_path, judge))
    lines = text.splitlines()
    table = [line for line in lines if line.startswith("| ")]
    assert len({line.replace("\\|", "").count("|") for line in table}) == 1  # every row has as many cells
    (bright,) = (line for line in table if line.startswith("| bright †"))
    assert "exp0105, a \\| b | very bad |  | very bad" in bright and "1.000 | 1.000 |  | +0.7" in bright
    assert "¹" in bright
    assert any("one seed: the interval covers the choice of recordings" in line for line in lines)
    assert any(line.startswith("† trained on the sound of the test") for line in lines)
    assert any("floor: equal" in line for line in table)
    assert "| planned |  |  | 0.4 |" in text and "not run |" in text and "not runnable |" in text
    assert "Which one?" in text and "read as §2" in text and "augment.1.kind" in text


def test_a_terminal_shows_it_too(tmp_path, judge):
    run(tmp_path, "plain", 0, REVERSED)
    odd = replace(STUDY, variants=STUDY.variants | {"[bold]x": Variant(None)})
    console = Console(width=220, record=True, file=StringIO())
    console.print(comparison_table(compare(odd, tmp_path, judge)))
    shown = console.export_text()
    assert "[bold]x" in shown and "very bad" in shown and "floor: equal" in shown and "baseline" in shown
