from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dawnchorus import dataset
from dawnchorus.dataset import Prepared
from dawnchorus.experiment import Stage
from dawnchorus.training.batches import Batches, Chance
from training import tiny


@pytest.fixture(scope="module")
def prepared(forest: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return dataset.prepare(dataset.load(forest), tmp_path_factory.mktemp("store"), tiny.FRONT_END)


def batches_of(stage: Stage, prepared: Prepared) -> Batches:
    return Batches(stage, prepared, prepared.recordings, {}, 32, Chance(1, stage.name, 0))


@pytest.mark.parametrize("number", [0, 1])
def test_a_batch_is_the_same_in_whatever_order_it_is_asked_for(prepared: Prepared, number: int) -> None:
    stage = tiny.experiment((12, 12, 12)).stages[number]
    forward, backward = batches_of(stage, prepared), batches_of(stage, prepared)
    wanted = [forward[step].planes for step in range(12)]
    for step in reversed(range(12)):
        assert torch.equal(backward[step].planes, wanted[step])


def test_every_window_comes_once_a_pass(prepared: Prepared) -> None:
    stage = replace(tiny.experiment().stages[1], augment=(), batch=1)
    batches = batches_of(stage, prepared)
    size = batches.source.size
    seen = Counter(batches[step].planes.numpy().tobytes() for step in range(size))
    assert max(seen.values()) == 1


def test_only_informed_windows_are_heard_unless_all_are_wished(prepared: Prepared) -> None:
    stage = tiny.experiment().stages[1]
    informed, everything = batches_of(stage, prepared), batches_of(replace(stage, informed_only=False), prepared)
    assert informed.source.size < everything.source.size
    windows = sum(len(stage.windows.starts(block.columns)) for blocks in prepared.blocks.values() for block in blocks)  # type: ignore[union-attr]
    assert everything.source.size == windows


@pytest.mark.parametrize(("wanted", "given"), [(0, 0), (2, 2), (0.5, None), (None, None)])
def test_false_positives_are_drawn_as_a_count_or_a_share(
    prepared: Prepared, wanted: int | float | None, given: int | None
) -> None:
    stage = replace(tiny.experiment().stages[0], absent_per_epoch=wanted)
    source = batches_of(stage, prepared).source
    boxes = prepared.data.annotations
    present = len({box.recording for box in boxes if box.present})
    absent = len({box.recording for box in boxes if not box.present})
    expected = {0.5: min(absent, round(present / 2)), None: absent}.get(wanted, given)
    assert source.size == present + expected  # type: ignore[operator]


def test_a_recording_outside_the_fold_is_never_heard(prepared: Prepared) -> None:
    for stage in tiny.experiment((6, 6, 6)).stages[:2]:
        some = prepared.recordings[:4]
        blocks = {key: prepared.blocks[key] for key in some}
        # Without the other recordings' blocks, hearing one would be a KeyError.
        batches = Batches(stage, replace(prepared, blocks=blocks), some, {}, 32, Chance(0, "x", 0))
        assert np.isfinite(batches[5].planes.numpy()).all()
