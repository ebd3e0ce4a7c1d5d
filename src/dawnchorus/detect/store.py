"""Recordings and results in an object store (`s3://bucket/prefix`), through the file systems of pyarrow.

A recording is fetched whole, heard, and removed: decoding then goes through the same code, with the same faults, as on
a disk. Who may read is told as the store's own tools are told; the address of a store that is not Amazon's is in
`AWS_ENDPOINT_URL`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote

from dawnchorus.audio.extensions import EXTENSIONS

Where = Path | str
"""Where something lies: a path, or as a text the URL of an object."""

PIECE_BYTES = 1 << 22


class StoreError(OSError):
    """An object store did not give or take something; the message says what, and what it said."""


def where(text: str) -> Where:
    """A path or a URL as what it is. No path can be taken for a URL: it never has two slashes together."""
    return text if is_url(text) else Path(text)


def is_url(text: object) -> bool:
    """Whether this is the URL of an object store and no path."""
    return isinstance(text, str) and "://" in text


def listed(url: str) -> list[tuple[str, str, int, int]]:
    """Sound files under a URL: name under it, URL, bytes, time of change in ns; hidden ones are passed over.

    The URL may be that of one file. Raises StoreError if nothing is there or it can't be read.
    """
    from pyarrow.fs import FileSelector, FileType

    files, root = _at(url)
    with _told(url):
        one = files.get_file_info(root)
        found = [one] if one.type == FileType.File else files.get_file_info(FileSelector(root, recursive=True))
    home = PurePosixPath(root).parent if one.type == FileType.File else PurePosixPath(root)
    entries = []
    for info in found:
        name = PurePosixPath(info.path).relative_to(home)
        sound = info is one or name.suffix.lower() in EXTENSIONS
        if info.type == FileType.File and sound and not any(part.startswith(".") for part in name.parts):
            entries.append((str(name), _url(url, info.path), *_facts(info)))
    return sorted(entries)


def stat(url: str) -> tuple[int, int]:
    """Bytes of an object, and when it was changed, in ns. Raises StoreError if it isn't there."""
    files, path = _at(url)
    with _told(url):
        info = files.get_file_info(path)
    if not info.is_file:
        raise StoreError(f"{url}: not there")
    return _facts(info)


def _facts(info: Any) -> tuple[int, int]:
    """Whole seconds, because listings and single objects tell times to different digits."""
    return int(info.size), int(info.mtime_ns or 0) // 10**9 * 10**9


@contextmanager
def here(place: Where, beat: Callable[[], None] = lambda: None) -> Iterator[Path]:
    """A file of this machine with the content of `place`, as long as the block lasts; `beat` is called as it comes.

    Raises StoreError if it can't be fetched, also when the disk for temporary files (`TMPDIR`) is full.
    """
    if isinstance(place, Path):
        yield place
        return
    files, path = _at(place)
    with tempfile.TemporaryDirectory(prefix="dawnchorus-") as folder:
        copy = Path(folder) / PurePosixPath(path).name  # some faults are told from names
        with _told(place), files.open_input_stream(path) as coming, copy.open("wb") as going:
            while piece := coming.read(PIECE_BYTES):
                going.write(piece)
                beat()
        yield copy


def put(paths: Sequence[Path], home: Path, url: str) -> None:
    """Copy files to a URL, under their names in `home`; a store shows each of them wholly or not at all."""
    from pyarrow.fs import LocalFileSystem, copy_files

    files, root = _at(url)
    for path in paths:
        with _told(url):
            copy_files(str(path), f"{root}/{path.relative_to(home).as_posix()}", LocalFileSystem(), files)


def _at(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it."""
    scheme, _, rest = url.partition("://")
    rest, question, query = rest.partition("?")
    bucket = rest.partition("/")[0]
    files = _files(f"{scheme}://{bucket}{question}{query}")
    return files, unquote(rest.rstrip("/"))


@lru_cache(maxsize=16)
def _files(url: str) -> Any:
    from pyarrow.fs import FileSystem

    try:
        files, _ = FileSystem.from_uri(url)
    except (ValueError, OSError) as error:  # pyarrow's errors are ValueErrors
        raise StoreError(f"{url}: {error}") from error
    return files


def _url(root: str, path: str) -> str:
    """The URL of a path in the store of another URL."""
    scheme, _, rest = root.partition("://")
    _, question, query = rest.partition("?")
    return f"{scheme}://{quote(path)}{question}{query}"


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Errors of a store in words."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise StoreError(f"{url}: {error}") from error
