"""On spectrograms: do rounds of soft labels bring what they don't bring on an encoder?

Expected: yes, a little. A network that starts from pictures makes more mistakes that its folds don't share, and the
round before tells it of recordings without any box; the second round adds less than the first.
"""

from dataclasses import replace

from dawnchorus import rounds
from dawnchorus.study.values import Variant

full = rounds.on_pictures(count=2)
known, first, second = full.stages

baseline = "known"
variants = {
    "known": Variant(replace(full, stages=(known,))),
    "round_1": Variant(replace(full, stages=(known, first))),
    "round_2": Variant(full),
}
