"""Does it help to denoise recordings, or to make test recordings sound like training ones?

Expected: denoising hurts (.874 to .828), and denoising the test recordings too restores a part (.857); noise added to
the test recordings hurts.
"""

from dataclasses import replace

from dawnchorus import memo
from dawnchorus.added_noise import AddedNoise
from dawnchorus.experiment import Prediction
from dawnchorus.study.values import Reported, Variant

denoised = Prediction(denoised=True)
second_denoised = memo.with_stage(memo.second, "2", denoised=True)
third_denoised = memo.with_stage(memo.third, "3", denoised=True)
removed = Prediction(noise=AddedNoise("removed"))
quiet = Prediction(noise=AddedNoise("quiet_windows"))
quiet_10_draws = Prediction(noise=AddedNoise("quiet_windows", draws=10))
quiet_gain_10 = Prediction(noise=AddedNoise("quiet_windows", gain=10.0))
how_denoised = "How the memo denoised is not stated; we take spectral gating."

baseline = "stage_2"
variants = {
    "stage_2": Variant(memo.second, Reported(cv=0.7766, lb=0.874)),
    "denoise_2nd": Variant(
        second_denoised, Reported(cv=0.7579, lb=0.828), memo=("denoise, 2nd stage",), note=how_denoised
    ),
    "denoise_2nd_and_test": Variant(
        replace(second_denoised, predict=denoised), Reported(lb=0.857), memo=("denoise, test too",), note=how_denoised
    ),
    "denoise_3rd": Variant(
        replace(third_denoised, predict=denoised),
        Reported(cv=0.8954, lb=0.858),
        memo=("denoise, 3rd stage",),
        note=f"A reading: the third stage and the test recordings are denoised, its teacher is not. {how_denoised}",
    ),
    "stage_3": Variant(memo.third, Reported(cv=0.9260, lb=0.903), memo=("3rd stage",)),
    "exp0146": Variant(memo.exp0146, Reported(cv=0.9346, lb=0.912), memo=("mixup",)),
    "noise_on_test_removed": Variant(
        replace(memo.exp0146, predict=removed),
        Reported(lb=0.902),
        memo=("noise of train on test",),
        note="A reading: noise is what denoising takes out of a training recording; reported later.",
    ),
    "noise_on_test_quiet": Variant(
        replace(memo.exp0146, predict=quiet),
        memo=("noise of train on test",),
        note="A reading: noise is stretches of training recordings in which the model hears nothing.",
    ),
    "noise_on_test_quiet_x10": Variant(
        replace(memo.exp0146, predict=quiet_10_draws),
        Reported(lb=0.767),
        memo=("noise of train on test",),
        note="The x10 of a later note is not explained; here the mean over 10 draws of noise.",
    ),
    "noise_on_test_quiet_gain_10": Variant(
        replace(memo.exp0146, predict=quiet_gain_10),
        Reported(lb=0.767),
        memo=("noise of train on test",),
        note="The x10 of a later note is not explained; here noise ten times as strong.",
    ),
}
