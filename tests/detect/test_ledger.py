from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dawnchorus.audio.faults import Fault
from dawnchorus.detect.analyse import Frames, Result
from dawnchorus.detect.engine import Coverage
from dawnchorus.detect.ledger import Entry, Ledger, LedgerError
from dawnchorus.events import Detection


def entry(name: str, size: int = 10, mtime_ns: int = 1) -> Entry:
    return Entry(name, Path("/cards") / name, size, mtime_ns)


def found(*scores: float, faults: tuple[Fault, ...] = ()) -> Result:
    """Detections with these scores in a minute of sound."""
    frames = Frames(0, 0.5, 1.0, np.array([0.0, 0.5]), np.array([[0.25, 0.5], [0.75, 1.0]], np.float16))
    events = tuple(Detection("", 1, n, n + 0.5, score) for n, score in enumerate(scores))
    return Result(faults, Coverage(60, 60, 60, 60), events, np.float32([0.1, 0.9]), (frames,))


def number_of(ledger: Ledger, name: str) -> int:
    return next(job.number for job in ledger.waiting() if job.path.name == name)


def test_files_wait_by_name_until_something_came_of_them() -> None:
    with Ledger(None) as ledger:
        ledger.enter([entry("b.wav"), entry("a.wav")])
        assert [job.path.name for job in ledger.waiting()] == ["a.wav", "b.wav"]
        ledger.record(number_of(ledger, "b.wav"), found(0.5, 0.75), "7")
        assert [job.path.name for job in ledger.waiting()] == ["a.wav"]
        assert [(one.recording, one.score) for one in ledger.detections()] == [("b", 0.5), ("b", 0.75)]
        assert ledger.species_counts() == {1: 2}
        ((key, whole),) = ledger.wholes()
        assert (key, whole.tolist()) == ("b", np.float32([0.1, 0.9]).tolist())
        ((_, frames),) = ledger.frames()
        assert frames.values.tolist() == [[0.25, 0.5], [0.75, 1.0]]


def test_a_file_that_is_recorded_twice_is_reported_once() -> None:
    with Ledger(None) as ledger:
        ledger.enter([entry("a.wav")])
        number = number_of(ledger, "a.wav")
        ledger.record(number, found(0.5, 0.75), "7")
        ledger.record(number, found(0.25), "8")
        assert [one.score for one in ledger.detections()] == [0.25]


def test_a_record_that_fails_half_way_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with Ledger(None) as ledger:
        ledger.enter([entry("a.wav")])
        bad = found(0.5)
        broken = Result(bad.faults, bad.coverage, (*bad.detections, Detection("", None, 0, 1, 0.5)))  # type: ignore[arg-type]
        with pytest.raises(LedgerError):
            ledger.record(number_of(ledger, "a.wav"), broken, "7")
        assert list(ledger.detections()) == [] and ledger.count("waiting") == 1


@pytest.mark.parametrize("code", ["stalled", "crashed", "changed", "unreadable", "internal"])
def test_what_may_have_passed_is_tried_again_and_the_rest_is_not(code: str) -> None:
    with Ledger(None) as ledger:
        files = [entry("empty.wav", 0), entry("other.wav"), entry("good.wav")]
        ledger.enter(files)
        ledger.record(number_of(ledger, "empty.wav"), Result.failure("empty", "no bytes"), "7")
        ledger.record(number_of(ledger, "other.wav"), Result.failure(code, "?"), "7")
        ledger.record(number_of(ledger, "good.wav"), found(0.5), "7")
        ledger.enter(files)
        assert [job.path.name for job in ledger.waiting()] == ["other.wav"]
        assert ledger.count("failed") == 1


def test_another_size_or_date_is_another_file_and_what_is_gone_stays_only_if_it_was_heard() -> None:
    with Ledger(None) as ledger:
        ledger.enter([entry(name) for name in ("a.wav", "b.wav", "c.wav", "d.wav")])
        for name in ("a.wav", "b.wav", "c.wav"):
            ledger.record(number_of(ledger, name), found(0.5), "7")
        ledger.enter([entry("a.wav", size=11), entry("b.wav", mtime_ns=2)])
        assert [job.path.name for job in ledger.waiting()] == ["a.wav", "b.wav"]
        assert [one.recording for one in ledger.detections()] == ["c"]


def test_keys_are_names_without_extensions_unless_two_would_be_the_same() -> None:
    with Ledger(None) as ledger:
        ledger.enter([entry("a.wav"), entry("b.wav"), entry("c.wav")], ["c.flac"])
        for name in ("a.wav", "b.wav", "c.wav"):
            ledger.record(number_of(ledger, name), found(), "7")
        assert [row.key for row in ledger.rows()] == ["a", "b", "c.wav"]
        ledger.enter([entry("a.wav"), entry("a.flac")])
        assert {row.key for row in ledger.rows()} == {"a.wav", "b", "c"}


