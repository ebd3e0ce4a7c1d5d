"""What does each part of the default on spectrograms bring, when it alone is left out?

Expected: without pasted events most is lost, since boxes are few; then without a little absence where nobody spoke,
as the network never hears silence called so. Mixup brings a little. Without windows round boxes little is lost, because
pasted events are anchors too. `which_input` leaves out the coordinate.
"""

from dataclasses import replace

from dawnchorus import rounds
from dawnchorus.experiment import Experiment, Stage
from dawnchorus.study.values import Variant

default = rounds.on_pictures()
(known,) = default.stages
silence = known.labels  # a little absent where nobody spoke, over
others = silence.labels  # other species absent on boxed frames, over what people said


def of(stage: Stage) -> Experiment:
    """The default with another stage."""
    return replace(default, stages=(stage,))


baseline = "default"
variants = {
    "default": Variant(default),
    "without_pasting": Variant(
        replace(of(replace(known, windows=replace(known.windows, pasted_share=0.0))), pasted=None)
    ),
    "without_silence": Variant(of(replace(known, labels=others))),
    "without_others": Variant(of(replace(known, labels=replace(silence, labels=others.labels)))),
    "without_anchors": Variant(of(replace(known, windows=replace(known.windows, share=0.0)))),
    "without_mixup": Variant(of(replace(known, mixup=None))),
    "without_masks": Variant(of(replace(known, augment=()))),
}
