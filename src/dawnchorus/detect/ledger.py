"""The ledger of a run: one row a file, what came of it, and the proof of how much of it was heard.

An SQLite database with a write-ahead log. What came of a file is written in one transaction with its row, so a file
is done with all of its detections or not at all, whatever is killed or runs full; every table that a run leaves is made
from here. Only one process writes it, and holds it alone, so that no shared memory is needed: it may lie on a network
drive. Columns of `file`:

    name, key           path under the root with and without extension; path: where it lies (bytes; a path or a URL)
    size, mtime_ns      what it was when it was listed; another file under its name is analysed anew
    state               waiting, done, failed (nothing of it could be used)
    header_s, bytes_s   seconds that the header promises, that the bytes hold; NULL where they don't say
    read_s              seconds that the decoder gave
    analysed_s, lost_s  seconds heard, seconds lost; together all that the file speaks of
    lost, gaps, faults  JSON: {reason: seconds}; [[start_s, end_s]]; [[code, detail, at_s, lost_s]]
    detections, whole   how many; scores of the whole recording, one float32 a species
    model, settings     hashes; worker, finished_at, seconds: which process, when (UTC), how long it took

`words` of `header`, JSON, are what the recorder wrote into a file. Where and when it was recorded is read from them
when tables are made, so that the user's word on zones and sites can change without analysing anything again.
"""

from __future__ import annotations

import errno
import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from os import fsdecode, fsencode
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.audio.faults import Fault
from dawnchorus.audio.folders import keys_of
from dawnchorus.detect.analyse import PASSING, Frames, Job, Result
from dawnchorus.detect.store import Where, where
from dawnchorus.events import Detection

SCHEMA = 1

TABLES = """
CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE file (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, key TEXT NOT NULL, path BLOB NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'waiting',
    header_s REAL, bytes_s REAL, read_s REAL, analysed_s REAL, lost_s REAL, lost TEXT, gaps TEXT, faults TEXT,
    detections INTEGER, whole BLOB, model TEXT, settings TEXT, worker TEXT, finished_at TEXT, seconds REAL
);
CREATE INDEX file_key ON file (key);
CREATE TABLE detection (
    file INTEGER NOT NULL, number INTEGER NOT NULL, species INTEGER NOT NULL, start_s REAL NOT NULL,
    end_s REAL NOT NULL, score REAL NOT NULL, low_hz REAL NOT NULL, high_hz REAL NOT NULL, channel INTEGER NOT NULL,
    spread REAL NOT NULL DEFAULT 0, PRIMARY KEY (file, number)
) WITHOUT ROWID;
CREATE TABLE frames (
    file INTEGER NOT NULL, channel INTEGER NOT NULL, frame_s REAL NOT NULL, end_s REAL NOT NULL,
    start_s BLOB NOT NULL, framewise BLOB NOT NULL, PRIMARY KEY (file, channel)
) WITHOUT ROWID;
"""

# Apart, so that the ledger of a run that began before there was such a table goes on.
HEADER = "CREATE TABLE IF NOT EXISTS header (file INTEGER PRIMARY KEY, words TEXT NOT NULL)"
HAS_SPREAD = "SELECT 1 FROM pragma_table_info('detection') WHERE name = 'spread'"
SPREAD = "ALTER TABLE detection ADD COLUMN spread REAL NOT NULL DEFAULT 0"

RESULTS = (
    "header_s", "bytes_s", "read_s", "analysed_s", "lost_s", "lost", "gaps", "faults", "detections", "whole", "model",
    "settings", "worker", "finished_at", "seconds",
)  # fmt: skip


DISK_FULL = "the disk is full or gone; make room and run the same command again, it goes on from here"


