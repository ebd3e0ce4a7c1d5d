"""Which of the memo's findings hold where the truth is known? Run its studies, judge them, write docs/memo-claims.md.

    python benchmarks/memo_claims.py run BENCHMARK --out OUT [--seeds 3] [--only full] [--missing]
    python benchmarks/memo_claims.py collect BENCHMARK --scorer score.py --out OUT [--add]
    python benchmarks/memo_claims.py write
    python benchmarks/memo_claims.py all DATA --builder build_mixed.py --scorer score.py --out OUT

BENCHMARK is a folder as the benchmark builders write it. `run` trains what the claims need, from several seeds where a
claim is tested in full and from one where it is screened; it goes on where it was stopped. With `--missing` it trains
only what contrasts.csv has no row of. `collect` judges what lies in OUT, however it came there, and writes
docs/memo-claims/*.csv; with `--add` what these files say from as many seeds or more stays. `write` needs these files
alone; its remarks are written by hand in docs/memo-claims/remarks.md. `all` goes from nothing to the page: it builds
the benchmark from its DATA with twice as many test recordings, then runs, collects and writes.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import re
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from memo_findings import (
    CLAIMS,
    FAILS,
    HOLDS,
    SMALL,
    SO_FAR,
    UNCLEAR,
    UNTRIED,
    WEAK,
    Claim,
    Contrast,
    Correlation,
    Measured,
    correlated,
    joined,
    verdict,
    verdict_on_correlation,
)
from scipy import stats

from dawnchorus.experiment import Experiment
from dawnchorus.export import submission
from dawnchorus.files import read_json, write_text
from dawnchorus.plots.dots import Dot, scatter_chart
from dawnchorus.plots.ink import alone
from dawnchorus.study.compare import Comparison, compare, seed_folders
from dawnchorus.study.comparison_csv import read_csv, write_csv
from dawnchorus.study.judge import SUBMISSION, Judge, ScorerScript
from dawnchorus.study.load import studies_in
from dawnchorus.study.paired import drawn_cmap, paired
from dawnchorus.study.values import Study

HOME = Path(__file__).resolve().parents[1]
STUDIES = HOME / "experiments" / "memo"


@dataclass(frozen=True)
class Tried:
    """One experiment, run in whatever study; figures are means over its seeds."""

    study: str
    variant: str
    seeds: int
    cv_faithful: float
    cv: float
    cmap: float
    memo_cv: float
    memo_lb: float
    saw_test: bool
    lost: str


# ------------------------------------------------------------------------------------------------------------- run


def run(args: argparse.Namespace) -> None:
    """Call `dawnchorus experiment run` for each variant that a claim needs, and with claim 17 for all others."""
    needed = {where for claim in CLAIMS if claim.tier == "full" for where in variants_of(claim)}
    table = args.docs / "memo-claims" / "contrasts.csv"
    there = {_contrast(one) for one in read_rows(table, Measured)} if args.missing and table.is_file() else set()
    missing = {where for claim in CLAIMS for where in variants_of(claim, there)}
    for study in studies_in(args.studies):
        for name in study.variants:
            full = f"{study.name}:{name}" in needed
            if args.only == "full" and not full or args.missing and f"{study.name}:{name}" not in missing:
                continue
            command = ["dawnchorus", "experiment", "run", f"{study.path}:{name}", "--data", str(args.benchmark)]
            command += ["--out", str(args.out), "--seeds", str(args.seeds if full else 1)]
            command += ["--folds", "2", "--budget", str(args.budget), "--batch", "32", "--keep", "last"]
            command += ["--backbone", "tf_efficientnet_lite0", "--weights", "lite", "--detail", "coarse"]
            command += [text for folder in args.external for text in ("--external", str(folder))]
            print(" ".join(command), flush=True)
            if subprocess.run(command).returncode:
                print(f"{study.name}:{name} failed; going on with the next", flush=True)


def variants_of(claim: Claim, without: Collection[tuple[Any, ...]] = ()) -> list[str]:
    """All variants that a claim compares, as STUDY:VARIANT, but for the comparisons in `without`."""
    found: dict[str, None] = {}
    for one in claim.contrasts:
        if (claim.number, *_key(one)) in without:
            continue
        found |= dict.fromkeys([f"{one.study}:{one.variant}", *([_against(one)] if one.against != "floor" else [])])
    return list(found)


def _against(one: Contrast) -> str:
    return one.against if ":" in one.against else f"{one.study}:{one.against}"


# --------------------------------------------------------------------------------------------------------- collect


class Runs:
    """What was run, by experiment: one that stands in several studies has all of its seeds, wherever they were run."""

    def __init__(self, studies: Sequence[Study], out: Path) -> None:
        self.variants = {
            f"{study.name}:{name}": variant for study in studies for name, variant in study.variants.items()
        }
        self.folders = {where: seed_folders(out, *where.split(":")) for where in self.variants}

    def of(self, where: str) -> dict[int, Path]:
        """Folders by seed of a variant, STUDY:VARIANT, and of all that are the same experiment."""
        pooled: dict[int, Path] = {}
        for same in self.same(where):
            pooled = self.folders[same] | pooled
        return dict(sorted((pooled | self.folders[where]).items()))

    def same(self, where: str) -> list[str]:
        """All variants that are the same experiment."""
        experiment: Experiment | None = self.variants[where].experiment
        return [name for name, other in self.variants.items() if experiment and other.experiment == experiment]


def collect(args: argparse.Namespace) -> None:
    """Judge what was run, and write one CSV a study, the contrasts, and all experiments."""
    studies = studies_in(args.studies)
    judge = ScorerScript(args.scorer, args.benchmark)
    home = args.docs / "memo-claims"
    for study in studies:
        comparison, table = compare(study, args.out, judge), home / f"{study.name}.csv"
        if args.add and table.is_file():
            comparison = added(read_csv(table), comparison)
        write_csv(table, comparison)
        ran = sum(bool(row.seeds) for row in comparison.rows)
        print(f"{study.name}: {ran} of {len(comparison.rows)} variants were run")
        for warning in comparison.warnings:
            print(f"  {warning}")
    runs = Runs(studies, args.out)
    measured = [found for claim in CLAIMS for one in claim.contrasts if (found := measure(claim, one, runs, judge))]
    tried = experiments(runs, judge)
    chance = chance_of_training(measured, runs, judge)
    if args.add:
        before = read_rows(home / "contrasts.csv", Measured)
        if math.isnan(chance):
            chance = next((one.chance for one in before if not math.isnan(one.chance)), math.nan)
        wanted = {
            (claim.number, one.study, one.variant, one.against, one.figure)
            for claim in CLAIMS
            for one in claim.contrasts
        }
        measured = [one for one in better(before, measured, _contrast) if _contrast(one) in wanted]
        tried = better(read_rows(home / "experiments.csv", Tried), tried, lambda one: (one.study, one.variant))
    measured = widened(measured, chance)
    write_rows(home / "contrasts.csv", Measured, measured)
    write_rows(home / "experiments.csv", Tried, tried)
    print(f"{len(measured)} of {sum(len(claim.contrasts) for claim in CLAIMS)} contrasts were run")


def better(before: Sequence[Any], now: Sequence[Any], key: Callable[[Any], Any]) -> list[Any]:
    """The rows of two tables, each key once: what comes from more seeds, and from as many what was there before."""
    rows = {key(one): one for one in before}
    for one in now:
        if key(one) not in rows or one.seeds > rows[key(one)].seeds:
            rows[key(one)] = one
    return list(rows.values())


def added(before: Comparison, now: Comparison) -> Comparison:
    """A study's table with the rows of another: for each variant what comes from more seeds."""
    old = {row.name: row for row in before.rows}
    rows = [
        old[row.name] if row.name in old and len(old[row.name].seeds) >= max(1, len(row.seeds)) else row
        for row in now.rows
    ]
    return replace(now, rows=tuple(rows), floors=now.floors or before.floors)


