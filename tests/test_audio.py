from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given
from hypothesis import strategies as st

import sounds
from dawnchorus import audio
from dawnchorus.audio import AudioError, Fault


def decode(path: Path, rate_hz: int = 32_000, **settings):
    """All blocks as one array, and the faults."""
    faults: list[Fault] = []
    found = list(audio.blocks(path, rate_hz, faults=faults, **settings))
    return np.concatenate([block.samples for block in found]), faults


def codes(faults) -> list[str]:
    return [fault.code for fault in faults]


def fatal(path: Path) -> Fault:
    """The fault of a file that cannot be used: `inspect` and `blocks` agree on it."""
    with pytest.raises(AudioError) as inspected:
        audio.inspect(path)
    with pytest.raises(AudioError) as decoded:
        next(audio.blocks(path))
    assert inspected.value.fault == decoded.value.fault
    assert inspected.value.fault.fatal
    return inspected.value.fault


def pcm(x: np.ndarray) -> np.ndarray:
    """What 16 bits leave of a sound."""
    return (np.round(x * 32767) / 32768).astype(np.float32)


# ---- cutting into blocks ---------------------------------------------------------------------------------------


@given(duration_s=st.floats(0, 100_000), block_s=st.floats(1, 600), share=st.floats(0, 1, allow_subnormal=False))
def test_split_covers_exactly_without_gaps_and_without_short_blocks(duration_s, block_s, share):
    tail_s = share * block_s
    stretches = audio.split(duration_s, block_s, tail_s)
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
    assert audio.split(duration_s) == expected


def test_a_block_must_have_a_length():
    with pytest.raises(ValueError, match="length"):
        audio.split(10, block_s=0)


@pytest.mark.parametrize("duration_s", [0.7, 3.0, 3.999, 4.0, 4.5, 6.0, 6.999, 7.0, 9.25])
@pytest.mark.parametrize("rate_hz", [32_000, 44_100])
def test_blocks_are_cut_as_split_says(tmp_path, duration_s, rate_hz):
    path = sounds.write_wav(tmp_path / "a.wav", sounds.noise(duration_s, rate_hz), rate_hz)
    found = list(audio.blocks(path, block_s=3.0, tail_s=1.0))
    expected = audio.split(audio.inspect(path).duration_s, 3.0, 1.0)
    stretches = [(block.start_s, block.end_s) for block in found]
    np.testing.assert_allclose(stretches, expected)
    assert [block.index for block in found] == list(range(len(found)))
    assert all(len(b.samples) == round((b.end_s - b.start_s) * 32_000) for b in found)


@pytest.mark.parametrize(("rate_hz", "format"), [(48_000, "FLAC"), (44_100, "WAV"), (32_000, "FLAC")])
def test_blocks_of_150_s_are_the_blocks_of_its_three_files(tmp_path, rate_hz, format):
    x = sounds.noise(150, rate_hz)
    whole = sounds.write(tmp_path / "whole", x, rate_hz, format=format)
    bounds = [0, 60 * rate_hz, 120 * rate_hz, len(x)]
    for i, block in enumerate(audio.blocks(whole)):
        part = sounds.write(tmp_path / f"part{i}", x[bounds[i] : bounds[i + 1]], rate_hz, format=format)
        (alone,) = audio.blocks(part)
        np.testing.assert_array_equal(block.samples, alone.samples)
    assert i == 2


def test_a_block_is_resampled_as_soxr_would_in_one_piece(tmp_path):
    x = sounds.noise(7.3, 48_000)
    path = sounds.write_flac(tmp_path / "a.flac", x, 48_000)
    expected = soxr.resample(pcm(x), 48_000, 32_000, "HQ")
    np.testing.assert_array_equal(audio.read(path), expected)


