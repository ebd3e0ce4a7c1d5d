"""How does accuracy grow with labels, and how far does it move from one set of test calls to another? Table, picture.

    python benchmarks/accuracy_growth.py --at 5=DIR --at 15=DIR --at 30=DIR --docs docs --ours NAME
    python benchmarks/accuracy_growth.py --calls 1=DIR --calls 2=DIR ... --docs docs --ours NAME

DIR is what `benchmarks/accuracy.py table … --docs DIR` wrote for a benchmark built with `--tp 5`, or with
`--test-calls 1`. `--at` writes DOCS/accuracy/growth.csv and growth.svg, `--calls` writes DOCS/accuracy/calls.csv; both
print Markdown. Differences of the system NAME to every other are paired, as `table` has them.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from dawnchorus.files import whole
from dawnchorus.plots.ink import alone
from dawnchorus.plots.lines import line_chart

FIGURES, ENDS = ("cmap", "event_map", "segment_map"), ("mean", "low", "high")
Rows = list[dict[str, str]]


def read(folder: Path, name: str) -> Rows:
    """The rows of a table that `accuracy.py table --docs` wrote."""
    with (folder / "accuracy" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def gathered(places: dict[int, Path], of: str, ours: str) -> Rows:
    """One row a system and place: its figures with intervals, and what `ours` has more of cmAP than it."""
    rows = []
    for number, folder in sorted(places.items()):
        gains = [one for one in read(folder, "differences.csv") if one["figure"] == "cmap" and one["system"] == ours]
        if not gains:
            raise SystemExit(f"{folder}: differences.csv compares no system {ours!r}")
        for system in read(folder, "systems.csv"):
            if system["kind"] != "system":
                continue
            row = {of: str(number), "system": system["name"], "seeds": system["seeds"]}
            for figure in FIGURES:
                row |= {f"{figure}{end}": system[f"{figure}{end}"] for end in ("", "_low", "_high")}
            gain = next((one for one in gains if one["against"] == system["name"]), None)
            row |= {"ours": ours} | {f"ours_more_cmap_{end}": gain[end] if gain else "" for end in ENDS}
            rows.append(row)
    return rows


def write(path: Path, rows: Rows) -> None:
    """Write rows as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def as_markdown(rows: Rows, of: str) -> str:
    """The rows as a table for people."""
    lines = [f"| {of} | system | cmAP | event mAP | segment mAP | ours more, cmAP |", "|---|---|---|---|---|---|"]
    for row in rows:
        cells = [_interval(row, figure, f"{figure}_low", f"{figure}_high") for figure in FIGURES]
        more = _interval(row, *(f"ours_more_cmap_{end}" for end in ENDS))
        lines.append(f"| {row[of]} | {row['system']} | {' | '.join(cells)} | {more} |")
    return "\n".join(lines)


def _interval(row: dict[str, str], *names: str) -> str:
    if not row[names[0]]:
        return ""
    middle, low, high = (f"{float(row[name]):.3f}" for name in names)
    return f"{middle} ({low} to {high})"


def drawn(rows: Rows, of: str) -> str:
    """cmAP of every system against the number of TP boxes, as SVG."""
    series: dict[str, tuple[list[float], list[float]]] = {}
    for row in rows:
        xs, ys = series.setdefault(row["system"], ([], []))
        xs.append(float(row[of]))
        ys.append(float(row["cmap"]))
    return line_chart(series, "TP boxes a species", "cmAP on the test recordings")


def place(text: str) -> tuple[int, Path]:
    """`5=DIR` as a number and a folder."""
    number, _, folder = text.partition("=")
    return int(number), Path(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--at", type=place, action="append", default=[], metavar="TP=DIR")
    parser.add_argument("--calls", type=place, action="append", default=[], metavar="FOLD=DIR")
    parser.add_argument("--docs", type=Path, required=True)
    parser.add_argument("--ours", required=True, help="the system whose differences to the others are given")
    args = parser.parse_args()
    home = args.docs / "accuracy"
    if args.at:
        rows = gathered(dict(args.at), "tp_a_species", args.ours)
        write(home / "growth.csv", rows)
        with whole(home / "growth.svg") as temporary:
            temporary.write_text(alone(drawn(rows, "tp_a_species")), encoding="utf-8")
        print(as_markdown(rows, "tp_a_species"))
    if args.calls:
        rows = gathered(dict(args.calls), "test_calls", args.ours)
        write(home / "calls.csv", rows)
        print(as_markdown(rows, "test_calls"))


if __name__ == "__main__":
    main()
