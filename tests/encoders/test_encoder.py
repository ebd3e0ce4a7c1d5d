import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dawnchorus.encoders.encoder import level, stretches


def test_a_stretch_is_centred_on_its_frame() -> None:
    samples = np.arange(1, 101, dtype=np.float32)  # ten frames of one second at 10 Hz
    cut = stretches(samples, 10, 3.0, 1.0)
    assert cut.shape == (10, 30)
    assert cut[5].tolist() == list(range(41, 71))  # the frame is 51 to 60, a second more on each side
    assert cut[0, :10].tolist() == [0] * 10 and cut[0, 10] == 1


def test_a_later_stretch_hears_what_comes_later() -> None:
    samples = np.arange(1, 101, dtype=np.float32)
    assert stretches(samples, 10, 3.0, 1.0, 0.3)[5].tolist() == list(range(44, 74))
    assert stretches(samples, 10, 3.0, 1.0, -0.3)[5].tolist() == list(range(38, 68))


@given(st.integers(1, 400), st.sampled_from([0.5, 1.0, 2.0]))
def test_every_sample_is_in_the_frame_that_covers_its_time(count: int, hop_s: float) -> None:
    samples = np.arange(1, count + 1, dtype=np.float32)
    cut = stretches(samples, 10, 3.0, hop_s)
    hop, before = round(10 * hop_s), (30 - round(10 * hop_s)) // 2
    assert len(cut) == -(-count // hop)
    of_frames = cut[:, before : before + hop].ravel()
    assert np.array_equal(of_frames[:count], samples) and not of_frames[count:].any()


@pytest.mark.parametrize(("samples", "loud"), [(np.zeros(10), False), (np.full(10, 0.3), False), (np.eye(1, 9), True)])
def test_a_constant_block_is_silent(samples: np.ndarray, loud: bool) -> None:
    span = level(samples.ravel().astype(np.float32))
    assert span.has_contrast == loud
    embeddings = np.array([[0.25, 7.0]], np.float16)
    assert span.standardise(embeddings).tolist() == [[0.25, 7.0]]
