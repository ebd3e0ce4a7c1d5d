from io import StringIO
from pathlib import Path

from rich.console import Console

from dawnchorus import memo
from dawnchorus.study.catalogue import Entry, catalogue
from dawnchorus.study.table import catalogue_table
from dawnchorus.study.values import Reported, Study, Variant

STUDIES = [
    Study(
        Path("memo/stages.py"),
        "Which?",
        "second",
        {
            "first": Variant(memo.first, Reported(0.7889, None, 0.842), ("exp0109", "1st stage")),
            "second": Variant(memo.second, note="ours"),
        },
    ),
    Study(Path("memo/plans.py"), "What?", "vit", {"vit": Variant(None, memo=("ViT",), note="never run")}),
]


def test_every_line_of_the_memo_is_named_with_its_variant():
    assert catalogue(STUDIES) == [
        Entry("exp0109", "stages:first", Reported(0.7889, None, 0.842), "", True),
        Entry("1st stage", "stages:first", Reported(0.7889, None, 0.842), "", True),
        Entry("ViT", "plans:vit", Reported(), "never run", False),
    ]


def test_a_terminal_shows_it():
    console = Console(width=160, record=True, file=StringIO())
    console.print(catalogue_table(catalogue(STUDIES)))
    shown = console.export_text()
    assert "3 lines of the memo" in shown and "0.842" in shown and "Nothing to run. never run" in shown
