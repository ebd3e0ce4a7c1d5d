"""The light detector on a pretrained encoder's embeddings: every frame is scored, attention joins them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from dawnchorus.networks.dropout import dropped
from dawnchorus.networks.sed import Sed, SedOutput, attended


@dataclass(frozen=True)
class EmbeddingHead:
    """Settings of the head: embeddings are normalised frame by frame, then scored.

    With `hidden` 0 each frame's score is linear in its embedding. Otherwise a convolution over `context` frames gives
    `hidden` values first; of the embedding and of these, a share `dropout` is left out in training. Frames that see
    their neighbours can tell the middle of a call from its surroundings, though the encoder hears seconds at once.
    """

    hidden: int = 0
    context: int = 1
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.context % 2 == 0 or self.context < 1:
            raise ValueError(f"context is {self.context} frames; expected an odd number: as many before as after")
        if self.context > 1 and not self.hidden:
            raise ValueError(f"a context of {self.context} frames needs hidden values to be gathered in")

    @property
    def columns_per_frame(self) -> int:
        """An embedding is a frame."""
        return 1

    @property
    def name(self) -> str:
        """What the network is, in a few words."""
        return f"head of {self.hidden} hidden values" if self.hidden else "linear head"

    @property
    def initial(self) -> str:
        """Where its first weights come from."""
        return "none"

    def blank(self) -> EmbeddingHead:
        """The same: it has no initial weights."""
        return self

    def by_content(self) -> EmbeddingHead:
        """The same: it has no initial weights."""
        return self

    def build(self, n_species: int, columns: int, rows: int) -> EmbeddingSed:
        """The network for windows of `columns` embeddings of `rows` values."""
        return EmbeddingSed(self, n_species, columns, rows)


class EmbeddingSed(Sed):
    """From embeddings `(window, feature, frame)` to logits."""

    def __init__(self, settings: EmbeddingHead, n_species: int, columns: int, rows: int) -> None:
        super().__init__()
        self.settings, self.columns, self.rows = settings, columns, rows
        self.norm = nn.LayerNorm(rows)
        hidden, context = settings.hidden, settings.context
        self.gather = None
        if hidden:
            self.gather = nn.Conv1d(rows, hidden, context, padding="same", padding_mode="replicate")
        self.score = nn.Conv1d(hidden or rows, n_species, 1)
        self.attend = nn.Conv1d(hidden or rows, n_species, 1)

    def forward(self, planes: Tensor, mix_last_map: Callable[[Tensor], Tensor] | None = None) -> SedOutput:
        """Embeddings `(window, feature, frame)` to logits; `mix_last_map` mixes what is scored."""
        line = self.norm(planes.transpose(1, 2))
        if self.gather is not None:
            line = F.gelu(self._gathered(dropped(line, self.settings.dropout, self.training)))
            line = dropped(line, self.settings.dropout, self.training)
        line = line.transpose(1, 2)
        if mix_last_map is not None:
            line = mix_last_map(line)
        return attended(self.score(line), self.attend(line))

    def _gathered(self, line: Tensor) -> Tensor:
        """What each frame `(window, frame, feature)` and its neighbours say: `(window, frame, hidden value)`."""
        assert self.gather is not None
        if self.settings.context == 1:
            # Without neighbours a product of matrices, which takes half as long as a convolution.
            return F.linear(line, self.gather.weight.squeeze(-1), self.gather.bias)
        gathered: Tensor = self.gather(line.transpose(1, 2)).transpose(1, 2)
        return gathered
