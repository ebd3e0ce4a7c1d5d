from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from dawnchorus.encoders.encoder import EncoderError
from dawnchorus.encoders.onnx_file import OnnxEncoder, onnx_encoder

SAMPLES = 40  # four seconds at 10 Hz


def encoder_file(path: Path, scale: float = 1.0, at_once: int | str = "n") -> Path:
    """An encoder of two features: the first half of a stretch summed, and the second."""
    weights = np.zeros((SAMPLES, 2), np.float32)
    weights[: SAMPLES // 2, 0] = weights[SAMPLES // 2 :, 1] = scale
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["sound", "weights"], ["embedding"])],
        "encoder",
        [helper.make_tensor_value_info("sound", TensorProto.FLOAT, [at_once, SAMPLES])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, [at_once, 2])],
        [numpy_helper.from_array(weights, "weights")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


@pytest.fixture
def encoder(tmp_path: Path) -> OnnxEncoder:
    return onnx_encoder(encoder_file(tmp_path / "encoder.onnx"), rate_hz=10, window_s=4, hop_s=1, licence="MIT")


def test_embeddings_are_what_the_file_says_of_each_frames_stretch(encoder: OnnxEncoder) -> None:
    assert (encoder.rows, encoder.columns_per_second) == (2, 1)
    columns = encoder.columns(np.ones(100, np.float32))
    assert columns.shape == (2, 10)
    # Frame 5 hears 4 s of ones, 2 s to each half; frame 0 hears silence before the first sample.
    assert columns[:, 5].tolist() == [20, 20] and columns[0, 0] < 20


def test_another_file_under_the_name_is_refused(encoder: OnnxEncoder, tmp_path: Path) -> None:
    encoder_file(tmp_path / "encoder.onnx", scale=2)
    from dawnchorus.encoders import onnx_file

    onnx_file._network.cache_clear()
    with pytest.raises(EncoderError, match="another file"):
        encoder.columns(np.ones(100, np.float32))


def test_a_file_that_takes_other_sound_is_named(tmp_path: Path) -> None:
    path = encoder_file(tmp_path / "encoder.onnx")
    with pytest.raises(EncoderError, match="doesn't take sound of shape"):
        onnx_encoder(path, rate_hz=10, window_s=3)
    with pytest.raises(EncoderError, match="no such file"):
        onnx_encoder(tmp_path / "none.onnx")


@pytest.mark.parametrize("at_once", [1, 3])
def test_a_file_of_a_fixed_number_of_stretches_says_the_same(
    encoder: OnnxEncoder, tmp_path: Path, at_once: int
) -> None:
    sound = np.random.default_rng(0).normal(0, 1, 230).astype(np.float32)
    fixed = onnx_encoder(encoder_file(tmp_path / "fixed.onnx", at_once=at_once), rate_hz=10, window_s=4, hop_s=1)
    np.testing.assert_allclose(fixed.columns(sound), encoder.columns(sound), rtol=0.02, atol=0.02)  # bf16


def test_an_output_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    path = encoder_file(tmp_path / "encoder.onnx")
    assert onnx_encoder(path, 10, 4, 1, output="embedding").output == "embedding"
    with pytest.raises(EncoderError, match="no output is called label; expected one of embedding"):
        onnx_encoder(path, 10, 4, 1, output="label")


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "damaged.onnx"
    path.write_bytes(encoder_file(tmp_path / "encoder.onnx").read_bytes()[:50])
    with pytest.raises(EncoderError, match="damaged.onnx: no ONNX file that can be read"):
        onnx_encoder(path, 10, 4, 1)