def test_a_name_and_words_that_are_not_utf_8_can_be_stored(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.sqlite") as ledger:
        ledger.enter([Entry("\\xf1.wav", Path("/cards/\udcf1.wav"), 1, 1)])
        (job,) = ledger.waiting()
        assert job.path == Path("/cards/\udcf1.wav")
        ledger.record(job.number, Result.failure("empty", "of '\udcf1.wav'"), "7")
        (row,) = ledger.rows()
        assert row.faults[0].detail == "of '\\udcf1.wav'"


def test_the_row_says_what_was_lost_to_what(tmp_path: Path) -> None:
    faults = (Fault("gap", "?", 3.0, 0.5), Fault("truncated", "?", 8.0, 2.0))
    cover = Coverage(10.0, 8.0, 7.5, 7.5, (("gap", 0.5), ("truncated", 2.0)))
    with Ledger(None) as ledger:
        ledger.enter([entry("a.wav")])
        ledger.record(1, Result(faults, cover), "7")
        row = ledger.db.execute("SELECT lost, gaps, lost_s, analysed_s + lost_s FROM file").fetchone()
    assert (json.loads(row[0]), json.loads(row[1]), *row[2:]) == (
        {"gap": 0.5, "truncated": 2.0},
        [[3.0, 3.5]],
        2.5,
        cover.in_s,
    )


def test_settings_are_compared_down_to_the_value() -> None:
    with Ledger(None) as ledger:
        ledger.begin({"rule": {"threshold": 0.3, "edge": 0.5}, "shard": "1/1"}, "", "")
        ledger.begin({"shard": "1/1", "rule": {"edge": 0.5, "threshold": 0.3}}, "", "")
        with pytest.raises(LedgerError, match="rule.threshold: 0.3 before, 0.4 now") as refused:
            ledger.begin({"rule": {"threshold": 0.4, "edge": 0.5}, "shard": "1/1"}, "", "")
        assert "edge" not in str(refused.value)


def test_a_ledger_of_another_schema_is_refused(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.sqlite") as ledger:
        ledger.db.execute("UPDATE run SET value = '99' WHERE name = 'schema'")
    with pytest.raises(LedgerError, match="schema 99; this version of dawnchorus reads schema 1"):
        Ledger(tmp_path / "l.sqlite")


def test_the_words_of_a_header_stay_with_their_file_until_it_is_done_again(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.sqlite") as ledger:
        ledger.enter([entry("a.wav"), entry("b.wav")])
        gap = Fault("gap", "damaged", 3.0, 1.5)
        worded = replace(found(0.5, faults=(gap,)), words={"comment": "Año (UTC)"})
        ledger.record(number_of(ledger, "a.wav"), worded, "7")
        ledger.record(number_of(ledger, "b.wav"), found(0.5), "7")
        a, b = ledger.heard()
        assert (a.key, a.words, a.gaps) == ("a", {"comment": "Año (UTC)"}, ((3.0, 4.5),))
        assert (b.key, b.words, b.gaps) == ("b", {}, ())
        ledger.enter([entry("a.wav", size=11), entry("b.wav")])
        assert [one.key for one in ledger.heard()] == ["b"]
        ledger.record(number_of(ledger, "a.wav"), found(0.5), "7")
        assert [one.words for one in ledger.heard()] == [{}, {}]


def test_a_ledger_from_before_headers_were_kept_goes_on(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.sqlite") as ledger:
        ledger.enter([entry("a.wav")])
        ledger.record(number_of(ledger, "a.wav"), found(0.5), "7")
        ledger.db.execute("DROP TABLE header")
    with Ledger(tmp_path / "l.sqlite") as ledger:
        assert [(one.key, one.words) for one in ledger.heard()] == [("a", {})]


def test_a_ledger_from_before_spreads_were_kept_goes_on(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.sqlite") as ledger:
        ledger.enter([entry("a.wav"), entry("b.wav")])
        ledger.record(number_of(ledger, "a.wav"), found(0.5), "7")
        ledger.db.execute("ALTER TABLE detection DROP COLUMN spread")
    with Ledger(tmp_path / "l.sqlite") as ledger:
        later = found(0.5)
        later = replace(later, detections=tuple(replace(one, spread=0.25) for one in later.detections))
        ledger.record(number_of(ledger, "b.wav"), later, "7")
        assert [(one.recording, one.spread) for one in ledger.detections()] == [("a", 0.0), ("b", 0.25)]
