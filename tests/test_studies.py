"""Every variant of every study of the memo can be run, and every line of the memo has one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from dawnchorus import dataset
from dawnchorus.audio.folders import scan
from dawnchorus.dataset import Prepared
from dawnchorus.events import Recording
from dawnchorus.experiment import Experiment, Prediction, from_record, to_record
from dawnchorus.simulate import Simulation, simulate
from dawnchorus.study.adapt import Scale
from dawnchorus.study.load import studies_in
from dawnchorus.study.predict import predict
from dawnchorus.training.run import run

STUDIES = {study.name: study for study in studies_in(Path(__file__).parents[1] / "experiments" / "memo")}
VARIANTS = {f"{study.name}:{name}": variant for study in STUDIES.values() for name, variant in study.variants.items()}
RUNNABLE = {where: variant.experiment for where, variant in VARIANTS.items() if variant.experiment is not None}

# The memo from top to bottom: its own numbers where it has them, else its words in English.
MEMO = """
ViT | CBAM | songtype_id | pseudo labels, external | TTA | SWA
exp0150 | exp0151 | exp0152 | exp0153 | exp0154 | exp0155
ResNest | noise of train on test
3rd stage | Focal Loss, positive | Focal Loss, negative too | pseudo labels, tp_train only | Label Weight
mixup | mixup layer | mixup, negative too
pseudo labels, test | pseudo labels, train | pseudo labels, frame wise | pseudo labels, negative | exp0138 | exp0141
denoise, 2nd stage | denoise, test too | denoise, 3rd stage
exp0100 max | exp0100 avg | exp0101 max | exp0101 avg | exp0102 | exp0103 | exp0104
exp0105 | exp0106 | exp0107 | exp0108 | exp0109 | exp0110 | exp0111 | exp0112 | exp0113 | exp0114 | exp0115 | exp0116
exp0117
"""
LINES = [line.strip() for row in MEMO.strip().splitlines() for line in row.split("|")]

# ---- what is said ----


def test_every_line_of_the_memo_has_a_variant_and_no_variant_names_another_line() -> None:
    named = {line for variant in VARIANTS.values() for line in variant.memo}
    assert len(LINES) == len(set(LINES))
    assert not set(LINES) - named, "lines without a variant"
    assert not named - set(LINES), "no lines of the memo"


def test_what_is_reported_of_a_line_is_the_same_in_every_study() -> None:
    reported: dict[str, set[object]] = {}
    for variant in VARIANTS.values():
        for line in variant.memo:
            reported.setdefault(f"{line}: {to_record(variant.experiment)}", set()).add(variant.reported)
    assert all(len(figures) == 1 for figures in reported.values())


def test_a_study_asks_and_says_what_is_expected() -> None:
    for study in STUDIES.values():
        question, expected = study.question.split("\n\n")
        assert question.endswith("?")
        assert expected.startswith("Expected: ")


def test_no_experiment_is_twice_in_a_study() -> None:
    for study in STUDIES.values():
        records = Counter(json.dumps(to_record(v.experiment)) for v in study.variants.values() if v.experiment)
        assert max(records.values()) == 1


def test_what_strays_from_good_practice_has_a_note() -> None:
    strays = {where: _faithful(to_record(experiment)) for where, experiment in RUNNABLE.items()}
    assert strays["which_stages:faithful_twins"] and not strays["which_stages:stage_3"]
    assert not [where for where, stray in strays.items() if stray and not VARIANTS[where].note]


def _faithful(record: Any) -> bool:
    """Whether any switch of a record that repeats the memo's ways is on."""
    if isinstance(record, list):
        return any(map(_faithful, record))
    if not isinstance(record, dict):
        return False
    return any((name.startswith("faithful") and value) or _faithful(value) for name, value in record.items())


@pytest.mark.parametrize("where", RUNNABLE)
def test_the_record_of_a_variant_is_read_back_equal(where: str) -> None:
    assert from_record(json.loads(json.dumps(to_record(RUNNABLE[where])))) == RUNNABLE[where]


# ---- what runs ----


@dataclass(frozen=True)
class Place:
    prepared: Prepared
    test: list[Recording]
    store: Path
    cache: Path


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Steps this small are faster on one thread, several times so where others want the processor too."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Four recordings of 10 s at two sites or more, with a rare song type, and what experiments hear besides."""
    folder = tmp_path_factory.mktemp("studies")
    few = Simulation(
        recordings=4, test_recordings=2, species=2, seconds=10, tp_per_species=3, fp_per_species=3, sites=4, seed=3
    )
    simulate(folder / "data", few)
    data = dataset.load(folder / "data")
    boxes = list(data.annotations)
    rare = next(number for number, box in enumerate(boxes) if box.present and box.species == 1)
    boxes[rare] = replace(boxes[rare], song_type=4)
    data = replace(data, annotations=tuple(boxes))
    test, _ = scan([folder / "data" / "test"])
    front_end = tiny(RUNNABLE["which_stages:stage_1"]).front_end
    unlabelled = {"test": test, "external": test}
    prepared = dataset.prepare(data, folder / "store", front_end, None, unlabelled, denoised=True)
    return Place(prepared, test, folder / "store", folder / "cache")


def tiny(experiment: Experiment) -> Experiment:
    """One step of two windows a stage and fold, on a small network of the same kind and a picture of 64 x 16 pixels.

    A network that learnt so little finds something everywhere: what counts as quiet for added noise is all there is.
    """
    backbone, noise = experiment.network.backbone, experiment.predict.noise
    small = "vit_tiny_patch16_224" if backbone.is_transformer else "test_resnet"
    scale = Scale(1e-9, 2, small, "none", replaces=backbone.name, coarse=True, batch=2, keep="last")
    coarser = Scale(coarse=True)
    if noise is not None:
        quiet = replace(noise, quiet_below=1.1, draws=1)
        experiment = replace(experiment, predict=replace(experiment.predict, noise=quiet))
    return coarser(coarser(scale(experiment, 0), 0), 0)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("where", RUNNABLE)
def test_a_variant_trains(where: str, place: Place) -> None:
    experiment = tiny(RUNNABLE[where])
    finished = run(experiment, place.prepared, place.cache)
    last = experiment.stages[-1].name
    assert set(finished.out_of_fold(last)) == set(place.prepared.recordings)
    if experiment.predict != Prediction():
        assert set(predict(finished, last, place.test, place.store)) == {recording.key for recording in place.test}
