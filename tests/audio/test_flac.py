from __future__ import annotations

import numpy as np
import pytest

import sounds
from audio.decoded import codes, decode, pcm
from dawnchorus.audio.faults import AudioError
from dawnchorus.audio.header import inspect
from dawnchorus.audio.reading import blocks


@pytest.mark.parametrize("share", [0.2, 0.34, 0.99])
def test_f5_a_truncated_flac_gives_all_up_to_its_last_good_packet(tmp_path, share):
    x = sounds.noise(4)
    path = sounds.write_flac(tmp_path / "a.flac", x)
    sounds.cut(path, int(path.stat().st_size * share))
    samples, faults = decode(path)
    assert codes(faults) == ["truncated"]
    inspected = inspect(path)
    assert faults[0].at_s == inspected.duration_s == len(samples) / 32_000
    assert abs(inspected.frames / len(x) - share) < 2 * 4096 / len(x)
    np.testing.assert_array_equal(samples, pcm(x)[: len(samples)])


@pytest.mark.parametrize("claimed", [0, 2 * 128_000, 64_000])
def test_f8_a_flac_with_a_wrong_count_is_read_to_its_end(tmp_path, claimed):
    x = sounds.noise(4)
    path = sounds.claim_flac_frames(sounds.write_flac(tmp_path / "a.flac", x), claimed)
    samples, faults = decode(path, block_s=1.0, tail_s=0.1)
    assert codes(faults) == ["header_mismatch"]
    expected = pcm(x)[: claimed if 0 < claimed < len(x) else None]
    np.testing.assert_array_equal(samples, expected)
    assert inspect(path).frames == len(expected)


def test_the_length_of_a_flac_is_known_without_decoding_for_every_way_to_pack_it(tmp_path):
    for rate_hz in (8_000, 22_050, 44_100, 48_000, 96_000, 12_345, 65_530):
        for duration_s in (0.001, 0.1, 1.0, 3.7):
            x = np.stack([sounds.noise(duration_s, rate_hz, seed=i) for i in range(2)], axis=1)
            path = sounds.write_flac(tmp_path / "a.flac", x, rate_hz, "PCM_24")
            inspected = inspect(sounds.claim_flac_frames(path, 1 << 30), 8_000)
            assert (inspected.frames, codes(inspected.faults)) == (len(x), ["header_mismatch"])


def test_sound_that_looks_like_a_packet_by_chance_does_not_shorten_a_flac(tmp_path):
    x = sounds.noise(4)
    path = sounds.write_flac(tmp_path / "a.flac", x)
    data = path.read_bytes()
    second = data.index(b"\xff\xf8", 10_000)
    sounds.claim_flac_frames(path, 1 << 30)
    sounds.patch(path, len(data) - 400, data[second : second + 8])  # the header of an early packet, in the last one
    assert inspect(path).frames >= len(x) - 2 * 4096


def test_f8_no_count_makes_a_file_longer_than_its_bytes_allow(tmp_path):
    path = sounds.claim_flac_frames(sounds.write_flac(tmp_path / "a.flac", sounds.noise(4)), 0)
    size = path.stat().st_size
    sounds.corrupt(path, 86, size - 86)
    inspected = inspect(path)
    assert codes(inspected.faults) == ["header_mismatch"]
    assert inspected.duration_s < 86_400
    with pytest.raises(AudioError, match="no_audio"):
        list(blocks(path))
