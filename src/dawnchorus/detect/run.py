"""A run: a model over all files of some folders, from the ledger to the tables; and the check without a model.

What a run leaves in its folder:

    ledger.sqlite     what came of every file; the same command goes on from it
    detections.csv .parquet, files.csv, summary.json, recordings.csv, scores.parquet, submission.csv
    lock              held while a run is at work

With `--shard 3/40` the ledger is `ledger-0003-of-0040.sqlite`, and `parts/` has a part of each Parquet file and a
summary; `merge` makes the tables of all shards.
"""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from dawnchorus import __version__, package
from dawnchorus.audio.faults import Fault
from dawnchorus.detect import cluster, outputs, pool, reviewed, store
from dawnchorus.detect.analyse import Channels, Job, Result, Task
from dawnchorus.detect.ledger import Entry, Ledger
from dawnchorus.detect.listing import Shard, entries_of, homes_of, roots_of
from dawnchorus.detect.outputs import Detected, Made
from dawnchorus.detect.precision import Precision, chosen
from dawnchorus.detect.precision import read as read_quantised
from dawnchorus.detect.process import Process
from dawnchorus.detect.store import Where
from dawnchorus.event_rule import EventRule
from dawnchorus.events import Species
from dawnchorus.features import frozen_settings
from dawnchorus.files import content_hash, locked, sweep, value_hash
from dawnchorus.package import ModelPackage
from dawnchorus.recorders.origin import Rules
from dawnchorus.words import counted

THRESHOLD = 0.3
STALL_S = 300.0  # a block is a minute of sound: no machine that can be used takes longer

Engine = Literal["local", "ray"]
"""Where files are heard: in processes of this machine, or on the machines of a Ray cluster."""

LEAVES = (
    "detections.csv", "detections.parquet", "files.csv", "summary.json", "recordings.csv", "scores.parquet",
    "submission.csv",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """What a run is asked for.

    `threshold` "model" is the model's own for each species (`model_thresholds`); a path is a table of those
    that verdicts gave (`reviewed`).

    `copy_to` is a URL in an object store, where the ledger and the tables are copied when they are done.
    `rules`, the user's word on where and when files were recorded, may differ when a run goes on.
    `precision` None is this machine's (`precision.chosen`); `force` takes int8 whatever it costs.
    """

    model: Path
    audio: tuple[Path | str, ...]
    out: Path
    threshold: float | Literal["model"] | Path = THRESHOLD
    shortest_s: float = 0.0
    gap_s: float = 0.0
    channels: Channels = None
    keep_scores: bool = False
    sample: Path | None = None
    shard: Shard = Shard()
    workers: int | None = None
    stall_s: float = STALL_S
    restart: bool = False
    repair: bool = False
    engine: Engine = "local"
    copy_to: str | None = None
    rules: Rules = Rules()
    precision: Precision | None = None
    force: bool = False


@dataclass
class Progress:
    """How far a run is. Seconds are of sound; `bytes` tell how much there is before any header was read."""

    files: int
    bytes: int
    workers: int
    species: tuple[Species, ...] = ()
    began: float = field(default_factory=time.monotonic)
    files_done: int = 0
    bytes_done: int = 0
    sound_s: float = 0.0
    open_s: float = 0.0
    faults: int = 0
    counts: Counter[int] = field(default_factory=Counter)
    stages: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, job: Job, result: Result) -> None:
        """Count what came of a file."""
        self.files_done += 1
        self.bytes_done += max(job.size, 0)
        self.sound_s += result.coverage.analysed_s
        # A low rate is the recorder's, alike in all its files: nothing is wrong with any of them.
        self.faults += any(fault.code != "band_limited" for fault in result.faults)
        self.counts.update(found.species for found in result.detections)
        for stage, seconds in result.seconds:
            self.stages[stage] += seconds

    def name_of(self, species: int) -> str:
        """The name of a species by its number."""
        return self.species[species].name

    @property
    def speed(self) -> float:
        """Seconds of sound a second."""
        return (self.sound_s + self.open_s) / max(time.monotonic() - self.began, 1e-9)

    @property
    def left_s(self) -> float | None:
        """Seconds to go at this speed; None as long as nothing is known."""
        if not self.sound_s or not self.bytes_done:
            return None
        sound_per_byte = self.sound_s / self.bytes_done
        return max(0.0, (self.bytes - self.bytes_done) * sound_per_byte - self.open_s) / max(self.speed, 1e-9)

    def __str__(self) -> str:
        """The same in a line."""
        left = "?" if self.left_s is None else outputs.duration(self.left_s)
        return (
            f"{self.files_done} of {counted(self.files, 'file')}, "
            f"{(self.sound_s + self.open_s) / 3600:.2f} h of sound, "
            f"{self.speed:.0f} x real time, {left} left, {self.faults} with faults"
        )


