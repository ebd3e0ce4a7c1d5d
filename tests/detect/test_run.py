"""Runs: the same bytes whatever the workers, the order, the shards, and whatever is killed; nothing mixed up."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

import sounds
from dawnchorus.detect import outputs, pool
from dawnchorus.detect.ledger import Ledger, LedgerError
from dawnchorus.detect.listing import Shard
from dawnchorus.detect.process import Process
from dawnchorus.detect.run import Progress, Wanted, merge, run
from dawnchorus.event_rule import EventRule
from dawnchorus.export import scores_parquet
from dawnchorus.files import InUseError
from detect import archive, tiny_model

FILES = 12


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and an archive of short files."""
    folder = tmp_path_factory.mktemp("run")
    tiny_model.write(folder / "model", networks=3)
    archive.many(folder / "audio", FILES)
    return folder


@pytest.fixture(scope="module")
def uninterrupted(home: Path) -> dict[str, bytes]:
    """What a run leaves that nothing disturbs."""
    run(wanted(home, home / "whole"))
    return archive.outputs(home / "whole")


def wanted(home: Path, out: Path, **changes) -> Wanted:
    return replace(Wanted(home / "model", (home / "audio",), out, keep_scores=True, workers=2), **changes)


def test_a_run_finds_the_bursts_and_counts_the_seconds(home: Path, uninterrupted) -> None:
    table = parquet.read_table(home / "whole" / "detections.parquet")
    assert len(set(table["recording_id"].to_pylist())) == FILES
    assert table.schema.metadata[b"dawnchorus_schema"] == b"4"
    assert all(0 < apart < 0.5 for apart in table["spread"].to_pylist())
    record = json.loads(uninterrupted["summary.json"])
    assert record["recordings"] == FILES
    assert record["coverage"] == {"seconds_in": 24.0, "seconds_analysed": 24.0, "seconds_lost": 0, "lost": {}}
    assert [failure["file"] for failure in record["failures"]] == ["card0/broken.wav"]


def test_one_worker_and_another_order_give_the_same_bytes(
    home: Path, tmp_path: Path, uninterrupted, monkeypatch
) -> None:
    ask = pool.deque
    monkeypatch.setattr(pool, "deque", lambda jobs: ask(reversed(list(jobs))))
    run(wanted(home, tmp_path, workers=1))
    assert archive.outputs(tmp_path) == uninterrupted


def test_the_same_command_again_analyses_nothing_and_leaves_the_same_bytes(
    home: Path, tmp_path: Path, uninterrupted
) -> None:
    run(wanted(home, tmp_path))
    (tmp_path / "detections.csv").write_text("torn")
    ran = run(wanted(home, tmp_path))
    assert ran.progress.files == 0
    assert archive.outputs(tmp_path) == uninterrupted


def test_new_files_are_added_and_changed_ones_are_done_again(home: Path, tmp_path: Path) -> None:
    audio = shutil.copytree(home / "audio", tmp_path / "audio")
    out = tmp_path / "out"
    run(wanted(home, out, audio=(audio,)))
    sounds.write_wav(audio / "card0" / "broken.wav", archive.bursts(2, 0.5), archive.RATE_HZ)
    sounds.write_wav(audio / "new.wav", archive.bursts(2, 0.5), archive.RATE_HZ)
    (audio / "card1" / "00001.flac").unlink()
    ran = run(wanted(home, out, audio=(audio,)))
    assert ran.progress.files == 2
    assert ran.detected.heard == FILES + 2, "what was heard stays when its file is gone"


# ---- refused -------------------------------------------------------------------------------------------------


def test_other_settings_are_refused_with_every_difference_until_restarted(home: Path, tmp_path: Path) -> None:
    run(wanted(home, tmp_path, workers=1))
    before = archive.outputs(tmp_path)
    with pytest.raises(LedgerError) as refused:
        run(wanted(home, tmp_path, threshold=0.5, gap_s=1.0))
    assert "rule.threshold: 0.3 before, 0.5 now" in str(refused.value)
    assert "rule.merge_gap: 0.0 before, 1.0 now" in str(refused.value)
    assert "--restart" in str(refused.value)
    tiny_model.write(tmp_path / "other", seed=1)
    with pytest.raises(LedgerError, match="model.hash"):
        run(wanted(home, tmp_path, model=tmp_path / "other"))
    with pytest.raises(LedgerError, match="audio"):
        run(wanted(home, tmp_path, audio=(home / "audio" / "card0",)))
    shutil.rmtree(tmp_path / "other")
    assert archive.outputs(tmp_path) == before
    again = run(wanted(home, tmp_path, threshold=0.9, restart=True))
    assert again.progress.files == FILES + 1