def _contrast(one: Measured) -> tuple[int, str, str, str, str]:
    return one.claim, *_key(one)


def _key(one: Contrast | Measured) -> tuple[str, str, str, str]:
    return one.study, one.variant, one.against, one.figure


def measure(claim: Claim, one: Contrast, runs: Runs, judge: Judge) -> Measured | None:
    """What a contrast came to, None when it was not run."""
    new = _with_test(runs.of(f"{one.study}:{one.variant}"))
    if one.against == "floor":
        if not new:
            return None
        floor = max(values["cmap"] for values in judge.floors(next(iter(new.values()))).values())
        return Measured(claim.number, **asdict(one), **above(judge.positives(), list(new.values()), floor))
    old = _with_test(runs.of(_against(one)))
    seeds = [seed for seed in new if seed in old]
    if not seeds:
        return None
    before, after = ([read_json(side[seed] / "result.json") for seed in seeds] for side in (old, new))
    if any(a["scale"] != b["scale"] for a, b in zip(after, before, strict=True)):
        raise SystemExit(f"{one.study}: {one.variant} and {one.against} were run at different scales")
    # What both sides lack in the same way takes nothing from their difference.
    lost = {result["lost"] for result in [*before, *after]}
    apart = " / ".join(sorted(filter(None, lost))) if len(lost) > 1 else ""
    if one.figure == "cmap":
        gain = asdict(paired(judge.positives(), {seed: new[seed] for seed in seeds}, old))
    else:
        known = [(a[one.figure], b[one.figure]) for a, b in zip(after, before, strict=True)]
        gain = over_seeds([a - b for a, b in known if a is not None and b is not None])
    return Measured(claim.number, **asdict(one), **gain, apart=apart)


