"""The loss of a student: its logits should be its teacher's log odds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from dawnchorus.evidence import Known
from dawnchorus.networks.sed import SedOutput


@dataclass(frozen=True)
class LogOddsLoss:
    """Squared distance of logits from the log odds of the evidence, over known cells (Ba and Caruana 2014).

    A teacher that gives one silence a chance of 1 in 20 and another of 1 in 200 knows something of both. In
    cross-entropy such cells hardly differ; in log odds they are as far apart as a doubt and a call.

    The log odds of a cell are those of its present weight against its absent one, at most `limit` either way: so far a
    person's yes or no reaches. A cell of probability q counts `1 + emphasis * q` times: calls are rare.
    """

    grain: Literal["windows", "frames"] = "frames"
    limit: float = 4.0
    emphasis: float = 3.0

    def __call__(self, output: SedOutput, known: Known) -> Tensor:
        """The mean over the known `(window, species)` or `(window, frame, species)` cells, each by its weight."""
        windows = self.grain == "windows"
        logits, evidence = (output.clipwise, known.windows) if windows else (output.framewise, known.frames)
        # The least of floats in place of 0 on both sides: the log odds of what is unknown are 0, and finite.
        present, absent = (
            side.clamp(min=torch.finfo(torch.float32).tiny) for side in (evidence.present, evidence.absent)
        )
        wanted = (present.log() - absent.log()).clamp(-self.limit, self.limit)
        weight = evidence.present + evidence.absent
        counted = weight + self.emphasis * evidence.present
        return (counted * (logits - wanted).square()).sum() / weight.sum().clamp(min=1)
