"""Detections in columns: the same from every table that has them."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from pyarrow.parquet import read_table, write_table

from dawnchorus import package
from dawnchorus.calibration.tables import Calibration, SpeciesCalibration, write
from dawnchorus.calibration.thresholds import Threshold
from dawnchorus.events import Detection, Species
from dawnchorus.export import csv_table, parquet, scores_parquet
from dawnchorus.review import found as tables
from dawnchorus.review.found import FoundError, began_s
from dawnchorus.scores import mean
from factories import by_chance, write_run

SPECIES = (Species(0, "Frog"), Species(1, "Bird"), Species(2, "Never found"))


def detections(count: int) -> list[Detection]:
    return [
        Detection(
            f"card/{n // 10:06d}",
            n % 2,
            0.5 * (n % 10),
            0.5 * (n % 10) + 1,
            (n % 100) / 100,
            300,
            900,
            spread=n % 7 / 20,
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("count", [0, 7, 70_000])  # the last in two row groups, each with names of its own
def test_parquet_and_csv_say_the_same(tmp_path: Path, count: int) -> None:
    its = detections(count)
    parquet.write(tmp_path / "detections.parquet", its, SPECIES, {"dawnchorus_model": "abc"})
    csv_table.write(tmp_path / "other" / "detections.csv", its, SPECIES)
    for where in (tmp_path, tmp_path / "detections.parquet", tmp_path / "other"):
        found = tables.read(where)
        assert len(found) == count
        for n in range(0, count, max(1, count // 50)):
            one = found.detection(n)
            assert one.score == pytest.approx(its[n].score, abs=1e-6)
            assert (one.recording, one.species, one.start_s, one.low_hz) == (
                its[n].recording,
                its[n].species,
                its[n].start_s,
                300,
            )
            assert found.candidates.spread[n] == pytest.approx(its[n].spread, abs=1e-6)
    assert tables.read(tmp_path).model == "abc"


def test_tables_of_before_have_no_spread(tmp_path: Path) -> None:
    parquet.write(tmp_path / "detections.parquet", detections(20), SPECIES)
    of_before = read_table(tmp_path / "detections.parquet").drop_columns(["spread"])
    write_table(of_before, tmp_path / "detections.parquet")
    csv_table.write(tmp_path / "other" / "detections.csv", detections(20), SPECIES)
    lines = (tmp_path / "other" / "detections.csv").read_text().splitlines()
    (tmp_path / "other" / "detections.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines))
    for where in (tmp_path, tmp_path / "other"):
        assert len(tables.read(where)) == 20 and not tables.read(where).candidates.spread.any()


def test_species_that_were_not_found_are_known_from_the_summary(tmp_path: Path) -> None:
    parquet.write(tmp_path / "detections.parquet", detections(4), SPECIES)
    (tmp_path / "summary.json").write_text('{"detections": {"Frog": 2, "Bird": 2, "Never found": 0}}')
    assert [one.name for one in tables.read(tmp_path).species] == ["Frog", "Bird", "Never found"]


def test_a_run_asks_of_its_own_recordings_and_has_their_frames(tmp_path: Path) -> None:
    said = [by_chance("a", 0.5), by_chance("b", 0.5)]
    found = tables.read(write_run(tmp_path / "run", said))
    assert set(found.candidates.names) == {"a", "b"} and found.model
    assert found.frames is not None
    times, scores = found.frames.between("b", 1, 2.0, 4.0) or (np.zeros(0), np.zeros(0))
    assert times.tolist() == [2.25, 2.75, 3.25, 3.75]
    np.testing.assert_allclose(scores, said[1].framewise[4:8, 1], atol=1e-3)  # kept as float16
    assert found.frames.between("nothing", 1, 2.0, 4.0) is None
    assert not found.candidates.spread.any()  # one network alone


def test_a_run_of_several_networks_knows_where_they_disagree(tmp_path: Path) -> None:
    said = [mean([by_chance(name, 0.5, seed) for seed in (0, 1, 2)]) for name in ("a", "b")]
    found = tables.read(write_run(tmp_path / "run", said))
    for n in range(len(found)):
        one = found.detection(n)
        its = next(each for each in said if each.recording == one.recording)
        inside = (one.start_s <= its.frame_start_s) & (its.frame_start_s < one.end_s)
        peak = int(np.where(inside, its.framewise[:, one.species], -1).argmax())
        wanted = its.framewise_spread[peak, one.species]  # type: ignore[index]
        assert abs(wanted - found.candidates.spread[n]) < 1e-3


def test_frames_that_were_kept_are_read_by_recording(tmp_path: Path) -> None:
    rng, lines = np.random.default_rng(0), []
    for name in ("a", "b", "c"):
        values = rng.random((20, 2)).astype(np.float16)
        lines.append((name, 1, 10.0, np.arange(20) * 0.5, values))
    scores_parquet.write(tmp_path / "scores.parquet", lines, 0.5, SPECIES[:2])
    parquet.write(tmp_path / "detections.parquet", detections(4), SPECIES)
    frames = tables.read(tmp_path).frames
    assert frames is not None
    times, scores = frames.between("b", 1, 3.0, 4.1) or (np.zeros(0), np.zeros(0))
    assert times.tolist() == [3.25, 3.75]
    np.testing.assert_array_equal(scores, lines[1][4][6:8, 1].astype(np.float32))
    assert frames.between("d", 0, 0, 5) is None and frames.between("b", 7, 0, 5) is None


def test_the_name_of_a_recording_tells_when_it_began() -> None:
    assert began_s("card/20260401_053000") == 1775021400
    assert began_s("S4A_20260401$053000") != began_s("S4A_20260401T053000") == 1775021400
    for name in ("a", "20261399_000000", "card20260401_053000/a", "120260401_053000"):
        assert np.isnan(began_s(name))


def test_what_holds_no_detections_is_told(tmp_path: Path) -> None:
    with pytest.raises(FoundError, match="expected the --out folder"):
        tables.read(tmp_path)
    (tmp_path / "detections.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FoundError, match="has no column recording_id"):
        tables.read(tmp_path)
    (tmp_path / "detections.parquet").write_bytes(b"no such thing")
    with pytest.raises(FoundError, match="no table of detections"):
        tables.read(tmp_path)


def calibrated(run: Path, lowest: float) -> str:
    """Give the model of a run a calibration: species 0 as it scores, 1 sure of itself; and the model's hash."""
    stage = run / "stages" / "last"
    shutil.copytree(stage, run / "model", dirs_exist_ok=True)
    its = package.read(run / "model")
    maps = tuple(SpeciesCalibration(1.0, b, 0.5, "mixture", 1, 1) for b in (0.0, -2.0))
    made = Calibration(its.hash, maps, (Threshold(None, lowest, 0.9, 0, 0.0, 1.0),))
    for folder in (stage, run / "model"):
        write(folder, made)
    return its.hash


