from __future__ import annotations

import numpy as np
import soxr

import sounds
from audio.decoded import pcm
from dawnchorus.audio import reading


def test_a_block_is_resampled_as_soxr_would_in_one_piece(tmp_path):
    x = sounds.noise(7.3, 48_000)
    path = sounds.write_flac(tmp_path / "a.flac", x, 48_000)
    expected = soxr.resample(pcm(x), 48_000, 32_000, "HQ")
    np.testing.assert_array_equal(reading.read(path), expected)
