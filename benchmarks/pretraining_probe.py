"""What a backbone tells of simulated species before and after pretraining without annotations, by a linear probe.

A probe (ridge regression) on what the head would be given learns which species sound in crops of 2 s, and is judged on
crops of other recordings: mean AUC of the species, the best of three strengths of the ridge. The pretraining has heard
all recordings, without annotations.

python benchmarks/pretraining_probe.py OUT [--backbone test_resnet] [--weights none] [--steps 150] [--only vicreg]
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dawnchorus.audio.folders import scan
from dawnchorus.feature_store import build_store
from dawnchorus.features import FeatureBlock, FrontEnd
from dawnchorus.metrics import area_under_roc, nanmean
from dawnchorus.networks.backbones import Backbone
from dawnchorus.networks.sed import SedNetwork
from dawnchorus.pretraining.learner import Pretraining
from dawnchorus.pretraining.vicreg import VicReg
from dawnchorus.pretraining.views import Views
from dawnchorus.simulate import Simulation, simulate
from dawnchorus.training.precision import autocast
from dawnchorus.training.pretrain import pretrain

FOREST = Simulation(recordings=80, test_recordings=1, species=8, seconds=20, seed=2)
FRONT_END = FrontEnd(hop=1024, n_mels=64)
COLUMNS = 64
PARTS = 4  # of the recordings: the probe learns on all but one
RIDGES = (30.0, 300.0, 3000.0)
EDGE_S = 0.2  # a call that reaches so little into a crop isn't in it


@dataclass(frozen=True)
class BarlowTwins:
    """The values of the two views' embeddings correlate with themselves and with no others (Zbontar et al. 2021)."""

    weight: float = 0.02

    def __call__(self, first: Tensor, second: Tensor) -> Tensor:
        """The loss of embeddings `(place, value)`."""
        correlation = _standardised(first).T @ _standardised(second) / len(first)
        own = correlation.diagonal()
        return (own - 1).square().sum() + self.weight * (correlation.square().sum() - own.square().sum())


@dataclass(frozen=True)
class Contrastive:
    """Each view finds its other one among all the views of the batch (Chen et al. 2020)."""

    temperature: float = 0.2

    def __call__(self, first: Tensor, second: Tensor) -> Tensor:
        """The loss of embeddings `(place, value)`."""
        views, places = F.normalize(torch.cat((first, second)), dim=1), len(first)
        alike = (views @ views.T / self.temperature).fill_diagonal_(-1e9)
        return F.cross_entropy(alike, torch.arange(2 * places).roll(places))


def _standardised(embeddings: Tensor) -> Tensor:
    return (embeddings - embeddings.mean(0)) / (embeddings.std(0) + 1e-5)


VIEWS = Views(columns=COLUMNS, apart=16, rows=2)
USUAL = Pretraining(batch=32, views=VIEWS, width=128)
SETTINGS = {
    "vicreg": USUAL,
    "vicreg_25_25_1": replace(USUAL, loss=VicReg(25, 25, 1)),
    "barlow_twins": replace(USUAL, loss=BarlowTwins()),
    "contrastive": replace(USUAL, loss=Contrastive()),
    "any_place": replace(USUAL, views=replace(VIEWS, places=1)),
    "no_background": replace(USUAL, views=replace(VIEWS, background=0.0)),
    "same_brightness": replace(USUAL, views=replace(VIEWS, augment=())),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--backbone", default="test_resnet")
    parser.add_argument("--weights", default="none")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--only", choices=SETTINGS, nargs="*")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if not (args.out / "data").exists():
        simulate(args.out / "data", FOREST)
    recordings, _ = scan([args.out / "data" / "train"])
    blocks = build_store(recordings, args.out / "features", FRONT_END).blocks
    planes, present, parts = crops(blocks, args.out / "data" / "truth" / "train.csv")
    start = SedNetwork(Backbone(args.backbone, args.weights))
    torch.manual_seed(0)
    print(f"{len(planes)} crops\nbefore: {auc(start, planes, present, parts):.3f}", flush=True)
    for name in args.only or SETTINGS:
        settings = replace(SETTINGS[name], steps=args.steps)
        folder = args.out / f"{args.backbone}-{args.weights}-{args.steps}" / name
        weights = pretrain(settings, start, blocks, FRONT_END, folder)
        print(f"{name}: {auc(start.starting_from(weights), planes, present, parts):.3f}", flush=True)


def crops(blocks: dict[str, list[FeatureBlock]], truth: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Planes side by side `(crop, mel, column)`, which species are in them `(crop, species)`, the part of each."""
    events: dict[str, list[tuple[int, float, float]]] = {}
    with truth.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            event = (int(row["species_id"]), float(row["t_min"]), float(row["t_max"]))
            events.setdefault(row["recording_id"], []).append(event)
    planes, present, parts = [], [], []
    for number, key in enumerate(sorted(blocks)):
        (block,) = blocks[key]
        for start in range(0, block.columns - COLUMNS + 1, COLUMNS):
            from_s, to_s = start / FRONT_END.columns_per_second, (start + COLUMNS) / FRONT_END.columns_per_second
            row = np.zeros(FOREST.species, bool)
            for species, start_s, end_s in events.get(key, ()):
                row[species] |= start_s < to_s - EDGE_S and end_s > from_s + EDGE_S
            planes.append(block.plane(start, COLUMNS))
            present.append(row)
            parts.append(number % PARTS)
    return np.stack(planes), np.stack(present), np.array(parts)


def auc(network: SedNetwork, planes: np.ndarray, present: np.ndarray, parts: np.ndarray) -> float:
    """Mean AUC of the species on crops of recordings that the probe didn't learn on."""
    built = network.build(1, COLUMNS, FRONT_END.rows).eval()
    with torch.inference_mode(), autocast():
        lines = [built.line(batch).float() for batch in torch.from_numpy(planes).split(64)]
    values = torch.cat([line.mean(2) + line.amax(2) for line in lines]).double().numpy()
    found = np.array([_probed(values, present, parts == part) for part in range(PARTS)])
    return float(found.mean(axis=0).max())


def _probed(values: np.ndarray, present: np.ndarray, judged: np.ndarray) -> list[float]:
    heard = values[~judged]
    inputs = np.column_stack([(values - heard.mean(0)) / (heard.std(0) + 1e-6), np.ones(len(values))])
    known, wanted = inputs[~judged], present[~judged] * 2.0 - 1
    found = []
    for ridge in RIDGES:
        weights = np.linalg.solve(known.T @ known + ridge * np.eye(known.shape[1]), known.T @ wanted)
        said = inputs[judged] @ weights
        found.append(nanmean([area_under_roc(said[:, s], present[judged][:, s]) for s in range(FOREST.species)]))
    return found


if __name__ == "__main__":
    main()
