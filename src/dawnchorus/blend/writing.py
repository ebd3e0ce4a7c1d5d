"""What a blend leaves: the files of a study, so that whatever judges one judges the other, and its record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dawnchorus import scores as scoring
from dawnchorus.blend.joining import Blend
from dawnchorus.blend.member import DETECTIONS, FRAMES, PROBABILITIES, SUBMISSION, Member
from dawnchorus.event_rule import EventRule
from dawnchorus.events import Detection
from dawnchorus.export import csv_table, submission

NAMES = (SUBMISSION, PROBABILITIES, FRAMES, DETECTIONS)


def write(out: Path, blended: Member) -> list[Detection]:
    """Write submission.csv, probabilities.csv if there are any, frames.npz and detections.csv if there are frames.

    They are the files that a study leaves, so that whatever judges one judges the other. Gives the detections.
    """
    for name in (FRAMES, DETECTIONS, PROBABILITIES):
        (out / name).unlink(missing_ok=True)  # of an earlier blend
    submission.write_all(out / SUBMISSION, blended.whole)
    if blended.probabilities:
        submission.write_all(out / PROBABILITIES, blended.probabilities)
    if not blended.frames:
        return []
    rule = EventRule(typical_s=blended.typical_s)
    bands = [blended.bands_hz.get(number, (0.0, 0.0)) for number in range(blended.n_species)]
    events = [event for scores in blended.frames.values() for event in rule.events(scores, bands)]
    scoring.write(out / FRAMES, blended.frames.values())
    csv_table.write(out / DETECTIONS, events, blended.species)
    return events


def record(how: Blend, members: Sequence[Member], blended: Member) -> dict[str, Any]:
    """What stands in the blend.json beside a blend: where it came from, and what a member of it has to know."""
    came_from = [{"from": str(one.where.resolve()), "origin": one.origin, "licence": one.licence} for one in members]
    about = {name: getattr(blended, name) for name in ("typical_s", "names", "held_out", "origin", "licence")}
    return {"members": came_from, "blend": asdict(how), "recordings": len(blended.whole), **about}
