"""Files that are whole or not there at all, and the hashes that name them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

LATER: Mapping[str, bool] = {"later": True}  # metadata of a field that its setting did not have at first


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; it becomes `path` when the block ends, and is removed when it fails.

    Readers see the old file or the new one, never a part of one. The temporary name keeps the suffix. What
    must outlive a power cut that comes right after is settled, too.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def settle(paths: Iterable[Path]) -> None:
    """Wait until files are on the disk, so that a power cut cannot take them back."""
    for path in paths:
        with path.open("r+b") as file:
            os.fsync(file.fileno())


TEMPORARY = re.compile(r"\.[0-9a-f]{32}\.\w+")


def sweep(folder: Path) -> None:
    """Remove what `whole` left half-written in a folder when its process was killed."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if TEMPORARY.fullmatch(path.name):
            path.unlink(missing_ok=True)


class InUseError(RuntimeError):
    """Another process holds a lock; the message says which lock."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file for the block; the system lets go of it when the process ends, however it ends.

    Raises InUseError at once when another process has it. The file stays: removing it would let two in.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InUseError(f"{path}: another run is using this folder; wait for it, or choose another") from error
        yield


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with the line ends it has, on every system, wholly or not at all."""
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as readable JSON; NaN is refused, because other readers would refuse it."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def content_hash(path: Path) -> str:
    """32 hex digits that stand for the bytes of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def recorded(settings: Any) -> list[str]:
    """The fields of a settings value that its record names.

    One that came `LATER` is left out where it has its default, so that what was stored under a record before there was
    such a field is still found under it.
    """
    return [
        field.name
        for field in fields(settings)
        if not field.metadata.get("later") or getattr(settings, field.name) != field.default
    ]


def value_hash(value: Any) -> str:
    """16 hex digits that stand for a JSON value; the order of keys does not matter."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
