"""Folders that are not what a command expects, told before anything slow begins: by their names alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from dawnchorus.audio.extensions import EXTENSIONS, audio_folder

DEEP = 2  # folders further down that are searched for what was meant
SHARDS = "ledger-*-of-*.sqlite"
RUN, FOUND = "run.json", "ledger*.sqlite"  # what `train` and `detect` leave, and know their own folder by
RFCX = ("train_tp.csv", "train_fp.csv", "species.csv")
TAKEN = {
    RUN: "a run of `train`",
    "package.json": "a model",
    FOUND: "what `detect` found",
    "season.html": "what `summarise` made",
    **dict.fromkeys((*RFCX, "recordings.csv"), "a table of a data set"),
}


class FolderError(ValueError):
    """A folder is something else, or not there; the message says what it is, and where the other may be."""


def what_is(folder: Path) -> str:
    """What a folder is, in words; "" for one of which nothing is known."""
    if folder.is_file():
        return "a file"
    if not folder.is_dir():
        return "not there"
    kinds = {
        "run.json": "a run of `train`",
        "package.json": "a model",
        "train_tp.csv": "a data set",
        "ledger.sqlite": "what `detect` found",
        SHARDS: "shards of what `detect` found; `dawnchorus merge` joins them",
        "cache": "a run of `train` that is not finished; the same `train` goes on from there",
    }
    return next((words for name, words in kinds.items() if any(folder.glob(name))), "")


def need_run(folder: Path) -> None:
    """Raise FolderError unless `folder` is a finished run."""
    _need(
        folder, "run.json", "the --out folder of a finished `dawnchorus train`", (folder.parent, folder.parent.parent)
    )


def need_teacher(folder: Path) -> None:
    """Raise FolderError unless `folder` is a finished run or a blend."""
    if not (folder / "blend.json").is_file():
        need_run(folder)


def need_model(folder: Path) -> None:
    """Raise FolderError unless `folder` is a model."""
    _need(folder, "package.json", "a model folder such as RUN/model", (folder / "model",))


def need_member(path: Path) -> None:
    """Raise FolderError unless `path` is a finished run, has a submission or scores of frames, or is a file."""
    if not any(one.is_file() for one in (path, path / "submission.csv", path / "scores.parquet")):
        expected = "a finished run, a folder with submission.csv or scores.parquet, or a submission table"
        _need(path, "run.json", expected, (path.parent, path.parent.parent))


def need_found(folder: Path) -> None:
    """Raise FolderError unless `folder` is what `detect` found."""
    expected = "the --out folder of `dawnchorus detect`"
    _need(folder, "files.csv", expected, (folder.parent, *_below(folder, "files.csv")))


def need_shards(folder: Path) -> None:
    """Raise FolderError unless `folder` has shards of a detection."""
    expected = "the --out folder of `dawnchorus detect --shard`"
    _need(folder, SHARDS, expected, (folder.parent, *_below(folder, SHARDS)))


def need_data(folder: Path, tables_elsewhere: bool = False, sound_elsewhere: bool = False) -> None:
    """Raise FolderError unless `folder` has the table of true positives and any recording."""
    if not folder.is_dir():
        raise FolderError(f"{folder}: {what_is(folder)}; expected a folder with train_tp.csv: no such file")
    if not tables_elsewhere:
        its_own = (folder / "run.json").is_file()  # a run keeps the tables that it learnt from, which are no data set
        beside = (folder.parent, *([] if its_own else _below(folder, "train_tp.csv")))
        expected = "a table of true positives in the RFCX columns, or tables of another format with --annotations"
        _need(folder, "train_tp.csv", expected, beside)
    if not sound_elsewhere:
        need_sound(audio_folder(folder))


def need_sound(folder: Path) -> None:
    """Raise FolderError when `folder` is not there, or has no file that could be a recording."""
    if folder.is_file():
        return
    if not folder.is_dir():
        raise FolderError(f"{folder}: no such file or folder")
    for _, folders, names in os.walk(folder):
        if any(map(_is_sound, names)):
            return
        folders[:] = [name for name in folders if not name.startswith(".")]
    known = what_is(folder)
    raise FolderError(
        f"{folder}: no sound files found{known and f' ({folder} is {known})'}; expected .wav, .flac, .ogg or .mp3"
    )


def need_heard(arguments: Iterable[str | Path]) -> None:
    """The same for what `detect` and `check` take; lists, patterns and URLs are left to them."""
    for one in map(str, arguments):
        if "://" in one or (not Path(one).exists() and any(sign in one for sign in "*?[")):
            continue
        need_sound(Path(one))


def need_table(path: Path) -> None:
    """Raise FolderError unless `path` is a file."""
    if not path.is_file():
        raise FolderError(f"{path}: {'a folder' if path.is_dir() else 'no such file'}; expected a table")


def can_write(out: Path, data: Path | None = None, heard: Sequence[Path] = ()) -> None:
    """Raise FolderError where `out` is a file, is `data`, or lies in a folder whose recordings are `heard`.

    What a run leaves there would be among the recordings of the next. With `data`, a run is what is to be written:
    then `out` must not be another command's, either.
    """
    here = next((one for one in (out, *out.parents) if one.exists()), out)
    if here.exists() and not here.is_dir():
        raise FolderError(f"{here}: is a file; expected a folder, new or of an earlier run")
    place = out.resolve()
    if data is not None and place == data.resolve():
        raise FolderError(
            f"{out}: is the folder of the data; choose another, such as {data.resolve().with_name('RUN')}"
        )
    for folder in heard:
        if folder.resolve() in (place, *place.parents):
            raise FolderError(f"{out}: lies in {folder}, where recordings are looked for; choose a folder beside it")
    if data is not None:
        _free(out, RUN)


def can_detect(out: Path, audio: Iterable[str]) -> None:
    """Raise FolderError where `out` is another's folder, or is of recordings, unless `detect` wrote there before."""
    can_write(out)
    _free(out, FOUND)
    if not out.is_dir() or any(out.glob(FOUND)):
        return
    if out.resolve() in {Path(one).resolve() for one in audio} or any(map(_is_sound, os.listdir(out))):
        raise FolderError(f"{out}: is a folder of recordings; choose another, new or of an earlier `detect`")