Watch = Callable[[Progress], None]


def _unwatched(progress: Progress) -> None:
    """Nobody looks."""


@dataclass(frozen=True)
class Ran:
    """What a run came to: what it found, and how it went this time."""

    detected: Detected
    progress: Progress
    package: ModelPackage


def run(wanted: Wanted, watch: Watch = _unwatched, ahead: Process | None = None) -> Ran:
    """Analyse what is still to be analysed, and write the tables. `watch` is called several times a second.

    `ahead` is a worker process that was started before (`process.started_ahead`), for a run on this machine.

    Raises PackageError for a model that can't be used; InUseError when another run is at work in the folder;
    LedgerError when the folder's run has other settings, each told; OSError when the disk is full: the same command
    then goes on from there.
    """
    model = package.read(wanted.model)
    rule = rule_of(wanted, model)
    wanted = replace(wanted, precision=chosen(model, wanted.precision, wanted.force))
    roots = roots_of(wanted.audio)
    settings = settings_of(wanted, model, rule, roots)
    task = Task(
        wanted.model.resolve(),
        rule,
        wanted.channels,
        wanted.keep_scores,
        model.hash,
        wanted.repair,
        wanted.precision or "f32",
    )
    with locked(wanted.out / f"lock{wanted.shard.suffix}"):
        sweep(wanted.out)
        sweep(wanted.out / "parts")
        path = wanted.out / f"ledger{wanted.shard.suffix}.sqlite"
        if wanted.restart:
            _forget(wanted.out, path, wanted.shard)
        with Ledger(path) as ledger:
            ledger.begin(settings, value_hash(settings), model.hash)
            progress = _analyse(ledger, task, model, entries_of(roots), wanted, watch, ahead)
            made = Made(
                model.species,
                model.calibration(),
                model.hash,
                model.frame_s,
                model.typical_s,
                wanted.keep_scores,
                wanted.sample,
                wanted.rules,
                model.top_s,
            )
            began = time.perf_counter()
            detected = outputs.write([ledger], wanted.out, made, wanted.shard)
            progress.stages["write"] += time.perf_counter() - began
        if wanted.copy_to:
            left = [path, *filter(Path.exists, _leaves(wanted.out, wanted.shard))]
            store.put(left, wanted.out, wanted.copy_to)
    return Ran(detected, progress, model)


def _analyse(
    ledger: Ledger,
    task: Task,
    model: ModelPackage,
    entries: Sequence[Entry],
    wanted: Wanted,
    watch: Watch,
    ahead: Process | None,
) -> Progress:
    ledger.enter(
        [one for one in entries if one.name in wanted.shard],
        [one.name for one in entries if one.name not in wanted.shard],
    )
    return _work(ledger, task, model.species, wanted.workers, wanted.stall_s, watch, wanted.engine, ahead)


