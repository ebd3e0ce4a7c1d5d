"""An encoder in place of a large one: products of the sound with fixed noise, their absolute values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RATE_HZ, WINDOW_S, FEATURES = 8_000, 1.0, 8


def write(path: Path) -> Path:
    """Write it as an ONNX file that takes a second at 8 kHz and gives eight values."""
    weights = np.random.default_rng(0).normal(0, 1, (round(RATE_HZ * WINDOW_S), FEATURES)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["sound", "weights"], ["product"]), helper.make_node("Abs", ["product"], ["out"])],
        "encoder",
        [helper.make_tensor_value_info("sound", TensorProto.FLOAT, ["n", len(weights)])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", FEATURES])],
        [numpy_helper.from_array(weights, "weights")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path
