import numpy as np
import pytest

from dawnchorus import metrics
from dawnchorus.study.paired import CompareError, drawn_cmap, paired
from study.runs import PERFECT, POSITIVES, RECORDINGS, REVERSED, TRUTH, submission


def test_a_run_against_itself_is_exactly_0(tmp_path):
    noise = np.random.default_rng(1).random((40, 2)).round(1)  # with ties
    folders = {seed: submission(tmp_path / str(seed), noise + seed) for seed in (0, 1)}
    gain = paired(POSITIVES, folders, folders)
    assert (gain.mean, gain.low, gain.high, gain.seeds) == (0, 0, 0, 2)


def test_a_clear_gain_is_clear_of_0(tmp_path):
    good = {0: submission(tmp_path / "good", PERFECT)}
    bad = {0: submission(tmp_path / "bad", REVERSED)}
    gain = paired(POSITIVES, good, bad)
    assert gain.mean == pytest.approx(metrics.cmap(PERFECT, TRUTH) - metrics.cmap(REVERSED, TRUTH))
    assert 0 < gain.low < gain.mean < gain.high and gain.seeds == 1
    assert paired(POSITIVES, bad, good).mean == -gain.mean


def test_only_seeds_in_common_count(tmp_path):
    good, bad = submission(tmp_path / "good", PERFECT), submission(tmp_path / "bad", REVERSED)
    assert paired(POSITIVES, {0: good, 1: bad}, {0: good, 2: bad}) == paired(POSITIVES, {0: good}, {0: good})
    with pytest.raises(CompareError, match="no seed in common"):
        paired(POSITIVES, {0: good}, {1: good})


def test_the_chance_of_training_widens_the_interval(tmp_path):
    good, bad = submission(tmp_path / "good", PERFECT), submission(tmp_path / "bad", REVERSED)
    steady = paired(POSITIVES, {0: good, 1: good}, {0: bad, 1: bad})
    shaky = paired(POSITIVES, {0: good, 1: bad}, {0: bad, 1: bad})
    assert shaky.mean == pytest.approx(steady.mean / 2)
    assert shaky.high - shaky.low > 2 * (steady.high - steady.low)
    assert shaky.low == 0  # both draws may be the seed that gained nothing


def test_the_order_of_rows_is_no_matter_and_other_recordings_are_refused(tmp_path):
    plain = {0: submission(tmp_path / "plain", PERFECT)}
    turned = {0: submission(tmp_path / "turned", PERFECT[::-1], RECORDINGS[::-1])}
    assert paired(POSITIVES, plain, turned).high == 0
    other = {0: submission(tmp_path / "other", PERFECT, ["x", *RECORDINGS[1:]])}
    with pytest.raises(CompareError, match="other recordings"):
        paired(POSITIVES, plain, other)


def test_a_truth_that_does_not_fit_is_refused(tmp_path):
    folders = {0: submission(tmp_path / "a", PERFECT)}
    with pytest.raises(CompareError, match="nothing is known to sound"):
        paired({"elsewhere": {0}}, folders, folders)
    with pytest.raises(CompareError, match="species 2"):
        paired({"r01": {2}}, folders, folders)


def test_weighing_recordings_is_drawing_them():
    rng = np.random.default_rng(3)
    scores, truth = rng.random((30, 4)).round(1), rng.random((30, 4)) < 0.3
    truth[:, 3] = False  # a species that is nowhere
    truth[5:, 2] = False  # and one that some draws miss
    drawn = rng.integers(0, 30, (50, 30))
    counts = np.stack([np.bincount(row, minlength=30) for row in drawn])
    expected = [metrics.cmap(scores[row], truth[row]) for row in drawn]
    assert drawn_cmap(scores, truth, counts) == pytest.approx(expected, abs=1e-12)
