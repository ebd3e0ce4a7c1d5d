"""What is a verdict worth, and does the order of the questions matter? A simulated review round, by order and number.

    python benchmarks/review_gain.py run BENCHMARK --store FEATURES --shared DIR --out OUT [--orders ...] [--seeds 3]
    python benchmarks/review_gain.py table BENCHMARK --shared DIR --out OUT [--docs docs]

BENCHMARK is `mixed --size full` as its builder wrote it, DIR holds `reviewer.py` and `score.py`, FEATURES the stored
embeddings of BirdNET (they are made when they are not there). `run` trains light heads on the frozen embeddings from
the boxes alone, one a fold; each proposes what it finds in the recordings that it never heard. The reviewer answers the
first 25, 50, 100 and 200 questions of every order, with and without mistakes, and each time a head is trained again on
boxes and verdicts together. What is done is not done again. `table` reads the submissions, and compares every order
with random choice at the same number of verdicts, by recordings and seeds drawn together.

So that a round takes a second and not minutes, embeddings are turned to their COMPONENTS main directions, and one head
of few steps is trained on frames. The figures compare orders; those of a whole training are higher.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dawnchorus import dataset, rounds
from dawnchorus.audio.folders import scan
from dawnchorus.augment.mixup import Mixup
from dawnchorus.dataset import DataSet
from dawnchorus.encoders.birdnet import BirdNet
from dawnchorus.event_rule import EventRule
from dawnchorus.events import Annotation, Detection, Verdict
from dawnchorus.evidence import Evidence, Known
from dawnchorus.export import submission
from dawnchorus.feature_store import build_store
from dawnchorus.files import whole
from dawnchorus.losses.framewise import FramewiseLoss
from dawnchorus.networks.embedding_head import EmbeddingHead
from dawnchorus.plots.ink import alone
from dawnchorus.plots.lines import line_chart
from dawnchorus.review.as_annotations import as_annotations
from dawnchorus.review.queue import ORDERS, Candidates, ordered, sounding_alike
from dawnchorus.scores import Scores
from dawnchorus.study.judge import ScorerScript
from dawnchorus.study.paired import paired
from dawnchorus.training.folds import assign
from dawnchorus.windows import Window

COMPONENTS, HIDDEN, DROPOUT = 256, 128, 0.3
STEPS, BATCH, FRAMES, RATE = 100, 128, 4, 2e-3
FOLDS = 4
ASKED = (25, 50, 100, 200)
LONGEST_S = 10.0  # of a question
PROPOSED = 3  # of each species the best proposals, so many a recording in the mean
TOP_FRAMES = 3  # whose mean is a recording's score
COLUMNS = ("order", "verdicts", "mistakes", "seed", "present", "absent", "species", "recordings", "cmap", "cpu_s")
RULE = EventRule()
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sound:
    """Embeddings in their main directions `(frame, component)` of each recording, of training and of test."""

    train: dict[str, Floats]
    test: dict[str, Floats]
    hop_s: float


@dataclass(frozen=True)
class Bench:
    """A benchmark, its stored embeddings, and those who know the truth."""

    home: Path
    store: Path
    shared: Path
    out: Path

    @cached_property
    def data(self) -> DataSet:
        """Recordings and boxes."""
        return dataset.load(self.home)

    @cached_property
    def sound(self) -> Sound:
        """The embeddings, turned once and kept."""
        path, encoder = self.out / f"components-{COMPONENTS}.npz", BirdNet()
        if not path.exists():
            tests, _ = scan([self.home / "test"])
            parts = {
                part: build_store(recordings, self.store, encoder, workers=1).blocks
                for part, recordings in (("train", self.data.recordings), ("test", tests))
            }
            lines = {
                f"{part}:{key}": np.concatenate([block.db().T for block in blocks])
                for part, its in parts.items()
                for key, blocks in its.items()
            }
            sample = np.concatenate([one[::4] for name, one in lines.items() if name.startswith("train")])
            sample = sample.astype(np.float32)
            middle = sample.mean(axis=0)
            main = np.linalg.eigh(np.cov((sample - middle).T))[1][:, ::-1][:, :COMPONENTS].astype(np.float32)
            turned = {
                name: ((one.astype(np.float32) - middle) @ main).astype(np.float16) for name, one in lines.items()
            }
            with whole(path) as temporary:
                np.savez(temporary, **turned)
        with np.load(path, allow_pickle=False) as file:
            kept = {name: file[name].astype(np.float32) for name in file.files}
        return Sound(
            {name[6:]: one for name, one in kept.items() if name.startswith("train:")},
            {name[5:]: one for name, one in kept.items() if name.startswith("test:")},
            encoder.hop_s,
        )

    @cached_property
    def scorer(self) -> ScorerScript:
        """The benchmark's own scorer."""
        return ScorerScript(self.shared / "score.py", self.home)

    def answers(self, questions: Sequence[Detection], mistakes: float, seed: int) -> list[Verdict]:
        """What the reviewer says of questions, by its own program."""
        asked, said = self.out / "questions.csv", self.out / "answers.csv"
        with asked.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["recording_id", "species_id", "t_min", "t_max"])
            writer.writerows([one.recording, one.species, one.start_s, one.end_s] for one in questions)
        command = [sys.executable, str(self.shared / "reviewer.py"), str(self.home), str(asked), str(said)]
        subprocess.run([*command, "--mistakes", str(mistakes), "--seed", str(seed)], check=True, capture_output=True)
        with said.open(encoding="utf-8", newline="") as file:
            words = [row["verdict"] == "present" for row in csv.DictReader(file)]
        now = datetime(2026, 1, 1, tzinfo=UTC)
        return [
            Verdict(one.recording, one.species, one.start_s, one.end_s, word, "reviewer", now)
            for one, word in zip(questions, words, strict=True)
        ]