def can_replace(files: Iterable[Path], overwrite: bool) -> None:
    """Raise FolderError where one of `files` is there, which only `overwrite` replaces."""
    if not overwrite and (there := next((path for path in files if path.exists()), None)):
        raise FolderError(f"{there}: exists; --overwrite replaces it")


def can_leave(out: Path, mark: str, names: Iterable[str]) -> None:
    """Raise FolderError where a file of `names` is in `out` and `mark`, which the same command leaves, is not."""
    if (out / mark).is_file():
        return
    if held := next((out / name for name in names if (out / name).exists()), None):
        raise FolderError(f"{held}: would be replaced, and is of something else; choose another folder")


def _free(out: Path, own: str) -> None:
    """Raise FolderError where `out` holds what another command or the user put there, and no file of one's `own`."""
    if any(out.glob(own)):
        return
    for name, words in TAKEN.items():
        if held := next(out.glob(name), None):
            raise FolderError(f"{out}: holds {held.name}, {words}; choose another folder")


def _is_sound(name: str) -> bool:
    return Path(name).suffix.lower() in EXTENSIONS and not name.startswith(".")


def _need(folder: Path, file: str, expected: str, perhaps: Iterable[Path]) -> None:
    if any(folder.glob(file)):
        return
    known, meant = what_is(folder), next((one for one in perhaps if any(one.glob(file))), None)
    where = f"{folder / file}: no such file" if file == "train_tp.csv" else f"{folder}: no {file} here"
    raise FolderError(
        f"{where}; expected {expected}"
        f"{known and f'. {folder} is {known}'}{f'. Did you mean {meant}?' if meant is not None else ''}"
    )


def _below(folder: Path, file: str) -> list[Path]:
    depths = range(1, DEEP + 1)
    return [path.parent for depth in depths for path in sorted(folder.glob("/".join([*["*"] * depth, file])))]
