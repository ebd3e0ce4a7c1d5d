"""The memo's three stages on a few minutes (`train --method memo`), and how much detail a network sees."""

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
from dawnchorus.pretraining.learner import Pretraining
from dawnchorus.pretraining.views import Views
from dawnchorus.pseudo_labels.votes import Votes
from dawnchorus.windows import EventCrops, SlidingWindows

STEPS = (240, 240, 240)
MEMO_FRONT_END, MEMO_WINDOWS = FrontEnd(), SlidingWindows()
# How much detail the network sees: columns of 16 ms as in the memo, of 32 ms (a quarter of the pixels, four times
# faster), or of 8 or 4 ms for calls much shorter than half a second, or than a tenth.
DETAIL = {
    "memo": (MEMO_FRONT_END, MEMO_WINDOWS),
    "coarse": (FrontEnd(hop=1024, n_mels=64), SlidingWindows(256, 24)),
    "fine": (FrontEnd(hop=256, n_mels=64), SlidingWindows(512, 64)),
    "finest": (FrontEnd(n_fft=1024, hop=128, n_mels=64), SlidingWindows(512, 64)),
}
BACKBONE = Backbone("tf_efficientnet_lite0", "lite")


def experiment(
    backbone: Backbone = BACKBONE,
    folds: int = 2,
    steps: tuple[int, int, int] = STEPS,
    seed: int = 0,
    front_end: FrontEnd = MEMO_FRONT_END,
    window: SlidingWindows = MEMO_WINDOWS,
    batch: int = 32,
) -> Experiment:
    """Stages 1, 2 and 3 on a backbone.

    1: crops round events, silence counts as absence. 2: from there, only what is known. 3: from stage 1 again, what is
    known and what stage 2 says of recordings it never heard.
    """
    crops = EventCrops(window.columns, tuple(offset * window.columns // 512 for offset in (32, 64, 128, 256)))
    first = Stage(
        "1",
        steps[0],
        crops,
        UnknownIsAbsent(),
        ClipwiseLoss("cells"),
        batch=batch,
        learning_rate=1e-3,
        absent_per_epoch=30,
        mixup=Mixup(0.1),
    )
    second = Stage(
        "2",
        steps[1],
        window,
        AnnotatedOnly(absent_grain="window"),
        Together((ClipwiseLoss("own_mass"), FramewiseLoss("own_mass")), (1.0, 1.0)),
        start_from="1",
        batch=batch,
        learning_rate=3e-4,
    )
    third = replace(second, name="3", steps=steps[2], pseudo_labels=Votes(), teacher="2")
    return Experiment((first, second, third), SedNetwork(backbone), front_end, window, folds=folds, seed=seed)


def pretraining(steps: int, batch: int, detail: str) -> Pretraining:
    """Pretraining whose views are 2 s long and are drawn alike at every detail."""
    front_end = DETAIL[detail][0]
    rows, length = front_end.n_mels / MEMO_FRONT_END.n_mels, MEMO_FRONT_END.hop / front_end.hop
    views = Views()
    scaled = replace(
        views,
        columns=round(views.columns * length),
        apart=round(views.apart * length),
        rows=round(views.rows * rows),
    )
    return Pretraining(steps, batch, scaled)


def steps(text: str, budget: float = 1.0) -> tuple[int, int, int]:
    """Steps of the three stages from text such as `240,240,240`, times a budget, at least 1 each.

    Raises ValueError when the text is no three whole numbers above 0.
    """
    numbers = [int(part) if part.strip().isdecimal() else 0 for part in text.split(",")]
    if len(numbers) != 3 or min(numbers) < 1:
        raise ValueError(f"--steps is {text!r}; expected three whole numbers such as 240,240,240")
    first, second, third = (max(1, round(number * budget)) for number in numbers)
    return first, second, third


def steps_of_rounds(text: str | None, usual: int, budget: float = 1.0) -> int:
    """Steps of every round from text such as `400` (None: as usual), times a budget, at least 1.

    Raises ValueError when the text is no whole number above 0.
    """
    if text is not None and (not text.isdecimal() or int(text) < 1):
        raise ValueError(f"--steps is {text!r}; expected one whole number, the steps of every round")
    return max(1, round((int(text) if text else usual) * budget))


def on_frames(baseline: Experiment) -> Experiment:
    """The same stages at the grain of frames, for calls much shorter than a window.

    An FP box says "absent" of its own frames only, the loss hears frames above all, and pseudo-labels reach the
    frames too.
    """
    first, *later = baseline.stages
    finer = [
        replace(
            stage,
            labels=AnnotatedOnly(absent_grain="box"),
            loss=Together((ClipwiseLoss("own_mass"), FramewiseLoss("own_mass")), (0.5, 1.0)),
            pseudo_labels=Votes(frames=True) if stage.pseudo_labels else None,
        )
        for stage in later
    ]
    first = replace(first, loss=Together((ClipwiseLoss("cells"), FramewiseLoss("cells")), (1.0, 1.0)))
    return replace(baseline, stages=(first, *finer))
