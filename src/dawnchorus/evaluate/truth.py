"""Completely annotated recordings, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dawnchorus.annotations import door, rfcx
from dawnchorus.annotations.problems import Problem
from dawnchorus.audio.folders import scan
from dawnchorus.events import Annotation, Recording


@dataclass(frozen=True)
class Truth:
    """Completely annotated recordings to judge models on."""

    recordings: tuple[Recording, ...]
    boxes: tuple[Annotation, ...]
    problems: tuple[Problem, ...]


def read_truth(table: Path, audio_folder: Path, n_species: int) -> Truth:
    """Read a table in the RFCX columns that lists every event of the recordings in a folder."""
    recordings, _ = scan([audio_folder])
    boxes, problems = rfcx.read(table, present=True)
    boxes, unmatched = door.match(boxes, recordings)
    boxes, doubtful = door.check(boxes, recordings, n_species)
    # Events of one species overlap freely in a full truth, and equal ones are no trouble.
    return Truth(tuple(recordings), tuple(boxes), (*problems, *unmatched, *doubtful))
