"""Which terms of the first stage's loss help, and which of its other settings?

Expected: with the clipwise loss alone the CV falls and the leaderboard score rises; a learning rate of 3e-3, and losses
that hear of presence alone, break the training.
"""

from dataclasses import replace

from dawnchorus import memo
from dawnchorus.augment.mixup import Mixup
from dawnchorus.losses.clip_maximum import ClipMaximumLoss
from dawnchorus.losses.clipwise import ClipwiseLoss
from dawnchorus.losses.framewise import FramewiseLoss
from dawnchorus.losses.together import Together
from dawnchorus.study.values import Reported, Variant
from dawnchorus.windows import EventCrops, SlidingWindows

clip = memo.only_clip_loss
clip_and_maximum = Together((clip, ClipMaximumLoss("cells")), (1, 0.5))
clip_and_self_label = Together((clip, memo.self_label), (1, 1))
clip_and_presence_of_frames = Together((clip, FramewiseLoss("cells", absent=0)), (1, 0.5))
presence_alone = ClipwiseLoss("cells", absent=0)
from_centre = EventCrops(512, (0, 32, 64, 128, 256), "from_centre")
COLUMNS_OF_A_MINUTE = 3751
even = "The memo weighs species by their rarity in the self-label term; we count them alike."
half_weight = "The weight of the second term is not stated; we take 0.5, as in the loss of four terms."

baseline = "exp0109"
variants = {
    "exp0100": Variant(memo.exp0100, Reported(cv=0.8282, lb=0.816), memo=("exp0100 avg",), note=even),
    "exp0105": Variant(memo.exp0105, Reported(cv=0.8279, lb=0.808), memo=("exp0105",), note=even),
    "exp0106": Variant(
        memo.with_stage(memo.exp0105, "1", absent_per_epoch=0), Reported(cv=0.8053, lb=0.804), memo=("exp0106",)
    ),
    "exp0107": Variant(
        memo.with_stage(memo.exp0105, "1", learning_rate=3e-3), Reported(failed=True), memo=("exp0107",)
    ),
    "exp0108": Variant(
        memo.with_stage(memo.exp0105, "1", learning_rate=3e-4), Reported(cv=0.8219, lb=0.798), memo=("exp0108",)
    ),
    "exp0109": Variant(memo.exp0109, Reported(cv=0.7889, lb=0.842), memo=("exp0109",)),
    "exp0110": Variant(
        memo.with_stage(memo.exp0109, "1", loss=clip_and_maximum),
        Reported(cv=0.8184, lb=0.831),
        memo=("exp0110",),
        note=half_weight,
    ),
    "exp0111": Variant(
        memo.with_stage(memo.exp0109, "1", loss=clip_and_self_label),
        Reported(cv=0.7959, lb=0.828),
        memo=("exp0111",),
        note=even,
    ),
    "exp0112": Variant(
        memo.with_stage(memo.exp0109, "1", loss=clip_and_presence_of_frames),
        Reported(failed=True),
        memo=("exp0112",),
        note=half_weight,
    ),
    "exp0113": Variant(
        replace(memo.exp0109, network=replace(memo.network, time_pool="max_plus_mean")),
        Reported(cv=0.7608, lb=0.793),
        memo=("exp0113",),
    ),
    "exp0114": Variant(
        replace(memo.exp0109, network=replace(memo.network, bias=True)),
        Reported(cv=0.7843, lb=0.830),
        memo=("exp0114",),
    ),
    "exp0115": Variant(
        replace(memo.exp0109, network=replace(memo.network, clamp_attention=10.0)),
        Reported(cv=0.7888),
        memo=("exp0115",),
    ),
    "exp0116": Variant(
        memo.with_stage(memo.exp0109, "1", loss=presence_alone), Reported(failed=True), memo=("exp0116",)
    ),
    "faithful_label_only": Variant(
        memo.with_stage(memo.exp0109, "1", mixup=Mixup(0.1, faithful_label_only=True)),
        note="A slip of the saved notebook: labels are mixed, sound is not; whether exp0109 ran so is unknown.",
    ),
    "faithful_last_box": Variant(
        memo.with_stage(memo.exp0109, "1", windows=replace(memo.crops, faithful_last_box=True)),
        note="As in the later notebooks: of several boxes of a species in a recording, only the last is cropped round.",
    ),
    "faithful_whole_columns": Variant(
        memo.with_stage(memo.exp0109, "1", augment=(replace(memo.masks, faithful_whole_columns=COLUMNS_OF_A_MINUTE),)),
        note="As in the notebooks: the recording is masked before it is cropped, so that most crops have no time mask.",
    ),
    "faithful_tail": Variant(
        replace(memo.exp0109, score_windows=SlidingWindows(512, 51, faithful_tail=True)),
        note="As in the notebook of this time: windows overlap by 51, and the last 12 columns are never heard.",
    ),
    "crops_from_centre": Variant(
        memo.with_stage(memo.exp0109, "1", windows=from_centre),
        note="How later notebooks crop: the event in the centre, shifted to either side.",
    ),
}