# ------------------------------------------------------------------------------------------------------- the head


def trained(bench: Bench, boxes: Sequence[Annotation], keys: Sequence[str], seed: int) -> Any:
    """A head that learnt from boxes in some recordings: half the windows round boxes, the others anywhere."""
    torch.manual_seed(seed)
    rng, sound, n_species = np.random.default_rng(seed), bench.sound, len(bench.data.species)
    its = [box for box in boxes if box.recording in set(keys)]
    known = known_frames(sound, its, keys, n_species)
    at = {key: place for place, key in enumerate(keys)}
    first = np.cumsum([0, *(len(sound.train[key]) for key in keys)])
    line = np.concatenate([sound.train[key] for key in keys])
    kinds = [
        [[box for box in its if box.present == present and box.species == s] for s in range(n_species)]
        for present in (True, False)
    ]
    kinds = [[one for one in each if one] for each in kinds]
    network = EmbeddingHead(HIDDEN, 1, DROPOUT).build(n_species, FRAMES, COMPONENTS).train()
    optimiser = torch.optim.Adam(network.parameters(), lr=RATE)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
    loss, mixup = FramewiseLoss("species_mass"), Mixup(0.5)
    for _ in range(STEPS):
        starts = np.array([_start(rng, kinds, at, first, sound.hop_s) for _ in range(BATCH)])
        rows = starts[:, None] + np.arange(FRAMES)
        mix = mixup.draw(BATCH, rng)
        planes = mix.sound(torch.from_numpy(line[rows]).transpose(1, 2))
        frames = Evidence(*(torch.from_numpy(side[rows]) for side in (known.present, known.absent)))
        cost = loss(network(planes), mix.known(Known(frames, frames)))
        optimiser.zero_grad()
        cost.backward()
        optimiser.step()
        cosine.step()
    return network.eval()


def _start(rng: Any, kinds: list[list[list[Annotation]]], at: dict[str, int], first: Any, hop_s: float) -> int:
    if rng.random() < 0.5:
        species = kinds[int(rng.random() < 0.5)] or kinds[0]
        boxes = species[int(rng.integers(len(species)))]
        box = boxes[int(rng.integers(len(boxes)))]
        place = at[box.recording]
        start = first[place] + int((box.start_s + box.end_s) / 2 / hop_s) - int(rng.integers(FRAMES))
    else:
        place = int(rng.integers(len(first) - 1))
        start = first[place] + int(rng.integers(first[place + 1] - first[place]))
    return int(np.clip(start, first[place], first[place + 1] - FRAMES))


