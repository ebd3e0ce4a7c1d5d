"""`train --verdicts` and `evaluate --verdicts`: what people said on the page is learnt from, and judges a run."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from dawnchorus.cli import app
from dawnchorus.event_rule import EventRule
from dawnchorus.events import Verdict
from dawnchorus.run_folder import RunFolder
from factories import by_chance, write_run

runner = CliRunner()
AT = datetime(2026, 5, 1, tzinfo=UTC)
QUICK = ["--backbone", "test_resnet", "--weights", "none", "--detail", "coarse", "--steps", "2", "--batch", "4"]


def kept(monkeypatch: pytest.MonkeyPatch, verdicts: Sequence[Verdict]) -> None:
    """Put a store in place of the one in a database."""
    store = ModuleType("dawnchorus.review.verdicts")
    store.read_named = lambda where, species: (list(verdicts), list(species))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "dawnchorus.review.verdicts", store)


def first_of(forest: Path) -> str:
    """The name of a training recording."""
    return sorted(path.stem for path in (forest / "train").iterdir())[0]


def test_a_run_learns_from_verdicts_and_names_what_it_cannot_use(
    forest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = first_of(forest)
    said = Verdict(name, 1, 0.25, 0.75, True, "ana", AT)
    others = [
        Verdict("elsewhere", 0, 1.0, 2.0, True, "ana", AT),
        Verdict(name, 0, 8.25, 8.5, True, "ana", AT),
        Verdict(name, 0, 8.25, 8.5, False, "bo", AT + timedelta(minutes=1)),
        Verdict(name, 0, 9.0, 9.5, None, "bo", AT),
    ]
    kept(monkeypatch, [said, *others])
    command = ["train", str(forest), "--out", str(tmp_path / "run"), *QUICK, "--verdicts", "reviews.db"]
    result = runner.invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "verdicts on 4 clips: 2 present, 1 absent, 1 unsure" in result.output
    assert "nothing is learnt from 1 of these clips, of recordings that are not here" in result.output
    boxes = RunFolder(tmp_path / "run").annotations
    assert any((b.recording, b.species, b.start_s, b.end_s, b.present) == (name, 1, 0.25, 0.75, True) for b in boxes)
    assert any((b.species, b.start_s, b.present) == (0, 8.25, False) for b in boxes)
    assert not any(b.start_s == 9.0 for b in boxes)
    problems = "\n".join(RunFolder(tmp_path / "run").record["problems"])
    assert "recording_id is 'elsewhere'" in problems
    assert "ana: present, bo: absent; the last counts" in problems
    strict = runner.invoke(app, [*command, "--strict"])
    assert strict.exit_code == 1 and "--strict allows none" in strict.output


def test_verdicts_judge_a_run_and_leave_thresholds_for_its_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_run(tmp_path / "run", [by_chance(name, 0.1) for name in ("a", "b", "c")])
    folder = RunFolder(run)
    rule = EventRule(typical_s=folder.package("last").typical_s)
    events = [event for scores in folder.scores("last").values() for event in rule.events(scores)]
    verdicts = [
        Verdict(e.recording, e.species, e.start_s, e.end_s, e.score > 0.6, "ana", AT, asked="stratified")
        for e in events
    ]
    kept(monkeypatch, [*verdicts, Verdict("z", 0, 1.0, 2.0, True, "ana", AT, asked="random")])
    result = runner.invoke(app, ["evaluate", str(run), "--verdicts", "reviews.db", "--precision", "0.8"])
    assert result.exit_code == 0, result.output
    assert "frog" in result.output and "Pájaro 鳥" in result.output and "1 on none" in result.output
    with (run / "reviewed" / "thresholds.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["model_hash"] for row in rows] == [folder.package("last").hash] * 2
    assert all(float(row["threshold"]) < 0.7 and row["target_precision"] == "0.8" for row in rows)
    as_json = runner.invoke(app, ["evaluate", str(run), "--verdicts", "reviews.db", "--json"])
    said = json.loads(as_json.stdout)
    assert sum(one["asked"] for one in said["bins"]) == len(events)


def test_verdicts_that_were_not_drawn_by_chance_judge_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = write_run(tmp_path / "run", [by_chance("a", 0.1)])
    verdict = Verdict("a", 0, 1.0, 2.0, True, "ana", AT, asked="highest")
    kept(monkeypatch, [verdict])
    result = runner.invoke(app, ["evaluate", str(run), "--verdicts", "reviews.db"])
    assert result.exit_code == 1 and "none of the 1 verdicts was asked in the order stratified or" in result.output
    kept(monkeypatch, [replace(verdict, recording="z", asked="random")])
    result = runner.invoke(app, ["evaluate", str(run), "--verdicts", "reviews.db"])
    assert result.exit_code == 1 and "first verdict on z" in result.output


def test_two_ways_to_judge_are_a_usage_error(tmp_path: Path) -> None:
    command = ["evaluate", str(tmp_path), "--verdicts", "r.db", "--truth", str(tmp_path), "--audio", str(tmp_path)]
    assert runner.invoke(app, command).exit_code == 2


def test_a_real_table_of_verdicts_is_learnt_from(forest: Path, tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy", reason="the review extra is not installed")
    from dawnchorus.review import verdicts

    row = verdicts.Row("key", first_of(forest), 1, "s1", 0.25, 0.75, 0.0, 0.0, "present", "ana")
    with verdicts.Store(tmp_path / "reviews.db") as store:
        store.add([row])
    command = ["train", str(forest), "--out", str(tmp_path / "run"), *QUICK]
    result = runner.invoke(app, [*command, "--verdicts", str(tmp_path / "reviews.db")])
    assert result.exit_code == 0, result.output
    assert any((b.species, b.start_s, b.end_s) == (1, 0.25, 0.75) for b in RunFolder(tmp_path / "run").annotations)
