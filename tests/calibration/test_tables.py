from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.worlds import honest
from dawnchorus.calibration.platt import Platt
from dawnchorus.calibration.tables import Calibration, SpeciesCalibration, read, write
from dawnchorus.calibration.thresholds import Threshold
from dawnchorus.evidence import Evidence

KEPT = Calibration(
    "c0ffee",
    (honest(0.1 + 0.2, -1 / 3, 0.01), honest(2.0, 0.0, 0.5)),
    (Threshold(None, 2 / 3, 0.9, 7, 0.1, 0.99), Threshold(1, math.inf, 0.9, 0, 0.0, 1.0)),
)


def test_a_calibration_comes_back_as_it_was_written(tmp_path):
    write(tmp_path, KEPT)
    assert read(tmp_path, "c0ffee") == KEPT
    assert (tmp_path / "calibration.csv").read_text(encoding="utf-8").splitlines()[
        2
    ] == "1,2.0,0.0,0.5,mixture,12,3,c0ffee"
    assert (tmp_path / "thresholds.csv").read_text(encoding="utf-8").splitlines()[2] == "1,inf,0.9,0,0.0,1.0,c0ffee"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_calibration_is_put_together_from_what_was_fitted():
    known = Evidence(np.array([[0.5, 0], [1, 0]]), np.array([[0, 0], [0, 2.0]]))
    made = Calibration.of("c0ffee", "platt", [Platt(1.0, 2.0), Platt(3.0, 4.0)], np.array([0.1, 0.2]), known)
    assert made.species[0] == SpeciesCalibration(1.0, 2.0, 0.1, "platt", 2, 0)
    assert made.species[1] == SpeciesCalibration(3.0, 4.0, 0.2, "platt", 0, 1)


def test_a_calibration_applies_each_map_along_the_last_axis():
    scores = np.random.default_rng(0).random((3, 5, 2)).astype(np.float32)
    applied = KEPT.apply(scores)
    for species, one in enumerate(KEPT.species):
        np.testing.assert_allclose(applied[..., species], Platt(one.a, one.b)(scores[..., species]))
    with pytest.raises(ValueError, match="scores of 1 species; the calibration is of 2"):
        KEPT.apply(scores[..., :1])


def test_the_calibration_of_another_model_is_refused(tmp_path):
    write(tmp_path, KEPT)
    with pytest.raises(ValueError, match=r"calibration.csv line 2: model_hash is 'c0ffee', not 'decaf'"):
        read(tmp_path, "decaf")
    write(tmp_path / "other", replace(KEPT, model_hash="decaf"))
    (tmp_path / "other" / "thresholds.csv").replace(tmp_path / "thresholds.csv")
    with pytest.raises(ValueError, match=r"thresholds.csv line 2: model_hash is 'decaf', not 'c0ffee'"):
        read(tmp_path, "c0ffee")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("calibration", "\n1,2.0", "\n2,2.0", "line 3: species_id is '2', not 1: one row each, in order"),
        ("calibration", "1,2.0", "1,-2.0", "line 3: a is '-2.0', not a number above 0"),
        ("calibration", "2.0,0.0", "2.0,nan", "line 3: b is 'nan', not a number"),
        ("calibration", "2.0,0.0", "2.0,", "line 3: b is '', not a number"),
        ("calibration", "0.5,mixture", "1.5,mixture", "line 3: prevalence is '1.5', not a number from 0 to 1"),
        ("calibration", "0.5,mixture,12", "0.5,mixture,1.5", "line 3: n_present is '1.5', not a whole number from 0"),
        ("calibration", "prevalence", "prevalance", "has no column prevalence"),
        ("thresholds", "all", "any", "line 2: species_id is 'any', not 'all' or a number from 0 to 1"),
        ("thresholds", "\n1,inf", "\n2,inf", "line 3: species_id is '2', not 'all' or a number from 0 to 1"),
        ("thresholds", "inf", "-inf", "line 3: threshold is '-inf', not a number from 0 to 1, or inf"),
        ("thresholds", "0.1,0.99", "0.99,0.1", "line 2: low is 0.99 and high 0.1, not the other way round"),
    ],
)
def test_a_broken_table_is_named_with_file_and_line(tmp_path, file, old, new, said):
    write(tmp_path, KEPT)
    path: Path = tmp_path / f"{file}.csv"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError) as caught:
        read(tmp_path, "c0ffee")
    assert f"{file}.csv" in str(caught.value)
    assert said in str(caught.value)


def test_a_table_without_species_is_refused(tmp_path):
    write(tmp_path, replace(KEPT, species=()))
    with pytest.raises(ValueError, match="calibration.csv has no row; it should have one for each species"):
        read(tmp_path, "c0ffee")


def test_the_score_threshold_of_a_species_has_the_probability_of_the_threshold_over_all():
    made = replace(KEPT, thresholds=(Threshold(None, 0.7, 0.9, 10, 0.5, 1.0),))
    probabilities = made.apply(np.array(made.score_thresholds()))
    np.testing.assert_allclose(probabilities, 0.7, rtol=1e-6)


@pytest.mark.parametrize("thresholds", [(), (Threshold(None, math.inf, 0.9, 0, 0.0, 1.0),)])
def test_without_a_threshold_that_is_reached_nothing_is_called(thresholds):
    assert set(replace(KEPT, thresholds=thresholds).score_thresholds()) == {math.inf}