def chance_of_training(measured: Sequence[Measured], runs: Runs, judge: Judge) -> float:
    """How much differences of test cmAP move from seed to seed: a standard deviation, pooled over the contrasts.

    NaN where no contrast has two seeds.
    """
    squares, freedom = 0.0, 0
    for one in measured:
        if one.seeds < 2 or one.figure != "cmap" or one.against == "floor":
            continue
        new, old = _with_test(runs.of(f"{one.study}:{one.variant}")), _with_test(runs.of(_against(one)))
        differences = [judge.judge(new[seed])["cmap"] - judge.judge(old[seed])["cmap"] for seed in new if seed in old]
        squares += float(np.var(differences)) * len(differences)
        freedom += len(differences) - 1
    return math.sqrt(squares / freedom) if freedom else math.nan


def widened(measured: Sequence[Measured], chance: float) -> list[Measured]:
    """The same, with the chance of training in the intervals of contrasts that have one seed and lack it so far."""

    def wider(one: Measured) -> Measured:
        if one.seeds > 1 or one.figure != "cmap" or math.isnan(chance) or not math.isnan(one.chance):
            return one
        low, high = (math.hypot(side, 1.96 * chance) for side in (one.mean - one.low, one.high - one.mean))
        return replace(one, low=one.mean - low, high=one.mean + high, chance=chance)

    return [wider(one) for one in measured]


def over_seeds(differences: Sequence[float]) -> dict[str, Any]:
    """Mean of the differences of seeds, and its 95 % interval by Student's t: none with one seed."""
    count = len(differences)
    mean = float(np.mean(differences)) if count else math.nan
    half = math.nan
    if count > 1:
        half = float(stats.t.ppf(0.975, count - 1) * np.std(differences, ddof=1) / math.sqrt(count))
    return {"mean": mean, "low": mean - half, "high": mean + half, "seeds": count}


def above(positives: Mapping[str, set[int]], folders: Sequence[Path], floor: float, times: int = 400) -> dict[str, Any]:
    """Test cmAP minus a floor: mean over seeds, and its 95 % interval from drawing recordings and seeds."""
    rng = np.random.default_rng(0)
    columns = []
    counts = None
    for folder in folders:
        recordings, scores = submission.read(folder / SUBMISSION)
        truth = np.array([[s in positives.get(name, ()) for s in range(scores.shape[1])] for name in recordings])
        if counts is None:
            drawn = rng.integers(0, len(recordings), (times, len(recordings)))
            counts = np.stack([np.bincount(row, minlength=len(recordings)) for row in drawn])
            counts = np.concatenate([np.ones((1, len(recordings)), counts.dtype), counts])
        columns.append(drawn_cmap(scores, truth, counts))
    values = np.stack(columns, axis=1)
    picked = np.take_along_axis(values[1:], rng.integers(0, len(folders), (times, len(folders))), axis=1).mean(axis=1)
    low, high = np.quantile(picked, (0.025, 0.975)) - floor
    return {"mean": float(values[0].mean() - floor), "low": float(low), "high": float(high), "seeds": len(folders)}


