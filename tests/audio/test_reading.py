from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sounds
from audio.decoded import decode, pcm
from dawnchorus.audio.header import inspect
from dawnchorus.audio.reading import blocks, split


@given(duration_s=st.floats(0, 100_000), block_s=st.floats(1, 600), share=st.floats(0, 1, allow_subnormal=False))
def test_split_covers_exactly_without_gaps_and_without_short_blocks(duration_s, block_s, share):
    tail_s = share * block_s
    stretches = split(duration_s, block_s, tail_s)
    assert bool(stretches) == (duration_s > 0)
    if stretches:
        assert stretches[0][0] == 0
        assert stretches[-1][1] == duration_s
        assert all(a[1] == b[0] for a, b in zip(stretches, stretches[1:], strict=False))
        lengths = [end - start for start, end in stretches]
        rounding = 1e-9 * (1 + duration_s)
        assert len(lengths) == 1 or min(lengths) >= tail_s - rounding
        assert max(lengths) <= block_s + tail_s + rounding


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [
        (0, []),
        (3, [(0, 3)]),
        (60, [(0, 60)]),
        (69.9, [(0, 69.9)]),
        (70, [(0, 60), (60, 70)]),
        (150, [(0, 60), (60, 120), (120, 150)]),
        (125, [(0, 60), (60, 125)]),
    ],
)
def test_split_by_example(duration_s, expected):
    assert split(duration_s) == expected


def test_a_block_must_have_a_length():
    with pytest.raises(ValueError, match="length"):
        split(10, block_s=0)


@pytest.mark.parametrize("duration_s", [0.7, 3.0, 3.999, 4.0, 4.5, 6.0, 6.999, 7.0, 9.25])
@pytest.mark.parametrize("rate_hz", [32_000, 44_100])
def test_blocks_are_cut_as_split_says(tmp_path, duration_s, rate_hz):
    path = sounds.write_wav(tmp_path / "a.wav", sounds.noise(duration_s, rate_hz), rate_hz)
    found = list(blocks(path, block_s=3.0, tail_s=1.0))
    expected = split(inspect(path).duration_s, 3.0, 1.0)
    stretches = [(block.start_s, block.end_s) for block in found]
    np.testing.assert_allclose(stretches, expected)
    assert [block.index for block in found] == list(range(len(found)))
    assert all(len(b.samples) == round((b.end_s - b.start_s) * 32_000) for b in found)


@pytest.mark.parametrize(("rate_hz", "format"), [(48_000, "FLAC"), (44_100, "WAV"), (32_000, "FLAC")])
def test_blocks_of_150_s_are_the_blocks_of_its_three_files(tmp_path, rate_hz, format):
    x = sounds.noise(150, rate_hz)
    whole = sounds.write(tmp_path / "whole", x, rate_hz, format=format)
    bounds = [0, 60 * rate_hz, 120 * rate_hz, len(x)]
    for i, block in enumerate(blocks(whole)):
        part = sounds.write(tmp_path / f"part{i}", x[bounds[i] : bounds[i + 1]], rate_hz, format=format)
        (alone,) = blocks(part)
        np.testing.assert_array_equal(block.samples, alone.samples)
    assert i == 2


def test_samples_of_a_block_stay_when_the_next_block_is_read(tmp_path):
    x = sounds.noise(9)
    path = sounds.write_wav(tmp_path / "a.wav", x)
    together, _ = decode(path, block_s=2.0, tail_s=0.5)
    np.testing.assert_array_equal(together, pcm(x))


def test_importing_the_module_loads_no_decoder():
    load = "import sys, dawnchorus.audio.folders, dawnchorus.audio.reading; "
    program = load + "sys.exit(bool({'soundfile', 'soxr', 'torch'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", program], check=True)
