"""What large archives take in core-hours, memory, disk and money, computed from measured costs.

    python benchmarks/scaling.py [--costs benchmarks/costs.json] [--file-minutes 1] [--night-hours 12] [--write]

`--write` puts the tables into docs/scaling.md. The costs are in one file: seconds of one core for a minute of sound,
from the speed benchmark; MiB of a process; bytes of a second of sound; rows and bytes of the ledger
(`benchmarks/ledger_size.py`); prices, which are no measurements: put in your own.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
COSTS, DOC = HERE / "costs.json", HERE.parent / "docs" / "scaling.md"
TABLES = re.compile(r"(<!-- tables of benchmarks/scaling.py -->\n).*?(<!-- end -->)", re.DOTALL)
RECORDERS = 10_000


@dataclass(frozen=True)
class Archive:
    """So much sound: hours, and terabytes on a disk; and the hours in which it has to be done."""

    name: str
    hours: float
    terabytes: float
    within_hours: float


@dataclass(frozen=True)
class Need:
    """What one model over one archive takes; `bytes_per_s` is what all cores read together."""

    core_hours: float
    cores: int
    gib: float
    bytes_per_s: float
    usd: float
    usd_on_spot: float
    files: float
    ledger_gib: float


def archives(costs: dict[str, Any], night_hours: float) -> list[Archive]:
    """1 TB and 100 TB in each format in a night, and a network that never stops, as fast as it records."""
    found = [
        Archive(f"{size} TB of {kind}", size * 1e12 / per_s / 3600, size, night_hours)
        for size in (1, 100)
        for kind, per_s in costs["bytes_per_second"].items()
    ]
    for name, days in (("a day", 1), ("a year", 365)):
        hours = RECORDERS * 24.0 * days
        terabytes = hours * 3600 * costs["bytes_per_second"]["FLAC"] / 1e12
        found.append(Archive(f"{RECORDERS:,} recorders, {name}, FLAC", hours, terabytes, 24.0 * days))
    return found


def need(costs: dict[str, Any], archive: Archive, model: str, file_minutes: float) -> Need:
    """What a model over an archive takes, in files of some minutes, done in time."""
    core_hours = archive.hours * 60 * costs["cpu_s_per_audio_minute"][model] / 3600
    cores = math.ceil(core_hours / archive.within_hours)
    files = archive.hours * 60 / file_minutes
    return Need(
        core_hours,
        cores,
        cores * costs["mib_per_process"][model] / 1024,
        archive.terabytes * 1e12 / (archive.within_hours * 3600),
        core_hours * costs["prices_usd"]["core_hour"],
        core_hours * costs["prices_usd"]["spot_core_hour"],
        files,
        files * costs["ledger"]["bytes_per_row"] / 2**30,
    )


def lines(costs: dict[str, Any], file_minutes: float, night_hours: float) -> Iterator[str]:
    """The tables in Markdown."""
    for model, seconds in costs["cpu_s_per_audio_minute"].items():
        yield f"**{model}**, {seconds:g} s of one core for a minute of sound ({60 / seconds:.0f} x real time a core):"
        yield ""
        yield "| archive | hours of sound | core-hours | cores | their memory | read a second | USD | USD on spot |"
        yield "|---|---|---|---|---|---|---|---|"
        for archive in archives(costs, night_hours):
            one = need(costs, archive, model, file_minutes)
            yield (
                f"| {archive.name} | {archive.hours:,.0f} | {one.core_hours:,.0f} | {one.cores:,} "
                f"| {one.gib:,.1f} GiB | {one.bytes_per_s / 1e6:,.0f} MB | {one.usd:,.2f} | {one.usd_on_spot:,.2f} |"
            )
        yield ""
    prices, ledger = costs["prices_usd"], costs["ledger"]
    yield f"What lies and what is noted, in files of {file_minutes:g} min with two detections each:"
    yield ""
    yield "| archive | sound | USD a month | USD to take it out | files | USD of reads | ledger | core-s to write it |"
    yield "|---|---|---|---|---|---|---|---|"
    for archive in archives(costs, night_hours):
        one = need(costs, archive, next(iter(costs["cpu_s_per_audio_minute"])), file_minutes)
        # Listed once, looked at before and after, and fetched.
        reads = 3 * one.files / 1e6 * prices["million_reads"]
        yield (
            f"| {archive.name} | {archive.terabytes:,.1f} TB | {archive.terabytes * prices['terabyte_month']:,.0f} "
            f"| {archive.terabytes * prices['terabyte_out']:,.0f} | {one.files:,.0f} | {reads:,.2f} "
            f"| {one.ledger_gib:,.1f} GiB | {one.files / ledger['recorded_per_s']:,.0f} |"
        )


def put(tables: str, doc: str) -> str:
    """A text with the tables between its marks. Raises ValueError if it has none."""
    if not TABLES.search(doc):
        raise ValueError("no marks for the tables in the text")
    return TABLES.sub(lambda found: f"{found[1]}\n{tables}\n\n{found[2]}", doc)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--costs", type=Path, default=COSTS)
    parser.add_argument("--file-minutes", type=float, default=1.0)
    parser.add_argument("--night-hours", type=float, default=12.0)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/scaling.md")
    args = parser.parse_args()
    costs = json.loads(args.costs.read_text(encoding="utf-8"))
    tables = "\n".join(lines(costs, args.file_minutes, args.night_hours))
    if args.write:
        DOC.write_text(put(tables, DOC.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(tables)


if __name__ == "__main__":
    main()