def experiments(runs: Runs, judge: Judge) -> list[Tried]:
    """Every experiment that was run, once, on the seeds that all of them have: seeds differ as much as experiments do.

    Where there is no such seed, each stands for all of its own.
    """
    tried, seen = [], set[str]()
    ran = [set(folders) for where in runs.variants if (folders := _with_test(runs.of(where)))]
    common = set.intersection(*ran) if ran else set[int]()
    for where, variant in runs.variants.items():
        folders = {seed: one for seed, one in _with_test(runs.of(where)).items() if seed in common or not common}
        if where in seen or not folders:
            continue
        seen.update(runs.same(where))
        results = [read_json(folder / "result.json") for folder in folders.values()]
        judged = [judge.judge(folder) for folder in folders.values()]
        study, name = where.split(":")
        reported = variant.reported
        tried.append(
            Tried(
                study,
                name,
                len(folders),
                _mean([one["cv_faithful"] for one in results]),
                _mean([one["cv"] for one in results]),
                _mean([one["cmap"] for one in judged]),
                math.nan if reported.cv is None else reported.cv,
                math.nan if reported.lb is None else reported.lb,
                any(one["saw_test"] for one in results),
                next((one["lost"] for one in results if one["lost"]), ""),
            )
        )
    return tried


def _with_test(folders: Mapping[int, Path]) -> dict[int, Path]:
    return {seed: folder for seed, folder in folders.items() if (folder / SUBMISSION).is_file()}


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else math.nan


