"""On a pretrained encoder: what do weak absence, pasted events and rounds of soft labels bring?

Expected: weak absence most; pasted events something, because the boxes come from few animals; the first round of soft
labels a little, the second nothing more.
"""

from dataclasses import replace

from dawnchorus import rounds
from dawnchorus.labels.annotated_only import AnnotatedOnly
from dawnchorus.study.values import Variant
from dawnchorus.windows import Anchored

full = rounds.on_encoder(rounds.BIRDNET, count=2)
known, first, second = full.stages
columns = known.windows.columns
boxes_alone = replace(known, windows=Anchored(columns, 1.0), labels=AnnotatedOnly())
pasting = replace(
    full, pasted=replace(rounds.PASTED, count=30), stages=(replace(known, windows=Anchored(columns, 0.5, 0.25)),)
)

baseline = "known"
variants = {
    "boxes_alone": Variant(replace(full, stages=(boxes_alone,))),
    "known": Variant(replace(full, stages=(known,))),
    "pasting": Variant(pasting),
    "round_1": Variant(replace(full, stages=(known, first))),
    "round_2": Variant(full),
}
