"""Do rarer song types learn better as classes of their own?

Expected: no gain; the memo only asks, and later runs with 26 classes stayed below those with 24.
"""

from dataclasses import replace

from dawnchorus import memo
from dawnchorus.study.values import Reported, Variant

reading = "Which song types become classes is read from the data: all but the commonest of each species."

baseline = "species"
variants = {
    "species": Variant(memo.exp0146, Reported(cv=0.9346, lb=0.912), memo=("mixup",)),
    "song_types": Variant(
        replace(memo.exp0146, song_types=True),
        Reported(cv=0.9437, lb=0.900),
        memo=("songtype_id",),
        note=f"The figures were reported later than the memo. {reading}",
    ),
    "species_stage_1": Variant(memo.exp0109, Reported(cv=0.7889, lb=0.842), memo=("exp0109",)),
    "song_types_stage_1": Variant(
        replace(memo.exp0109, song_types=True),
        Reported(lb=0.806),
        memo=("songtype_id",),
        note=f"The figure was reported later than the memo. {reading}",
    ),
}