def test_thresholds_are_those_of_the_model_that_found_them(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [by_chance("a", 0.5)])
    made_by = calibrated(run, 0.7)
    wanted = package.read(run / "model").calibration().score_thresholds()  # type: ignore[union-attr]
    assert wanted[0] == pytest.approx(0.7) and wanted[1] > 0.9
    beside, elsewhere = run / "detections", tmp_path / "elsewhere"
    for folder in (beside, elsewhere):
        parquet.write(folder / "detections.parquet", detections(6), SPECIES, {"dawnchorus_model": made_by})
    for found in (tables.read(run), tables.read(beside), tables.read(elsewhere, run / "model")):
        its = found.candidates
        np.testing.assert_allclose(its.threshold, np.array(wanted)[its.species])
    assert set(tables.read(elsewhere).candidates.threshold) == {0.5}


def test_a_model_without_thresholds_or_another_one_says_nothing(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [by_chance("a", 0.5)])
    calibrated(run, math.inf)
    assert set(tables.read(run).candidates.threshold) == {0.5}
    parquet.write(run / "detections" / "detections.parquet", detections(6), SPECIES, {"dawnchorus_model": "another"})
    assert set(tables.read(run / "detections").candidates.threshold) == {0.5}
    with pytest.raises(FoundError, match="another model than the one that"):
        tables.read(run / "detections", run / "model")
