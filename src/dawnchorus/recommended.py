"""What `dawnchorus train` uses when nobody says otherwise: the memo's three stages."""

from __future__ import annotations

from dataclasses import replace

from dawnchorus.augment.mixup import Mixup
from dawnchorus.experiment import Experiment, Stage
from dawnchorus.features import FrontEnd
from dawnchorus.labels.annotated_only import AnnotatedOnly
from dawnchorus.labels.unknown_is_absent import UnknownIsAbsent
from dawnchorus.losses.clipwise import ClipwiseLoss
from dawnchorus.losses.framewise import FramewiseLoss
from dawnchorus.losses.together import Together
from dawnchorus.networks.backbones import Backbone
from dawnchorus.networks.sed import SedNetwork
from dawnchorus.pseudo_labels.votes import Votes
from dawnchorus.windows import EventCrops, SlidingWindows

STEPS = (240, 240, 240)


def experiment(
    backbone: Backbone = Backbone("tf_efficientnet_lite0", "lite"),
    folds: int = 2,
    steps: tuple[int, int, int] = STEPS,
    seed: int = 0,
    front_end: FrontEnd = FrontEnd(),
    window: SlidingWindows = SlidingWindows(),
    batch: int = 32,
) -> Experiment:
    """Stages 1, 2 and 3 on a backbone.

    1: crops round events, silence counts as absence. 2: from there, only what is known. 3: from stage 1 again, what is
    known and what stage 2 says of recordings it never heard.
    """
    crops = EventCrops(window.columns, tuple(offset * window.columns // 512 for offset in (32, 64, 128, 256)))
    first = Stage(
        "1", steps[0], crops, UnknownIsAbsent(), ClipwiseLoss("cells"), batch=batch, learning_rate=1e-3, mixup=Mixup(0.1)
    )
    second = Stage(
        "2",
        steps[1],
        window,
        AnnotatedOnly(absent_grain="window"),
        ClipwiseLoss("sum"),
        start_from="1",
        batch=batch,
        learning_rate=3e-4,
    )
    third = replace(second, name="3", steps=steps[2], pseudo_labels=Votes(), teacher="2")
    return Experiment((first, second, third), SedNetwork(backbone), front_end, window, folds=folds, seed=seed)


def _unused() -> Together:
    return Together((ClipwiseLoss("own_mass"), FramewiseLoss("own_mass")), (1.0, 0.5))
