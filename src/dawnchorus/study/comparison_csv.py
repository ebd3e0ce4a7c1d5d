"""A comparison as CSV, with all digits, and read again."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from dawnchorus.files import write_text
from dawnchorus.study.compare import FIGURES, Comparison, Row, Spread
from dawnchorus.study.paired import CompareError, Difference
from dawnchorus.study.values import Reported

_PLAIN = ("name", "note", "network", "scale", "recordings", "lost")
_LISTS = ("memo", "changes", "seeds")
_FLAGS = ("runnable", "saw_test", "outdated")
_REPORTED = ("reported_cv", "reported_precision", "reported_lb", "reported_failed")
_DIFFERENCE = ("difference", "difference_low", "difference_high", "difference_seeds")
_SPREADS = tuple(f"{figure}{part}" for figure in FIGURES for part in ("", "_lowest", "_highest"))
COLUMNS = ("kind", *_PLAIN, *_LISTS, *_FLAGS, *_REPORTED, *_DIFFERENCE, *_SPREADS)


def write_csv(path: Path, comparison: Comparison) -> None:
    """Write a comparison with all digits: rows for the study, for each variant and for each floor; lists are JSON.

    The study's row has its name, its question as `note`, and its baseline in `changes`.
    """
    rows: list[dict[str, Any]] = [
        {
            "kind": "study",
            "name": comparison.study,
            "note": comparison.question,
            "changes": json.dumps([comparison.baseline], ensure_ascii=False),
        }
    ]
    rows += [_as_cells(row) for row in comparison.rows]
    rows += [{"kind": "floor", "name": name} | dict(floor) for name, floor in comparison.floors.items()]
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def read_csv(path: Path) -> Comparison:
    """Read what `write_csv` wrote. Raises CompareError for another file."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    if tuple(reader.fieldnames or ()) != COLUMNS or not rows or rows[0]["kind"] != "study":
        raise CompareError(f"{path} is no comparison: expected the columns {', '.join(COLUMNS[:4])} …, and a study")
    study = rows[0]
    floors = {
        row["name"]: {figure: float(row[figure]) for figure in ("cmap", "lwlrap") if row[figure]}
        for row in rows
        if row["kind"] == "floor"
    }
    variants = tuple(_from_cells(row) for row in rows if row["kind"] == "variant")
    return Comparison(study["name"], study["note"], json.loads(study["changes"])[0], variants, floors)


def _as_cells(row: Row) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": "variant"} | {name: getattr(row, name) for name in _PLAIN}
    said |= {name: json.dumps(getattr(row, name), ensure_ascii=False) for name in (*_LISTS, *_FLAGS)}
    reported = row.reported
    values = (reported.cv, reported.precision, reported.lb, json.dumps(reported.failed))
    said |= dict(zip(_REPORTED, values, strict=True))
    if row.difference:
        gain = row.difference
        said |= dict(zip(_DIFFERENCE, (gain.mean, gain.low, gain.high, gain.seeds), strict=True))
    for figure, spread in row.figures.items():
        said |= {figure: spread.mean, f"{figure}_lowest": spread.lowest, f"{figure}_highest": spread.highest}
    return {name: "" if value is None else value for name, value in said.items()}


def _from_cells(row: Mapping[str, str]) -> Row:
    def number(name: str) -> float | None:
        return float(row[name]) if row[name] else None

    difference = None
    if row["difference"]:
        low, high = float(row["difference_low"]), float(row["difference_high"])
        difference = Difference(float(row["difference"]), low, high, int(row["difference_seeds"]))
    figures = {
        figure: Spread(*(float(row[f"{figure}{part}"]) for part in ("", "_lowest", "_highest")))
        for figure in FIGURES
        if row[figure]
    }
    cv, precision, lb = (number(name) for name in _REPORTED[:3])
    fields: dict[str, Any] = {name: row[name] for name in _PLAIN}
    fields |= {name: tuple(json.loads(row[name])) for name in _LISTS}
    fields |= {name: json.loads(row[name]) for name in _FLAGS}
    reported = Reported(cv, precision, lb, json.loads(row["reported_failed"]))
    return Row(**fields, reported=reported, figures=figures, difference=difference)
