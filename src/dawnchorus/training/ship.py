"""A trained stage becomes a model package: ONNX files that say what torch said, checked on real windows."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dawnchorus import __version__, package
from dawnchorus.annotations import species as species_table
from dawnchorus.calibration import tables
from dawnchorus.detect.engine import Network
from dawnchorus.experiment import Experiment, to_record
from dawnchorus.files import value_hash, whole, write_json, write_text
from dawnchorus.networks.folding import folded
from dawnchorus.networks.sed import Sed
from dawnchorus.package import ModelPackage
from dawnchorus.training.built import build
from dawnchorus.training.calibrate import calibrated
from dawnchorus.training.fit import TrainingError
from dawnchorus.training.results import Run
from dawnchorus.training.weights import load

Planes = NDArray[np.float32]

TOLERANCE = 1e-3  # probability
CHECKED_WINDOWS = 8


class _Exported(nn.Module):
    def __init__(self, network: Sed) -> None:
        super().__init__()
        self.network = network

    def forward(self, planes: Tensor) -> tuple[Tensor, Tensor]:
        output = self.network(planes)
        return output.clipwise, output.framewise


def ship(run: Run, stage: str, folder: Path, summary: str = "") -> ModelPackage:
    """Write the package of one stage: its final models, or those of all its folds; their mean is the detector.

    Raises TrainingError when an exported file says something else than the network it came from, by more than 1e-3 of
    probability on windows of the run's own recordings.
    """
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    planes = _real_planes(run)
    fits = run.detector_of(stage)
    shape = [to_record(run.experiment.network), list(planes.shape[1:]), len(run.data.data.species)]
    for number, fit in enumerate(fits):
        network = build(_without_weights(run), run.data).eval()
        load(network, fit.weights)
        graph = graph_of(network, shape, fit.folder.parent)
        export(network, graph, folder / f"model.{number}.onnx", planes)
        shutil.copyfile(fit.weights, folder / f"weights.{number}.safetensors")
    write_json(folder / "experiment.json", to_record(run.experiment))
    species_table.write(folder / "species.csv", run.data.data.species)
    write_text(folder / "card.md", _card(run, stage, summary))
    licence = inherited_licence(run.experiment)
    shipped = ModelPackage(
        folder,
        f"{run.experiment.network.name}, stage {stage}",
        run.experiment.front_end,
        run.experiment.score_windows,
        run.experiment.network.columns_per_frame,
        run.data.data.species,
        tuple(run.data.data.bands_hz),
        tuple(f"model.{number}.onnx" for number in range(len(fits))),
        {
            "made with": f"dawnchorus {__version__}",
            "initial weights": run.experiment.initial,
            **({"licence": licence} if licence else {}),
        },
        run.experiment.predict.top_s,
        tuple(run.data.data.typical_s),
    )
    calibrates = calibrated(run, stage, shipped.hash)
    if calibrates:
        tables.write(folder, calibrates)
    package.write(shipped)
    return shipped


def _without_weights(run: Run) -> Experiment:
    return replace(run.experiment, network=run.experiment.network.blank())


def _real_planes(run: Run) -> Planes:
    """Windows of real recordings `(window, mel, column)`, spread over the data."""
    per_second = run.data.front_end.columns_per_second
    keys = run.data.recordings
    chosen = keys[:: max(1, len(keys) // CHECKED_WINDOWS)][:CHECKED_WINDOWS]
    windows = [run.experiment.score_windows.over(run.data.blocks[key][0], per_second)[0] for key in chosen]
    return np.stack([window.block.plane(window.start, window.columns) for window in windows])


def graph_of(network: Sed, key: Any, cache: Path) -> Path:
    """An ONNX file of the folded network's graph, made once for all networks of one shape: `key` stands for the shape.

    Making it takes torch some twenty seconds, and the networks of a run differ in their weights alone.
    """
    network = folded(network)
    weights = [list(weight.shape) for weight in network.state_dict().values()]
    path = cache / f"graph-{value_hash([torch.__version__, key, weights])}.onnx"
    if path.exists():
        return path
    window = torch.export.Dim("window", min=1)
    columns, rows = network.columns, network.rows
    with whole(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's advice to those who write exporters
        torch.onnx.export(
            _Exported(network.float().to(memory_format=torch.contiguous_format)),
            (torch.zeros(2, rows, columns),),
            str(temporary),
            input_names=["planes"],
            output_names=["clipwise", "framewise"],
            dynamic_shapes={"planes": {0: window}},
            external_data=False,
            optimize=False,  # weights keep their names and values; OpenVINO optimises when it loads
            dynamo=True,
            verbose=False,
        )
    return path


def export(network: Sed, graph: Path, path: Path, planes: Planes) -> float:
    """Write one network as ONNX, folded: the graph with its own weights.

    Gives the largest difference of probability on planes, between the file and the network as it was trained.

    `planes` are `(window, mel, column)`. Raises TrainingError when the file says something else than the network.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load(graph)
    weights = _Exported(folded(network)).state_dict()
    for tensor in model.graph.initializer:
        if tensor.name in weights:
            if list(tensor.dims) != list(weights[tensor.name].shape):
                raise TrainingError(f"{graph}: the graph of another network than that of {path}")
            tensor.CopyFrom(numpy_helper.from_array(weights[tensor.name].contiguous().numpy(), tensor.name))
    with whole(path) as temporary:
        onnx.save(model, temporary)
    with torch.inference_mode():
        output = network(torch.from_numpy(planes))
    difference = 0.0
    for ours, theirs in zip((output.clipwise, output.framewise), Network(path)(planes), strict=True):
        apart = (torch.sigmoid(ours) - torch.sigmoid(torch.from_numpy(theirs))).abs().max()
        difference = max(difference, float(apart))
    if not difference <= TOLERANCE:
        raise TrainingError(f"{path}: the exported model differs from torch by {difference:.2g}, more than {TOLERANCE}")
    return difference


