"""A model package in place of a trained one: how loud each half of the bands is, made in a moment without torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from dawnchorus import package
from dawnchorus.events import Species
from dawnchorus.features import FrontEnd
from dawnchorus.package import ModelPackage
from dawnchorus.windows import SlidingWindows

MELS, COLUMNS, PER_FRAME = 16, 64, 8
FRONT_END = FrontEnd(rate_hz=8_000, n_fft=256, hop=256, n_mels=MELS, high_hz=4_000.0)
WINDOWS = SlidingWindows(COLUMNS, 8)
TYPICAL_S = (0.5, 0.5)  # as long as the bursts that it hears
SPECIES = (Species(0, "low frog"), Species(1, "high bird"))


def write(
    folder: Path,
    seed: int = 0,
    front_end: FrontEnd = FRONT_END,
    windows: SlidingWindows = WINDOWS,
    networks: int = 1,
) -> ModelPackage:
    """Write it: frames are the means of their columns, and species weigh the bands, each network a little otherwise."""
    folder.mkdir(parents=True)
    names = tuple(f"model.{number}.onnx" for number in range(networks))
    for number, name in enumerate(names):
        _network(folder / name, seed + 1000 * number)
    made = ModelPackage(
        folder,
        "tiny",
        front_end,
        windows,
        PER_FRAME,
        SPECIES,
        ((100.0, 1000.0), (1000.0, 4000.0)),
        names,
        {},
        typical_s=TYPICAL_S,
    )
    package.write(made)
    return made


def _network(path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = np.zeros((MELS, 2), np.float32)
    weights[: MELS // 2, 0] = weights[MELS // 2 :, 1] = 1.5
    weights += rng.normal(0, 0.1, weights.shape).astype(np.float32)
    frames = COLUMNS // PER_FRAME
    constants = [
        numpy_helper.from_array(np.array([0, MELS, frames, PER_FRAME], np.int64), "shape"),
        numpy_helper.from_array(weights, "weights"),
        numpy_helper.from_array(np.float32([-6, -6]), "bias"),
    ]
    nodes = [
        helper.make_node("Reshape", ["planes", "shape"], ["cut"]),
        helper.make_node("ReduceMean", ["cut"], ["mean"], axes=[3], keepdims=0),
        helper.make_node("Transpose", ["mean"], ["turned"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["turned", "weights"], ["weighed"]),
        helper.make_node("Add", ["weighed", "bias"], ["framewise"]),
        helper.make_node("ReduceMax", ["framewise"], ["clipwise"], axes=[1], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("planes", TensorProto.FLOAT, ["n", MELS, COLUMNS])],
        [
            helper.make_tensor_value_info("clipwise", TensorProto.FLOAT, ["n", 2]),
            helper.make_tensor_value_info("framewise", TensorProto.FLOAT, ["n", frames, 2]),
        ],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, path)
