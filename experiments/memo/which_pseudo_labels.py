"""Whose labels should the third stage believe, and of which recordings?

Expected: positives alone beat positives and negatives (.903, .878), though the CV says the opposite; recordings with FP
boxes need pseudo-labels too; those of the test recordings change nothing.
"""

from dataclasses import replace

from dawnchorus import memo
from dawnchorus.labels.faithful_0141 import Faithful0141
from dawnchorus.losses.clipwise import ClipwiseLoss
from dawnchorus.losses.framewise import FramewiseLoss
from dawnchorus.losses.together import Together
from dawnchorus.study.values import Reported, Variant

votes = memo.pseudo_labels
negatives_too = replace(votes, absent_below=0.01)
clip_and_frames = Together((ClipwiseLoss("sum"), FramewiseLoss("sum")), (1, 1))
stage_4 = replace(memo.stage_3, name="4", teacher="3")
stage_5 = replace(memo.stage_3, name="5", teacher="4")
two_rounds = replace(memo.third, stages=(*memo.third.stages, stage_4))
three_rounds = replace(memo.third, stages=(*memo.third.stages, stage_4, stage_5))
on_exp0146 = "The memo lowers the threshold of exp0146 and exp0151 (see which_third_stage_loss); here it alone changes."

baseline = "others"
variants = {
    "others": Variant(memo.third, Reported(cv=0.9260, lb=0.903), memo=("pseudo labels, train",)),
    # Where the labels are.
    "exp0142": Variant(memo.exp0142, Reported(cv=0.8952, lb=0.911), memo=("Focal Loss, positive",)),
    "tp_only": Variant(
        memo.with_stage(memo.exp0142, "3", pseudo_on="present"),
        Reported(cv=0.8999, lb=0.840),
        memo=("pseudo labels, tp_train only",),
        note="A reading, on top of exp0142: FP recordings keep their boxes and get no pseudo-labels.",
    ),
    "tp_only_items": Variant(
        memo.with_stage(memo.exp0142, "3", absent_per_epoch=0),
        Reported(cv=0.8999, lb=0.840),
        memo=("pseudo labels, tp_train only",),
        note="The other reading: recordings without a TP box are not heard at all.",
    ),
    "exp0146": Variant(memo.exp0146, Reported(cv=0.9346, lb=0.912), memo=("mixup",)),
    "test": Variant(
        memo.with_stage(memo.exp0146, "3", also_hear=("test",)),
        Reported(cv=0.9325, lb=0.909),
        memo=("pseudo labels, test",),
    ),
    "external": Variant(
        memo.with_stage(memo.exp0146, "3", also_hear=("external",)),
        memo=("pseudo labels, external",),
        note="The memo names no data and never did it; any recordings that nobody annotated, treated as the test ones.",
    ),
    # What the teachers are asked.
    "framewise_maximum": Variant(
        memo.with_stage(memo.third, "3", pseudo_labels=replace(votes, source="framewise")),
        memo=("pseudo labels, frame wise",),
        note="A reading: windows are labelled by their highest frames.",
    ),
    "framewise_frames": Variant(
        memo.with_stage(
            memo.third, "3", pseudo_labels=replace(votes, source="framewise", frames=True), loss=clip_and_frames
        ),
        memo=("pseudo labels, frame wise",),
        note="The other reading: frames are labelled too, and a frame loss hears them.",
    ),
    "framewise_double_sigmoid": Variant(
        memo.with_stage(
            memo.third, "3", pseudo_labels=replace(votes, source="framewise", faithful_double_sigmoid=True)
        ),
        Reported(cv=0.7777, lb=0.874),
        memo=("pseudo labels, frame wise",),
        note="A slip that the notebook shows: two sigmoids, so that no label is ever made and stage 2 is repeated.",
    ),
    # Negatives.
    "negatives_0_1": Variant(
        memo.with_stage(memo.third, "3", pseudo_labels=replace(votes, absent_below=0.1)),
        memo=("pseudo labels, negative",),
        note="The threshold that the memo mentions; its runs used 0.01.",
    ),
    "exp0138": Variant(
        None,
        Reported(cv=0.8513, lb=0.850),
        memo=("exp0138",),
        note="A run with a fault that is not stated, so there is nothing to repeat.",
    ),
    "exp0141_clean": Variant(
        memo.with_stage(memo.third, "3", pseudo_labels=negatives_too),
        memo=("pseudo labels, negative", "exp0141"),
        note="What exp0141 meant to be.",
    ),
    "exp0141_faithful_bug": Variant(
        memo.with_stage(
            memo.third, "3", labels=Faithful0141(), pseudo_labels=negatives_too, faithful_contradictions=True
        ),
        Reported(cv=0.9446, lb=0.878),
        memo=("exp0141",),
        note="As the notebook ran it: TP boxes also count as absence, and FP boxes say nothing.",
    ),
    # How sure, and how many.
    "threshold_0_75": Variant(
        memo.with_stage(memo.third, "3", pseudo_labels=replace(votes, present_above=0.75)), note=on_exp0146
    ),
    "threshold_0_5": Variant(
        memo.with_stage(memo.third, "3", pseudo_labels=replace(votes, present_above=0.5)), note=on_exp0146
    ),
    "threshold_0_3": Variant(
        memo.with_stage(memo.third, "3", pseudo_labels=replace(votes, present_above=0.3)), note=on_exp0146
    ),
    "faithful_voters": Variant(
        memo.with_stage(memo.third, "3", faithful_voters=True),
        Reported(cv=0.9260, lb=0.903),
        memo=("pseudo labels, train",),
        note="As in the memo: three of all five models, four of which were trained on the recording.",
    ),
    "two_repeats": Variant(
        replace(memo.third, repeats=2), note="Our own question: two voters that never heard the recording."
    ),
    "two_rounds": Variant(two_rounds, note="Our own question: the third stage teaches a fourth."),
    "three_rounds": Variant(three_rounds, note="Our own question: and the fourth a fifth."),
    "faithful_contradictions": Variant(
        memo.with_stage(memo.third, "3", faithful_contradictions=True),
        note="As in the memo: a pseudo-label may say present where a person said absent.",
    ),
}
