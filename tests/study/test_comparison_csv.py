import pytest

from dawnchorus.study.compare import compare
from dawnchorus.study.comparison_csv import read_csv, write_csv
from dawnchorus.study.paired import CompareError
from study.runs import PERFECT, REVERSED, STUDY, run


def test_csv_gives_back_the_same_comparison(tmp_path, judge):
    for seed in (0, 1):
        run(tmp_path, "plain", seed, REVERSED, cv=1 / 3 + seed)
    run(tmp_path, "bright", 1, PERFECT, saw_test=True, comparable=False, lost='a "reason", with\nlines')
    comparison = compare(STUDY, tmp_path, judge)
    write_csv(tmp_path / "docs/which.csv", comparison)
    assert read_csv(tmp_path / "docs/which.csv") == comparison
    write_csv(tmp_path / "again.csv", read_csv(tmp_path / "docs/which.csv"))
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "docs/which.csv").read_bytes()


def test_another_csv_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("kind,name\nstudy,x\n")
    with pytest.raises(CompareError, match="is no comparison"):
        read_csv(tmp_path / "a.csv")
