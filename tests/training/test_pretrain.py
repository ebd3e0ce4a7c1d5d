from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from dawnchorus import dataset
from dawnchorus.dataset import Prepared
from dawnchorus.experiment import Experiment, from_record
from dawnchorus.features import FeatureBlock
from dawnchorus.files import content_hash, read_json
from dawnchorus.networks.backbones import Backbone
from dawnchorus.networks.sed import SedNetwork
from dawnchorus.pretraining.learner import Pretraining
from dawnchorus.pretraining.views import Views
from dawnchorus.training import fit as fitting
from dawnchorus.training.pretrain import Pairs, pretrain
from dawnchorus.training.results import Fit, Run
from dawnchorus.training.run import run
from dawnchorus.training.ship import ship
from training import tiny

NETWORK = SedNetwork(Backbone("test_resnet", "none"))
SETTINGS = Pretraining(steps=8, batch=4, views=Views(columns=64, apart=16, rows=2), width=16)
LESSON = tiny.experiment((1, 1, 1))
SHORT = replace(LESSON, stages=LESSON.stages[:2], pretraining=replace(SETTINGS, steps=3))


@pytest.fixture(scope="module")
def prepared(forest: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return dataset.prepare(dataset.load(forest), tmp_path_factory.mktemp("store"), tiny.FRONT_END)


@pytest.fixture(scope="module")
def learnt(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pretrain(SETTINGS, NETWORK, prepared.blocks, tiny.FRONT_END, tmp_path_factory.mktemp("learnt"))


@pytest.fixture(scope="module")
def finished(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(SHORT, prepared, tmp_path_factory.mktemp("cache"))


def test_the_loss_falls(prepared: Prepared, tmp_path: Path) -> None:
    longer = replace(SETTINGS, steps=30, batch=8)
    record = pretrain(longer, NETWORK, prepared.blocks, tiny.FRONT_END, tmp_path).with_name("pretraining.json")
    losses = read_json(record)["losses"]
    assert len(losses) == 30
    assert max(losses[-8:]) < min(losses[:4])
    assert np.mean(losses[-8:]) < 0.95 * np.mean(losses[:8])


def test_the_weights_load_into_the_detector(learnt: Path) -> None:
    detector = NETWORK.starting_from(learnt).build(2, 128, 64)
    untouched = NETWORK.build(2, 128, 64).maps.network.state_dict()
    from safetensors.torch import load_file

    stored = load_file(learnt)
    for name, tensor in detector.maps.network.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(tensor, stored[name])
    assert set(stored) == set(untouched)


def test_the_record_says_what_the_weights_come_from(learnt: Path, prepared: Prepared) -> None:
    record = read_json(learnt.with_name("pretraining.json"))
    assert record["recordings"] == len(prepared.blocks) and record["started_from"] == "none"
    assert record["origin"]["pretraining"]["steps"] == 8 and record["origin"]["front_end"]["n_mels"] == 64
    assert record["weights"] == content_hash(learnt)
    assert sorted(path.name for path in learnt.parent.iterdir()) == ["pretraining.json", "weights.safetensors"]


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    learnt: Path, prepared: Prepared, tmp_path: Path
) -> None:
    same = pretrain(SETTINGS, NETWORK, prepared.blocks, tiny.FRONT_END, tmp_path / "same")
    other = pretrain(SETTINGS, NETWORK, prepared.blocks, tiny.FRONT_END, tmp_path / "other", seed=1)
    assert same.read_bytes() == learnt.read_bytes() != other.read_bytes()


def test_what_was_stopped_goes_on_to_the_same_weights(
    learnt: Path, prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fitting, "STEPS_BETWEEN_CHECKPOINTS", 3)
    seen: list[int] = []

    def stops(steps: int, of: int, loss: float) -> None:
        seen.append(steps)
        if steps == 5 and len(seen) == 5:
            raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError, match="the power is gone"):
        pretrain(SETTINGS, NETWORK, prepared.blocks, tiny.FRONT_END, tmp_path, watcher=stops)
    assert not (tmp_path / "weights.safetensors").exists()
    again = pretrain(SETTINGS, NETWORK, prepared.blocks, tiny.FRONT_END, tmp_path, watcher=stops)
    assert seen == [1, 2, 3, 4, 5, 4, 5, 6, 7, 8]
    assert again.read_bytes() == learnt.read_bytes()
    assert len(read_json(tmp_path / "pretraining.json")["losses"]) == 8


def test_what_is_finished_is_not_done_again_and_other_settings_are(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(SETTINGS, steps=1)
    before = pretrain(short, NETWORK, prepared.blocks, tiny.FRONT_END, tmp_path).read_bytes()
    steps: list[int] = []
    pretrain(short, NETWORK, prepared.blocks, tiny.FRONT_END, tmp_path, 0, lambda done, *_: steps.append(done))
    assert not steps
    pretrain(short, NETWORK, prepared.blocks, tiny.FRONT_END, tmp_path, 1, lambda done, *_: steps.append(done))
    assert steps == [1] and (tmp_path / "weights.safetensors").read_bytes() != before


def test_it_does_not_replace_what_it_starts_from(learnt: Path, prepared: Prepared) -> None:
    with pytest.raises(ValueError, match="name another folder"):
        pretrain(SETTINGS, NETWORK.starting_from(learnt), prepared.blocks, tiny.FRONT_END, learnt.parent)
    assert learnt.exists()


def test_it_can_go_on_from_weights_in_a_file(learnt: Path, prepared: Prepared, tmp_path: Path) -> None:
    short = replace(SETTINGS, steps=1)
    further = pretrain(short, NETWORK.starting_from(learnt), prepared.blocks, tiny.FRONT_END, tmp_path)
    assert further.read_bytes() != learnt.read_bytes()


def test_every_pass_hears_every_block_once_and_silence_never(
    prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = next(iter(prepared.blocks.values()))[0]
    silent = replace(first, recording="silent", range=replace(first.range, high_db=first.range.low_db))
    heard: list[str] = []
    real = Views.pair

    def listening(self: Views, blocks: Sequence[FeatureBlock], number: int, rng: np.random.Generator) -> object:
        heard.append(blocks[number].recording)
        return real(self, blocks, number, rng)

    monkeypatch.setattr(Views, "pair", listening)
    pairs = Pairs(replace(SETTINGS, batch=len(prepared.blocks)), {**prepared.blocks, "silent": [silent]}, 0)
    for step in range(2):
        for views in pairs[step]:
            assert views.shape == (len(prepared.blocks), 64, 64)
        assert sorted(heard) == sorted(prepared.blocks)
        heard.clear()
    with pytest.raises(ValueError, match="there is no sound in the 1 recordings"):
        Pairs(SETTINGS, {"silent": [silent]}, 0)


def test_a_fold_is_pretrained_without_the_recordings_it_is_judged_by(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: set[str] = set()
    told: dict[int, set[str]] = {}
    real = FeatureBlock.plane

    def listening(self: FeatureBlock, start: int, columns: int):  # type: ignore[no-untyped-def]
        heard.add(self.recording)
        return real(self, start, columns)

    def announce(fit: Fit, steps: int, of: int, loss: float) -> None:
        if fit.stage.name == "pretraining" and steps > 1:  # before its first step, the fit before scored its fold
            told.setdefault(fit.fold, set()).update(heard)
        heard.clear()

    monkeypatch.setattr(FeatureBlock, "plane", listening)
    done = run(
        replace(SHORT, stages=SHORT.stages[:1], pretraining=replace(SETTINGS, steps=4)), prepared, tmp_path, announce
    )
    assert set(told) == {0, 1}
    for fold, recordings in told.items():
        assert recordings
        # What the fold before scored was heard in between, so the last steps' own are looked at.
        assert not [key for key in recordings if done.fold_of[key] == fold]


def test_stages_start_from_the_pretrained_backbone(finished: Run, prepared: Prepared) -> None:
    cache = finished.fits[0].folder.parent
    pretrained = sorted((cache / "pretrained").glob("*/weights.safetensors"))
    assert len(pretrained) == 2  # one a fold
    starts = {read_json(one.record)["origin"]["start"] for one in finished.of_stage("1")}
    assert starts == {path.parent.name for path in pretrained}
    plain = run(replace(SHORT, pretraining=None), prepared, cache)
    assert not {one.folder for one in plain.fits} & {one.folder for one in finished.fits}
    assert read_json(plain.fits[0].record)["origin"]["start"] == "initial"


def test_a_final_network_starts_from_what_was_learnt_of_all_recordings(prepared: Prepared, tmp_path: Path) -> None:
    first = replace(LESSON.stages[0], steps=1, keep="last", finals=2)
    done = run(replace(SHORT, stages=(first,)), prepared, tmp_path)
    started = {
        one.fold: tmp_path / "pretrained" / read_json(one.record)["origin"]["start"]
        for one in (*done.fits, *done.finals)
    }
    assert sorted(started, key=str) == [0, 1, None]
    assert len(list((tmp_path / "pretrained").iterdir())) == 3, "one a fold, and one that both final networks share"
    assert len(set(started.values())) == 3
    heard = {fold: read_json(folder / "pretraining.json")["recordings"] for fold, folder in started.items()}
    assert heard[None] == heard[0] + heard[1] == len(prepared.blocks)


def test_a_finished_run_learns_nothing_again(finished: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("learnt again")

    monkeypatch.setattr("dawnchorus.training.run.pretrain", never)
    again = run(finished.experiment, finished.data, finished.fits[0].folder.parent)
    assert [one.folder for one in again.fits] == [one.folder for one in finished.fits]
    assert finished.experiment.initial == "none, then pretrained on the training recordings of each fold"


def test_a_file_of_weights_is_known_by_its_content(learnt: Path, prepared: Prepared, tmp_path: Path) -> None:
    def started(weights: Path) -> Experiment:
        first = replace(LESSON.stages[0], steps=1)
        return replace(LESSON, stages=(first,), network=LESSON.network.starting_from(weights))

    here, there = tmp_path / "here.safetensors", tmp_path / "there.safetensors"
    for place in (here, there):
        place.write_bytes(learnt.read_bytes())
    done = run(started(here), prepared, tmp_path / "cache")
    moved = run(started(there), prepared, tmp_path / "cache")
    assert [one.folder for one in moved.fits] == [one.folder for one in done.fits]
    other = pretrain(replace(SETTINGS, steps=1), NETWORK, prepared.blocks, tiny.FRONT_END, tmp_path / "other", seed=3)
    there.write_bytes(other.read_bytes())
    changed = run(started(there), prepared, tmp_path / "cache")
    assert not {one.folder for one in changed.fits} & {one.folder for one in done.fits}
    here.unlink()
    shipped = ship(done, "1", tmp_path / "model")  # a trained network has its own weights
    assert shipped.origin["initial weights"] == str(here)
    assert from_record(read_json(tmp_path / "model" / "experiment.json")) == done.experiment


def test_a_network_without_a_backbone_cannot_be_pretrained() -> None:
    from dawnchorus.networks.embedding_head import EmbeddingHead

    with pytest.raises(ValueError, match="no backbone that could be pretrained"):
        replace(LESSON, network=EmbeddingHead(), pretraining=SETTINGS)
