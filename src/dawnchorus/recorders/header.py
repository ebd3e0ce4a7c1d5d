"""The words that recorders leave inside files, beside the sound; only the beginning and the chunks are read.

From WAV: the comment and artist of `LIST INFO` (AudioMoth), GUANO (`guan`) and Wildlife Acoustics' `wamd`. From FLAC:
its comments, in which Frontier Labs writes, and into which programs carry the comment of a WAV.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 1 << 18  # of one chunk of words
LONGEST = 1000  # letters of one word that is kept
INFO = {b"ICMT": "comment", b"IART": "artist"}
GUANO = ("Timestamp", "Loc Position", "Make", "Model", "Serial", "TE")
WAMD = {1: "model", 2: "serial", 5: "timestamp", 6: "gps"}
FLAC = ("comment", "description", "artist", "recordingstart", "sensorlocation", "sensoruid")


def read(path: Path) -> dict[str, str]:
    """Words by name, such as `comment`, `guano.Timestamp`, `wamd.gps`, `flac.recordingstart`; empty where none are.

    What can't be read has no words: what is wrong with a file is said where its sound is decoded.
    """
    try:
        with path.open("rb") as file:
            start = file.read(12)
            if start[:4] in (b"RIFF", b"RF64") and start[8:] == b"WAVE":
                found = dict(_wav(file))
            elif start[:4] == b"fLaC":
                file.seek(4)
                found = dict(_flac(file))
            else:
                return {}
    except (OSError, struct.error, ValueError):
        return {}
    return {name: text[:LONGEST] for name, text in found.items() if text}


def _text(raw: bytes) -> str:
    """UTF-8, or else Latin-1, up to the first zero byte; control characters become spaces."""
    raw = raw.split(b"\0", 1)[0]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return "".join(character if character.isprintable() else " " for character in text).strip()


def _chunks(file: BinaryIO, end: int) -> Iterator[tuple[bytes, int]]:
    """Name and length of each chunk, with the file at its first byte."""
    position, sound = file.tell(), 0
    while position + 8 <= end:
        file.seek(position)
        name, length = struct.unpack("<4sI", file.read(8))
        if not all(32 <= letter < 127 for letter in name):
            return
        if name == b"ds64":  # of files above 4 GB: the length of the sound, which its own chunk can't say
            _, sound = struct.unpack("<QQ", file.read(16))
            file.seek(position + 8)
        if name == b"data" and length == 0xFFFFFFFF and sound:
            length = sound
        if position + 8 + length > end:
            return
        yield name, length
        position += 8 + length + length % 2


def _wav(file: BinaryIO) -> Iterator[tuple[str, str]]:
    end = file.seek(0, 2)
    file.seek(12)
    for name, length in _chunks(file, end):
        if name not in (b"LIST", b"guan", b"wamd"):
            continue
        first = file.tell()
        raw = file.read(min(length, MOST_BYTES))
        if name == b"LIST" and raw[:4] == b"INFO":
            file.seek(first + 4)
            for inner, size in _chunks(file, first + len(raw)):
                if inner in INFO:
                    yield INFO[inner], _text(file.read(min(size, MOST_BYTES)))
        elif name == b"guan":
            yield from _guano(raw)
        elif name == b"wamd":
            yield from _wamd(raw)


def _guano(raw: bytes) -> Iterator[tuple[str, str]]:
    for line in raw.decode("utf-8", "replace").splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() in GUANO:
            yield f"guano.{key.strip()}", _text(value.encode())


def _wamd(raw: bytes) -> Iterator[tuple[str, str]]:
    position = 0
    while position + 6 <= len(raw):
        number, length = struct.unpack_from("<HI", raw, position)
        position += 6
        if number in WAMD:
            yield f"wamd.{WAMD[number]}", _text(raw[position : position + length])
        position += length


def _flac(file: BinaryIO) -> Iterator[tuple[str, str]]:
    last = False
    while not last:
        head = file.read(4)
        if len(head) < 4:
            return
        last, kind, length = bool(head[0] & 0x80), head[0] & 0x7F, int.from_bytes(head[1:], "big")
        if kind != 4:  # not the comments
            file.seek(length, 1)
            continue
        raw = file.read(min(length, MOST_BYTES))
        (vendor,) = struct.unpack_from("<I", raw, 0)
        (lines,) = struct.unpack_from("<I", raw, 4 + vendor)
        position = 8 + vendor
        for _ in range(lines):
            (size,) = struct.unpack_from("<I", raw, position)
            key, equals, value = raw[position + 4 : position + 4 + size].partition(b"=")
            position += 4 + size
            name = _text(key).lower()
            if equals and name in FLAC:
                where = {"description": "comment"}.get(name, name)
                yield (where if where in ("comment", "artist") else f"flac.{where}"), _text(value)
        return
