from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dawnchorus import dataset, scores
from dawnchorus.audio.folders import scan
from dawnchorus.events import Recording
from dawnchorus.experiment import Experiment, Stage
from dawnchorus.scores import Scores
from dawnchorus.study.predict import predict
from dawnchorus.training.results import Fit, Run
from dawnchorus.training.run import run
from training import tiny


@pytest.fixture(scope="module")
def first() -> Stage:
    return replace(tiny.experiment((1, 1, 1)).stages[0], keep="last")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def unheard(forest: Path) -> list[Recording]:
    return scan([forest / "test"])[0]


@pytest.fixture(scope="module")
def finished(forest: Path, store: Path, first: Stage, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of one stage: two networks of the folds, and two that heard all folds."""
    prepared = dataset.prepare(dataset.load(forest), store, tiny.FRONT_END)
    experiment: Experiment = replace(tiny.experiment(), stages=(replace(first, finals=2),))
    return run(experiment, prepared, tmp_path_factory.mktemp("cache"))


def assert_only_these_spoke(said: dict[str, Scores], fits: list[Fit], recordings: list[Recording]) -> None:
    """What is said is the mean of what these networks were heard to say."""
    assert set(said) == {one.key for one in recordings}
    heard = [scores.read(next(one.folder.glob("said-*.npz"))) for one in fits]
    for key, joined in said.items():
        expected = scores.mean([each[key] for each in heard])
        np.testing.assert_allclose(joined.framewise, expected.framewise, atol=1e-6)


def test_the_final_networks_alone_hear_new_recordings(finished: Run, unheard: list[Recording], store: Path) -> None:
    assert_only_these_spoke(predict(finished, "1", unheard, store), finished.finals_of("1"), unheard)
    assert not [one for one in finished.fits if list(one.folder.glob("said-*"))]


def test_without_final_networks_those_of_the_folds_hear_new_recordings(
    finished: Run, unheard: list[Recording], store: Path, first: Stage
) -> None:
    cache = finished.fits[0].folder.parent
    plain = run(replace(finished.experiment, stages=(first,)), finished.data, cache)
    assert_only_these_spoke(predict(plain, "1", unheard, store), plain.of_stage("1"), unheard)


def test_a_recording_that_cannot_be_read_is_left_out(
    finished: Run, unheard: list[Recording], store: Path, tmp_path: Path
) -> None:
    gone = replace(unheard[0], key="gone", path=tmp_path / "gone.wav")
    assert set(predict(finished, "1", [gone, unheard[1]], store)) == {unheard[1].key}