def known_frames(sound: Sound, boxes: Sequence[Annotation], keys: Sequence[str], n_species: int) -> Evidence:
    """What `rounds.ENCODER_LABELS` says of all frames of recordings `(frame, species)`, one after the other."""
    of_recording: dict[str, list[Annotation]] = {}
    for box in boxes:
        of_recording.setdefault(box.recording, []).append(box)
    sides: tuple[list[Any], list[Any]] = ([], [])
    for key in keys:
        frames = len(sound.train[key])
        window = Window(_Block(key, frames * sound.hop_s), 0, frames, 1 / sound.hop_s)  # type: ignore[arg-type]
        told = rounds.ENCODER_LABELS([window], of_recording, n_species, 1).frames
        sides[0].append(told.present[0])
        sides[1].append(told.absent[0])
    return Evidence(*(np.concatenate(side).astype(np.float32) for side in sides))


@dataclass(frozen=True)
class _Block:
    """As much of a block as label policies ask for."""

    recording: str
    end_s: float
    start_s: float = 0.0


def said_of(network: Any, lines: dict[str, Floats]) -> dict[str, Floats]:
    """Probabilities `(frame, species)` of each recording."""
    said = {}
    with torch.inference_mode():
        for key, line in lines.items():
            said[key] = torch.sigmoid(network(torch.from_numpy(line.T[None])).framewise)[0].numpy()
    return said


# ------------------------------------------------------------------------------------------------------------- run


def proposals(bench: Bench, seed: int) -> tuple[list[Detection], Candidates]:
    """What could be asked, made once a seed and kept."""
    path = bench.out / f"proposals-{seed}.npz"
    if not path.exists():
        found, spread, alike = proposed(bench, seed)
        names = ("recording", "species", "start_s", "end_s", "score")
        columns = {name: np.array([getattr(one, name) for one in found]) for name in names}
        with whole(path) as temporary:
            np.savez(temporary, spread=spread, alike=alike, **columns)
    with np.load(path, allow_pickle=False) as file:
        kept = {name: file[name].tolist() for name in file.files}
    found = [
        Detection(*row)
        for row in zip(*(kept[name] for name in ("recording", "species", "start_s", "end_s", "score")), strict=True)
    ]
    return found, Candidates.of(found, 0.5, kept["spread"], kept["alike"])


def proposed(bench: Bench, seed: int) -> tuple[list[Detection], NDArray[np.float64], NDArray[np.int64]]:
    """What heads find that never heard the recording, how far the heads of all folds disagree there, what is alike."""
    data, sound = bench.data, bench.sound
    keys = sorted(sound.train)
    fold_of = assign({key: key for key in keys}, data.annotations, FOLDS, len(data.species), seed)
    said = []
    for fold in range(FOLDS):
        heard = [key for key in keys if fold_of[key] != fold]
        said.append(said_of(trained(bench, data.annotations, heard, 100 * seed + fold), sound.train))
    found: list[Detection] = []
    spread, vectors = [], []
    for key in keys:
        frames = said[fold_of[key]][key]
        start = sound.hop_s * np.arange(len(frames))
        end = np.array([len(frames) * sound.hop_s])
        highest = frames.max(axis=0, keepdims=True)
        of_it = Scores(key, np.zeros(1), end, highest, highest, start, sound.hop_s, frames)
        each = np.stack([one[key] for one in said])
        for event in RULE.events(of_it):
            if event.end_s - event.start_s > LONGEST_S:
                continue
            rows = slice(round(event.start_s / sound.hop_s), round(event.end_s / sound.hop_s))
            peak = each[:, rows, event.species].max(axis=1)
            found.append(event)
            spread.append(float(peak.std()))
            vectors.append(sound.train[key][rows].mean(axis=0))
    score, species = (np.array([getattr(one, name) for one in found]) for name in ("score", "species"))
    best = [np.flatnonzero(species == s)[np.argsort(-score[species == s])] for s in range(len(data.species))]
    kept = np.concatenate([one[: PROPOSED * len(keys)] for one in best])
    return [found[n] for n in kept], np.array(spread)[kept], sounding_alike(np.array(vectors)[kept])


