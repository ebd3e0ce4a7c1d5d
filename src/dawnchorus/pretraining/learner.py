"""What is pretrained: the detector's network up to its head, and an expander behind it that is thrown away."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from dawnchorus.networks.sed import SedNetwork
from dawnchorus.pretraining.vicreg import VicReg
from dawnchorus.pretraining.views import Views


@dataclass(frozen=True)
class Pretraining:
    """How a backbone learns from sound that nobody annotated, before it learns from annotations.

    `steps` steps of `batch` places, two views each. The expander has three layers of `width` values: four times as many
    as there are places in a batch, as its authors had. The learning rate falls along a cosine to 0.
    """

    steps: int = 300
    batch: int = 64
    views: Views = Views()
    loss: VicReg = VicReg()
    width: int = 256
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 2:
            raise ValueError(f"pretraining: steps {self.steps} must be at least 1, batch {self.batch} at least 2")

    def learner(self, network: SedNetwork, rows: int) -> Learner:
        """What is trained, with the initial weights of the backbone.

        Raises WeightsError when the weights can't be had, ValueError for a transformer or a view that is no whole
        number of frames.
        """
        if network.backbone.is_transformer:
            # Its position embeddings would be fitted to views, and then to windows of another shape.
            raise ValueError(f"{network.name} is a transformer; pretraining is for convolutional networks")
        return Learner(self, network, rows)


class Learner(nn.Module):
    """From planes `(place, mel, column)` to embeddings `(place, value)`."""

    def __init__(self, settings: Pretraining, network: SedNetwork, rows: int) -> None:
        super().__init__()
        self.network = network.build(1, settings.views.columns, rows)
        width = settings.width
        self.expand = nn.Sequential(
            nn.Linear(self.network.score.in_channels, width),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.BatchNorm1d(width),
            nn.ReLU(),
            nn.Linear(width, width),
        )

    @property
    def backbone(self) -> nn.Module:
        """The part that is kept."""
        return self.network.maps.network

    def forward(self, planes: Tensor) -> Tensor:
        """Embeddings of views: of the mean and the maximum over time of what the head would be given."""
        line = self.network.line(planes)
        embeddings: Tensor = self.expand(line.mean(2) + line.amax(2))
        return embeddings.float()
