"""The memo's findings as comparisons of variants, and when they count as holding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

Expected = Literal["up", "down", "no_gain", "equal", "fails"]
HOLDS, FAILS, UNCLEAR, UNTRIED = "holds", "does not hold", "cannot tell", "not tried"
SO_FAR = "holds where tried"

SMALL = 0.02  # a smaller gain of cmAP is none, and a smaller difference is equality
WEAK = 0.5  # a rank correlation below it is no prediction


@dataclass(frozen=True)
class Contrast:
    """A variant against another one, and what the memo makes us expect of a figure of theirs.

    `against` is a variant of the same study, or STUDY:VARIANT of another one; "floor" is the best guess that listens to
    nothing. `cmap` is measured on the test recordings, `cv` and `precision` and their faithful readings in training.
    """

    study: str
    variant: str
    against: str
    expected: Expected
    figure: str = "cmap"


@dataclass(frozen=True)
class Claim:
    """A finding of the memo with its numbers, and the contrasts that show it; a claim without contrasts is number 17.

    `full` claims are tested from several seeds, `screened` ones from one.
    """

    number: int
    says: str
    memo: str
    tier: Literal["full", "screened"]
    contrasts: tuple[Contrast, ...] = ()


@dataclass(frozen=True)
class Measured:
    """What a contrast came to: a difference and its 95 % interval (NaN where there is none).

    Of `cmap` the interval comes from drawing recordings and seeds, of other figures from the differences of the seeds
    (Student's t). With one seed `chance` is the standard deviation that the interval of `cmap` was widened by: how much
    such differences move from seed to seed. `apart` says why the two sides can't be compared, "" when they can.
    """

    claim: int
    study: str
    variant: str
    against: str
    expected: str
    figure: str
    mean: float
    low: float
    high: float
    seeds: int
    apart: str = ""
    chance: float = math.nan


@dataclass(frozen=True)
class Correlation:
    """A correlation over experiments and its 95 % interval, from drawing experiments."""

    value: float
    low: float
    high: float


def _loss(variant: str, against: str, expected: Expected, figure: str = "cmap") -> Contrast:
    return Contrast("which_third_stage_loss", variant, against, expected, figure)


def _pseudo(variant: str, against: str, expected: Expected, figure: str = "cmap") -> Contrast:
    return Contrast("which_pseudo_labels", variant, against, expected, figure)


def _stages(variant: str, against: str, expected: Expected, figure: str = "cmap") -> Contrast:
    return Contrast("which_stages", variant, against, expected, figure)


def _terms(variant: str, against: str, expected: Expected, figure: str = "cmap") -> Contrast:
    return Contrast("which_loss_terms", variant, against, expected, figure)


def _network(variant: str, against: str, expected: Expected) -> Contrast:
    return Contrast("which_backbone", variant, against, expected)


def _signal(variant: str, against: str, expected: Expected) -> Contrast:
    return Contrast("which_signal", variant, against, expected)


CLAIMS = (
    Claim(
        1,
        "Stages 1, 2 and 3 each raise the hidden score; the CV on the original labels stays flat.",
        "LB .842, .874, .903; CV .789, .777, (.789 later)",
        "full",
        (
            _stages("stage_2", "stage_1", "up"),
            _stages("stage_3", "stage_2", "up"),
            _stages("stage_2", "stage_1", "equal", "cv"),
            _stages("stage_3", "stage_1", "equal", "cv"),
        ),
    ),
    Claim(
        2,
        "Pseudo-labels of presence alone beat those of presence and absence, while the CV says the opposite.",
        "LB .903 against .878; CV .926 against .945",
        "full",
        (
            _pseudo("exp0141_clean", "others", "down"),
            _pseudo("exp0141_clean", "others", "up", "cv_faithful"),
            _pseudo("exp0141_faithful_bug", "others", "down"),
            _pseudo("exp0141_faithful_bug", "others", "up", "cv_faithful"),
        ),
    ),
    Claim(
        3,
        "Focal weights on presence help; on absence too they add nothing.",
        "LB .903 to .911; both .900",
        "full",
        (_loss("exp0142", "stage_3", "up"), _loss("exp0144", "exp0142", "no_gain")),
    ),
    Claim(
        4,
        "Class weights raise CV and precision and lower the hidden score, in either scaling.",
        "LB .911 to .869, .912 to .868; CV .895 to .925, .935 to .941; Prec about .44 to .63",
        "full",
        (
            _loss("exp0145", "exp0142", "down"),
            _loss("exp0145", "exp0142", "up", "cv_faithful"),
            _loss("exp0145", "exp0142", "up", "precision_faithful"),
            _loss("exp0151", "exp0146", "down"),
            _loss("exp0151", "exp0146", "up", "cv_faithful"),
            _loss("exp0151", "exp0146", "up", "precision_faithful"),
            _loss("exp0153", "exp0152", "down"),
            _loss("exp0155", "exp0154", "down"),
        ),
    ),
    Claim(
        5,
        "Mixup raises the CV; the hidden score gains nothing in stage 3 and loses in stage 2.",
        "stage 3: CV .895 to .935, LB .911 to .912; stage 2: CV .777 to .805, LB .874 to .846",
        "full",
        (
            _loss("exp0146", "exp0142", "up", "cv_faithful"),
            _loss("exp0146", "exp0142", "no_gain"),
            _stages("mixup_binarised", "stage_2", "up", "cv_faithful"),
            _stages("mixup_binarised", "stage_2", "down"),
        ),
    ),
    Claim(
        6,
        "Mixing the last feature map, or absence too, is no better than mixing the input.",
        "LB .907, .907 against .912",
        "screened",
        (_loss("exp0149", "exp0146", "no_gain"), _loss("exp0148", "exp0146", "no_gain")),
    ),
    Claim(
        7,
        "A lower threshold for pseudo-labels is better; the best lies in the middle.",
        "LB .912 at .9, .923 at .5, .918 at .3 (later)",
        "screened",
        (
            _loss("exp0154", "exp0146", "up"),
            _pseudo("threshold_0_5", "others", "up"),
            _loss("exp0146_above_0_3", "exp0154", "down"),
        ),
    ),
    Claim(
        8,
        "Under-sampling hurts.",
        "LB .912 to .890",
        "full",
        (_loss("exp0150", "exp0146", "down"), _loss("exp0150_faithful", "exp0146", "down")),
    ),
    Claim(
        9,
        "Denoising hurts; denoising the test recordings too restores a part.",
        "LB .874 to .828 to .857; stage 3 .903 to .858",
        "screened",
        (
            _signal("denoise_2nd", "stage_2", "down"),
            _signal("denoise_2nd_and_test", "denoise_2nd", "up"),
            _signal("denoise_2nd_and_test", "stage_2", "down"),
            _signal("denoise_3rd", "stage_3", "down"),
        ),
    ),
    Claim(
        10,
        "Pseudo-labels of the test recordings bring no gain.",
        "LB .912 to .909",
        "screened",
        (_pseudo("test", "exp0146", "no_gain"),),
    ),
    Claim(
        11,
        "Recordings with FP boxes need pseudo-labels too.",
        "LB .840 against .911",
        "screened",
        (_pseudo("tp_only", "exp0142", "down"), _pseudo("tp_only_items", "exp0142", "down")),
    ),
    Claim(
        12,
        "The mean of the folds beats their maximum.",
        "LB .793 to .816, .803 to .825",
        "full",
        (
            Contrast("which_averaging", "fold_maximum", "exp0109", "down"),
            _network("exp0100_max", "exp0100_mean", "down"),
            _network("exp0101_max", "exp0101_mean", "down"),
        ),
    ),
    Claim(
        13,
        "ResNeSt50 is better than EfficientNet-B0, DenseNet121, ResNet18 and MobileNetV2, in this order.",
        "LB .851, .833, .825, .816, .799",
        "screened",
        (
            _network("exp0103", "exp0102", "up"),
            _network("exp0102", "exp0101_mean", "up"),
            _network("exp0101_mean", "exp0100_mean", "up"),
            _network("exp0100_mean", "exp0104", "up"),
        ),
    ),
    Claim(
        14,
        "Without the other terms of the loss the CV falls and the hidden score rises.",
        "CV .828 to .789; LB .808 to .842",
        "full",
        (_terms("exp0109", "exp0105", "up"), _terms("exp0109", "exp0105", "down", "cv_faithful")),
    ),
    Claim(
        15,
        "A loss that hears of presence alone, or a learning rate of 3e-3, breaks the training.",
        "very bad",
        "screened",
        (
            _terms("exp0107", "floor", "fails"),
            _terms("exp0112", "floor", "fails"),
            _terms("exp0116", "floor", "fails"),
        ),
    ),
    Claim(
        16,
        "Framewise pseudo-labels are of no use: the stage is stage 2 again.",
        "CV .778, LB .874, as stage 2",
        "screened",
        (_pseudo("framewise_double_sigmoid", "which_stages:stage_2", "equal"),),
    ),
    Claim(
        17,
        "The CV does not predict the hidden score.",
        "Pearson -.19 (9 of stage 1), +.74 (5 networks), +.16 (13 of stage 3)",
        "full",
    ),
    Claim(
        18,
        "Noise of training recordings, added to the test recordings, hurts.",
        "LB .912 to .902 and .767 (later)",
        "screened",
        (
            _signal("noise_on_test_removed", "exp0146", "down"),
            _signal("noise_on_test_quiet_x10", "exp0146", "down"),
            _signal("noise_on_test_quiet_gain_10", "exp0146", "down"),
        ),
    ),
    Claim(
        19,
        "Song types as classes of their own bring no gain.",
        "LB .900 against .912 to .923 (later)",
        "screened",
        (Contrast("which_classes", "song_types", "species", "no_gain"),),
    ),
)


# -------------------------------------------------------------------------------------------------------- verdicts


def verdict(one: Measured) -> str:
    """Whether a contrast came out as expected, by its interval."""
    if one.apart or math.isnan(one.low):
        return UNCLEAR
    if one.expected == "fails":  # the difference to the best floor
        return FAILS if one.low > 0 else HOLDS if one.mean <= 0 else UNCLEAR
    if one.expected == "equal":
        as_said = one.low > -SMALL and one.high < SMALL
        return HOLDS if as_said else FAILS if one.low > 0 or one.high < 0 else UNCLEAR
    if one.expected == "no_gain":
        return HOLDS if one.high < SMALL else FAILS if one.low > 0 else UNCLEAR
    low, high = (one.low, one.high) if one.expected == "up" else (-one.high, -one.low)
    return HOLDS if low > 0 else FAILS if high < 0 else UNCLEAR


def joined(verdicts: Sequence[str], contrasts: int) -> str:
    """The verdict on a claim of so many contrasts, of which some were tried.

    It holds when all of them do, and fails with any of them.
    """
    if not verdicts:
        return UNTRIED
    if FAILS in verdicts:
        return FAILS
    if UNCLEAR in verdicts:
        return UNCLEAR
    return HOLDS if len(verdicts) == contrasts else SO_FAR


def verdict_on_correlation(spearman: Correlation | None) -> str:
    """Whether the CV does not predict the test score: the correlation is clearly weak, clearly there, or neither."""
    if spearman is None:
        return UNTRIED
    return HOLDS if spearman.high < WEAK else FAILS if spearman.low > 0 else UNCLEAR


def correlated(xs: Sequence[float], ys: Sequence[float], ranks: bool, times: int = 2000) -> Correlation | None:
    """Pearson's correlation, or Spearman's with `ranks`, of pairs that are both known.

    None with fewer than five of them, and when one side is all the same.
    """
    pairs = np.array([(x, y) for x, y in zip(xs, ys, strict=True) if math.isfinite(x) and math.isfinite(y)])
    if len(pairs) < 5 or (pairs == pairs[0]).all(axis=0).any():
        return None

    def of(rows: np.ndarray) -> float:
        drawn = stats.rankdata(rows, axis=0) if ranks else rows
        if (drawn == drawn[0]).all(axis=0).any():
            return math.nan  # the same experiment drawn every time
        return float(np.corrcoef(drawn.T)[0, 1])

    rng = np.random.default_rng(0)
    values = np.array([of(pairs[rng.integers(0, len(pairs), len(pairs))]) for _ in range(times)])
    low, high = np.quantile(values[np.isfinite(values)], (0.025, 0.975))
    return Correlation(of(pairs), float(low), float(high))
