"""The network of an experiment: with its initial weights, those of pretraining, or those of a finished fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dawnchorus.dataset import Prepared
from dawnchorus.experiment import Experiment
from dawnchorus.networks.sed import Sed, SedNetwork
from dawnchorus.pretraining.folder import WEIGHTS
from dawnchorus.training.results import Fit
from dawnchorus.training.weights import load


def build(experiment: Experiment, data: Prepared, pretrained: Path | None = None) -> Sed:
    """The network of an experiment, with its initial weights, or those of a folder that pretraining left."""
    network = experiment.network
    if pretrained is not None and isinstance(network, SedNetwork):
        network = network.starting_from(pretrained / WEIGHTS)
    return network.build(len(data.data.species), experiment.score_windows.columns, experiment.front_end.rows)


def trained(experiment: Experiment, data: Prepared, one: Fit) -> Sed:
    """The network of a finished fit."""
    network = build(replace(experiment, network=experiment.network.blank()), data)
    load(network, one.weights)
    return network
