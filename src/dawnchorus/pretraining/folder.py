"""The folder that pretraining leaves, and what is checked before anything starts from it.

weights.safetensors   the backbone's weights
pretraining.json      what they came from: settings, network, sound, its spectrograms; losses; written last
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from dawnchorus.features import Features, frozen_settings
from dawnchorus.files import content_hash, read_json
from dawnchorus.networks.backbones import NAMED, Backbone, WeightsError, load_initial

WEIGHTS, RECORD = "weights.safetensors", "pretraining.json"


def resolved(weights: str) -> str:
    """What a user calls initial weights as a `Backbone` takes it: a folder stands for the weights in it."""
    folder = Path(weights)
    return str(folder / WEIGHTS) if weights not in NAMED and folder.is_dir() else weights


def record_beside(weights: Path) -> dict[str, Any] | None:
    """The record that stands beside a file of weights, None when there is none or it is of other weights."""
    path = weights.with_name(RECORD)
    if not path.is_file():
        return None
    record: dict[str, Any] = read_json(path)
    return record if record.get("weights") == content_hash(weights) else None


def check(backbone: Backbone, front_end: Features) -> dict[str, Any] | None:
    """Refuse a file of weights that doesn't suit; give its record, where it is one that pretraining left.

    Raises WeightsError when it can't be read, is of another network, or learnt from other spectrograms.
    """
    if backbone.weights_file is None:
        return None
    load_initial(replace(backbone, weights="none").build(512, 128).network, backbone)
    record = record_beside(backbone.weights_file)
    if record is not None:
        learnt, ours = record["origin"]["front_end"], frozen_settings(front_end)
        names = [name for name in {**learnt, **ours} if learnt.get(name) != ours.get(name)]
        other = [f"{name} {learnt.get(name)}, here {ours.get(name)}" for name in names]
        if other:
            raise WeightsError(
                f"{backbone.weights_file}: pretrained on other spectrograms ({'; '.join(other)}); "
                f"pretrain again with the same --detail"
            )
    return record
