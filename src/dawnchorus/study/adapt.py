"""An experiment made smaller: the same question on fewer steps, a cheaper network, coarser sound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from dawnchorus.augment.band_masks import BandMasks
from dawnchorus.augment.masks import Masks
from dawnchorus.augment.sometimes import Sometimes
from dawnchorus.experiment import Experiment, Stage
from dawnchorus.features import FrontEnd
from dawnchorus.networks.backbones import WeightsError, load_initial
from dawnchorus.networks.sed import SedNetwork
from dawnchorus.pretraining.learner import Pretraining
from dawnchorus.pretraining.views import Views
from dawnchorus.windows import EventCrops, SlidingWindows

_Steps = TypeVar("_Steps", Stage, Pretraining)


@dataclass(frozen=True)
class Scale:
    """How large a study runs. What is None stays as the study says.

    `budget` multiplies steps. `backbone` and `weights` replace the network of experiments that use `replaces`, so that
    a study of networks keeps its networks. `coarse` halves the resolution in time and in frequency. `batch` is the
    most windows a step. `keep` says which weights count.
    """

    budget: float = 1.0
    folds: int | None = None
    backbone: str | None = None
    weights: str | None = None
    replaces: str = "resnet18"
    coarse: bool = False
    batch: int | None = None
    keep: Literal["last", "best_on_known_cells"] | None = None

    def __call__(self, experiment: Experiment, seed: int) -> Experiment:
        """The experiment at this scale, from a seed."""
        if self.coarse:
            experiment = _coarser(experiment)
        network = experiment.network
        if self.backbone is not None and isinstance(network, SedNetwork) and network.backbone.name == self.replaces:
            weights = self.weights or network.backbone.weights
            network = replace(network, backbone=replace(network.backbone, name=self.backbone, weights=weights))
        pretraining = experiment.pretraining
        return replace(
            experiment,
            stages=tuple(self._stage(stage) for stage in experiment.stages),
            network=network,
            pretraining=pretraining and self._fewer(pretraining),
            folds=self.folds or experiment.folds,
            seed=experiment.seed + seed,
        )

    def _stage(self, stage: Stage) -> Stage:
        return replace(
            self._fewer(stage),
            decay_steps=self._steps(stage.decay_steps) if stage.decay_steps else None,
            keep="last" if stage.average or stage.finals else self.keep or stage.keep,
        )

    def _fewer(self, one: _Steps) -> _Steps:
        return replace(one, steps=self._steps(one.steps), batch=min(one.batch, self.batch or one.batch))

    def _steps(self, steps: int) -> int:
        return max(1, round(steps * self.budget))


def _coarser(experiment: Experiment) -> Experiment:
    """Columns twice as long, half as many bands, and everything that counts in columns or bands halved."""
    front_end = experiment.front_end
    if not isinstance(front_end, FrontEnd):
        return experiment  # an encoder hears as it was trained to
    windows, pretraining = experiment.predict.windows, experiment.pretraining
    return replace(
        experiment,
        front_end=replace(front_end, hop=front_end.hop * 2, n_mels=front_end.n_mels // 2),
        stages=tuple(
            replace(stage, windows=_halved(stage.windows), augment=tuple(_halved(one) for one in stage.augment))
            for stage in experiment.stages
        ),
        pretraining=pretraining and replace(pretraining, views=_halved(pretraining.views)),
        score_windows=_halved(experiment.score_windows),
        predict=replace(
            experiment.predict,
            windows=windows and _halved(windows),
            views=tuple(_halved(one) for one in experiment.predict.views),
        ),
    )


def _halved(one: Any) -> Any:
    if isinstance(one, SlidingWindows):
        return replace(one, columns=one.columns // 2, overlap=one.overlap // 2)
    if isinstance(one, EventCrops):
        return replace(one, columns=one.columns // 2, offsets=tuple(offset // 2 for offset in one.offsets))
    if isinstance(one, Views):
        parts = tuple(_halved(part) for part in one.augment)
        return replace(one, columns=one.columns // 2, apart=one.apart // 2, rows=one.rows // 2, augment=parts)
    if isinstance(one, Sometimes):
        return replace(one, parts=tuple(_halved(part) for part in one.parts))
    if isinstance(one, Masks):
        whole = one.faithful_whole_columns
        return replace(one, columns=one.columns // 2, rows=one.rows // 2, faithful_whole_columns=whole and whole // 2)
    if isinstance(one, BandMasks):
        return replace(one, columns=one.columns // 2, rows=one.rows // 2)
    return replace(one, columns=one.columns // 2) if hasattr(one, "columns") else one


def offline(experiment: Experiment) -> tuple[Experiment, str]:
    """The experiment with weights that can be had, and what was lost: "" when nothing was.

    Initial weights that can't be had are replaced by `none`: such a run is not comparable with others.
    """
    network = experiment.network
    if not isinstance(network, SedNetwork) or network.backbone.weights == "none":
        return experiment, ""
    backbone = network.backbone
    try:
        columns, mels = experiment.score_windows.columns, experiment.front_end.rows
        load_initial(replace(backbone, weights="none").build(columns, mels).network, backbone)
    except WeightsError as error:
        return replace(experiment, network=network.blank()), str(error)
    return experiment, ""
