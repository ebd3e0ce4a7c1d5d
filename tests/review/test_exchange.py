"""Verdicts go out as tables and come back as they were."""

from __future__ import annotations

# ruff: noqa: E402  what an extra brings may be missing, which skips these tests
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the review extra")

from dawnchorus.annotations.problems import AnnotationError
from dawnchorus.events import Species
from dawnchorus.review import exchange
from dawnchorus.review.verdicts import Row, Store, species_named, standing

SPECIES = (Species(0, "Frog"), Species(1, 'Pájaro, "azul"'))


def rows() -> list[Row]:
    name = "site 3/REC_20260401_053000"
    first = Row("key-0001", name, 0, "Frog", 1.0, 2.5, 300.0, 900.0, "present", "Ana", score=0.8)
    return [
        first,
        replace(first, key="key-0002", species=1, name=SPECIES[1].name, answer="absent", start_s=1.25),
        replace(first, key="key-0003", start_s=0.125, answer="unsure", by="Ben"),
    ]


def test_arbimon_and_back(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db", SPECIES) as store, Store(tmp_path / "b.db", SPECIES) as other:
        store.add(rows())
        said = standing(store.rows())
        assert exchange.write_arbimon(tmp_path / "v.csv", said, SPECIES) == 3
        lines = (tmp_path / "v.csv").read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("site_id,site_name,detection_start,detection_end,detection_class,confidence,")
        assert ",site 3,2026-04-01 05:30:01.000,2026-04-01 05:30:02.500,Frog,0.800000,present," in lines[1]
        for _ in range(2):  # twice is once
            read, problems = exchange.read_arbimon(tmp_path / "v.csv", "somebody")
            other.add(read)
        back = standing(other.rows())
        assert problems == []
        assert [(v.recording, v.species, v.start_s, v.end_s, v.low_hz, v.present, v.by) for v in back] == [
            (v.recording, v.species, v.start_s, v.end_s, v.low_hz, v.present, v.by) for v in said
        ]
        assert [one.name for one in species_named(other.rows(), SPECIES)] == [one.name for one in SPECIES]


def test_rfcx_and_back(tmp_path: Path) -> None:
    with Store(tmp_path / "a.db", SPECIES) as store:
        store.add(rows())
        assert exchange.write_rfcx(tmp_path / "out", standing(store.rows()), SPECIES) == (1, 1)
    read, problems = exchange.read_any(tmp_path / "out" / "train_tp.csv", SPECIES, "Ana")
    more, _ = exchange.read_any(tmp_path / "out" / "train_fp.csv", SPECIES, "Ana")
    assert problems == []
    assert [(one.name, one.answer, one.start_s, one.high_hz) for one in [*read, *more]] == [
        ("Frog", "present", 1.0, 900.0),
        (SPECIES[1].name, "absent", 1.25, 900.0),
    ]


def test_rows_that_nobody_validated_say_nothing_and_faulty_ones_are_told(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text(
        "detection_class,validation_status,recording_id,t_min,t_max\n"
        "Frog,-,a,1,2\nFrog,present,a,1,2\nFrog,maybe,a,1,2\nFrog,present,a,2,1\nFrog,not present,a,x,1\n"
    )
    read, problems = exchange.read_arbimon(path, "Ana")
    assert [(one.answer, one.by) for one in read] == [("present", "Ana")]
    assert [problem.line for problem in problems] == [4, 5, 6]
    path.write_text("site_id,detection_start,validation_status\n1,2026-01-01,present\n")
    with pytest.raises(AnnotationError, match="no column detection_class"):
        exchange.read_arbimon(path, "Ana")
