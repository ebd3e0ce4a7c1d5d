import math

from dawnchorus.report.content import SpeciesCurve
from dawnchorus.report.species import species_section


def test_the_species_heard_best_after_the_last_stage_comes_first():
    line = ([0.0, 1.0], [1.0, 0.5])
    curves = [
        SpeciesCurve(name, stage, ap, 3, *line)
        for name, aps in (("frog", (0.9, 0.2)), ("owl", (0.1, 0.8)), ("toad", (0.5, math.nan)))
        for stage, ap in zip(("stage 1", "stage 2"), aps, strict=True)
    ]
    text = species_section(curves)
    rows = text[text.index("<tbody>") :]
    assert rows.index(">owl<") < rows.index(">frog<") < rows.index(">toad<")
    assert "<td>0.500</td><td>n/a</td>" in rows
