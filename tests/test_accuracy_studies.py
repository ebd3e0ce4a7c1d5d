"""Every variant of the studies of accuracy can be run: it builds, survives its record and trains a step."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import tiny_encoder
from dawnchorus import dataset
from dawnchorus.encoders.onnx_file import OnnxEncoder, onnx_encoder
from dawnchorus.experiment import Experiment, changes, from_record, to_record
from dawnchorus.features import FrontEnd
from dawnchorus.simulate import Simulation, simulate
from dawnchorus.study.adapt import Scale
from dawnchorus.study.load import studies_in
from dawnchorus.training.run import run
from dawnchorus.windows import Anchored, SlidingWindows

STUDIES = {study.name: study for study in studies_in(Path(__file__).parents[1] / "experiments" / "accuracy")}
VARIANTS = {f"{study.name}:{name}": one for study in STUDIES.values() for name, one in study.variants.items()}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> OnnxEncoder:
    path = tiny_encoder.write(tmp_path_factory.mktemp("encoder") / "encoder.onnx")
    return onnx_encoder(path, tiny_encoder.RATE_HZ, tiny_encoder.WINDOW_S, 0.5)


@pytest.fixture(scope="module")
def forest_of_four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    few = Simulation(
        recordings=4, test_recordings=1, species=2, seconds=10, tp_per_species=3, fp_per_species=3, sites=4, seed=3
    )
    folder = tmp_path_factory.mktemp("accuracy")
    simulate(folder / "data", few)
    return folder


def tiny(experiment: Experiment, encoder: OnnxEncoder) -> Experiment:
    """One step of two windows a stage and fold, on a small network or a small encoder, with one pasted recording."""
    if experiment.pasted is not None:
        experiment = replace(experiment, pasted=replace(experiment.pasted, count=1))
    if not isinstance(experiment.front_end, FrontEnd):
        experiment = replace(experiment, front_end=encoder)
        return Scale(1e-9, 2, batch=2, keep="last")(experiment, 0)
    scale = Scale(1e-9, 2, "test_resnet", "none", experiment.network.backbone.name, True, 2, "last")  # type: ignore[union-attr]
    small = scale(experiment, 0)
    for _ in range(2):
        views = [small.pretraining.views.columns] if small.pretraining else []
        if all(columns % 64 == 0 for columns in (small.score_windows.columns, *views)):  # half is whole frames again
            small = Scale(coarse=True)(small, 0)
    return small


def test_a_study_asks_and_says_what_is_expected() -> None:
    for study in STUDIES.values():
        question, expected = study.question.split("\n\n")
        assert question.endswith("?") and expected.startswith("Expected: ")


@pytest.mark.parametrize("where", VARIANTS)
def test_the_record_of_a_variant_is_read_back_equal(where: str) -> None:
    record: Any = json.loads(json.dumps(to_record(VARIANTS[where].experiment)))
    assert from_record(record) == VARIANTS[where].experiment


@pytest.mark.parametrize("where", VARIANTS)
def test_a_variant_trains(where: str, forest_of_four: Path, encoder: OnnxEncoder) -> None:
    experiment = VARIANTS[where].experiment
    assert experiment is not None
    small = tiny(experiment, encoder)
    assert all(isinstance(stage.windows, Anchored | SlidingWindows) or stage.name == "1" for stage in small.stages)
    prepared = dataset.prepare(dataset.load(forest_of_four / "data"), forest_of_four / "store", small.front_end)
    finished = run(small, prepared, forest_of_four / "cache")
    audited = {key for key, fold in finished.fold_of.items() if small.audit and fold == small.folds}
    assert set(finished.out_of_fold(small.stages[0].name)) == set(prepared.recordings) - audited
    assert finished.experiment.stages == small.stages or small.audit  # which may leave rounds out


@pytest.mark.parametrize(
    ("name", "part"), [("which_labels", "stages.0.(labels|windows.share)"), ("which_loss", "stages.0.loss")]
)
def test_a_study_changes_only_what_it_asks_about(name: str, part: str) -> None:
    study = STUDIES[name]
    base = study.variants[study.baseline].experiment
    differing = [line for one in study.variants.values() for line in changes(base, one.experiment)]
    assert differing and all(re.match(part, line) for line in differing)


def test_rounds_on_pictures_begin_alike() -> None:
    first, *more = [one.experiment for one in STUDIES["which_rounds_on_pictures"].variants.values()]
    assert [len(one.stages) for one in (first, *more)] == [1, 2, 3]
    assert all(one.stages[:1] == first.stages for one in more)
