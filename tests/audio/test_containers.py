from __future__ import annotations

import pytest

import sounds
from audio.decoded import codes, decode


@pytest.mark.parametrize("format", ["OGG", "MP3"])
def test_a_truncated_packet_format_gives_what_is_there(tmp_path, format):
    subtype = {"OGG": "VORBIS", "MP3": "MPEG_LAYER_III"}[format]
    path = sounds.write(tmp_path / "a", sounds.noise(4), subtype=subtype, format=format)
    whole, faults = decode(path)
    assert faults == []
    sounds.cut(path, path.stat().st_size // 3)
    part, faults = decode(path)
    assert codes(faults) == ["truncated"]
    assert 0.15 < len(part) / len(whole) < 0.5


@pytest.mark.parametrize("format", ["AIFF", "W64"])
def test_other_truncated_formats_are_found(tmp_path, format):
    path = sounds.write(tmp_path / "a", sounds.noise(1), format=format)
    samples, faults = decode(sounds.cut(path, 20_000))
    assert codes(faults) == ["truncated"]
    assert 9_800 < len(samples) < 10_000