def test_two_runs_in_one_folder_are_refused(home: Path, tmp_path: Path) -> None:
    def second(_: Progress) -> None:
        with pytest.raises(InUseError, match="another run"):
            run(wanted(home, tmp_path))

    run(wanted(home, tmp_path, workers=1), second)


def test_a_damaged_ledger_is_told(home: Path, tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database, but long enough to be taken for one" * 100)
    with pytest.raises(LedgerError, match="damaged"):
        run(wanted(home, tmp_path))


# ---- killed --------------------------------------------------------------------------------------------------

DRIVER = """
import os, signal, sys
from pathlib import Path
from dawnchorus.detect import ledger, outputs
from dawnchorus.detect.process import Process
from dawnchorus.detect.run import Wanted, run
home, out, point, number = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
calls = 0

def dying(call, when):
    def called(*args, **options):
        global calls
        calls += 1
        if calls == number and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        said = call(*args, **options)
        if calls == number and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return said
    return called

kind, when = point.split("-")
if kind == "record":
    ledger.Ledger.record = dying(ledger.Ledger.record, when)
elif kind == "inside":
    ledger._packed = dying(ledger._packed, when)
elif kind == "table":
    outputs.csv_table.write = dying(outputs.csv_table.write, when)
elif kind == "half":
    def half(found):
        for at, one in enumerate(found, 1):
            if at == number:
                os.kill(os.getpid(), signal.SIGKILL)
            yield one
    whole = outputs.csv_table.write
    outputs.csv_table.write = lambda path, found, *rest: whole(path, half(found), *rest)
run(Wanted(home / "model", (home / "audio",), out, keep_scores=True, workers=2))
"""


def killed_at(home: Path, out: Path, point: str, number: int) -> int:
    done = subprocess.run([sys.executable, "-c", DRIVER, home, out, point, str(number)], timeout=300, check=False)
    return done.returncode


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")
@pytest.mark.parametrize(
    ("point", "number"), [("record-before", 1), ("record-after", 7), ("inside-before", 6), ("half-csv", 5)]
)
def test_after_kill_9_of_the_main_process_the_same_command_ends_in_the_same_bytes(
    home: Path, tmp_path: Path, uninterrupted, point: str, number: int
) -> None:
    assert killed_at(home, tmp_path, point, number) == -signal.SIGKILL
    ran = run(wanted(home, tmp_path))
    done = {"record-before": 0, "record-after": 7, "inside-before": 2, "half-csv": FILES + 1}[point]
    assert FILES + 1 - ran.progress.files >= min(done, 1), "what was finished is kept"
    assert archive.outputs(tmp_path) == uninterrupted


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")
def test_after_kill_9_of_a_worker_the_run_goes_on_and_ends_in_the_same_bytes(
    home: Path, tmp_path: Path, uninterrupted, monkeypatch
) -> None:
    killed = kill_workers(monkeypatch, at_answers={3, 6})
    run(wanted(home, tmp_path))
    assert len(killed) == 2
    assert archive.outputs(tmp_path) == uninterrupted


def kill_workers(monkeypatch, at_answers: set[int]) -> list[int]:
    """Kill the worker that is asked as the n-th, right after it was asked."""
    asked, killed = 0, []
    say = Process._say

    def fatal(self, value) -> None:
        nonlocal asked
        say(self, value)
        asked += 1
        if asked in at_answers:
            killed.append(self.child.pid)
            os.kill(self.child.pid, signal.SIGKILL)

    monkeypatch.setattr(Process, "_say", fatal)
    return killed


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of POSIX")
def test_main_and_workers_killed_at_twenty_points_each(tmp_path: Path, monkeypatch) -> None:
    files = int(os.environ.get("DAWNCHORUS_KILL_FILES", "40"))
    points = int(os.environ.get("DAWNCHORUS_KILL_POINTS", "20"))
    tiny_model.write(tmp_path / "model")
    archive.many(tmp_path / "audio", files, 4.0)
    began = time.monotonic()
    run(wanted(tmp_path, tmp_path / "whole"))
    took_s, rng = time.monotonic() - began, np.random.default_rng(0)
    expected = archive.outputs(tmp_path / "whole")
    for number in range(points):
        out = tmp_path / f"main{number}"
        command = [sys.executable, "-c", DRIVER, tmp_path, out, "never-before", "0"]
        main = subprocess.Popen(command)
        time.sleep(rng.uniform(0, took_s))
        main.kill()
        main.wait()
        run(wanted(tmp_path, out))
        assert archive.outputs(out) == expected
    for number in range(points):
        out = tmp_path / f"worker{number}"
        with monkeypatch.context() as patch:
            killed = kill_workers(patch, {int(rng.integers(3, files + 3))})
            run(wanted(tmp_path, out))
        assert len(killed) == 1
        assert archive.outputs(out) == expected


# ---- disk full -----------------------------------------------------------------------------------------------


def test_a_full_disk_is_told_nothing_half_written_stays_and_the_run_goes_on(
    home: Path, tmp_path: Path, uninterrupted, monkeypatch
) -> None:
    real = Ledger.enter

    def small(self, *entries) -> None:
        real(self, *entries)
        (pages,) = self.db.execute("PRAGMA page_count").fetchone()
        self.db.execute(f"PRAGMA max_page_count = {pages}")

    with sqlite3.connect(tmp_path / "ledger.sqlite") as db:  # small pages, so that a few files fill one
        db.executescript("PRAGMA page_size = 512; PRAGMA user_version = 1")
    db.close()
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "enter", small)
        with pytest.raises(OSError, match="the disk is full or gone; make room and run the same command again"):
            run(wanted(home, tmp_path))
    assert archive.outputs(tmp_path) == {}
    with monkeypatch.context() as patch:
        patch.setattr(outputs.csv_table, "write", full)
        with pytest.raises(OSError, match="No space left"):
            run(wanted(home, tmp_path))
    assert "detections.csv" not in archive.outputs(tmp_path)
    run(wanted(home, tmp_path))
    assert archive.outputs(tmp_path) == uninterrupted


