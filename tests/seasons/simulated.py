"""A season whose every number was worked out by hand: three sites in Berlin's time, ten days, gaps, a clock change.

The recorders are set to UTC. Every site records 10 min from 00:30 and 60 min from 04:00 (UTC) each day from 24 March to
2 April 2026; clocks go forward on the 29th, at 01:00 UTC. `creek` misses the 26th and 27th, and records from 00:50 to
01:20 on the 29th, too; `bog` starts on the 30th. The frog calls at `ridge` every other day, and at `bog` on the 31st;
the owl at `creek` on the 28th and on either side of the clock change.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np

from dawnchorus.detect import outputs
from dawnchorus.detect.analyse import Result
from dawnchorus.detect.engine import Coverage
from dawnchorus.detect.ledger import Entry, Ledger
from dawnchorus.events import Detection, Species
from dawnchorus.recorders import zones
from dawnchorus.recorders.origin import Rules
from dawnchorus.recorders.pattern import Pattern
from dawnchorus.recorders.sites import Site

SPECIES = (Species(0, "frog"), Species(1, "owl"), Species(2, "never"))
FROG, OWL = 0, 1
DAYS = [date(2026, 3, 24) + timedelta(days=n) for n in range(10)]
SITES = {"ridge": Site((52.52, 13.40)), "creek": Site((52.50, 13.45)), "bog": Site((52.48, 13.38))}
RULES = Rules(Pattern("{site}/*"), zones.parse("UTC"), zones.parse("Europe/Berlin"), SITES)

Files = dict[str, tuple[float, list[tuple[int, float]]]]
"""Seconds and calls (species, second) of each file."""


def files() -> Files:
    """All files of the season; those of the three cards have the same names."""
    found: Files = {}
    for number, day in enumerate(DAYS):
        for site in SITES:
            if (site == "creek" and number in (2, 3)) or (site == "bog" and number < 6):
                continue
            found[f"{site}/{day:%Y%m%d}_003000.WAV"] = (600.0, [])
            found[f"{site}/{day:%Y%m%d}_040000.WAV"] = (3600.0, [])
    for number in range(0, 10, 2):
        found[f"ridge/{DAYS[number]:%Y%m%d}_040000.WAV"][1].extend([(FROG, 10.0), (FROG, 3599.0)])
    found["bog/20260331_040000.WAV"][1].append((FROG, 0.0))
    found["creek/20260328_003000.WAV"][1].append((OWL, 5.0))
    found["creek/20260329_005000.WAV"] = (1800.0, [(OWL, 599.0), (OWL, 600.0)])
    return found


def write(out: Path, its: Files | None = None, rules: Rules = RULES) -> Path:
    """Leave a run as `detect` does: no audio, but a ledger with these files, and the tables made from it."""
    its = files() if its is None else its
    with Ledger(None) as ledger:
        ledger.begin({}, "settings", "model")
        ledger.enter([Entry(name, Path(name), 1, 1) for name in its])
        for job in ledger.waiting():
            seconds, calls = its[job.path.as_posix()]
            coverage = Coverage(header_s=seconds, bytes_s=seconds, read_s=seconds, analysed_s=seconds)
            found = tuple(Detection("", species, at, at + 0.5, 0.5 + 0.1 * species) for species, at in calls)
            ledger.record(job.number, Result((), coverage, found, np.zeros(3, np.float32)), "1")
        outputs.write([ledger], out, outputs.Made(SPECIES, None, "model", 0.5, rules=rules))
    return out
