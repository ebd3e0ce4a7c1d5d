"""Which network hears best, and how are the models of the folds joined?

Expected: ResNeSt50 first and MobileNetV2 last, the others between them; the folds' mean beats their maximum clearly.
"""

from dataclasses import replace

from dawnchorus import memo
from dawnchorus.experiment import Prediction
from dawnchorus.networks.backbones import Backbone
from dawnchorus.study.values import Reported, Variant

maximum = Prediction(join="max")
densenet = replace(memo.network, backbone=Backbone("densenet121"))
efficientnet = replace(memo.network, backbone=Backbone("efficientnet_b0"))
mobilenet = replace(memo.network, backbone=Backbone("mobilenetv2_100"))
vit = replace(memo.network, backbone=Backbone("vit_small_patch16_224", columns_per_frame=16))
with_cbam = replace(memo.network, cbam=True)

exp0101 = replace(memo.exp0100, network=densenet)
exp0103 = memo.with_stage(replace(memo.exp0100, network=memo.resnest), "1", **memo.half_batches)

baseline = "exp0100_mean"
variants = {
    "exp0100_max": Variant(
        replace(memo.exp0100, predict=maximum), Reported(cv=0.8282, lb=0.793), memo=("exp0100 max",)
    ),
    "exp0100_mean": Variant(memo.exp0100, Reported(cv=0.8282, lb=0.816), memo=("exp0100 avg",)),
    "exp0101_max": Variant(replace(exp0101, predict=maximum), Reported(cv=0.8313, lb=0.803), memo=("exp0101 max",)),
    "exp0101_mean": Variant(exp0101, Reported(cv=0.8313, lb=0.825), memo=("exp0101 avg",)),
    "exp0102": Variant(replace(memo.exp0100, network=efficientnet), Reported(cv=0.8202, lb=0.833), memo=("exp0102",)),
    "exp0103": Variant(
        exp0103,
        Reported(cv=0.8397, lb=0.851),
        memo=("exp0103",),
        note="The batch is not stated; we take 32 windows, as in exp0117.",
    ),
    "exp0104": Variant(replace(memo.exp0100, network=mobilenet), Reported(cv=0.8175, lb=0.799), memo=("exp0104",)),
    # From here on with the clipwise loss alone, and neither brightness nor gamma: to be compared with exp0109.
    "exp0109": Variant(memo.exp0109, Reported(cv=0.7889, lb=0.842), memo=("exp0109",)),
    "exp0117": Variant(memo.exp0117, Reported(cv=0.7825, lb=0.858), memo=("exp0117",)),
    "vit": Variant(
        replace(memo.exp0109, network=vit),
        memo=("ViT",),
        note="The memo only names ViT; we take a small one whose patches are laid out as a feature map.",
    ),
    "cbam": Variant(
        replace(memo.exp0109, network=with_cbam),
        memo=("CBAM",),
        note="Where it sits is taken from a later notebook: once, on the last feature map.",
    ),
}
