"""Which files a run is asked to analyse: folders, files, patterns and lists become files with names; shards of them."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from dawnchorus.audio.folders import folders_of, listed, text_of
from dawnchorus.detect import store
from dawnchorus.detect.ledger import Entry
from dawnchorus.detect.store import Where, is_url, where

LIST_SUFFIX = ".txt"


@dataclass(frozen=True)
class Shard:
    """One of several equal parts of a run, `number` from 1 to `of`. A file's name decides in which it is."""

    number: int = 1
    of: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise ValueError(
                f"there is no shard {self.number} of {self.of}; expected 1/{self.of} to {self.of}/{self.of}"
            )

    @staticmethod
    def parse(text: str) -> Shard:
        """Read `3/40`. Raises ValueError for anything else."""
        number, slash, of = text.partition("/")
        if not (slash and number.isascii() and number.isdigit() and of.isascii() and of.isdigit()):
            raise ValueError(f"shard {text!r}; expected two whole numbers such as 3/40")
        return Shard(int(number), int(of))

    def __contains__(self, name: str) -> bool:
        digest = hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def suffix(self) -> str:
        """What the names of its files end in; nothing when there is only one."""
        return "" if self.of == 1 else f"-{self.number:04d}-of-{self.of:04d}"


def roots_of(arguments: Sequence[Path | str]) -> list[Where]:
    """Folders and files out of what a user names: folders, files, patterns, URLs, `.txt` files with one of them a line.

    A name that is there is never a pattern, so brackets in names are safe; paths in a list count from its folder.
    Raises ValueError for a pattern that fits nothing and for a list that is no text.
    """
    roots: list[Where] = []
    for argument in map(str, arguments):
        path = Path(argument)
        if is_url(argument):
            roots.append(argument)
        elif path.suffix.lower() == LIST_SUFFIX and path.is_file():
            roots += _listed_in(path)
        elif not os.path.lexists(path) and glob.has_magic(argument):
            fitting = sorted(glob.glob(argument, recursive=True))
            if not fitting:
                raise ValueError(f"{argument}: nothing fits this pattern")
            roots += map(Path, fitting)
        else:
            roots.append(path)
    return roots


def _listed_in(path: Path) -> list[Where]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not a list of paths in UTF-8 ({error.reason} at byte {error.start})") from error
    named = [where(line.strip()) for line in lines if line.strip()]
    return [path.parent / one if isinstance(one, Path) else one for one in named]


def homes_of(roots: Sequence[Where]) -> list[str]:
    """Where a run's files come from, as texts: folders, those of single files, and URLs."""
    folders = [text_of(folder) for folder in folders_of([one for one in roots if isinstance(one, Path)])]
    return sorted([*folders, *(one.rstrip("/") for one in roots if isinstance(one, str))])


def entries_of(roots: Sequence[Where]) -> list[Entry]:
    """All sound files under some folders, files or URLs, as they are now, by name; nothing is opened.

    What `train` left in a folder below them is left out. Folders that can't be read are entries of their own, so that
    the run says so. Names under one URL are told from it; of several, names are told from the buckets. Raises
    StoreError for a URL that can't be read, ValueError for folders and URLs in one run: their names could be the same.
    """
    urls = [root for root in roots if isinstance(root, str)]
    paths = [root for root in roots if isinstance(root, Path)]
    if urls and paths:
        raise ValueError(f"{paths[0]} and {urls[0]} in one run; expected folders or an object store, not both")
    if urls:
        return _in_stores(list(dict.fromkeys(url.rstrip("/") for url in urls)))
    files, errors = listed(paths)
    entries = [_entry(file.name, file.path) for file in files]
    return entries + [Entry(text_of(error.path), error.path, -1, 0) for error in errors]


def _in_stores(urls: list[str]) -> list[Entry]:
    found: dict[str, Entry] = {}
    for url in urls:
        for name, place, size, mtime_ns in store.listed(url):
            full = name if len(urls) == 1 else unquote(place.partition("://")[2].partition("?")[0])
            found.setdefault(full, Entry(full, place, size, mtime_ns))
    return list(found.values())


def _entry(name: str, path: Path) -> Entry:
    try:
        found = os.stat(path)
        return Entry(name, path, found.st_size, found.st_mtime_ns)
    except OSError:  # it went away, or is a link to nowhere
        return Entry(name, path, -1, 0)
