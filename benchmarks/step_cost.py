"""What one optimiser step of the memo's stages costs, and what the RFCX run takes from it.

    python benchmarks/step_cost.py [--backbone resnet18] [--steps 3] [--gpu-tflops 65 --utilisation 0.1]

Measures on this machine: floating-point operations of a step (counted by torch), memory that a step keeps for its
backward pass, seconds a step, what preparing a window costs on one core, and the seconds of a step of an encoder's
head. On a machine with a GPU the seconds are the GPU's, and nothing has to be computed. Without one, the time on a GPU
is operations / (its peak x utilisation), and the table says so; preparing windows on the machine's cores is the other
bound, and the larger one counts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from dawnchorus import memo, rounds
from dawnchorus.evidence import Evidence, Known
from dawnchorus.features import FeatureBlock, FrontEnd, Range
from dawnchorus.networks.backbones import Backbone
from dawnchorus.networks.sed import Sed, SedNetwork
from dawnchorus.training.precision import grouped_in_float32, precision
from dawnchorus.windows import Window

SPECIES, FOLDS, TRAIN, TEST = 24, 5, 4727, 1992


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", default="resnet18")
    parser.add_argument("--steps", type=int, default=3, help="steps to time, after one that warms up")
    parser.add_argument("--gpu-tflops", type=float, default=65.0, help="peak of the GPU in 16 bits (65: an NVIDIA T4)")
    parser.add_argument("--utilisation", type=float, default=0.1, help="share of that peak which training reaches")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="cores that prepare windows")
    args = parser.parse_args()
    window_s = preparing()
    print(f"preparing a window (read, standardise, masks): {1000 * window_s:.2f} ms on one core\n")
    print("| stage | windows a step | GFLOP a step | memory | s a step here | steps x folds | hours on the GPU |")
    print("|---|---|---|---|---|---|---|")
    for stage in memo.third.stages:
        flop, kept, seconds = step(args.backbone, stage.batch, args.steps)
        on_gpu = torch.cuda.is_available()
        bound_s = max(
            seconds if on_gpu else flop / (args.gpu_tflops * 1e12 * args.utilisation),
            window_s * stage.batch / args.cores,
        )
        hours = bound_s * stage.steps * FOLDS / 3600
        print(
            f"| {stage.name} | {stage.batch} | {flop / 1e9:.0f} | {kept / 2**30:.2f} GiB | {seconds:.2f} "
            f"| {stage.steps} x {FOLDS} | {hours:.2f} |"
        )
    print(f"\na step of the head on BirdNET's embeddings, on this CPU: {1000 * step_of_a_head():.0f} ms")


def step(name: str, batch: int, times: int) -> tuple[float, int, float]:
    """Operations of one step, bytes it keeps (weights, gradients, Adam, activations), and its median seconds."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = SedNetwork(Backbone(name, "none")).build(SPECIES, 512, 128)
    network = network.to(device, memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters())
    planes = torch.rand(batch, 128, 512, device=device)
    known = nothing_but_windows(batch, network, device)
    kept = 4 * 4 * sum(parameter.numel() for parameter in network.parameters())
    seen: set[int] = set()

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal kept
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in seen:
            seen.add(storage.data_ptr())
            kept += storage.nbytes()
        return tensor

    def once() -> None:
        with torch.autocast(device, torch.bfloat16, enabled=precision() != "32-true"):
            output = network(planes)
        memo.stage_2.loss(output, known).backward()
        optimiser.step()
        optimiser.zero_grad()

    with grouped_in_float32(network):
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            once()
        counter = FlopCounterMode(display=False)
        with counter:
            once()
        seconds = []
        for _ in range(times):
            began = time.perf_counter()
            once()
            if device == "cuda":
                torch.cuda.synchronize()
            seconds.append(time.perf_counter() - began)
    return counter.get_total_flops(), kept, statistics.median(seconds)


def step_of_a_head(times: int = 50) -> float:
    """Median seconds of one step of the head on BirdNET's embeddings, with the batch of `train --encoder birdnet`."""
    stage = rounds.on_encoder(rounds.BIRDNET).stages[0]
    batch, columns = stage.batch, stage.windows.columns
    network = rounds.HEAD.build(SPECIES, columns, rounds.BIRDNET.rows).train()
    optimiser = torch.optim.Adam(network.parameters())
    planes, present = torch.randn(batch, rounds.BIRDNET.rows, columns), torch.rand(batch, columns, SPECIES)
    known = Known(Evidence(present.amax(1), 1 - present.amax(1)), Evidence(present, 1 - present))
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision() != "32-true"):
            output = network(planes)
        rounds.STUDENT_LOSS(output, known).backward()
        optimiser.step()
        optimiser.zero_grad()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def nothing_but_windows(batch: int, network: Sed, device: str) -> Known:
    """Random labels for windows; of frames nothing is known."""
    present = torch.rand(batch, SPECIES, device=device) < 0.05
    frames = torch.zeros(batch, network.columns // 32, SPECIES, device=device)
    return Known(Evidence(present.float(), (~present).float()), Evidence(frames, frames))


def preparing(windows: int = 400) -> float:
    """Seconds to read, standardise and mask one window of a stored minute, on one core."""
    front_end = FrontEnd()
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(0)
        blocks = []
        for number in range(20):
            path = Path(folder) / f"{number}.npy"
            np.save(path, rng.uniform(-80, 0, (128, 3751)).astype(np.float16))
            blocks.append(FeatureBlock(str(number), 0, 0.0, 60.0, 3751, Range(-80, 0), path))
        began = time.perf_counter()
        for number in range(windows):
            window = Window(blocks[number % 20], 463 * (number % 8), 512, front_end.columns_per_second)
            plane = window.block.plane(window.start, window.columns)
            for augmentation in memo.stage_2.augment:
                plane = augmentation(plane, rng)
        return (time.perf_counter() - began) / windows


if __name__ == "__main__":
    main()
