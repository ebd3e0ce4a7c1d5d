"""What is gained by averaging: over views of a recording, over windows, over weights, over folds?

Expected: the folds' mean beats their maximum; windows that overlap by half help a little; the memo's author says later
that test-time augmentation did not work.
"""

from dataclasses import replace

from dawnchorus import memo
from dawnchorus.augment.shift import Shift
from dawnchorus.averaging import WeightAverage
from dawnchorus.experiment import Prediction
from dawnchorus.study.values import Reported, Variant
from dawnchorus.windows import SlidingWindows

masked = Prediction(views=(memo.masks,), draws=5)
shifted = Prediction(views=(Shift(32),), draws=5)
maximum = Prediction(join="max")
by_half = Prediction(windows=SlidingWindows(512, 256))

baseline = "exp0109"
variants = {
    "exp0109": Variant(memo.exp0109, Reported(cv=0.7889, lb=0.842), memo=("exp0109",)),
    "tta_masks": Variant(
        replace(memo.exp0109, predict=masked),
        memo=("TTA",),
        note="From a draft in the notebooks: five hearings, each masked by chance; their mean is our reading.",
    ),
    "tta_shifts": Variant(
        replace(memo.exp0109, predict=shifted),
        memo=("TTA",),
        note="A reading: five hearings, each shifted in time by up to half a second.",
    ),
    "swa": Variant(
        memo.with_stage(memo.exp0109, "1", average=WeightAverage(), keep="last"),
        memo=("SWA",),
        note="The memo only names it; we average the weights over the second half of the stage.",
    ),
    "fold_maximum": Variant(replace(memo.exp0109, predict=maximum)),
    "windows_14": Variant(
        replace(memo.exp0109, predict=by_half), note="Tried later, on other models: 14 windows that overlap by half."
    ),
}