def _work(
    ledger: Ledger,
    task: Task,
    species: tuple[Species, ...],
    workers: int | None,
    stall_s: float,
    watch: Watch,
    engine: Engine = "local",
    ahead: Process | None = None,
) -> Progress:
    jobs = ledger.waiting()
    cores = cluster.connect if engine == "ray" else pool.cores
    workers = min(workers or cores(), max(len(jobs), 1))
    progress = Progress(len(jobs), sum(max(job.size, 0) for job in jobs), workers, species)

    def done(job: Job, result: Result, worker: str) -> None:
        began = time.perf_counter()
        ledger.record(job.number, result, worker)
        progress.add(job, result)
        progress.stages["write"] += time.perf_counter() - began

    def tick(open_s: float) -> None:
        progress.open_s = open_s
        watch(progress)

    if engine == "ray":
        cluster.analyse(task, jobs, workers, stall_s, done, tick)
    else:
        pool.analyse(task, jobs, workers, stall_s, done, tick, ahead)
    progress.open_s = 0.0
    watch(progress)
    return progress


def rule_of(wanted: Wanted, model: ModelPackage) -> EventRule:
    """How frames become events in this run.

    Raises ValueError if the model has no thresholds of its own to use, or the table is not one of this model's.
    """
    rule = EventRule(shortest_s=wanted.shortest_s, gap_s=wanted.gap_s, typical_s=model.typical_s)
    if isinstance(wanted.threshold, float | int):
        return replace(rule, threshold=wanted.threshold)
    if isinstance(wanted.threshold, Path):
        thresholds = reviewed.thresholds(wanted.threshold, model.hash, len(model.species))
    else:
        thresholds = model_thresholds(model)
    return replace(rule, thresholds=thresholds)


def model_thresholds(model: ModelPackage) -> tuple[float, ...]:
    """The score of each species from which on a recording is called at the precision that the model aims at.

    Events are held against it by means over a call, recordings by those of `top_s`: of species with calls shorter than
    that, a recording that is not called may have events. Infinite for a species that never is called.
    """
    calibration = model.calibration()
    if calibration is None or not calibration.thresholds:
        raise ValueError(f"{model.folder}: no thresholds.csv beside the model; give --threshold a number")
    return calibration.score_thresholds()


def settings_of(wanted: Wanted, model: ModelPackage, rule: EventRule, roots: Sequence[Where]) -> dict[str, Any]:
    """All that the results of a run depend on, as a JSON value."""
    tables = [model.folder / name for name in ("calibration.csv", "thresholds.csv")]
    return {
        "audio": homes_of(roots),
        "channels": wanted.channels,
        "dawnchorus": __version__,
        "keep_scores": wanted.keep_scores,
        "model": {
            "hash": model.hash,
            "calibration": value_hash([content_hash(path) if path.is_file() else None for path in tables]),
            "front_end": frozen_settings(model.front_end),
            "windows": asdict(model.windows),
            "columns_per_frame": model.columns_per_frame,
            "species": [species.name for species in model.species],
            "bands_hz": [list(band) for band in model.bands_hz],
            "top_s": model.top_s,
        },
        "precision": wanted.precision,
        "int8": quantised.hashes if wanted.precision == "int8" and (quantised := read_quantised(model)) else None,
        "rule": {
            "threshold": [str(one) for one in rule.thresholds]
            if isinstance(wanted.threshold, Path)
            else wanted.threshold,
            "edge": rule.edge,
            "company": rule.company,
            "typical_s": list(rule.typical_s),
            "min_duration": rule.shortest_s,
            "merge_gap": rule.gap_s,
        },
        "shard": str(wanted.shard),
        **({"repair": True} if wanted.repair else {}),
    }


def _forget(out: Path, ledger: Path, shard: Shard) -> None:
    for suffix in ("", "-wal", "-shm"):
        ledger.with_name(ledger.name + suffix).unlink(missing_ok=True)
    for path in _leaves(out, shard):
        path.unlink(missing_ok=True)