def test_samples_of_a_block_stay_when_the_next_block_is_read(tmp_path):
    x = sounds.noise(9)
    path = sounds.write_wav(tmp_path / "a.wav", x)
    together, _ = decode(path, block_s=2.0, tail_s=0.5)
    np.testing.assert_array_equal(together, pcm(x))


def test_importing_the_module_loads_no_decoder():
    program = "import sys, dawnchorus.audio; sys.exit(bool({'soundfile', 'soxr', 'torch'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", program], check=True)


# ---- faults that leave nothing ---------------------------------------------------------------------------------


def test_f1_a_file_without_bytes_is_empty(tmp_path):
    path = tmp_path / "a.wav"
    path.touch()
    assert fatal(path).code == "empty"


@pytest.mark.parametrize("size", [12, 30, 44])
def test_f2_a_wav_header_alone_is_no_audio(tmp_path, size):
    path = sounds.cut(sounds.write_wav(tmp_path / "a.wav", sounds.noise(1)), size)
    assert fatal(path).code == "no_audio"


@pytest.mark.parametrize("size", [42, 86, 153])
def test_f2_a_flac_header_alone_is_no_audio(tmp_path, size):
    path = sounds.cut(sounds.write_flac(tmp_path / "a.flac", sounds.noise(60)), size)
    assert fatal(path).code == "no_audio"


@pytest.mark.parametrize("content", [bytes(5000), np.random.default_rng(0).bytes(5000), b"not sound\n" * 500])
def test_f3_other_bytes_named_wav_are_not_audio(tmp_path, content):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    assert fatal(path).code == "not_audio"


