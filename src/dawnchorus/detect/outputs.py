"""The tables that a run leaves, made from its ledger, or from those of its shards: the same bytes whatever happened."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

from dawnchorus.audio.faults import Fault
from dawnchorus.calibration.tables import Calibration
from dawnchorus.detect.ledger import Ledger, Row
from dawnchorus.detect.listing import Shard
from dawnchorus.events import Species
from dawnchorus.export import csv_table, files_table, parquet, recordings_table, scores_parquet
from dawnchorus.export import submission as submission_table
from dawnchorus.export.files_table import FileRow
from dawnchorus.files import settle, write_json
from dawnchorus.recorders import origin
from dawnchorus.recorders.origin import Rules
from dawnchorus.words import counted

ALIKE_SHOWN = 20
WHOLE = Shard()


@dataclass(frozen=True)
class Detected:
    """What a run found, what it could not read, and how much of the sound was heard.

    `failures` and `oddities` are (file, fault) of files that gave nothing, and of those that gave something;
    `without_scores` are rows of the submission that no recording filled; `doubts` are (file, warning) of where and when
    files were recorded, and `with_start` of them have a start time.
    """

    species: tuple[Species, ...]
    heard: int
    counts: dict[int, int]
    analysed_s: float
    lost: dict[str, float]
    failures: tuple[tuple[str, Fault], ...]
    oddities: tuple[tuple[str, Fault], ...]
    without_scores: tuple[str, ...] = ()
    doubts: tuple[tuple[str, str], ...] = ()
    with_start: int = 0

    @property
    def detections(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    @property
    def errors(self) -> int:
        """How many files failed, wholly or from some time on."""
        return len({file for file, _ in self.failures}) + sum(
            fault.code == "decode_error" for _, fault in self.oddities
        )

    def as_record(self) -> dict[str, Any]:
        """The summary as a JSON value."""
        lost_s = sum(self.lost.values())
        return {
            "recordings": self.heard,
            "detections": {species.name: self.counts.get(species.number, 0) for species in self.species},
            "coverage": {
                "seconds_in": round(self.analysed_s + lost_s, 3),
                "seconds_analysed": round(self.analysed_s, 3),
                "seconds_lost": round(lost_s, 3),
                "lost": {reason: round(seconds, 3) for reason, seconds in sorted(self.lost.items())},
            },
            "failures": [_as_record(*one) for one in self.failures],
            "oddities": [_as_record(*one) for one in self.oddities],
            "without_scores": list(self.without_scores),
            "with_start": self.with_start,
        }

    def lines(self) -> list[str]:
        """The summary in words."""
        lines = [f"{species.name}: {self.counts.get(species.number, 0)}" for species in self.species]
        lines += alike((*self.failures, *self.oddities))
        lines += alike(self.doubts)
        lines.append(coverage_line(self.heard, len({file for file, _ in self.failures}), self.analysed_s, self.lost))
        if self.without_scores:
            lines.append(
                f"{counted(len(self.without_scores), 'row')} of the submission without a recording: "
                f"{self.without_scores[0]}{' …' if len(self.without_scores) > 1 else ''}"
            )
        return lines


def alike(faults: Iterable[tuple[str, Fault | str]]) -> list[str]:
    """Faults and doubts in words; a folder of one recorder has one fault in all of its files, which is told once."""
    files: dict[str, list[str]] = {}
    for file, fault in faults:
        files.setdefault(str(fault), []).append(file)
    lines = []
    for words, its in files.items():
        others = f" and {len(its) - 1} more" if len(its) > 1 else ""
        lines.append(f"{its[0]}{others}: {words}")
    if len(lines) > ALIKE_SHOWN:
        lines = [*lines[:ALIKE_SHOWN], f"… and {counted(len(lines) - ALIKE_SHOWN, 'more kind', 'more kinds')} of fault"]
    return lines


def coverage_line(heard: int, failed: int, analysed_s: float, lost: dict[str, float]) -> str:
    """How much sound there is and what became of it, in words."""
    lost_s = sum(lost.values())
    reasons = ", ".join(f"{reason} {duration(seconds)}" for reason, seconds in sorted(lost.items()))
    return (
        f"{duration(analysed_s + lost_s)} of sound in {counted(heard, 'file')} = {duration(analysed_s)} analysed + "
        f"{duration(lost_s)} lost"
        + (f" ({reasons})" if reasons else "")
        + (f"; {counted(failed, 'file')} failed" if failed else "")
    )


def duration(seconds: float) -> str:
    """A length of time for people: seconds up to two minutes, then minutes, then hours."""
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def summarise(ledgers: Sequence[Ledger], species: tuple[Species, ...]) -> Detected:
    """Add up what ledgers say."""
    counts, lost, analysed_s, heard = Counter[int](), Counter[str](), 0.0, 0
    failures: list[tuple[str, Fault]] = []
    oddities: list[tuple[str, Fault]] = []
    for row in _rows(ledgers):
        heard += not row.failed
        analysed_s += row.analysed_s
        lost.update(row.lost)
        found = [(row.name if row.failed else row.key, fault) for fault in row.faults]
        failures += [one for one in found if row.failed]
        oddities += [one for one in found if not row.failed]
    for ledger in ledgers:
        counts.update(ledger.species_counts())
    return Detected(species, heard, dict(counts), analysed_s, dict(lost), tuple(failures), tuple(oddities))


@dataclass(frozen=True)
class Made:
    """What tables are made with: what is known of the model, and the wanted extras.

    `rules` are the user's word on where and when files were recorded; `top_s` is the model's (`whole_recording`).
    """

    species: tuple[Species, ...]
    calibration: Calibration | None
    model_hash: str
    frame_s: float
    typical_s: tuple[float, ...] = ()
    keep_scores: bool = False
    sample: Path | None = None
    rules: Rules = Rules()
    top_s: float = 0.0


def write(ledgers: Sequence[Ledger], out: Path, made: Made, shard: Shard = WHOLE) -> Detected:
    """Write everything that a run leaves, each file wholly or not at all, and give the summary.

    detections.csv, detections.parquet, files.csv and summary.json; recordings.csv where the model is calibrated;
    scores.parquet where scores were kept; submission.csv with a sample. One shard of several leaves a part of each
    Parquet file and a summary in `parts/`. Raises OSError when the disk is full; nothing half-written is left.
    """
    species, facts = made.species, {"dawnchorus_model": made.model_hash}
    home = out if shard.of == 1 else out / "parts"
    paths = [home / f"{name}{shard.suffix}{kind}" for name, kind in (("detections", ".parquet"), ("summary", ".json"))]
    rows = _files(ledgers, made.rules)
    origins = {row.key: row.origin for row in rows}
    parquet.write(paths[0], _detections(ledgers), species, facts, origins)
    if made.keep_scores:
        paths.append(home / f"scores{shard.suffix}.parquet")
        scores_parquet.write(paths[-1], _frames(ledgers), made.frame_s, species, facts)
    doubts = tuple((row.key, warning) for row in rows for warning in row.origin.warnings)
    with_start = sum(row.origin.start is not None for row in rows)
    detected = replace(summarise(ledgers, species), doubts=doubts, with_start=with_start)
    if shard.of == 1:
        paths += [out / "files.csv", out / "detections.csv"]
        files_table.write(paths[-2], rows)
        csv_table.write(paths[-1], _detections(ledgers), species, origins)
        if made.calibration:
            paths.append(out / "recordings.csv")
            recordings_table.write(paths[-1], _wholes(ledgers), made.calibration, species)
        if made.sample:
            paths.append(out / "submission.csv")
            missing = submission_table.write(paths[-1], made.sample, dict(_wholes(ledgers)))
            detected = replace(detected, without_scores=tuple(missing))
    write_json(paths[1], detected.as_record() | {"typical_s": list(made.typical_s), "top_s": made.top_s})
    settle(paths)
    return detected


def _merged(ledgers: Sequence[Ledger], of_one: Callable[[Ledger], Iterator[Any]], key: Callable[[Any], Any]) -> Any:
    return of_one(ledgers[0]) if len(ledgers) == 1 else heapq.merge(*map(of_one, ledgers), key=key)


def _rows(ledgers: Sequence[Ledger]) -> Iterator[Row]:
    return _merged(ledgers, Ledger.rows, attrgetter("key"))


def _files(ledgers: Sequence[Ledger], rules: Rules) -> list[FileRow]:
    rows = [
        FileRow(one.key, one.name, origin.of(one.name, one.words, rules), one.analysed_s, one.gaps)
        for one in _merged(ledgers, Ledger.heard, attrgetter("key"))
    ]
    ends = ((row.name, row.origin, max((end_s for _, end_s in row.heard()), default=0.0)) for row in rows)
    overlaps = origin.overlapping(ends)
    return [
        replace(row, origin=replace(row.origin, warnings=(*row.origin.warnings, overlaps[row.name])))
        if row.name in overlaps
        else row
        for row in rows
    ]


def _detections(ledgers: Sequence[Ledger]) -> Iterator[Any]:
    return _merged(ledgers, Ledger.detections, attrgetter("recording"))


def _wholes(ledgers: Sequence[Ledger]) -> Iterator[Any]:
    return _merged(ledgers, Ledger.wholes, itemgetter(0))


def _frames(ledgers: Sequence[Ledger]) -> Iterator[scores_parquet.Line]:
    for key, one in _merged(ledgers, Ledger.frames, itemgetter(0)):
        yield key, one.channel, one.end_s, one.start_s, one.values


def _as_record(file: str, fault: Fault) -> dict[str, Any]:
    return {"file": file, "fault": str(fault)}
