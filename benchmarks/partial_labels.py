"""Train on a built benchmark, score every stage on its truth, and say what the stages gain.

    python benchmarks/partial_labels.py run BENCHMARK --scorer score.py --out OUT --name lite0 --detail coarse
    python benchmarks/partial_labels.py table BENCHMARK --scorer score.py --out OUT

BENCHMARK is a folder as the benchmark builders write it (train/, test/, the two tables, sample_submission.csv).
Its truth is read by the scorer alone: `run` calls it as a program, `table` imports its functions for paired intervals.
Rows are added to OUT/results.jsonl as they come; what is there is not made again.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dawnchorus import dataset, recommended
from dawnchorus.audio.folders import scan
from dawnchorus.detect.engine import Detector
from dawnchorus.event_rule import EventRule
from dawnchorus.experiment import Experiment
from dawnchorus.export import csv_table, submission
from dawnchorus.feature_store import build_store
from dawnchorus.networks.backbones import Backbone
from dawnchorus.run_folder import RunFolder
from dawnchorus.training.train import train


def experiment(args: argparse.Namespace, seed: int) -> Experiment:
    backbone = Backbone(args.backbone, args.weights, args.columns_per_frame, args.fused)
    front_end, window = recommended.DETAIL[args.detail]
    steps = recommended.steps(args.steps)
    planned = recommended.experiment(backbone, args.folds, steps, seed, front_end, window, args.batch)
    if args.frames:
        planned = recommended.on_frames(planned)
    return replace(planned, group_by=args.group_by)


def run(args: argparse.Namespace) -> None:
    data = dataset.load(args.benchmark)
    test, _ = scan([args.benchmark / "test"])
    for seed in args.seeds:
        out = args.out / f"{args.name}-seed{seed}"
        if any(row["name"] == args.name and row["seed"] == seed for row in results(args.out)):
            print(f"{args.name}, seed {seed}: done before")
            continue
        began = time.monotonic()
        planned = experiment(args, seed)
        train(data, out, planned, args.benchmark, args.out / "store", announce=tell(began))
        train_s = time.monotonic() - began
        blocks = build_store(test, args.out / "store", planned.front_end).blocks
        rows = []
        for stage in RunFolder(out).stages:
            rows.append(score_stage(args, out, stage, test, blocks) | {"name": args.name, "seed": seed, "stage": stage})
        wall = {"train_s": round(train_s), "wall_s": round(time.monotonic() - began)}
        with (args.out / "results.jsonl").open("a") as file:
            for row in rows:
                file.write(json.dumps(row | wall) + "\n")
                print(
                    row["name"],
                    row["seed"],
                    "stage",
                    row["stage"],
                    {k: v for k, v in row.items() if isinstance(v, float)},
                )


def tell(began: float) -> Any:
    def announce(fit: Any, steps: int, of: int, loss: float) -> None:
        if steps == of:
            print(
                f"  {time.monotonic() - began:6.0f} s  stage {fit.stage.name}, fold {fit.fold}: loss {loss:.3f}",
                flush=True,
            )

    return announce


def score_stage(args: argparse.Namespace, out: Path, stage: str, test: Any, blocks: Any) -> dict[str, Any]:
    """Submission, detections and pseudo-labels of one stage, scored by the benchmark's own scorer."""
    folder = RunFolder(out)
    package = folder.package(stage)
    detector, rule = Detector(package), EventRule(typical_s=package.typical_s)
    said = {one.key: detector.score_blocks(one, blocks[one.key]) for one in test}
    home = out / "benchmark"
    submission.write(
        home / f"submission-{stage}.csv",
        args.benchmark / "sample_submission.csv",
        {key: scores.whole_recording() for key, scores in said.items()},
    )
    events = [event for scores in said.values() for event in rule.events(scores, package.bands_hz)]
    csv_table.write(home / f"detections-{stage}.csv", events, package.species)
    options = ["--submission", home / f"submission-{stage}.csv", "--detections", home / f"detections-{stage}.csv"]
    pseudo = next(one["pseudo"] for one in folder.record["stages"] if one["name"] == stage)
    if pseudo:
        with (home / f"pseudo-{stage}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([("recording_id", "species_id", "t_min", "t_max"), *pseudo])
        options += ["--pseudo", home / f"pseudo-{stage}.csv"]
    command = [sys.executable, str(args.scorer), str(args.benchmark), *map(str, options)]
    said_of_it = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    row = {
        "cmap": said_of_it["submission"]["cmap"],
        "lwlrap": said_of_it["submission"]["lwlrap"],
        "event_map": said_of_it["detections"]["event_map"],
        "segment_map": said_of_it["detections"]["segment_map"],
        "ap": said_of_it["submission"]["ap"],
    }
    if pseudo:
        row |= {
            f"pseudo_{name}": said_of_it["pseudo"][name] for name in ("precision", "recall", "labels", "per_species")
        }
    return row


def results(out: Path) -> list[dict[str, Any]]:
    file = out / "results.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def table(args: argparse.Namespace) -> None:
    """Mean and range over seeds of every stage, floors, and paired differences between stages."""
    scorer = load_scorer(args.scorer)
    floors = scorer.floors(args.benchmark)
    print("| | cmAP | LWLRAP | event mAP | segment mAP |\n|---|---|---|---|---|")
    for name, values in floors.items():
        print(f"| floor: {name} | {values['cmap']:.3f} | {values['lwlrap']:.3f} | | |")
    rows = results(args.out)
    for name in dict.fromkeys(row["name"] for row in rows):
        for stage in dict.fromkeys(row["stage"] for row in rows if row["name"] == name):
            mine = [row for row in rows if row["name"] == name and row["stage"] == stage]
            cells = []
            for figure in ("cmap", "lwlrap", "event_map", "segment_map"):
                values = [row[figure] for row in mine]
                cells.append(f"{np.mean(values):.3f} ({min(values):.3f}-{max(values):.3f})")
            print(f"| {name}, stage {stage}, {len(mine)} seeds | {' | '.join(cells)} |")
    print("\n| paired difference in cmAP | mean | 95 % |\n|---|---|---|")
    for name in dict.fromkeys(row["name"] for row in rows):
        seeds = sorted({row["seed"] for row in rows if row["name"] == name})
        for later, earlier in (("2", "1"), ("3", "2"), ("3", "1")):
            mean, low, high = paired(scorer, args, name, seeds, later, earlier)
            print(f"| {name}: stage {later} - stage {earlier} | {mean:+.3f} | {low:+.3f} to {high:+.3f} |")
    for row in rows:
        if "pseudo_precision" in row:
            print(
                f"\n{row['name']}, seed {row['seed']}: stage {row['stage']}: {row['pseudo_labels']} pseudo-labels, "
                f"precision {row['pseudo_precision']:.3f}, recall {row['pseudo_recall']:.3f}; "
                f"per species [given, right, hidden] {row['pseudo_per_species']}"
            )


def load_scorer(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("benchmark_scorer", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def paired(
    scorer: Any, args: argparse.Namespace, name: str, seeds: list[int], later: str, earlier: str, times: int = 400
) -> tuple[float, float, float]:
    """cmAP of one stage minus another's, mean over seeds; 95 %, the same drawn recordings and seeds for both."""
    sample = args.benchmark / "sample_submission.csv"
    said = {
        (stage, seed): scorer.read_submission(args.out / f"{name}-seed{seed}/benchmark/submission-{stage}.csv", sample)
        for stage in (later, earlier)
        for seed in seeds
    }
    recordings = sorted(said[later, seeds[0]])
    found = scorer.clip_truth(args.benchmark)
    species = sorted({one for present in found.values() for one in present})
    truth = np.array([[one in found.get(recording, ()) for one in species] for recording in recordings])
    scores = {key: np.array([[of[r][one] for one in species] for r in recordings]) for key, of in said.items()}
    rng = np.random.default_rng(0)

    def difference(rows: np.ndarray, drawn: np.ndarray) -> float:
        def mean_cmap(stage: str) -> float:
            each = [
                [
                    scorer.average_precision(list(zip(scores[stage, seeds[k]][rows, s], truth[rows, s], strict=True)))
                    for s in range(len(species))
                ]
                for k in drawn
            ]
            return float(np.nanmean(each))

        return mean_cmap(later) - mean_cmap(earlier)

    everything = difference(np.arange(len(recordings)), np.arange(len(seeds)))
    values = [
        difference(rng.integers(0, len(recordings), len(recordings)), rng.integers(0, len(seeds), len(seeds)))
        for _ in range(times)
    ]
    low, high = np.quantile(values, (0.025, 0.975))
    return everything, float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "table"))
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("--scorer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--name", default="lite")
    parser.add_argument("--backbone", default="tf_efficientnet_lite0")
    parser.add_argument("--weights", default="lite")
    parser.add_argument("--columns-per-frame", type=int, default=32)
    parser.add_argument("--fused", action="store_true")
    parser.add_argument("--frames", action="store_true", help="learn at the grain of frames")
    parser.add_argument("--detail", choices=tuple(recommended.DETAIL), default="memo")
    parser.add_argument("--folds", type=int, default=2)
    parser.add_argument("--seeds", type=lambda text: [int(part) for part in text.split(",")], default=[0, 1, 2])
    parser.add_argument("--steps", default="240,240,240")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--group-by", choices=("site", "recording"), default="site")
    args = parser.parse_args()
    (run if args.what == "run" else table)(args)


if __name__ == "__main__":
    main()