def write_rows(path: Path, kind: type, rows: Sequence[Any]) -> None:
    """Write values of a dataclass as a CSV table, with all digits; what is not known is empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(kind)])
        for row in rows:
            cells = [getattr(row, field.name) for field in fields(kind)]
            writer.writerow(["" if isinstance(cell, float) and math.isnan(cell) else cell for cell in cells])


def read_rows(path: Path, kind: Callable[..., Any]) -> list[Any]:
    """Read what `write_rows` wrote."""
    made: dict[str, Callable[[str], Any]] = {
        "int": int,
        "float": lambda text: float(text) if text else math.nan,
        "bool": lambda text: text == "True",
        "str": str,
    }
    with path.open(encoding="utf-8", newline="") as file:
        return [
            kind(**{field.name: made[str(field.type)](row[field.name]) for field in fields(kind)})  # type: ignore[arg-type]
            for row in csv.DictReader(file)
        ]


# ----------------------------------------------------------------------------------------------------------- write


def write(args: argparse.Namespace) -> None:
    """Write docs/memo-claims.md and its pictures from the CSV files and the remarks beside them."""
    home = args.docs / "memo-claims"
    measured = read_rows(home / "contrasts.csv", Measured)
    tried = read_rows(home / "experiments.csv", Tried)
    others = ("contrasts.csv", "experiments.csv")
    comparisons = [read_csv(path) for path in sorted(home.glob("*.csv")) if path.name not in others]
    notes = remarks(home / "remarks.md")
    write_text(args.docs / "memo-claims.md", page(measured, tried, comparisons, notes))
    for name, picture in pictures(tried, comparisons).items():
        write_text(home / f"{name}.svg", picture)
    print(f"{args.docs / 'memo-claims.md'}: {len(measured)} contrasts, {len(tried)} experiments")


def page(
    measured: Sequence[Measured], tried: Sequence[Tried], comparisons: Sequence[Comparison], notes: Mapping[int, str]
) -> str:
    """The page: how it was measured, one table, one paragraph a claim, pictures, where the figures are."""
    of_cv = correlations(tried)
    verdicts = {claim.number: _verdict(claim, measured, of_cv) for claim in CLAIMS}
    counts = {kind: sum(one == kind for one in verdicts.values()) for kind in (HOLDS, SO_FAR, FAILS, UNCLEAR, UNTRIED)}
    lines = [
        "# What of the memo holds",
        "",
        "The memo's findings rest on one run each, judged by a leaderboard whose labels nobody saw. Here its variants "
        "were run again where the truth is known, and compared in pairs. Written by `python benchmarks/memo_claims.py "
        "write` from the tables in [memo-claims](memo-claims); please edit the remarks there, not this page.",
        "",
        *[f"- {line}" for line in how(comparisons)],
        "",
        f"{len(CLAIMS)} findings: " + "; ".join(f"{kind}: {count}" for kind, count in counts.items()) + ".",
        "",
        "| | finding | memo | here: difference and 95 % interval | verdict |",
        "|---|---|---|---|---|",
    ]
    for claim in CLAIMS:
        found = [one for one in measured if one.claim == claim.number]
        ours = "<br>".join(_words(one) for one in found)
        if claim.number == 17:
            ours = "<br>".join(f"{name}: {_correlation(one)}" for name, one in of_cv.items() if one)
        tier = "" if claim.tier == "full" else " (screened)"
        of_training = _verdict_of_training(claim, measured)
        beside = f"; CV: {of_training}" if of_training else ""
        cells = (str(claim.number), claim.says, claim.memo, ours, f"**{verdicts[claim.number]}**{beside}{tier}")
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", *_how_to_read(measured), "", "## One by one", ""]
    for claim in CLAIMS:
        lines.append(f"{claim.number}. {sentence(claim, measured, of_cv)} {notes.get(claim.number, '')}".rstrip())
    lines += ["", "## The CV and the test", ""]
    for name, caption in (
        (
            "leaderboard",
            "The memo's leaderboard score against our test cmAP, one dot an experiment, on the seeds that all have.",
        ),
        ("cv", "Our CV, computed the memo's way, against our test cmAP: CV does not predict LB, said the memo."),
    ):
        lines += [f"![{caption}](memo-claims/{name}.svg)", "", caption, ""]
    lines += ["† was trained on the sound of the test recordings; ‡ could not have its initial weights.", ""]
    lines += ["## All figures", ""]
    for comparison in comparisons:
        question = comparison.question.splitlines()[0]
        ran = sum(bool(row.seeds) for row in comparison.rows)
        link = f"[{comparison.study}](memo-claims/{comparison.study}.csv)"
        lines.append(f"- {link}: {question} {ran} of {len(comparison.rows)} variants were run.")
        lines += [f"  - {warning}" for warning in comparison.warnings]
    return "\n".join(lines) + "\n"


def how(comparisons: Sequence[Comparison]) -> list[str]:
    """What was run, as it stands in the tables: scale, networks, seeds, floors."""
    ran = [row for comparison in comparisons for row in comparison.rows if row.seeds]
    if not ran:
        return ["Nothing has been run yet."]
    lines = []
    for scale in dict.fromkeys(row.scale for row in ran):
        said = {name: value for name, value in json.loads(scale).items() if value not in (None, False)}
        lines.append("Scale: " + ", ".join(f"{name} {value}" for name, value in said.items()) + ".")
    lines.append("Networks: " + "; ".join(dict.fromkeys(row.network for row in ran)) + ".")
    seeds = [len(row.seeds) for row in ran]
    from_seeds = f"{min(seeds)} to {max(seeds)} seeds" if min(seeds) < max(seeds) else f"{max(seeds)} seeds"
    lines.append(f"{len(ran)} variants of {len(comparisons)} studies, each from {from_seeds}.")
    floors = next((comparison.floors for comparison in comparisons if comparison.floors), {})
    if floors:
        said = {name: f"{values['cmap']:.3f}" for name, values in floors.items()}
        lines.append(
            "Floors of cmAP, of guesses that listen to nothing: " + ", ".join(map(" ".join, said.items())) + "."
        )
    return lines


def _how_to_read(measured: Sequence[Measured]) -> list[str]:
    known = [one.chance for one in measured if not math.isnan(one.chance)]
    chance = f" (standard deviation {known[0]:.3f})" if known else ""
    return [
        "Intervals of cmAP come from drawing test recordings and seeds together, the same for both sides; with one "
        "seed (¹) they are widened by the chance of training, as seen in the comparisons that have several"
        f"{chance}. They don't cover other places or other sources of calls. "
        "Intervals of CV and precision come from the differences of the seeds (Student's t), so one seed gives none. A "
        "finding holds when the intervals of all its comparisons of test cmAP lie on the memo's side of 0, and doesn't "
        "when one lies on the other side; what it says of CV and precision has a verdict of its own. “No gain” holds "
        f"when the whole interval is below +{SMALL}, “equal” when it is within ±{SMALL}, “breaks” when the run is not "
        "above the best floor.",
    ]


def _verdict(claim: Claim, measured: Sequence[Measured], of_cv: Mapping[str, Correlation | None]) -> str:
    """What the test recordings say of a claim."""
    if not claim.contrasts:
        return verdict_on_correlation(of_cv[FAITHFUL])
    said = [verdict(one) for one in measured if one.claim == claim.number and one.figure == "cmap"]
    return joined(said, sum(one.figure == "cmap" for one in claim.contrasts))


def _verdict_of_training(claim: Claim, measured: Sequence[Measured]) -> str:
    """What CV and precision say of the claim's words on them, "" where it has none."""
    said = [verdict(one) for one in measured if one.claim == claim.number and one.figure != "cmap"]
    wanted = sum(one.figure != "cmap" for one in claim.contrasts)
    return joined(said, wanted) if wanted else ""


