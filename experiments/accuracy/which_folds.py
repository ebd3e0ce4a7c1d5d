"""Six networks on spectrograms: how many folds, and how many networks a fold?

Expected: more folds. Training and hearing take as long, and each network learns from five sixths of the boxes in place
of half, which is worth more than another seed on the same half. Scores of training recordings come from one network
then, and say less of how sure the model is.
"""

from dataclasses import replace

from dawnchorus import rounds
from dawnchorus.study.values import Variant

three_a_fold = replace(rounds.on_pictures(), repeats=3)

baseline = "2_folds_of_3"
variants = {
    "2_folds_of_3": Variant(three_a_fold),
    "3_folds_of_2": Variant(replace(three_a_fold, folds=3, repeats=2)),
    "6_folds_of_1": Variant(replace(three_a_fold, folds=6, repeats=1)),
}