def _leaves(out: Path, shard: Shard) -> list[Path]:
    """All tables that a run may leave."""
    if shard.of == 1:
        return [out / name for name in LEAVES]
    paths = map(Path, LEAVES)
    return [out / "parts" / f"{path.stem}{shard.suffix}{path.suffix}" for path in paths]


# ---- shards put together -------------------------------------------------------------------------------------


def merge(out: Path, model: Path, sample: Path | None = None, rules: Rules | None = None) -> Detected:
    """Make the tables of a run that was done in shards, as if it had been done in one.

    Raises ValueError when a shard is missing, not finished, or of another run.
    """
    found = {_shard(path): path for path in out.glob("ledger-*-of-*.sqlite") if _shard(path) is not None}
    counts = {shard.of for shard in found if shard is not None}
    if len(counts) != 1:
        raise ValueError(f"{out}: ledgers of {sorted(counts) or 'no'} shards; expected those of one run, such as 40")
    (of,) = counts
    if missing := [number for number in range(1, of + 1) if Shard(number, of) not in found]:
        raise ValueError(f"{out}: {len(missing)} of {of} shards missing, first {missing[0]}/{of}")
    packaged = package.read(model)
    ledgers: list[Ledger] = []
    try:
        for number in range(1, of + 1):
            ledgers.append(Ledger(found[Shard(number, of)]))
        first = _comparable(ledgers[0])
        for number, ledger in enumerate(ledgers, 1):
            if (waiting := ledger.count("waiting")) or ledger.settings() is None:
                raise ValueError(f"{out}: shard {number}/{of} is not finished: {counted(waiting, 'file')} to be heard")
            if _comparable(ledger) != first:
                raise ValueError(f"{out}: shard {number}/{of} was made with other settings than shard 1/{of}")
        if first["model"]["hash"] != packaged.hash:
            raise ValueError(f"{model}: another model than the one that the shards were made with")
        made = Made(
            packaged.species,
            packaged.calibration(),
            packaged.hash,
            packaged.frame_s,
            packaged.typical_s,
            first["keep_scores"],
            sample,
            rules or Rules(),
            packaged.top_s,
        )
        return outputs.write(ledgers, out, made)
    finally:
        for ledger in ledgers:
            ledger.db.close()


def _shard(path: Path) -> Shard | None:
    match = re.fullmatch(r"ledger-(\d{4,})-of-(\d{4,})\.sqlite", path.name)
    return Shard(int(match[1]), int(match[2])) if match else None


def _comparable(ledger: Ledger) -> dict[str, Any]:
    return {**(ledger.settings() or {}), "shard": None}


# ---- without a model -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Checked:
    """What decoding every file of some folders showed; faults are (file, fault)."""

    files: int
    failed: int
    analysed_s: float
    lost: dict[str, float]
    faults: tuple[tuple[str, Fault], ...]

    def as_record(self) -> dict[str, Any]:
        """The same as a JSON value."""
        return {
            "files": self.files,
            "failed": self.failed,
            "hours": round(self.analysed_s / 3600, 6),
            "seconds_lost": {reason: round(seconds, 3) for reason, seconds in sorted(self.lost.items())},
            "faults": [
                {"file": file, "code": fault.code, "detail": fault.detail, "at_s": fault.at_s, "lost_s": fault.lost_s}
                for file, fault in self.faults
            ],
        }


def check(
    arguments: Sequence[Path | str],
    workers: int | None = None,
    stall_s: float = STALL_S,
    watch: Watch = _unwatched,
) -> Checked:
    """Decode every file of some folders from its beginning to its end, and say everything that is wrong with them."""
    with Ledger(None) as ledger:
        ledger.enter(entries_of(roots_of(arguments)))
        _work(ledger, Task(None), (), workers, stall_s, watch)
        detected = outputs.summarise([ledger], ())
        faults = tuple((row.name, fault) for row in ledger.rows() for fault in row.faults)
    failed = len({file for file, _ in detected.failures})
    return Checked(detected.heard + failed, failed, detected.analysed_s, detected.lost, faults)
