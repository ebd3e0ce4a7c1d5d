"""The tables of the RFCX competition, in a folder that `train` reads: `train_tp.csv`, `train_fp.csv`, `species.csv`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from dawnchorus.annotations import rfcx, species
from dawnchorus.annotations.marks import Mark, numbered
from dawnchorus.events import Recording, Species
from dawnchorus.export import cells
from dawnchorus.export.cells import Lost

HOLDS = ("frequencies", "verdict", "song_type")


def write(path: Path, marks: Iterable[Mark], recordings: Sequence[Recording] = ()) -> Lost:
    """Write the folder; species are numbered in the order of their names. Gives what was lost.

    A name that `species.csv` cannot hold, because a spreadsheet would run it, gets an apostrophe. Song types that are
    no numbers are numbered.
    """
    lost = Lost()
    kept = [one._replace(species=_name(one.species)) for one in cells.sayable(marks, lost, HOLDS)]
    if words := sum(bool(one.song_type) and not one.song_type.isdecimal() for one in kept):
        lost["have a number in place of their song types' names"] += words
    boxes, kinds, _ = numbered(kept)
    rfcx.write(path / "train_tp.csv", (box for box in boxes if box.present))
    rfcx.write(path / "train_fp.csv", (box for box in boxes if not box.present))
    species.write(path / "species.csv", kinds or [Species(0, "nothing")])
    return lost


def _name(name: str) -> str:
    return cells.text(name).strip()