def full(path: Path, *_: object) -> int:
    from dawnchorus.files import whole

    with whole(path) as temporary:
        temporary.write_text("half a row")
        raise OSError(28, "No space left on device", str(path))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="needs a file system of its own")
def test_a_disk_that_is_really_full(home: Path, tmp_path: Path, uninterrupted) -> None:
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", out], check=True)
    try:
        (out / "filler").write_bytes(bytes(60_000))
        with pytest.raises(OSError, match="full|space"):
            run(wanted(home, out))
        (out / "filler").unlink()
        subprocess.run(["mount", "-o", "remount,size=4m", out], check=True)
        run(wanted(home, out))
        assert archive.outputs(out) == uninterrupted
    finally:
        subprocess.run(["umount", out], check=True)


# ---- shards --------------------------------------------------------------------------------------------------


def test_shards_put_together_are_the_run_in_one_piece(home: Path, tmp_path: Path, uninterrupted) -> None:
    heard = 0
    for number in (1, 2, 3):
        ran = run(wanted(home, tmp_path, shard=Shard(number, 3), workers=1))
        heard += ran.detected.heard
        part = parquet.read_table(tmp_path / "parts" / f"detections-{number:04d}-of-0003.parquet")
        assert part.num_rows == ran.detected.detections
        if number == 2:
            with pytest.raises(ValueError, match="1 of 3 shards missing, first 3/3"):
                merge(tmp_path, home / "model")
    assert heard == FILES
    merge(tmp_path, home / "model")
    shutil.rmtree(tmp_path / "parts")
    assert archive.outputs(tmp_path) == uninterrupted


