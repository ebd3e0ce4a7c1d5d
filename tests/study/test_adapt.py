from dataclasses import replace

import pytest

from dawnchorus import memo
from dawnchorus.augment.band_masks import BandMasks
from dawnchorus.averaging import WeightAverage
from dawnchorus.experiment import Experiment
from dawnchorus.networks.backbones import Backbone
from dawnchorus.pretraining.learner import Pretraining
from dawnchorus.pretraining.views import Views
from dawnchorus.study.adapt import Scale, offline
from dawnchorus.windows import SlidingWindows


def test_a_scale_that_says_nothing_changes_nothing_but_the_seed() -> None:
    assert Scale()(memo.third, 2) == replace(memo.third, seed=2)


def test_a_budget_multiplies_all_that_counts_in_steps() -> None:
    first, second, _ = Scale(budget=0.1)(memo.third, 0).stages
    assert (first.steps, first.decay_steps, second.steps) == (73, 15, 76)


def test_a_tiny_budget_leaves_a_step() -> None:
    assert Scale(budget=1e-6)(memo.first, 0).stages[0].steps == 1


def test_coarse_sound_halves_everything_that_counts_in_columns_or_bands() -> None:
    coarse = Scale(coarse=True)(memo.third, 0)
    assert (coarse.front_end.hop, coarse.front_end.n_mels) == (1024, 64)
    assert coarse.score_windows == SlidingWindows(256, 24)
    assert coarse.stages[0].windows == replace(memo.crops, columns=256, offsets=(16, 32, 64, 128))
    assert coarse.stages[0].augment == (replace(memo.masks, columns=20, rows=15),)


def test_masks_beside_bands_are_halved_as_others_are() -> None:
    masked = memo.with_stage(memo.first, "1", augment=(BandMasks(40, 30),))
    assert Scale(coarse=True)(masked, 0).stages[0].augment == (BandMasks(20, 15),)


def test_a_scale_reaches_pretraining() -> None:
    experiment = replace(memo.first, pretraining=Pretraining())
    small = Scale(budget=0.1, coarse=True, batch=16)(experiment, 0).pretraining
    assert small == Pretraining(steps=30, batch=16, views=Views(columns=64, apart=16, rows=2))


def test_another_backbone_takes_the_place_of_resnet18_alone() -> None:
    scale = Scale(backbone="tf_efficientnet_lite0", weights="lite")
    assert scale(memo.first, 0).network.backbone == Backbone("tf_efficientnet_lite0", "lite")
    assert scale(memo.exp0117, 0).network.backbone.name == "resnest50d"


def test_averaged_weights_and_those_of_final_networks_stay_the_ones_that_count() -> None:
    averaged = memo.with_stage(memo.first, "1", average=WeightAverage(), keep="last")
    final = memo.with_stage(memo.first, "1", finals=1, keep="last")
    for one in (averaged, final):
        assert Scale(keep="best_on_known_cells")(one, 0).stages[0].keep == "last"


@pytest.fixture
def without_a_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError("no route to the hub")

    real = __import__("timm").create_model
    monkeypatch.setattr("timm.create_model", lambda *a, **k: refused() if k.get("pretrained") else real(*a, **k))


@pytest.mark.usefixtures("without_a_hub")
def test_weights_that_cannot_be_had_become_none_and_say_so() -> None:
    tiny: Experiment = replace(memo.first, network=replace(memo.network, backbone=Backbone("test_resnet", "imagenet")))
    experiment, lost = offline(tiny)
    assert experiment.network.backbone.weights == "none"
    assert "could not be downloaded" in lost
    blank = replace(tiny, network=replace(memo.network, backbone=Backbone("test_resnet", "none")))
    assert offline(blank) == (blank, "")
