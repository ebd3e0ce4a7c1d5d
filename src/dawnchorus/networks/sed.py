"""The sound event detector: a backbone, and a head that scores every frame and attends over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dawnchorus.files import LATER
from dawnchorus.networks.attention import Cbam
from dawnchorus.networks.backbones import Backbone


class SedOutput(NamedTuple):
    """Logits of a batch: `clipwise` `(window, species)`; `framewise` and `attention` `(window, frame, species)`."""

    clipwise: Tensor
    framewise: Tensor
    attention: Tensor


class Sed(nn.Module):
    """A sound event detector: planes `(window, row, column)` of `rows` x `columns` to logits."""

    columns: int
    rows: int

    def forward(self, planes: Tensor, mix_last_map: Callable[[Tensor], Tensor] | None = None) -> SedOutput:
        """Logits of windows; `mix_last_map` mixes the last feature map (manifold mixup)."""
        raise NotImplementedError


def attended(framewise: Tensor, attention: Tensor) -> SedOutput:
    """The output of framewise logits and attention logits, both `(window, species, frame)`."""
    clipwise = (framewise * torch.softmax(attention, dim=2)).sum(2)
    return SedOutput(clipwise.float(), framewise.transpose(1, 2).float(), attention.transpose(1, 2).float())


@dataclass(frozen=True)
class SedNetwork:
    """Settings of the network: the memo's are the defaults.

    The last feature map goes through ReLU and is averaged over the mel axis; one 1x1 convolution gives a logit for
    each frame and species, a second one the attention, a softmax over time. The clipwise logit is the framewise
    logits weighed by the attention. `time_pool="max_plus_mean"` adds a maximum and a mean over three neighbouring
    frames before; `clamp_attention` keeps attention logits within plus or minus that value.

    With `coordinate` the last of the picture's three channels, which otherwise hold the same, says where on the mel
    axis a place is, from -1 to 1 (Liu et al. 2018): a convolution alone can't tell a low call from a high one.
    """

    backbone: Backbone = Backbone()
    cbam: bool = False
    bias: bool = False
    clamp_attention: float | None = None
    time_pool: Literal["none", "max_plus_mean"] = "none"
    coordinate: bool = field(default=False, metadata=LATER)

    @property
    def columns_per_frame(self) -> int:
        """Columns that a frame of its scores covers."""
        return self.backbone.columns_per_frame

    @property
    def name(self) -> str:
        """What the network is, in a few words."""
        return self.backbone.name

    @property
    def initial(self) -> str:
        """Where its first weights come from."""
        return self.backbone.weights

    def blank(self) -> SedNetwork:
        """The same, without initial weights: for weights that are loaded afterwards."""
        return replace(self, backbone=replace(self.backbone, weights="none"))

    def by_content(self) -> SedNetwork:
        """The same, its weights named by what is in their file: for keys of what is trained from them."""
        return replace(self, backbone=self.backbone.by_content())

    def starting_from(self, weights: Path) -> SedNetwork:
        """The same, with the backbone's weights from a file."""
        return replace(self, backbone=replace(self.backbone, weights=str(weights)))

    def build(self, n_species: int, columns: int, mels: int) -> BackboneSed:
        """The network for windows of `columns` x `mels`, with the backbone's initial weights.

        Raises ValueError for columns that are no whole number of frames, of the last map's too where both are fused.
        """
        for per_frame in (self.backbone.columns_per_frame, *([32] if self.backbone.fused else [])):
            if columns % per_frame:
                raise ValueError(f"{columns} columns are no whole number of {per_frame}-column frames")
        return BackboneSed(self, n_species, columns, mels)


class Picture(nn.Module):
    """Planes `(window, mel, column)` as pictures `(window, 3, column, mel)`, normalised as the backbone expects."""

    def __init__(self, settings: SedNetwork, mels: int) -> None:
        super().__init__()
        self.mean: Tensor
        self.deviation: Tensor
        mean, deviation = settings.backbone.normalisation
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("deviation", torch.tensor(deviation).view(1, 3, 1, 1), persistent=False)
        self.places: Tensor | None
        places = torch.linspace(-1, 1, mels).view(1, 1, 1, mels) if settings.coordinate else None
        self.register_buffer("places", places, persistent=False)

    def forward(self, planes: Tensor) -> Tensor:
        """Planes to pictures."""
        pictures: Tensor = (planes.transpose(1, 2).unsqueeze(1) - self.mean) / self.deviation
        if self.places is not None:
            pictures = torch.cat([pictures[:, :2], self.places.expand_as(pictures[:, 2:])], dim=1)
        return pictures


class BackboneSed(Sed):
    """The network, from standardised planes `(window, mel, column)` to logits.

    What a picture network needs (three channels, their normalisation, time as rows) happens inside, and so inside the
    ONNX file.
    """

    def __init__(self, settings: SedNetwork, n_species: int, columns: int, mels: int) -> None:
        super().__init__()
        self.settings, self.columns, self.rows = settings, columns, mels
        self.maps = settings.backbone.build(columns, mels)
        channels = sum(self.maps.channels)
        self.cbam = Cbam(self.maps.channels[-1]) if settings.cbam else nn.Identity()
        self.score = nn.Conv1d(channels, n_species, 1, bias=settings.bias)
        self.attend = nn.Conv1d(channels, n_species, 1, bias=settings.bias)
        self.picture: nn.Module = Picture(settings, mels)

    def forward(self, planes: Tensor, mix_last_map: Callable[[Tensor], Tensor] | None = None) -> SedOutput:
        """Planes `(window, mel, column)` to logits; `mix_last_map` mixes the last feature map (manifold mixup)."""
        line = self.line(planes, mix_last_map)
        framewise, attention = self.score(line), self.attend(line)  # (window, species, frame)
        if self.settings.clamp_attention is not None:
            attention = attention.clamp(-self.settings.clamp_attention, self.settings.clamp_attention)
        return attended(framewise, attention)

    def line(self, planes: Tensor, mix_last_map: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        """What the head is given `(window, channel, frame)`."""
        *finer, last = self.maps(self.picture(planes).contiguous(memory_format=torch.channels_last))
        maps = [*finer, self.cbam(last)]
        if mix_last_map is not None:
            maps = [mix_last_map(one) for one in maps]  # a map beside it would tell which window it is
        lines = [F.relu(one).mean(3) for one in maps]  # (window, channel, frame)
        line = torch.cat([_spread(one, lines[0].shape[2]) for one in lines], dim=1)
        if self.settings.time_pool == "max_plus_mean":
            line = F.max_pool1d(line, 3, 1, 1) + F.avg_pool1d(line, 3, 1, 1)
        return line


def _spread(line: Tensor, frames: int) -> Tensor:
    """Repeat coarse frames `(window, channel, frame)` to `frames` frames."""
    times = frames // line.shape[2]
    return line if times == 1 else line.repeat_interleave(times, dim=2)