def test_shards_of_other_settings_are_not_put_together(home: Path, tmp_path: Path) -> None:
    run(wanted(home, tmp_path, shard=Shard(1, 2), workers=1))
    run(wanted(home, tmp_path, shard=Shard(2, 2), workers=1, threshold=0.5))
    with pytest.raises(ValueError, match="shard 2/2 was made with other settings"):
        merge(tmp_path, home / "model")


# ---- what is left --------------------------------------------------------------------------------------------


def test_without_detections_there_are_headers(home: Path, tmp_path: Path) -> None:
    detected = run(wanted(home, tmp_path, threshold=1.0, workers=1)).detected
    assert detected.detections == 0
    assert len((tmp_path / "detections.csv").read_text().splitlines()) == 1
    assert parquet.read_table(tmp_path / "detections.parquet").num_rows == 0


def test_without_files_there_are_headers(home: Path, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    detected = run(wanted(home, tmp_path / "out", audio=(tmp_path / "nothing",))).detected
    assert (detected.heard, detected.errors, detected.as_record()["coverage"]["seconds_in"]) == (0, 0, 0)
    assert set(archive.outputs(tmp_path / "out")) == set(archive.TABLES)


def test_kept_scores_give_the_detections_of_another_threshold(home: Path, tmp_path: Path) -> None:
    run(wanted(home, tmp_path / "a", workers=1))
    run(wanted(home, tmp_path / "b", workers=1, threshold=0.8))
    rule, bands = EventRule(0.8, typical_s=tiny_model.TYPICAL_S), [(100.0, 1000.0), (1000.0, 4000.0)]
    later = [
        event
        for _, scores in scores_parquet.read(tmp_path / "a" / "scores.parquet")
        for event in rule.events(scores, bands)
    ]
    table = parquet.read_table(tmp_path / "b" / "detections.parquet").to_pylist()
    assert [(one.recording, one.species) for one in later] == [
        (row["recording_id"], row["species_id"]) for row in table
    ]
    for one, row in zip(later, table, strict=True):
        assert (one.start_s, one.end_s) == (row["t_min"], row["t_max"])
        assert one.score == pytest.approx(row["score"], abs=5e-4)


def test_short_detections_are_left_out_and_near_ones_joined(home: Path, tmp_path: Path) -> None:
    sounds.write_wav(tmp_path / "audio" / "a.wav", archive.bursts(6, 1.0, 2.5), archive.RATE_HZ)
    found = {}
    for name, changes in {"all": {}, "long": {"shortest_s": 5.0}, "joined": {"gap_s": 2.0}}.items():
        ran = run(wanted(home, tmp_path / name, audio=(tmp_path / "audio",), workers=1, **changes))
        found[name] = ran.detected.counts.get(1, 0)
    assert found == {"all": 2, "long": 0, "joined": 1}


def test_each_channel_is_heard_and_named(home: Path, tmp_path: Path) -> None:
    x = np.stack([archive.bursts(4, 1.0), archive.bursts(4, 3.0), np.zeros(4 * archive.RATE_HZ)], axis=1)
    sounds.write_wav(tmp_path / "audio" / "a.wav", x, archive.RATE_HZ)
    run(wanted(home, tmp_path / "out", audio=(tmp_path / "audio",), channels="each"))
    rows = parquet.read_table(tmp_path / "out" / "detections.parquet").to_pylist()
    assert {row["channel"]: round(row["t_min"]) for row in rows if row["species_id"] == 1} == {1: 1, 2: 3}
    row = archive.rows(tmp_path / "out" / "ledger.sqlite")["a.wav"]
    assert (row["analysed_s"], json.loads(row["faults"])[0][0]) == (4.0, "silent")


def test_a_channel_that_is_not_there_fails_and_says_so(home: Path, tmp_path: Path) -> None:
    detected = run(wanted(home, tmp_path, channels=2)).detected
    assert detected.heard == 0
    assert {fault.code for _, fault in detected.failures} == {"no_channel", "not_audio"}


def test_a_folder_that_is_not_there_is_a_failure(home: Path, tmp_path: Path) -> None:
    detected = run(wanted(home, tmp_path, audio=(home / "audio", home / "nowhere"))).detected
    assert "unreadable" in {fault.code for _, fault in detected.failures}
    assert detected.heard == FILES
