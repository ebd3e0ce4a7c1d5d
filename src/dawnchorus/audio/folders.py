"""Sound files under folders, without those that `train` made, and the keys of recordings."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath

from dawnchorus.audio.extensions import EXTENSIONS
from dawnchorus.audio.faults import AudioError, Fault
from dawnchorus.audio.header import inspect
from dawnchorus.events import Recording


def find(root: Path) -> list[Path]:
    """List the sound files under a folder, sorted, by extension in any case.

    Hidden files and folders are passed over, and so is what `train` left in a folder below. `root` may be a file, which
    is then listed whatever its name. Raises OSError for a folder that cannot be read.
    """
    errors: list[OSError] = []
    paths = _find(Path(root), errors)
    if errors:
        raise errors[0]
    return paths


@dataclass(frozen=True, slots=True)
class Found:
    """A sound file in a folder: its path, its `name` under the root (with `/` and extension), and its key."""

    path: Path
    name: str
    key: str


def scan(
    roots: Sequence[Path], rate_hz: int = 32_000, progress: Callable[[int, int], None] | None = None
) -> tuple[list[Recording], list[AudioError]]:
    """Inspect all sound files under some folders (or files): those that can be used, and those that can't.

    Keys are those of `listed`. `progress(done, total)` is called after each file.
    """
    files, errors = listed(roots)
    recordings = []
    for done, file in enumerate(files, 1):
        try:
            header = inspect(file.path, rate_hz)
            recordings.append(Recording(file.key, file.path, header.duration_s, header.rate_hz))
        except AudioError as error:
            errors.append(error)
        if progress is not None:
            progress(done, len(files))
    return recordings, errors


def listed(roots: Sequence[Path]) -> tuple[list[Found], list[AudioError]]:
    """List all sound files under some folders (or files), none of them opened, and the folders that can't be read.

    A key is the path under its root, with `/`, without the extension; files that would share a key keep their
    extensions. With several roots it begins with the root's name, and with the names above it where those are equal.
    The root of a file that is given itself is its folder.
    """
    denied: list[OSError] = []
    first_root: dict[Path, tuple[Path, Path]] = {}  # a file that is under two roots belongs to the first
    for root in map(Path, roots):
        for path in _find(root, denied):
            first_root.setdefault(path.resolve(), (root if root.is_dir() else root.parent, path))
    errors = [AudioError(Path(error.filename or ""), Fault("unreadable", str(error))) for error in denied]
    files = list(first_root.values())
    names = _root_names({root for root, _ in files}) if len(folders_of(roots)) > 1 else {}
    full = [text_of(names.get(root, Path()) / path.relative_to(root)) for root, path in files]
    found = [Found(path, name, key) for (_, path), name, key in zip(files, full, keys_of(full), strict=True)]
    return found, errors


def folders_of(roots: Sequence[Path]) -> set[Path]:
    """The folders that names are told from: the roots, and the folders of those that are files."""
    return {(root.parent if root.is_file() else root).resolve() for root in map(Path, roots)}


def keys_of(names: Sequence[str]) -> list[str]:
    """Names of files without their extensions; those that would be the same keep them. No two keys are the same."""
    keys = [name[: len(name) - len(PurePosixPath(name).suffix)] for name in names]
    while doubled := {key for key, times in Counter(keys).items() if times > 1}:
        # Again and again, because "a.wav" may be the key of a.wav.ogg, too.
        keys = [name if key in doubled else key for key, name in zip(keys, names, strict=True)]
    return keys


def _find(root: Path, errors: list[OSError]) -> list[Path]:
    try:
        if not root.is_dir():
            root.stat()  # raises if it is not there
            return [root]
    except OSError as error:
        errors.append(error)
        return []
    found = []
    for folder, folders, names in os.walk(root, onerror=errors.append):
        folders[:] = [name for name in folders if not name.startswith(".") and not _of_a_run(Path(folder, name))]
        found += [Path(folder, name) for name in names if not name.startswith(".") and _sounds(name)]
    return sorted(found)


def _of_a_run(folder: Path) -> bool:
    """Whether a folder is a run of `train`, or the cache of one: what it holds was made from other recordings."""
    return _is_run(folder) or (folder.name == "cache" and _is_run(folder.parent))


def _is_run(folder: Path) -> bool:
    return (folder / "run.json").is_file() and (folder / "stages").is_dir()  # others may have a run.json, too


def _sounds(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in EXTENSIONS


def _root_names(roots: set[Path]) -> dict[Path, Path]:
    """Name each folder by as few of its last parts as tell all of them apart."""
    whole = {root: root.resolve() for root in roots}
    for parts in count(1):
        names = {root: Path(*path.parts[1:][-parts:]) for root, path in whole.items()}
        if len(set(names.values())) == len(set(whole.values())):
            return names
    raise AssertionError("two different paths differ in some part")


def text_of(path: Path) -> str:
    """Give a path with `/`; bytes of a name that are not UTF-8 are written out, so that every key can be stored."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")
