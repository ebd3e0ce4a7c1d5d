"""On a pretrained encoder: how much should be read out of what nobody said, and where should training listen?

Expected: other species absent on boxed frames helps most, because a head on embeddings confuses species more than it
misses calls; a little absence everywhere helps next, and too much of it costs rare species; a little presence in it
(`target`), as often as species sound, makes no difference to ranking. Windows round boxes alone
are too few places, and without any of them the boxes drown. Absence beside a box costs recordings nothing and helps
events.
"""

from dataclasses import replace

from dawnchorus import rounds
from dawnchorus.experiment import Experiment
from dawnchorus.labels.beside_absent import BesideAbsent
from dawnchorus.labels.boxes import LabelPolicy
from dawnchorus.study.values import Variant

full = rounds.on_encoder(rounds.BIRDNET, count=0)
(known,) = full.stages
smoothed = known.labels  # a little absent everywhere, over
others = smoothed.labels  # other species absent on boxed frames, over what people said
windows = known.windows


def others_of(weight: float) -> LabelPolicy:
    """The same labels, other species absent with this weight."""
    return replace(smoothed, labels=replace(others, weight=weight))


def labelled(labels: LabelPolicy) -> Experiment:
    """The same with other labels."""
    return replace(full, stages=(replace(known, labels=labels),))


def listening(share: float) -> Experiment:
    """The same with another share of windows round boxes; pasted events keep theirs."""
    return replace(full, stages=(replace(known, windows=replace(windows, share=share)),))


baseline = "known"
variants = {
    "known": Variant(full),
    "without_others": Variant(labelled(replace(smoothed, labels=others.labels))),
    "others_1.0": Variant(labelled(others_of(1.0))),
    "smoothed_0": Variant(labelled(others)),
    "smoothed_0.1": Variant(labelled(replace(smoothed, weight=0.1))),
    "target_0.02": Variant(labelled(replace(smoothed, target=0.02))),
    "target_0.05": Variant(labelled(replace(smoothed, target=0.05))),
    "beside_absent": Variant(labelled(replace(smoothed, labels=BesideAbsent(others, weight=1.0)))),
    "anchored_none": Variant(listening(0.0)),
    "anchored_all": Variant(listening(1.0)),
}
