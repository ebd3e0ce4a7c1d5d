"""Words inside files: in their chunks, wherever these stand, and nothing from files that are damaged."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

import sounds
from dawnchorus.recorders import header

COMMENT = "Recorded at 05:30:00 01/05/2024 (UTC-4) by AudioMoth 24E144085F2569D1 at medium gain."
GUANO = "GUANO|Version: 1.0\nTimestamp:2024-05-01T05:30:00-04:00\nLoc Position: 18.30 -65.80\nNote: Año\n"


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def info(comment: str = COMMENT, artist: str = "AudioMoth 24E144085F2569D1") -> bytes:
    return chunk(
        b"LIST", b"INFO" + chunk(b"ICMT", comment.encode().ljust(384, b"\0")) + chunk(b"IART", artist.encode() + b"\0")
    )


def wamd(fields: dict[int, str]) -> bytes:
    return chunk(b"wamd", b"".join(struct.pack("<HI", n, len(t)) + t.encode() for n, t in fields.items()))


def wav(*before: bytes, after: bytes = b"", sound: bytes = b"\0\0" * 101) -> bytes:
    form = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16))
    body = b"WAVE" + form + b"".join(before) + chunk(b"data", sound) + after
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("content", [wav(info()), wav(after=info()), wav(sound=b"\0" * 201, after=info())])
def test_trap_3_10_the_comment_of_an_audiomoth_before_or_behind_the_sound(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.WAV").write_bytes(content)
    assert header.read(tmp_path / "a.WAV") == {"comment": COMMENT, "artist": "AudioMoth 24E144085F2569D1"}


def test_trap_3_11_guano_behind_the_sound(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav(after=chunk(b"guan", GUANO.encode())))
    assert header.read(tmp_path / "a.wav") == {
        "guano.Timestamp": "2024-05-01T05:30:00-04:00",
        "guano.Loc Position": "18.30 -65.80",
    }


def test_wamd(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav(wamd({0: "1", 1: "SM4", 2: "S4A02641", 5: "2024-05-01 05:30:00-04:00"})))
    assert header.read(tmp_path / "a.wav") == {
        "wamd.model": "SM4",
        "wamd.serial": "S4A02641",
        "wamd.timestamp": "2024-05-01 05:30:00-04:00",
    }


def test_a_file_above_4_gb_keeps_its_length_elsewhere(tmp_path: Path) -> None:
    sound = b"\0\0" * 50
    ds64 = chunk(b"ds64", struct.pack("<QQQI", 0, len(sound), 50, 0))
    form = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16))
    content = b"RF64\xff\xff\xff\xffWAVE" + ds64 + form + b"data\xff\xff\xff\xff" + sound + info()
    (tmp_path / "a.wav").write_bytes(content)
    assert header.read(tmp_path / "a.wav")["comment"] == COMMENT


def test_the_comments_of_a_flac(tmp_path: Path) -> None:
    lines = [f"COMMENT={COMMENT}", "RecordingStart=2024-05-01 05:30:00-0400", "SensorLocation=-27.38 152.87", "X=y"]
    body = struct.pack("<I", 4) + b"some" + struct.pack("<I", len(lines))
    body += b"".join(struct.pack("<I", len(line)) + line.encode() for line in lines)
    sounds.write_flac(tmp_path / "a.flac", sounds.noise(0.5, 8000, 0.1, 0), 8000)
    flac = (tmp_path / "a.flac").read_bytes()
    content = flac[:4] + bytes([flac[4] & 0x7F]) + flac[5:42] + b"\x84" + len(body).to_bytes(3, "big") + body
    (tmp_path / "a.flac").write_bytes(content)
    assert header.read(tmp_path / "a.flac") == {
        "comment": COMMENT,
        "flac.recordingstart": "2024-05-01 05:30:00-0400",
        "flac.sensorlocation": "-27.38 152.87",
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        wav()[:40],
        wav(chunk(b"LIST", b"INFO" + b"ICMT\xff\xff\xff\x7f")),
        b"fLaC\x84\0\0\x09" + b"\xff" * 9,
    ],
)
def test_damaged_files_have_no_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    assert header.read(tmp_path / "a.wav") == {}
    assert header.read(tmp_path / "none.wav") == {}
    assert header.read(tmp_path) == {}


@pytest.mark.parametrize("cut", range(0, 700, 13))
def test_a_cut_file_never_fails(tmp_path: Path, cut: int) -> None:
    (tmp_path / "a.wav").write_bytes(wav(info(), after=chunk(b"guan", GUANO.encode()))[:cut])
    header.read(tmp_path / "a.wav")
