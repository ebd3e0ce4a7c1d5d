"""Windows a second of one training step on one core: all in float32, all in bf16, and with grouped convolutions apart.

python benchmarks/training_speed.py [--backbones tf_efficientnet_lite0,resnet18] [--rounds 5]
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import time

import torch

from dawnchorus.networks.backbones import Backbone
from dawnchorus.networks.sed import SedNetwork
from dawnchorus.training.precision import grouped_in_float32

BATCH, COLUMNS, MELS = 32, 256, 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbones", default="tf_efficientnet_lite0,resnet18")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    print("| backbone | float32 | bf16 | bf16, grouped in float32 |\n|---|---|---|---|")
    for name in args.backbones.split(","):
        cells = [speed(name, bf16, apart, args.rounds) for bf16, apart in ((False, False), (True, False), (True, True))]
        print(f"| {name} | {' | '.join(f'{cell:.0f}' for cell in cells)} |")


def speed(name: str, bf16: bool, apart: bool, rounds: int) -> float:
    """Median windows a second of forward, backward and Adam."""
    network = SedNetwork(Backbone(name, "none")).build(8, COLUMNS, MELS).to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters())
    planes = torch.rand(BATCH, MELS, COLUMNS)
    seconds = []
    with grouped_in_float32(network) if apart else contextlib.nullcontext():
        for _ in range(rounds + 1):
            began = time.perf_counter()
            with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
                loss = network(planes).clipwise.sum()
            loss.backward()
            optimiser.step()
            optimiser.zero_grad()
            seconds.append(time.perf_counter() - began)
    return BATCH / statistics.median(seconds[1:])


if __name__ == "__main__":
    main()
