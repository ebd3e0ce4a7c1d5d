"""Texts that stand for what a fit comes from: sound, annotations, folds, teachers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dawnchorus.dataset import Prepared
from dawnchorus.experiment import to_record
from dawnchorus.features import FeatureBlock
from dawnchorus.files import value_hash
from dawnchorus.pseudo_labels.teachers import Teachers


def said_key(teachers: Teachers) -> str:
    """Stands for what teachers say."""
    said = [
        [key, [[_digest(one.framewise), _digest(one.clipwise)] for one in teachers[key]]] for key in sorted(teachers)
    ]
    return value_hash(said)


def _digest(values: NDArray[np.float32]) -> str:
    return hashlib.blake2b(values.tobytes(), digest_size=16).hexdigest()


def data_key_of(data: Prepared, fold_of: Mapping[str, int]) -> str:
    """Stands for the sound, the annotations and the folds."""
    boxes = [
        (b.recording, b.species, b.song_type, b.start_s, b.end_s, b.low_hz, b.high_hz, b.present)
        for b in data.data.annotations
    ]
    sound = sound_key(data.blocks)
    front_end = to_record(data.front_end)
    return value_hash([sorted(boxes), sound, front_end, dict(sorted(fold_of.items())), len(data.data.species)])


def sound_key(blocks: Mapping[str, Sequence[FeatureBlock]], keys: Sequence[str] | None = None) -> dict[str, list[str]]:
    """Stands for the sound of recordings: the names of their files in the store, which are hashes."""
    named = sorted(blocks) if keys is None else keys
    return {key: [block.stored_as for block in blocks[key]] for key in named}