def run(bench: Bench, args: argparse.Namespace) -> None:
    """Every order, number of verdicts, and seed that is not in the table yet."""
    table = bench.out / "gain.csv"
    bench.out.mkdir(parents=True, exist_ok=True)
    done = {(row["order"], row["verdicts"], row["mistakes"], row["seed"]) for row in rows_of(table)}
    boxes, keys = list(bench.data.annotations), sorted(bench.sound.train)
    bands = [(0.0, 0.0)] * len(bench.data.species)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    judged = [Verdict(b.recording, b.species, b.start_s, b.end_s, b.present, "boxes", now) for b in boxes]
    rounds_of = [("none", 0, 0.0)] + [
        (order, n, mistakes) for mistakes in args.mistakes for n in args.asked for order in args.orders
    ]
    known: dict[int, tuple[list[Detection], Candidates]] = {}
    for (order, n, mistakes), seed in ((one, seed) for one in rounds_of for seed in range(args.seeds)):
        if (order, str(n), str(mistakes), str(seed)) in done:
            continue
        if seed not in known:
            known[seed] = proposals(bench, seed)
        found, candidates = known[seed]
        began = time.process_time()
        queue = [] if order == "none" else asked_in(candidates, order, seed, judged)[:n]
        verdicts = bench.answers([found[number] for number in queue], mistakes, seed)
        network = trained(bench, boxes + as_annotations(verdicts, bands), keys, seed)
        said = said_of(network, bench.sound.test)
        scores = {key: np.sort(one, axis=0)[-TOP_FRAMES:].mean(axis=0) for key, one in said.items()}
        folder = folder_of(bench.out, order, n, mistakes, seed)
        submission.write(folder / "submission.csv", bench.home / "sample_submission.csv", scores)
        present = [one for one in verdicts if one.present]
        row = (
            *(order, n, mistakes, seed, len(present), len(verdicts) - len(present)),
            *(len({one.species for one in present}), len({one.recording for one in verdicts})),
            *(round(cmap_of(bench, folder), 4), round(time.process_time() - began, 2)),
        )
        new = not table.exists()
        with table.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([COLUMNS, row] if new else [row])
        print(*row, flush=True)


def asked_in(candidates: Candidates, order: str, seed: int, judged: Sequence[Verdict]) -> list[int]:
    """The queue of an order; two orders with a + between them are a mix."""
    if "+" in order:
        return ordered(candidates, "mix", seed, judged, order.split("+"))  # type: ignore[arg-type]
    return ordered(candidates, order, seed, judged)  # type: ignore[arg-type]


def folder_of(out: Path, order: str, n: int, mistakes: float, seed: int) -> Path:
    """Where the submission of a round lies."""
    return out / f"{order}-{n}-{mistakes}" / f"seed-{seed}"


def cmap_of(bench: Bench, folder: Path) -> float:
    """The scorer's cmAP, by its own functions, without its intervals."""
    scorer, truth = bench_module(bench.shared / "score.py"), bench.scorer.positives()
    said = scorer.read_submission(folder / "submission.csv", bench.home / "sample_submission.csv")
    species = sorted({one for present in truth.values() for one in present})
    each = [
        scorer.average_precision([(said[r][one], one in truth.get(r, ())) for r in sorted(said)]) for one in species
    ]
    return float(scorer.mean(each))


