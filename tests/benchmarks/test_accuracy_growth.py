import csv
from pathlib import Path

import pytest

from benchmarks import accuracy_growth


def table(folder: Path, cmap: float) -> Path:
    home = folder / "accuracy"
    home.mkdir(parents=True)
    figures = [f"{figure}{end}" for figure in accuracy_growth.FIGURES for end in ("", "_low", "_high")]
    values = [str(cmap), str(cmap - 0.1), str(cmap + 0.1), *["0.2"] * 6]
    systems = [["floor", "random", "0", *values], ["system", "peer", "1", *values], ["system", "ours", "3", *values]]
    gains = [["ours", "peer", "cmap", "0.1", "0.05", "0.15", "3"], ["ours", "peer", "event_map", "0", "0", "0", "3"]]
    for name, head, rows in (
        ("systems.csv", ["kind", "name", "seeds", *figures], systems),
        ("differences.csv", ["system", "against", "figure", "mean", "low", "high", "seeds"], gains),
    ):
        with (home / name).open("w", newline="") as file:
            csv.writer(file).writerows([head, *rows])
    return folder


def test_systems_are_gathered_with_their_differences_and_floors_left_out(tmp_path: Path) -> None:
    rows = accuracy_growth.gathered(
        {15: table(tmp_path / "b", 0.7), 5: table(tmp_path / "a", 0.5)}, "tp_a_species", "ours"
    )
    assert [(row["tp_a_species"], row["system"], row["cmap"]) for row in rows] == [
        ("5", "peer", "0.5"),
        ("5", "ours", "0.5"),
        ("15", "peer", "0.7"),
        ("15", "ours", "0.7"),
    ]
    assert rows[0]["ours_more_cmap_low"] == "0.05" and rows[1]["ours_more_cmap_mean"] == ""
    assert {row["ours"] for row in rows} == {"ours"}
    assert "0.100 (0.050 to 0.150)" in accuracy_growth.as_markdown(rows, "tp_a_species")


def test_growth_is_written_and_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = [f"--at={number}={table(tmp_path / str(number), 0.4 + number / 100)}" for number in (5, 30)]
    monkeypatch.setattr("sys.argv", ["accuracy_growth.py", *at, "--docs", str(tmp_path / "docs"), "--ours", "ours"])
    accuracy_growth.main()
    picture = (tmp_path / "docs" / "accuracy" / "growth.svg").read_text()
    assert "TP boxes a species" in picture and "peer" in picture


def test_a_table_that_compares_nothing_with_the_system_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="compares no system 'theirs'"):
        accuracy_growth.gathered({5: table(tmp_path / "a", 0.5)}, "tp_a_species", "theirs")
