"""The store of features on disk: every recording's columns, computed once and known by the bytes of its file.

It holds dB before standardisation, so that gain, noise and other standardisations stay possible afterwards; with PCEN
it holds PCEN's values, from which power can't be had back.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from dawnchorus.audio.faults import AudioError, Fault
from dawnchorus.events import Recording
from dawnchorus.features import VERSION, FeatureBlock, Features, Range, frozen_settings, heard
from dawnchorus.files import content_hash, read_json, value_hash, whole, write_json

SETTINGS = "features.json"  # in the store, beside the folders of what was computed with them


@dataclass(frozen=True)
class Failure:
    """A recording that could not be used, and why."""

    recording: str
    fault: Fault


@dataclass(frozen=True)
class Built:
    """What building the store gave: the blocks of every usable recording, what failed, what was odd."""

    blocks: dict[str, list[FeatureBlock]]
    failures: list[Failure]
    oddities: list[Failure]


def build_store(
    recordings: Sequence[Recording],
    folder: Path,
    front_end: Features,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> Built:
    """Compute the features of every recording into `folder`, once: what is there already is not computed again.

    A file is known by the hash of its bytes, so renaming recordings costs nothing and two equal files are stored once.
    Threads share the work: decoding, resampling and FFT all release Python's lock. A recording that can't be read is
    named in `failures` and the others go on.
    """
    home = folder / value_hash([VERSION, frozen_settings(front_end)])
    if not (home / SETTINGS).is_file():  # so that the store can be read without knowing who built it
        its = {"name": front_end.name, "columns_per_second": front_end.columns_per_second}
        write_json(home / SETTINGS, its | {"settings": frozen_settings(front_end)})
    done = 0

    def one(recording: Recording) -> tuple[list[FeatureBlock], list[Failure]]:
        nonlocal done
        try:
            return _store_recording(recording, home, front_end)
        except AudioError as error:
            return [], [Failure(recording.key, error.fault)]
        finally:
            done += 1
            if progress:
                progress(done, len(recordings))

    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        results = list(pool.map(one, recordings))
    built = Built({}, [], [])
    for recording, (blocks, faults) in zip(recordings, results, strict=True):
        if blocks:
            built.blocks[recording.key] = blocks
            built.oddities.extend(faults)
        else:
            built.failures.extend(faults or [Failure(recording.key, Fault("no_audio", "no sound in it"))])
    return built


def _store_recording(recording: Recording, home: Path, front_end: Features) -> tuple[list[FeatureBlock], list[Failure]]:
    try:
        name = content_hash(recording.path)
    except OSError as error:
        raise AudioError(recording.path, Fault("unreadable", str(error))) from error
    index_path = index_of(home, name)
    if not index_path.exists():
        _compute(recording, index_path, front_end)
    faults = read_json(index_path)["faults"]
    return stored(recording.key, index_path), [Failure(recording.key, Fault(**fault)) for fault in faults]


def index_of(home: Path, name: str) -> Path:
    """What says which blocks lie in the store of a file whose content has the hash `name`."""
    return home / name[:2] / f"{name}.json"


def stored(recording: str, index_path: Path) -> list[FeatureBlock]:
    """The blocks of a recording that an index in the store names."""
    return [
        FeatureBlock(
            recording,
            number,
            entry["start_s"],
            entry["end_s"],
            entry["columns"],
            Range(entry["low_db"], entry["high_db"], entry["standardised"]),
            index_path.with_name(f"{index_path.stem}.{number}.npy"),
        )
        for number, entry in enumerate(read_json(index_path)["blocks"])
    ]


def _compute(recording: Recording, index_path: Path, front_end: Features) -> None:
    """Write one .npy a block, then the index: a recording counts as done only when its index is there."""
    faults: list[Fault] = []
    entries = []
    for block in heard(recording, front_end, faults):
        with whole(index_path.with_name(f"{index_path.stem}.{block.index}.npy")) as path:
            np.save(path, block.db(), allow_pickle=False)
        place = {"start_s": block.start_s, "end_s": block.end_s, "columns": block.columns}
        entries.append(place | asdict(block.range))
    write_json(index_path, {"blocks": entries, "faults": [asdict(fault) for fault in faults]})
