"""A judge of those runs."""

import pytest

from dawnchorus.study.judge import TruthTable
from study.runs import POSITIVES, RECORDINGS


@pytest.fixture
def judge(tmp_path):
    path = tmp_path / "truth.csv"
    rows = [f"{name},{species},1,0,0,1,1" for name in RECORDINGS for species in sorted(POSITIVES[name])]
    header = "recording_id,species_id,songtype_id,t_min,f_min,t_max,f_max"
    path.write_text("\n".join([header, *rows]) + "\n")
    return TruthTable(path)
