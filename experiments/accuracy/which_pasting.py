"""Do calls that are cut out and pasted into other recordings teach a network on spectrograms more than boxes alone?

Expected: yes, and by far: 15 boxes of a species become as many as one likes, at known times, on the user's own
background, at other levels and speeds. Too large a share of them hurts: pasted calls all come from the same boxes.
"""

from dataclasses import replace

from dawnchorus import recommended, rounds
from dawnchorus.study.values import Variant
from dawnchorus.windows import Anchored

memo_stages = recommended.experiment()
two_stages = replace(memo_stages, stages=memo_stages.stages[:2])
pasted = rounds.on_pictures()


stage = pasted.stages[0]
boxes = replace(pasted, stages=(replace(stage, windows=Anchored(stage.windows.columns, 0.6, 0.0)),))
mostly = replace(pasted, stages=(replace(stage, windows=Anchored(stage.windows.columns, 0.1, 0.5)),))

baseline = "boxes"
variants = {
    "memo_stage_2": Variant(two_stages, note="The memo's second stage, as `dawnchorus train` had it."),
    "boxes": Variant(boxes),
    "pasted": Variant(pasted),
    "pasted_mostly": Variant(mostly),
}
