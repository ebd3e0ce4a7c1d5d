"""On a pretrained encoder: which loss makes the most of boxes, and at which grain?

Expected: presence and absence of each species divided by their own weight (`species_mass`) above all else, as there is
far more absence than presence; frames alone near to both grains, windows alone below for events; focal and asymmetric
weights nothing, as in the memo's third stage; ranking a little of LWLRAP, which ranks species in a recording.
"""

from dataclasses import replace

from dawnchorus import rounds
from dawnchorus.experiment import Experiment
from dawnchorus.losses.asymmetric import AsymmetricLoss
from dawnchorus.losses.known_cells import Loss
from dawnchorus.losses.ranking import RankingLoss
from dawnchorus.losses.together import Together
from dawnchorus.study.values import Variant

full = rounds.on_encoder(rounds.BIRDNET, count=0)
(known,) = full.stages
both = known.loss
clipwise, framewise = both.losses
of_windows, of_frames = both.weights
asymmetric = Together((AsymmetricLoss("windows"), AsymmetricLoss("frames")), both.weights)
ranked = Together((clipwise, framewise, RankingLoss()), (of_windows, of_frames, of_windows))


def learning(loss: Loss) -> Experiment:
    """The same with another loss."""
    return replace(full, stages=(replace(known, loss=loss),))


def each(**settings: float | str) -> Together:
    """Both grains with other settings."""
    return replace(both, losses=(replace(clipwise, **settings), replace(framewise, **settings)))


baseline = "known"
variants = {
    "known": Variant(full),
    "norm_own_mass": Variant(learning(each(norm="own_mass"))),
    "norm_cells": Variant(learning(each(norm="cells"))),
    "norm_sum": Variant(learning(each(norm="sum"))),
    "framewise_only": Variant(learning(framewise)),
    "clipwise_only": Variant(learning(clipwise)),
    "equal_grains": Variant(learning(replace(both, weights=(1.0, 1.0)))),
    "focal_present": Variant(learning(each(focal_present=2.0))),
    "focal_both": Variant(learning(each(focal_present=2.0, focal_absent=2.0))),
    "asymmetric": Variant(learning(asymmetric)),
    "ranking_added": Variant(learning(ranked)),
}