def sentence(claim: Claim, measured: Sequence[Measured], of_cv: Mapping[str, Correlation | None]) -> str:
    """What came out of a claim, in a sentence or two."""
    found = [one for one in measured if one.claim == claim.number and one.figure == "cmap"]
    wanted = [one for one in claim.contrasts if one.figure == "cmap"]
    said = _verdict(claim, measured, of_cv)
    if said == UNTRIED:
        return "Not tried yet."
    if not claim.contrasts:
        return {
            HOLDS: f"Over experiments the rank correlation is clearly below {WEAK}: choosing by CV is of little use.",
            FAILS: "Over experiments the CV does order the test scores, better than chance.",
            UNCLEAR: "The interval holds both no correlation and a useful one.",
        }[said]
    tried = "" if len(found) == len(wanted) else f" {len(found)} of {len(wanted)} comparisons were run."
    if said in (HOLDS, SO_FAR):
        return ("It came out as in the memo." if len(found) == 1 else "All came out as in the memo.") + tried
    if said == FAILS:
        wrong = [_pair(one) for one in found if verdict(one) == FAILS]
        return f"Otherwise than in the memo: {', '.join(wrong)}.{tried}"
    open_ones = [one for one in found if verdict(one) == UNCLEAR]
    parts = []
    for one in open_ones:
        if one.apart:
            parts.append(f"{_pair(one)} can't be compared ({one.apart})")
        elif math.isnan(one.low):
            parts.append(f"{_pair(one)} has one seed and so no interval")
        else:
            parts.append(f"{_pair(one)} would have shown from about ±{(one.high - one.low) / 2:.3f} on")
    as_said = sum(verdict(one) == HOLDS for one in found)
    begun = f"{as_said} of {len(found)} came out as in the memo; " if as_said else ""
    return f"{begun}{'; '.join(parts)}.{tried}"


def _pair(one: Measured) -> str:
    figure = {"cmap": "", "cv": ", CV", "cv_faithful": ", CV the memo's way", "precision_faithful": ", precision"}
    against = "the best floor" if one.against == "floor" else one.against.rpartition(":")[2]
    return f"`{one.variant}` against {against if one.against == 'floor' else f'`{against}`'}{figure[one.figure]}"


def _words(one: Measured) -> str:
    expected = {"up": "up", "down": "down", "no_gain": "no gain", "equal": "equal", "fails": "breaks"}[one.expected]
    if one.apart:
        return f"{_pair(one)}: not comparable"
    interval = "no interval" if math.isnan(one.low) else f"{one.low:+.3f} to {one.high:+.3f}"
    sign = " ¹" if one.seeds == 1 and one.figure == "cmap" else ""
    return f"{_pair(one)}: {one.mean:+.3f} ({interval}){sign}, said: {expected}"


FAITHFUL = "CV the memo's way, Spearman"


