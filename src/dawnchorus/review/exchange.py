"""Verdicts as tables that others read and write: those of RFCX, and validations as Arbimon exports them.

Arbimon's columns say nothing of the file and of frequencies; ours stand behind them, so that nothing is lost on the way
there and back. What is read becomes rows of the store whose keys stand for their content: read twice, they are there
once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path

from dawnchorus.annotations import rfcx, table
from dawnchorus.annotations import species as species_table
from dawnchorus.annotations.problems import AnnotationError, Problem
from dawnchorus.events import Species, Verdict
from dawnchorus.files import value_hash
from dawnchorus.review.as_annotations import as_annotations
from dawnchorus.review.found import began_s
from dawnchorus.review.verdicts import ANSWERS, WORDS, Row

ARBIMON = (
    "site_id", "site_name", "detection_start", "detection_end", "detection_class", "confidence", "validation_status",
    "recording_id", "t_min", "t_max", "f_min", "f_max", "validated_by", "validated_at",
)  # fmt: skip
STATUS = {"present": "present", "absent": "not present", "unsure": "unknown"}
NEEDED = ("detection_class", "validation_status", "recording_id", "t_min", "t_max")


def write_rfcx(folder: Path, verdicts: Sequence[Verdict], species: Sequence[Species]) -> tuple[int, int]:
    """Write train_tp.csv, train_fp.csv and species.csv, and give how many say present and absent; unsure is left out.

    Where people differ, the last one counts.
    """
    boxes = as_annotations(verdicts, ())
    counts = []
    for name, present in (("train_tp.csv", True), ("train_fp.csv", False)):
        its = [box for box in boxes if box.present is present]
        rfcx.write(folder / name, its)
        counts.append(len(its))
    species_table.write(folder / "species.csv", species)
    return counts[0], counts[1]


def read_rfcx(path: Path, present: bool, species: Sequence[Species], by: str) -> tuple[list[Row], list[Problem]]:
    """Read a table of RFCX, all of it with one answer. Raises AnnotationError if it is none."""
    boxes, problems = rfcx.read(path, present)
    names = {one.number: one.name for one in species}
    rows = [
        _row(
            box.recording,
            box.species,
            names.get(box.species, f"s{box.species}"),
            (box.start_s, box.end_s, box.low_hz, box.high_hz),
            "present" if present else "absent",
            by,
        )
        for box in boxes
    ]
    return rows, problems


def write_arbimon(path: Path, verdicts: Sequence[Verdict], species: Sequence[Species]) -> int:
    """Write validations, one row a verdict, and give their number.

    Start and end are times of day where the recording's name tells when it began, on the recorder's clock.
    """
    names = {one.number: one.name for one in species}
    rows = []
    for one in verdicts:
        began = began_s(one.recording)
        times = [_time(began + at) if isfinite(began) else "" for at in (one.start_s, one.end_s)]
        numbers = [repr(float(value)) for value in (one.start_s, one.end_s, one.low_hz, one.high_hz)]
        confidence = "" if one.score is None else f"{one.score:.6f}"
        site = one.recording.rpartition("/")[0]
        rows.append(
            ["", site, *times, names.get(one.species, f"s{one.species}"), confidence, STATUS[WORDS[one.present]]]
            + [one.recording, *numbers, one.by, one.at.astimezone(UTC).isoformat(timespec="milliseconds")]
        )
    table.write(path, ARBIMON, rows)
    return len(rows)


def read_arbimon(path: Path, by: str) -> tuple[list[Row], list[Problem]]:
    """Read validations; rows that nobody validated say nothing, others that can't be used are Problems.

    Raises AnnotationError if the table lacks the columns that say where a detection lies in which file.
    """
    words = {status: word for word, status in STATUS.items()}
    rows, problems = [], []
    for line, cells in table.read(path, NEEDED):
        status = cells["validation_status"].lower()
        if status in ("", "-", "unvalidated"):
            continue
        try:
            box = tuple(float(cells.get(name) or 0) for name in ("t_min", "t_max", "f_min", "f_max"))
            if not (all(map(isfinite, box)) and 0 <= box[0] < box[1]):
                raise ValueError
            answer = words[status]
        except KeyError:
            expected = ", ".join(STATUS.values())
            problems.append(Problem(path.name, line, "missing", f"validation_status is {status!r}", expected, True))
        except ValueError:
            found = f"t_min and t_max are {cells['t_min']!r} and {cells['t_max']!r}"
            problems.append(Problem(path.name, line, "not_a_number", found, "rising seconds", True))
        else:
            who = cells.get("validated_by") or by
            rows.append(_row(cells["recording_id"], None, cells["detection_class"], box, answer, who))
    return rows, problems


def read_any(path: Path, species: Sequence[Species], by: str) -> tuple[list[Row], list[Problem]]:
    """Read a table by its name: …tp.csv and …fp.csv are of RFCX, others of Arbimon. Raises AnnotationError."""
    if not path.is_file():
        raise AnnotationError(f"{path}: no such file; expected a table of validations")
    if path.stem.endswith(("tp", "fp")):
        return read_rfcx(path, path.stem.endswith("tp"), species, by)
    return read_arbimon(path, by)


def _row(recording: str, species: int | None, name: str, box: tuple[float, ...], answer: str, by: str) -> Row:
    if answer not in ANSWERS:
        raise ValueError(f"{answer!r}; expected one of {', '.join(ANSWERS)}")
    key = "read-" + value_hash([recording, species, name, list(box), answer, by])
    start_s, end_s, low_hz, high_hz = box
    return Row(key, recording, species, name, start_s, end_s, low_hz, high_hz, answer, by, asked="read")  # type: ignore[arg-type]


def _time(seconds: float) -> str:
    at = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    return at.isoformat(sep=" ", timespec="milliseconds")