def inherited_licence(experiment: Experiment) -> str:
    """The licences of the encoder and of the teachers behind a model, "" when there are none."""
    licences = [getattr(experiment.front_end, "licence", ""), *(one.licence for one in experiment.outside)]
    return "; ".join(dict.fromkeys(filter(None, licences)))


def _models(run: Run, stage: str) -> str:
    folds, mean = run.experiment.folds, "; the mean of their probabilities counts"
    if finals := len(run.finals_of(stage)):
        others = f"calibrated and judged by {len(run.of_stage(stage))} others, each of which heard all folds but one"
        return f"{finals}, which heard the recordings of all {folds} folds{mean if finals > 1 else ''}; {others}"
    return f"{len(run.of_stage(stage))}, of {folds} folds{mean}"


def _card(run: Run, stage: str, summary: str) -> str:
    data = run.data.data
    present = sum(box.present for box in data.annotations)
    network, front_end = run.experiment.network, run.experiment.front_end
    licence = inherited_licence(run.experiment)
    taught = "; ".join(f"{one.origin} ({one.licence or 'no licence stated'})" for one in run.experiment.outside)
    return f"""# Sound event detector, stage {stage}

Trained by dawnchorus {__version__} on {len(run.data.recordings)} recordings with {present} true-positive and \
{len(data.annotations) - present} false-positive boxes of {len(data.species)} species.

- hears: {front_end.rate_hz} Hz, {front_end.name}
- network: {network.name}, initial weights: {run.experiment.initial}
- models: {_models(run, stage)}{"; none heard the audit part" if run.experiment.audit else ""}
- labels from another model: {taught or "none"}
- licence of the weights that it was trained on or taught by: {licence or "none that restricts it"}
- scores rank detections; calibration.csv makes probabilities of a species being in a recording of them, from labels \
that are partial: where presence is boxed only where it is clear, they are too low

{summary}
"""
