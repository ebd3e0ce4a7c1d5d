"""What a network says of recordings, and how good that is on the annotated boxes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from dawnchorus import metrics
from dawnchorus import scores as scoring
from dawnchorus.dataset import Prepared
from dawnchorus.experiment import Experiment
from dawnchorus.features import FeatureBlock
from dawnchorus.networks.sed import Sed
from dawnchorus.scores import Scores
from dawnchorus.training.precision import autocast, device
from dawnchorus.windows import SlidingWindows

Floats = NDArray[np.float32]
Network = Callable[[Floats], tuple[Floats, Floats]]  # planes to probabilities, clipwise and framewise


def score(
    network: Sed,
    experiment: Experiment,
    blocks: Mapping[str, Sequence[FeatureBlock]],
    recordings: Sequence[str],
    batch: int = 32,
) -> dict[str, Scores]:
    """What a network says of recordings, with the windows that scoring uses."""
    asked = asking(network)
    per_second, per_frame = experiment.front_end.columns_per_second, experiment.network.columns_per_frame
    said = {
        recording: scored(asked, blocks[recording], experiment.score_windows, per_second, per_frame, batch)
        for recording in recordings
    }
    network.train()
    return said


def asking(network: Sed) -> Network:
    """A network as a function of planes `(window, mel, column)` to probabilities; it is put into evaluation mode."""
    network.to(device()).to(memory_format=torch.channels_last).eval()

    def asked(planes: Floats) -> tuple[Floats, Floats]:
        with torch.inference_mode(), autocast():
            output = network(torch.from_numpy(planes).to(device()))
        return torch.sigmoid(output.clipwise).cpu().numpy(), torch.sigmoid(output.framewise).cpu().numpy()

    return asked


def scored(
    network: Network,
    blocks: Sequence[FeatureBlock],
    sliding: SlidingWindows,
    columns_per_second: float,
    columns_per_frame: int,
    batch: int = 32,
) -> Scores:
    """Scores of one recording from a function of planes `(window, mel, column)`.

    It gives probabilities clipwise `(window, species)` and framewise `(window, frame, species)`.
    """
    windows = [w for block in blocks for w in sliding.over(block, columns_per_second)]
    clipwise, framewise = [], []
    for start in range(0, len(windows), batch):
        planes = np.stack([w.block.plane(w.start, w.columns) for w in windows[start : start + batch]])
        clip, frames = network(planes)
        clipwise.append(clip)
        framewise.append(frames)
    clips, lines = np.concatenate(clipwise), np.concatenate(framewise)
    nothing = [row for row, window in enumerate(windows) if window.block.silent]
    clips[nothing] = lines[nothing] = 0  # as in detection: whatever a network says of nothing, nothing was there
    return scoring.of_recording(windows, clips, lines, columns_per_frame)


def known_score(data: Prepared, said: Mapping[str, Scores]) -> float:
    """CmAP over the annotated boxes alone: the figure that `best_on_known_cells` goes by. 0 when there is none."""
    boxes, values, truth = metrics.partial_cells(
        data.data.annotations,
        lambda box: said[box.recording].highest_between(box.start_s, box.end_s) if box.recording in said else None,
    )
    species = np.array([box.species for box in boxes], int)
    each = [metrics.average_precision(values[species == s], truth[species == s]) for s in np.unique(species)]
    return float(np.nan_to_num(metrics.nanmean(each)))
