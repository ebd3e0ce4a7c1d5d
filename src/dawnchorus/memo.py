"""The memo's three stages, with the settings that its author ran them with.

Studies of the memo start from here; `recommended` is what we advise. Where the memo doesn't say, the reading is named.
"""

from __future__ import annotations

from dataclasses import replace

from dawnchorus.augment.brightness import BrightnessContrast
from dawnchorus.augment.gamma import Gamma
from dawnchorus.augment.masks import Masks
from dawnchorus.augment.mixup import Mixup
from dawnchorus.augment.sometimes import Sometimes
from dawnchorus.experiment import Experiment, Stage
from dawnchorus.labels.annotated_only import AnnotatedOnly
from dawnchorus.labels.class_weights import ClassWeights
from dawnchorus.labels.unknown_is_absent import UnknownIsAbsent
from dawnchorus.losses.attention_self_label import AttentionSelfLabel
from dawnchorus.losses.clip_maximum import ClipMaximumLoss
from dawnchorus.losses.clipwise import ClipwiseLoss
from dawnchorus.losses.framewise import FramewiseLoss
from dawnchorus.losses.together import Together
from dawnchorus.networks.backbones import Backbone
from dawnchorus.networks.sed import SedNetwork
from dawnchorus.pseudo_labels.votes import Votes
from dawnchorus.windows import EventCrops, SlidingWindows

# 5 folds of 1,132 recordings with TP boxes: 905 and 30 with FP boxes make 14.6 steps of 64 an epoch, 50 epochs.
STEPS_1, DECAY_1 = 730, 146
# 4,863 recordings in steps of 32, each of 8 windows: 152 steps an epoch, 5 epochs. Of the 256 windows of a step some 54
# say anything (8,997 boxes in 5,090 recordings, each in one window or two); the others cost time and have no gradient.
STEPS_2 = 760
BATCH_2 = 54
ALL_WINDOWS_2 = 256

masks = Masks(40, 30, 0.5)
crops = EventCrops(512, (32, 64, 128, 256), "from_left")
windows = SlidingWindows(512, 49)
only_clip_loss = ClipwiseLoss("cells")
self_label = AttentionSelfLabel(0.7)
four_terms = Together(
    (only_clip_loss, ClipMaximumLoss("cells"), self_label, FramewiseLoss("cells", absent=0)), (1, 0.5, 1, 0.5)
)

stage_1 = Stage(
    "1",
    STEPS_1,
    crops,
    UnknownIsAbsent(weigh_rare=True),
    only_clip_loss,
    batch=64,
    learning_rate=1e-3,
    decay_steps=DECAY_1,
    absent_per_epoch=30,
    mixup=Mixup(0.1),
    augment=(masks,),
    keep="best_on_known_cells",
)
stage_2 = Stage(
    "2",
    STEPS_2,
    windows,
    AnnotatedOnly(absent_grain="window", least_share=0),
    ClipwiseLoss("sum"),
    start_from="1",
    batch=BATCH_2,
    learning_rate=3e-4,
    augment=(masks,),
    keep="best_on_known_cells",
)
pseudo_labels = Votes(present_above=0.9, share=0.6)
stage_3 = replace(stage_2, name="3", pseudo_labels=pseudo_labels, teacher="2")
bright_and_gamma = (Sometimes((replace(masks, probability=1), Gamma(2.0, 1)), 0.5), BrightnessContrast())

network = SedNetwork(Backbone("resnet18", "imagenet"))
first = Experiment((stage_1,), network, score_windows=windows, folds=5)
second = replace(first, stages=(stage_1, stage_2))
third = replace(first, stages=(stage_1, stage_2, stage_3))


def with_stage(experiment: Experiment, name: str, **changes: object) -> Experiment:
    """The experiment with settings of one of its stages changed. Raises ValueError when it has no such stage."""
    if name not in {stage.name for stage in experiment.stages}:
        raise ValueError(f"no stage {name!r}; there are {', '.join(stage.name for stage in experiment.stages)}")
    stages = tuple(replace(stage, **changes) if stage.name == name else stage for stage in experiment.stages)  # type: ignore[arg-type]
    return replace(experiment, stages=stages)


# Experiments that several studies start from, by the numbers that the memo's author gave them.
exp0105 = with_stage(first, "1", loss=four_terms)
exp0100 = with_stage(exp0105, "1", augment=bright_and_gamma)
exp0109 = first
# ResNeSt50 needs more memory: batches of half the size, and twice as many for the same 50 epochs.
resnest = replace(network, backbone=Backbone("resnest50d"))
half_batches = {"batch": 32, "steps": 2 * STEPS_1, "decay_steps": 2 * DECAY_1}
exp0117 = with_stage(replace(exp0109, network=resnest), "1", **half_batches)

focal = ClipwiseLoss("sum", focal_present=2)
exp0142 = with_stage(third, "3", loss=focal)
exp0146 = with_stage(exp0142, "3", mixup=Mixup(0.1, absent_too=False))
exp0151 = with_stage(exp0146, "3", class_weights=ClassWeights("min"))