def correlations(tried: Sequence[Tried]) -> dict[str, Correlation | None]:
    """Correlations with test cmAP over the experiments whose weights could all be had."""
    fair = [one for one in tried if not one.lost]
    cmap = [one.cmap for one in fair]
    sides = {"CV the memo's way": [one.cv_faithful for one in fair], "CV on TP boxes": [one.cv for one in fair]}
    kinds = {"Spearman": True, "Pearson": False}
    return {
        f"{side}, {kind}": correlated(values, cmap, ranks)
        for side, values in sides.items()
        for kind, ranks in kinds.items()
    }


def _correlation(one: Correlation) -> str:
    return f"{one.value:+.2f} ({one.low:+.2f} to {one.high:+.2f})"


def pictures(tried: Sequence[Tried], comparisons: Sequence[Comparison]) -> dict[str, str]:
    """Two scatter charts, as SVG files."""
    floors = next((comparison.floors for comparison in comparisons if comparison.floors), {})
    best = [(f"best floor: {name}", values["cmap"]) for name, values in floors.items()]
    best = sorted(best, key=lambda level: level[1])[-1:]
    sides = {
        "leaderboard": ("memo: leaderboard LWLRAP", [one.memo_lb for one in tried]),
        "cv": ("CV, computed the memo's way", [one.cv_faithful for one in tried]),
    }
    drawn = {}
    for name, (label, xs) in sides.items():
        dots = [Dot(one.variant + _signs(one), x, one.cmap, one.study) for one, x in zip(tried, xs, strict=True)]
        svg = scatter_chart(dots, label, "test cmAP", levels=best, description=f"Test cmAP against {label}")
        drawn[name] = alone(svg)
    return drawn


def _signs(one: Tried) -> str:
    return (" †" if one.saw_test else "") + (" ‡" if one.lost else "")


def remarks(path: Path) -> dict[int, str]:
    """Remarks by number of claim: what stands under `## NUMBER`."""
    if not path.is_file():
        return {}
    parts = re.split(r"^## +(\d+) *$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {int(number): " ".join(text.split()) for number, text in zip(parts[1::2], parts[2::2], strict=True)}


def everything(args: argparse.Namespace) -> None:
    """Build the benchmark, run, collect and write."""
    args.benchmark = args.out / "benchmark"
    if not (args.benchmark / "train_tp.csv").is_file():
        # In a process of its own: the builder is a script, whose one table of sizes has no option for this.
        code = (
            "import importlib.util, sys; spec = importlib.util.spec_from_file_location('builder', sys.argv[1]); "
            "builder = importlib.util.module_from_spec(spec); sys.modules['builder'] = builder; "
            "spec.loader.exec_module(builder); builder.SIZES['full']['test'] *= 2; "
            "sys.argv = ['builder', *sys.argv[2:]]; builder.main()"
        )
        build = [sys.executable, "-c", code, str(args.builder), str(args.data), str(args.benchmark), "--size", "full"]
        subprocess.run(build, check=True)
    for step in (run, collect, write):
        step(args)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    doing = {"run": run, "collect": collect, "write": write, "all": everything}
    parsers = {name: commands.add_parser(name, help=str(does.__doc__).split(".")[0]) for name, does in doing.items()}
    for name in ("run", "collect", "all"):
        parsers[name].add_argument("data" if name == "all" else "benchmark", type=Path)
        parsers[name].add_argument("--out", type=Path, required=True)
        parsers[name].add_argument("--studies", type=Path, default=STUDIES)
    for name in doing:
        parsers[name].add_argument("--docs", type=Path, default=HOME / "docs")
    for name in ("collect", "all"):
        parsers[name].add_argument("--scorer", type=Path, required=True)
        parsers[name].add_argument("--add", action="store_true")
    for name in ("run", "all"):
        parsers[name].add_argument("--seeds", type=int, default=3)
        parsers[name].add_argument("--budget", type=float, default=0.15)
        parsers[name].add_argument("--only", choices=("full",))
        parsers[name].add_argument("--missing", action="store_true")
        parsers[name].add_argument("--external", type=Path, action="append", default=[])
    parsers["all"].add_argument("--builder", type=Path, required=True)
    args = parser.parse_args()
    doing[args.what](args)


if __name__ == "__main__":
    main()