def bench_module(path: Path) -> Any:
    """A program of the benchmark as a module."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# ----------------------------------------------------------------------------------------------------------- table


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a table, none where there is no file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


GAIN = ("order", "verdicts", "mistakes", "seeds", "present_share", "recordings", "cmap", "cmap_lowest", "cmap_highest")
GAIN = (*GAIN, "more_than_random", "more_low", "more_high")


def table(bench: Bench, docs: Path | None) -> None:
    """Print every round beside random choice, and write DOCS/review/gain.csv and gain.svg."""
    groups: dict[tuple[str, int, float], list[dict[str, str]]] = {}
    for row in rows_of(bench.out / "gain.csv"):
        groups.setdefault((row["order"], int(row["verdicts"]), float(row["mistakes"])), []).append(row)
    positives = bench.scorer.positives()
    rows = []
    for (order, n, mistakes), its in sorted(groups.items(), key=lambda one: (one[0][2], one[0][1], one[0][0])):
        values = [float(row["cmap"]) for row in its]
        present = [int(row["present"]) / max(1, int(row["present"]) + int(row["absent"])) for row in its]
        heard = [int(row["recordings"]) for row in its]
        row = [
            order,
            n,
            mistakes,
            len(its),
            np.mean(present),
            np.mean(heard),
            np.mean(values),
            min(values),
            max(values),
        ]
        if order in ("none", "random") or ("random", n, mistakes) not in groups:
            rows.append([*row, None, None, None])
            continue
        sides = [
            {
                int(one["seed"]): folder_of(bench.out, name, n, mistakes, int(one["seed"]))
                for one in groups[name, n, mistakes]
            }
            for name in (order, "random")
        ]
        more = paired(positives, sides[0], sides[1])
        rows.append([*row, more.mean, more.low, more.high])
    print("| order | verdicts | mistakes | seeds | present | recordings | cmAP | more than random |")
    print("|---|---|---|---|---|---|---|---|")
    for row in rows:
        more = "" if row[9] is None else f"{row[9]:+.3f} ({row[10]:+.3f} to {row[11]:+.3f})"
        print(f"| {row[0]} | {row[1]} | {row[2]:g} | {row[3]} | {row[4]:.2f} | {row[5]:.0f} | {row[6]:.3f} | {more} |")
    if docs is None:
        return
    (docs / "review").mkdir(parents=True, exist_ok=True)
    with whole(docs / "review" / "gain.csv") as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(GAIN)
        for row in rows:
            writer.writerow(
                ["" if one is None else round(float(one), 4) if not isinstance(one, str) else one for one in row]
            )
    for mistakes in sorted({row[2] for row in rows}):
        series: dict[str, tuple[list[float], list[float]]] = {}
        start = [row[6] for row in rows if row[0] == "none"]
        for row in rows:
            if row[0] != "none" and row[2] == mistakes:
                xs, ys = series.setdefault(row[0], ([0.0] * len(start), list(start)))
                xs.append(float(row[1]))
                ys.append(float(row[6]))
        ys = [y for _, line in series.values() for y in line]
        name = "gain.svg" if not mistakes else "gain_mistakes.svg"
        with whole(docs / "review" / name) as temporary:
            span = (min(ys) - 0.01, max(ys) + 0.01)
            drawn = line_chart(series, "verdicts", "cmAP on the test recordings", y_range=span)
            temporary.write_text(alone(drawn), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "table"))
    parser.add_argument("benchmark", type=Path)
    parser.add_argument("--store", type=Path, help="where embeddings lie or are put; OUT/features")
    parser.add_argument("--shared", type=Path, required=True, help="the folder of reviewer.py and score.py")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--orders", nargs="+", default=list(ORDERS), help="rare+threshold is a mix of two")
    parser.add_argument("--asked", nargs="+", type=int, default=list(ASKED))
    parser.add_argument("--mistakes", nargs="+", type=float, default=[0.0, 0.03])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--docs", type=Path)
    args = parser.parse_args()
    bench = Bench(args.benchmark, args.store or args.out / "features", args.shared, args.out)
    if args.what == "run":
        torch.set_num_threads(1)
        run(bench, args)
    else:
        table(bench, args.docs)


if __name__ == "__main__":
    main()