def test_f3_a_folder_named_wav_is_not_audio(tmp_path):
    path = tmp_path / "a.wav"
    path.mkdir()
    assert fatal(path).code == "not_audio"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_f3_a_pipe_is_not_audio_and_nobody_waits_for_it(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    assert fatal(tmp_path / "a.wav").code == "not_audio"


def test_f3_a_name_that_means_raw_samples_elsewhere_is_not_believed(tmp_path):
    path = tmp_path / "a.raw"
    path.write_bytes(b"no header" * 100)
    assert fatal(path).code == "not_audio"


def test_f15_impossible_rates_are_bad_rates(tmp_path):
    for rate_hz in (0, 2_000_000, 4_000_000_000):
        path = sounds.claim_wav_rate(sounds.write_wav(tmp_path / "a.wav", sounds.noise(0.1)), rate_hz)
        assert fatal(path).code == "bad_rate"


def test_a_file_that_is_not_there_is_unreadable(tmp_path):
    assert fatal(tmp_path / "a.wav").code == "unreadable"


@pytest.mark.skipif(os.name == "nt" or getattr(os, "geteuid", int)() == 0, reason="permissions do not bind root")
def test_a_file_that_may_not_be_read_is_unreadable(tmp_path):
    path = sounds.write_wav(tmp_path / "a.wav", sounds.noise(0.1))
    path.chmod(0)
    assert fatal(path).code == "unreadable"


def test_an_error_survives_the_way_between_processes():
    error = AudioError(Path("a.wav"), Fault("empty", "it has no bytes"))
    again = pickle.loads(pickle.dumps(error))
    assert (again.path, again.fault, str(again)) == (error.path, error.fault, "a.wav: empty: it has no bytes")


# ---- faults that leave something -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [44 + 128_000 // 3 // 2 * 2, 20_001])
def test_f4_a_truncated_wav_gives_what_is_there(tmp_path, size):
    x = sounds.noise(2)
    path = sounds.cut(sounds.write_wav(tmp_path / "a.wav", x), size)
    samples, faults = decode(path)
    assert codes(faults) == ["truncated"]
    there = (size - 44) // 2
    assert faults[0].at_s == audio.inspect(path).duration_s == there / 32_000
    np.testing.assert_array_equal(samples, pcm(x)[:there])


@pytest.mark.parametrize("share", [0.2, 0.34, 0.99])
def test_f5_a_truncated_flac_gives_all_up_to_its_last_good_packet(tmp_path, share):
    x = sounds.noise(4)
    path = sounds.write_flac(tmp_path / "a.flac", x)
    sounds.cut(path, int(path.stat().st_size * share))
    samples, faults = decode(path)
    assert codes(faults) == ["truncated"]
    inspected = audio.inspect(path)
    assert faults[0].at_s == inspected.duration_s == len(samples) / 32_000
    assert abs(inspected.frames / len(x) - share) < 2 * 4096 / len(x)
    np.testing.assert_array_equal(samples, pcm(x)[: len(samples)])


def test_f5_a_flac_with_a_ruined_end_gives_all_before_it(tmp_path):
    x = sounds.noise(4)
    path = sounds.write_flac(tmp_path / "a.flac", x)
    size = path.stat().st_size
    sounds.corrupt(path, size // 2, size - size // 2)
    samples, faults = decode(path, block_s=1.0, tail_s=0.1)
    assert codes(faults) in (["decode_error"], ["truncated"], ["header_mismatch", "decode_error"])
    assert faults[-1].at_s == len(samples) / 32_000
    assert len(samples) > 0.45 * len(x)
    np.testing.assert_array_equal(samples, pcm(x)[: len(samples)])


@pytest.mark.parametrize("channels", [1, 2])
def test_f6_a_flac_with_a_ruined_middle_gives_both_sides_at_the_right_times(tmp_path, channels):
    x = np.stack([sounds.noise(6, seed=i) for i in range(channels)], axis=1)
    path = sounds.write_flac(tmp_path / "a.flac", x)
    sounds.corrupt(path, path.stat().st_size // 2)
    samples, faults = decode(path, channel=channels, block_s=2.0, tail_s=0.5)
    assert codes(faults) == ["gap"]
    assert faults[0].at_s == pytest.approx(3, abs=0.2)
    expected = pcm(x[:, -1])
    lost = np.flatnonzero(samples != expected)
    assert len(samples) == len(expected)
    assert lost[0] / 32_000 >= faults[0].at_s
    assert np.ptp(lost) < 3 * 4096
    assert not samples[lost].any()


def test_f6_two_ruins_are_two_gaps(tmp_path):
    x = sounds.noise(10)
    path = sounds.write_flac(tmp_path / "a.flac", x)
    size = path.stat().st_size
    sounds.corrupt(sounds.corrupt(path, size // 4, 300), size * 3 // 4, 300)
    samples, faults = decode(path)
    assert codes(faults) == ["gap", "gap"]
    assert [fault.at_s for fault in faults] == pytest.approx([2.5, 7.5], abs=0.2)
    assert len(samples) == len(x)


def test_f6_a_flac_with_a_ruined_start_begins_with_silence(tmp_path):
    x = sounds.noise(4)
    path = sounds.corrupt(sounds.write_flac(tmp_path / "a.flac", x), 86, 500)
    samples, faults = decode(path)
    assert codes(faults) == ["gap"]
    assert faults[0].at_s == 0
    np.testing.assert_array_equal(samples[8192:], pcm(x)[8192:])


def test_f7_a_size_of_0_is_no_audio_and_says_what_lies_behind(tmp_path):
    path = sounds.claim_wav_bytes(sounds.write_wav(tmp_path / "a.wav", sounds.noise(1)), 0)
    fault = fatal(path)
    assert fault.code == "no_audio"
    assert "64000" in fault.detail


@pytest.mark.parametrize(
    ("claimed", "read"), [(0xFFFFFFFF, 32_000), (32_000, 16_000), (64_000 + 44, 32_000)], ids=["stream", "half", "+44"]
)
def test_f7_a_wrong_size_is_a_mismatch_and_what_the_header_says_is_read(tmp_path, claimed, read):
    x = sounds.noise(1)
    path = sounds.claim_wav_bytes(sounds.write_wav(tmp_path / "a.wav", x), claimed)
    samples, faults = decode(path)
    assert codes(faults) == ["header_mismatch"]
    np.testing.assert_array_equal(samples, pcm(x)[:read])


def test_f7_chunks_after_the_sound_are_no_mismatch(tmp_path):
    path = sounds.write_wav(tmp_path / "a.wav", sounds.noise(1))
    path.write_bytes(path.read_bytes() + b"LIST\x04\x00\x00\x00INFO" + b"guan\x03\x00\x00\x00a|b\x00")
    assert audio.inspect(path).faults == ()


@pytest.mark.parametrize("claimed", [0, 2 * 128_000, 64_000])
def test_f8_a_flac_with_a_wrong_count_is_read_to_its_end(tmp_path, claimed):
    x = sounds.noise(4)
    path = sounds.claim_flac_frames(sounds.write_flac(tmp_path / "a.flac", x), claimed)
    samples, faults = decode(path, block_s=1.0, tail_s=0.1)
    assert codes(faults) == ["header_mismatch"]
    expected = pcm(x)[: claimed if 0 < claimed < len(x) else None]
    np.testing.assert_array_equal(samples, expected)
    assert audio.inspect(path).frames == len(expected)


def test_the_length_of_a_flac_is_known_without_decoding_for_every_way_to_pack_it(tmp_path):
    for rate_hz in (8_000, 22_050, 44_100, 48_000, 96_000, 12_345, 65_530):
        for duration_s in (0.001, 0.1, 1.0, 3.7):
            x = np.stack([sounds.noise(duration_s, rate_hz, seed=i) for i in range(2)], axis=1)
            path = sounds.write_flac(tmp_path / "a.flac", x, rate_hz, "PCM_24")
            inspected = audio.inspect(sounds.claim_flac_frames(path, 1 << 30), 8_000)
            assert (inspected.frames, codes(inspected.faults)) == (len(x), ["header_mismatch"])


def test_sound_that_looks_like_a_packet_by_chance_does_not_shorten_a_flac(tmp_path):
    x = sounds.noise(4)
    path = sounds.write_flac(tmp_path / "a.flac", x)
    data = path.read_bytes()
    second = data.index(b"\xff\xf8", 10_000)
    sounds.claim_flac_frames(path, 1 << 30)
    sounds.patch(path, len(data) - 400, data[second : second + 8])  # the header of an early packet, in the last one
    assert audio.inspect(path).frames >= len(x) - 2 * 4096


def test_f8_no_count_makes_a_file_longer_than_its_bytes_allow(tmp_path):
    path = sounds.claim_flac_frames(sounds.write_flac(tmp_path / "a.flac", sounds.noise(4)), 0)
    size = path.stat().st_size
    sounds.corrupt(path, 86, size - 86)
    inspected = audio.inspect(path)
    assert codes(inspected.faults) == ["header_mismatch"]
    assert inspected.duration_s < 86_400
    with pytest.raises(AudioError, match="no_audio"):
        list(audio.blocks(path))


def test_f9_rf64_is_read_and_a_truncated_one_is_found(tmp_path):
    path = sounds.write(tmp_path / "a.wav", sounds.noise(1), format="RF64")
    assert audio.inspect(path).faults == ()
    assert audio.inspect(path).frames == 32_000
    assert codes(audio.inspect(sounds.cut(path, 20_000)).faults) == ["truncated"]


@pytest.mark.parametrize("level", [0.0, 0.25])
def test_f10_a_constant_file_is_silent(tmp_path, level):
    path = sounds.write_wav(tmp_path / "a.wav", np.full(64_000, level))
    samples, faults = decode(path)
    assert codes(faults) == ["silent"]
    assert len(samples) == 64_000


def test_f10_a_microphone_that_died_is_silent_from_then_on(tmp_path):
    x = np.concatenate([sounds.noise(2), np.zeros(4 * 32_000), sounds.noise(1)])
    _, faults = decode(sounds.write_wav(tmp_path / "a.wav", x), block_s=1.0, tail_s=0.5)
    assert [(fault.code, fault.at_s) for fault in faults] == [("silent", 2.0)]
    assert "2.0 s to 6.0 s" in faults[0].detail


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_f11_samples_that_are_no_numbers_are_0_and_reported(tmp_path, subtype):
    x = sounds.noise(3)
    x[40_000:40_010] = [np.nan, np.inf, -np.inf] * 3 + [np.nan]
    x[90_000] = np.inf
    samples, faults = decode(sounds.write_wav(tmp_path / "a.wav", x, subtype=subtype), block_s=1.0, tail_s=0.1)
    assert [(fault.code, fault.at_s) for fault in faults] == [("not_finite", 1.25)]
    assert faults[0].detail.startswith("11 samples")
    np.testing.assert_array_equal(samples, np.nan_to_num(x, posinf=0, neginf=0).astype(np.float32))


def test_f11_numbers_beyond_any_sound_do_not_make_the_resampled_sound_infinite(tmp_path):
    x = np.stack([sounds.noise(1, 48_000)] * 2, axis=1)
    x[20_000:20_010] = 3e38
    samples, faults = decode(sounds.write_wav(tmp_path / "a.wav", x, 48_000, "FLOAT"))
    assert codes(faults) == ["not_finite"]
    assert np.abs(samples).max() < 1


def test_f11_in_one_channel_leaves_the_other(tmp_path):
    x = np.stack([sounds.noise(1), sounds.noise(1, seed=1)], axis=1)
    x[100, 0] = np.nan
    samples, _ = decode(sounds.write_wav(tmp_path / "a.wav", x, subtype="FLOAT"))
    assert samples[100] == np.float32(x[100, 1]) / 2


def test_f12_a_tone_that_never_stops_is_interference(tmp_path):
    hum = sounds.noise(61, level=0.001) + sounds.tone(3000, 61, level=0.002)
    half = sounds.noise(61, level=0.001)
    half[: len(half) // 2] += sounds.tone(3000, 61, level=0.002)[: len(half) // 2]
    chirps = sounds.noise(61, level=0.001) + sounds.chirp(2000, 9000, 61, level=0.1)
    wind = np.cumsum(sounds.noise(61, level=0.0001))
    wind = 0.5 * (wind - wind.mean()) / np.abs(wind - wind.mean()).max()
    for number, x in enumerate((half, chirps, wind, sounds.noise(61))):
        assert codes(decode(sounds.write_wav(tmp_path / f"{number}.wav", x))[1]) == []
    _, (fault,) = decode(sounds.write_flac(tmp_path / "hum.flac", hum))
    assert (fault.code, fault.detail) == ("interference", "a tone at 3000 Hz never stops")


def test_f13_every_width_of_sample_gives_the_same_sound(tmp_path):
    x = sounds.chirp(500, 12_000, 2, level=0.9)
    for subtype in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"):
        samples, faults = decode(sounds.write_wav(tmp_path / "a.wav", x, subtype=subtype))
        assert faults == []
        assert samples.dtype == np.float32
        np.testing.assert_allclose(samples, x, atol=0.009 if subtype == "PCM_U8" else 1e-4)


def test_f14_channels_are_chosen_or_averaged(tmp_path):
    x = np.stack([sounds.tone(hz, 1) for hz in (440, 880, 1760)], axis=1)
    path = sounds.write_wav(tmp_path / "a.wav", x, subtype="FLOAT")
    for i in (1, 2, 3):
        np.testing.assert_array_equal(decode(path, channel=i)[0], x[:, i - 1].astype(np.float32))
    np.testing.assert_allclose(decode(path)[0], x.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize("channel", [-1, 0, 3])
def test_f14_a_channel_that_is_not_there_is_an_error(tmp_path, channel):
    path = sounds.write_wav(tmp_path / "a.wav", np.zeros((100, 2)))
    with pytest.raises(AudioError, match="no_channel"):
        next(audio.blocks(path, channel=channel))


def test_f14_a_dead_channel_is_silent_when_it_is_chosen(tmp_path):
    x = np.stack([sounds.noise(1), np.zeros(32_000)], axis=1)
    path = sounds.write_wav(tmp_path / "a.wav", x)
    assert codes(decode(path, channel=2)[1]) == ["silent"]
    assert decode(path, channel=1)[1] == []


def test_f14_many_channels_are_decoded_in_pieces_that_do_not_show(tmp_path, monkeypatch):
    x = np.stack([sounds.noise(2, seed=i) for i in range(6)], axis=1)
    path = sounds.write_flac(tmp_path / "a.flac", x)
    whole, _ = decode(path)
    monkeypatch.setattr(audio, "DECODE_VALUES", 5000)
    np.testing.assert_array_equal(decode(path)[0], whole)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000, 96_000, 192_000, 384_000])
def test_f15_every_rate_gives_the_same_tone_and_low_ones_are_band_limited(tmp_path, rate_hz):
    path = sounds.write_wav(tmp_path / "a.wav", sounds.tone(1000, 1, rate_hz), rate_hz)
    samples, faults = decode(path)
    assert codes(faults) == (["band_limited"] if rate_hz < 32_000 else [])
    inner = slice(3200, -3200)
    np.testing.assert_allclose(samples[inner], sounds.tone(1000, 1)[inner], atol=1e-3)


@pytest.mark.parametrize(("name", "format"), [("a.wav", "FLAC"), ("a.flac", "WAV"), ("data", "WAV"), ("A.WAV", "OGG")])
def test_f16_the_content_decides_the_format(tmp_path, name, format):
    subtype = "VORBIS" if format == "OGG" else "PCM_16"
    path = sounds.write(tmp_path / name, sounds.tone(1000, 1), subtype=subtype, format=format)
    samples, faults = decode(path)
    assert faults == []
    np.testing.assert_allclose(samples[1000:31_000], sounds.tone(1000, 1)[1000:31_000], atol=0.1)


NAMES = [
    "voz_ñandú_鸟 [-37.5 141.3].wav",
    "a*b?.wav",
    "two\nlines.wav",
    " blank .wav",
    "-rf.wav",
    "dots...wav",
    "'\".wav",
]


@pytest.mark.skipif(os.name == "nt", reason="Windows takes few of these names")
@pytest.mark.parametrize("name", NAMES)
def test_f17_any_name_is_found_and_read(tmp_path, name):
    path = sounds.write_wav(tmp_path / "[card] 1" / name, sounds.noise(0.1))
    assert audio.find(tmp_path) == [path]
    (recording,), errors = audio.scan([tmp_path])
    assert errors == []
    assert recording.key == f"[card] 1/{name[:-4]}"
    assert len(audio.read(recording.path)) == 3200


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_f17_a_name_that_is_not_utf_8_gets_a_key_that_can_be_stored(tmp_path):
    sounds.write_wav(tmp_path / "a.wav", sounds.noise(0.1)).rename(os.fsdecode(os.fsencode(tmp_path) + b"/\xf1.wav"))
    (recording,), _ = audio.scan([tmp_path])
    assert recording.key == "\\xf1"
    assert len(audio.read(recording.path)) == 3200


def test_f17_a_name_that_is_too_long_is_unreadable(tmp_path):
    assert fatal(tmp_path / ("a" * 300 + ".wav")).code == "unreadable"


def test_f18_equal_names_in_two_folders_have_two_keys(tmp_path):
    for name in ("card1/a.wav", "card2/a.wav"):
        sounds.write_wav(tmp_path / name, sounds.noise(0.1))
    recordings, _ = audio.scan([tmp_path])
    assert [recording.key for recording in recordings] == ["card1/a", "card2/a"]


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


def test_sound_that_ends_before_the_decoder_said_so_is_truncated(tmp_path, monkeypatch):
    path = sounds.write_wav(tmp_path / "a.wav", sounds.noise(2))
    inspected = audio.inspect(path)
    longer = audio.Inspection(path, 4.0, 32_000, 1, 2 * inspected.frames, ())
    monkeypatch.setattr(audio, "inspect", lambda *_: longer)
    samples, faults = decode(path)
    assert [(fault.code, fault.at_s) for fault in faults] == [("truncated", 2.0)]
    assert len(samples) == 64_000


# ---- folders ---------------------------------------------------------------------------------------------------


def test_complaint_3_find_takes_known_endings_in_any_case_sorted_and_no_hidden_files(tmp_path):
    names = ["b.WAV", "a.flac", "sub/c.Ogg", "notes.txt", ".hidden.wav", ".trash/d.wav", "d.mp3"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in audio.find(tmp_path)]
    assert found == ["a.flac", "b.WAV", "d.mp3", "sub/c.Ogg"]
    assert audio.find(tmp_path / "notes.txt") == [tmp_path / "notes.txt"]
    with pytest.raises(FileNotFoundError):
        audio.find(tmp_path / "nowhere")


def test_files_that_would_share_a_key_keep_their_extensions(tmp_path):
    for name in ("a.wav", "a.flac", "b.wav", "a.wav.ogg"):
        sounds.write_wav(tmp_path / name, sounds.noise(0.1))
    recordings, _ = audio.scan([tmp_path])
    assert [recording.key for recording in recordings] == ["a.flac", "a.wav", "a.wav.ogg", "b"]


def test_with_several_roots_a_key_begins_with_as_much_of_the_root_as_tells_them_apart(tmp_path):
    for name in ("card1/DATA/a.wav", "card2/DATA/a.wav", "other/a.wav"):
        sounds.write_wav(tmp_path / name, sounds.noise(0.1))
    roots = [tmp_path / "card1" / "DATA", tmp_path / "card2" / "DATA"]
    assert [one.key for one in audio.scan(roots)[0]] == ["card1/DATA/a", "card2/DATA/a"]
    roots = [tmp_path / "card1" / "DATA", tmp_path / "other"]
    assert [one.key for one in audio.scan(roots)[0]] == ["DATA/a", "other/a"]
    assert len(audio.scan([tmp_path, tmp_path / "other"])[0]) == 3


def test_scan_names_bad_files_and_goes_on(tmp_path):
    sounds.write_wav(tmp_path / "good.wav", sounds.noise(0.5, 48_000), 48_000)
    (tmp_path / "bad.wav").touch()
    progress = []
    recordings, errors = audio.scan([tmp_path, tmp_path / "nowhere"], progress=lambda *step: progress.append(step))
    assert [(one.key, one.duration_s, one.rate_hz) for one in recordings] == [(f"{tmp_path.name}/good", 0.5, 48_000)]
    assert sorted((error.path.name, error.fault.code) for error in errors) == [
        ("bad.wav", "empty"),
        ("nowhere", "unreadable"),
    ]
    assert progress == [(1, 2), (2, 2)]


def test_inspection_agrees_with_soundfile_on_sound_files(tmp_path):
    for i, (format, duration_s) in enumerate([("WAV", 0.3), ("FLAC", 1.234), ("FLAC", 0.01), ("AIFF", 1), ("W64", 1)]):
        x = np.stack([sounds.noise(duration_s), sounds.noise(duration_s)], axis=1)
        path = sounds.write(tmp_path / str(i), x, format=format)
        inspected = audio.inspect(path)
        with soundfile.SoundFile(path) as file:
            expected = (file.frames, file.samplerate, file.channels)
        assert (inspected.frames, inspected.rate_hz, inspected.channels) == expected
        assert inspected.faults == ()