class LedgerError(ValueError):
    """A ledger can't be used for this run; the message says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that a run is asked to analyse, as it was listed; `size` is -1 where it could not be looked at."""

    name: str
    path: Where
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What the ledger says of where a file comes from and how much of it was heard; gaps are (start_s, end_s)."""

    key: str
    name: str
    words: Mapping[str, str]
    analysed_s: float
    gaps: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """What the ledger says of one file that is done or failed."""

    key: str
    name: str
    failed: bool
    faults: tuple[Fault, ...]
    analysed_s: float
    lost: Mapping[str, float]


class Ledger:
    """The open ledger of a run; `settings` are what its results depend on."""

    def __init__(self, path: Path | None) -> None:
        """Open or make a ledger; None makes one that is gone with the process. Raises LedgerError for a broken one."""
        self.path = path
        self.lock = threading.RLock()
        self.settings_hash = self.model_hash = ""
        with self._told():
            self.db = sqlite3.connect(
                ":memory:" if path is None else path, isolation_level=None, check_same_thread=False, timeout=10
            )
            for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = NORMAL"):
                self.db.execute(f"PRAGMA {pragma}")
            if not self.db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'run'").fetchone():
                with self._whole():
                    for statement in filter(str.strip, TABLES.split(";")):
                        self.db.execute(statement)
                    self.db.execute("INSERT INTO run VALUES ('schema', ?)", [str(SCHEMA)])
            self.db.execute(HEADER)
            if not self.db.execute(HAS_SPREAD).fetchone():
                self.db.execute(SPREAD)
            (schema,) = self.db.execute("SELECT value FROM run WHERE name = 'schema'").fetchone()
        if schema != str(SCHEMA):
            raise LedgerError(f"{path}: schema {schema}; this version of dawnchorus reads schema {SCHEMA}")

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of the database in words: a full disk is no fault of the ledger."""
        try:
            with self.lock:
                yield
        except sqlite3.OperationalError as error:
            if "full" in str(error) or "disk I/O" in str(error):
                raise OSError(errno.ENOSPC, f"{DISK_FULL} ({error})", str(self.path)) from error
            raise OSError(f"{self.path}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise LedgerError(f"{self.path}: damaged ({error}); --restart begins anew") from error

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """One transaction: all of the block is written, or nothing."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:  # a full disk has rolled it back already
                self.db.execute("ROLLBACK")
            raise

    # ---- what a run is, and its files ----------------------------------------------------------------------------

    def begin(self, settings: Mapping[str, Any], settings_hash: str, model_hash: str) -> None:
        """Note the settings of a new run, or compare them with those that the run began with.

        Raises LedgerError with every difference.
        """
        self.settings_hash, self.model_hash = settings_hash, model_hash
        new = json.dumps(settings, sort_keys=True)
        with self._told():
            found = self.db.execute("SELECT value FROM run WHERE name = 'settings'").fetchone()
            if found is None:
                self.db.execute("INSERT INTO run VALUES ('settings', ?)", [new])
                return
        if differences := list(_differences(json.loads(found[0]), json.loads(new))):
            raise LedgerError(
                f"{self.path}: this run began with other settings; --restart begins anew, or choose another folder:\n  "
                + "\n  ".join(differences)
            )

    def settings(self) -> dict[str, Any] | None:
        """The settings that the run began with; None if it hasn't begun."""
        with self._told():
            found = self.db.execute("SELECT value FROM run WHERE name = 'settings'").fetchone()
        return None if found is None else json.loads(found[0])

    def enter(self, entries: Sequence[Entry], elsewhere: Iterable[str] = ()) -> None:
        """Enter the files of a run, as they are now; `elsewhere` are names in the ledgers of other shards.

        Those that were done stay done, wherever they lie by now and even when they are gone. Those that changed, and
        those with a fault that may have passed, wait again; those that were never done and are gone are forgotten.
        """
        with self._told(), self._whole():
            self.db.execute(
                "CREATE TEMP TABLE listed (name TEXT PRIMARY KEY, path BLOB, size INTEGER, mtime_ns INTEGER)"
            )
            rows = ((one.name, fsencode(one.path), one.size, one.mtime_ns) for one in entries)
            self.db.executemany("INSERT OR REPLACE INTO listed VALUES (?, ?, ?, ?)", rows)
            passing = ", ".join(f"'{code}'" for code in sorted(PASSING))
            again = self.db.execute(
                "SELECT number FROM file LEFT JOIN listed USING (name) WHERE (state = 'failed' AND EXISTS "
                f"(SELECT 1 FROM json_each(faults) WHERE json_extract(value, '$[0]') IN ({passing}))) "
                "OR listed.size <> file.size OR listed.mtime_ns <> file.mtime_ns"
            ).fetchall()
            for (number,) in again:
                self._forget(number)
            self.db.execute("DELETE FROM file WHERE state = 'waiting' AND name NOT IN (SELECT name FROM listed)")
            self.db.execute(
                "INSERT INTO file (name, key, path, size, mtime_ns) SELECT name, '', path, size, mtime_ns FROM listed "
                "WHERE true ON CONFLICT (name) DO UPDATE SET path = excluded.path, size = excluded.size, "
                "mtime_ns = excluded.mtime_ns"
            )
            self.db.execute("DROP TABLE listed")
            ours = {name for (name,) in self.db.execute("SELECT name FROM file")}
            names = sorted(ours.union(elsewhere))
            pairs = ((key, name) for key, name in zip(keys_of(names), names, strict=True) if name in ours)
            self.db.executemany("UPDATE file SET key = ? WHERE name = ? AND key <> ?1", pairs)

    def _forget(self, number: int) -> None:
        empty = ", ".join(f"{column} = NULL" for column in RESULTS)
        self.db.execute(f"UPDATE file SET state = 'waiting', {empty} WHERE number = ?", [number])
        for table in ("detection", "frames", "header"):
            self.db.execute(f"DELETE FROM {table} WHERE file = ?", [number])

    def waiting(self) -> list[Job]:
        """The files that are still to be analysed."""
        with self._told():
            rows = self.db.execute(
                "SELECT number, path, size, mtime_ns FROM file WHERE state = 'waiting' ORDER BY name"
            ).fetchall()
        return [Job(number, where(fsdecode(path)), size, mtime_ns) for number, path, size, mtime_ns in rows]

    # ---- what came of a file -------------------------------------------------------------------------------------

    def record(self, number: int, result: Result, worker: str) -> None:
        """Note what came of a file, wholly or not at all. Raises OSError when the disk is full."""
        cover = result.coverage
        gaps = [[fault.at_s, (fault.at_s or 0.0) + fault.lost_s] for fault in result.faults if fault.code == "gap"]
        values = [
            cover.header_s,
            cover.bytes_s,
            cover.read_s,
            cover.analysed_s,
            cover.lost_s,
            json.dumps(dict(cover.lost)),
            json.dumps(gaps),
            json.dumps([astuple(_printable(fault)) for fault in result.faults]),
            len(result.detections),
            None if result.whole is None else result.whole.astype("<f4").tobytes(),
            self.model_hash,
            self.settings_hash,
            worker,
            datetime.now(UTC).isoformat(timespec="seconds"),
            sum(seconds for _, seconds in result.seconds),
        ]
        assignments = ", ".join(f"{column} = ?" for column in RESULTS)
        detections = (
            (
                number,
                at,
                one.species,
                one.start_s,
                one.end_s,
                one.score,
                one.low_hz,
                one.high_hz,
                one.channel,
                one.spread,
            )
            for at, one in enumerate(result.detections)
        )
        frames = (
            (number, one.channel, one.frame_s, one.end_s, _packed(one.start_s, "<f8"), _packed(one.values, "<f2"))
            for one in result.frames
        )
        with self._told(), self._whole():
            self._forget(number)
            state = "failed" if result.failed else "done"
            self.db.execute(f"UPDATE file SET state = ?, {assignments} WHERE number = ?", [state, *values, number])
            self.db.executemany("INSERT INTO detection VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", detections)
            self.db.executemany("INSERT INTO frames VALUES (?, ?, ?, ?, ?, ?)", frames)
            if result.words:
                self.db.execute("INSERT INTO header VALUES (?, ?)", [number, json.dumps(dict(result.words))])

    # ---- what the ledger says ------------------------------------------------------------------------------------

    def rows(self) -> Iterator[Row]:
        """The files that are done or failed, by key."""
        for key, name, state, faults, analysed_s, lost in self._select(
            "SELECT key, name, state, faults, analysed_s, lost FROM file WHERE state <> 'waiting' ORDER BY key"
        ):
            told = tuple(Fault(*fault) for fault in json.loads(faults))
            yield Row(key, name, state == "failed", told, analysed_s, json.loads(lost))

    def heard(self) -> Iterator[Heard]:
        """Where the files that are done come from, by key."""
        for key, name, words, analysed_s, gaps in self._select(
            "SELECT key, name, words, analysed_s, gaps FROM file LEFT JOIN header ON header.file = file.number "
            "WHERE state = 'done' ORDER BY key"
        ):
            its_gaps = tuple((start_s, end_s) for start_s, end_s in json.loads(gaps))
            yield Heard(key, name, json.loads(words or "{}"), analysed_s, its_gaps)

    def detections(self) -> Iterator[Detection]:
        """All detections, by recording and as they were found."""
        for row in self._select(
            "SELECT key, species, start_s, end_s, score, low_hz, high_hz, channel, spread FROM detection "
            "JOIN file ON file.number = detection.file ORDER BY key, detection.number"
        ):
            yield Detection(*row)

    def wholes(self) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Keys of the recordings that were heard, with their scores `(species,)`, by key."""
        for key, whole in self._select("SELECT key, whole FROM file WHERE whole IS NOT NULL ORDER BY key"):
            yield key, np.frombuffer(whole, "<f4")

    def frames(self) -> Iterator[tuple[str, Frames]]:
        """Keys of recordings with the scores of their frames, where these were kept, by key."""
        for key, channel, frame_s, end_s, starts, values in self._select(
            "SELECT key, channel, frame_s, end_s, start_s, framewise FROM frames "
            "JOIN file ON file.number = frames.file ORDER BY key, channel"
        ):
            start_s = np.frombuffer(zlib.decompress(starts), "<f8")
            framewise = np.frombuffer(zlib.decompress(values), "<f2").reshape(len(start_s), -1)
            yield key, Frames(channel, frame_s, end_s, start_s, framewise)

    def species_counts(self) -> dict[int, int]:
        """How many detections of each species there are."""
        with self._told():
            return dict(self.db.execute("SELECT species, count(*) FROM detection GROUP BY species ORDER BY species"))

    def count(self, state: str) -> int:
        """How many files are waiting, done or failed."""
        with self._told():
            (count,) = self.db.execute("SELECT count(*) FROM file WHERE state = ?", [state]).fetchone()
        return int(count)

    def _select(self, query: str) -> Iterator[Any]:
        """Rows of a query as they come; nothing may be written meanwhile."""
        with self._told():
            yield from self.db.execute(query)


def _printable(fault: Fault) -> Fault:
    """A fault whose words can be stored: what a system says of a name may hold bytes that are not UTF-8."""
    return replace(fault, detail=fault.detail.encode("utf-8", "backslashreplace").decode())


def _packed(values: NDArray[Any], kind: str) -> bytes:
    return zlib.compress(np.ascontiguousarray(values.astype(kind, copy=False)).tobytes(), 1)


def _differences(before: Any, now: Any, name: str = "") -> Iterator[str]:
    """What differs between two settings, one line each, down to the single value."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted({*before, *now}):
            yield from _differences(before.get(key), now.get(key), f"{name}.{key}" if name else key)
    elif before != now:
        yield f"{name}: {json.dumps(before, ensure_ascii=False)} before, {json.dumps(now, ensure_ascii=False)} now"
