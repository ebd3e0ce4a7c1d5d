"""The tables of the RFCX competition in their real size, with short sound instead of minutes."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dawnchorus import dataset
from dawnchorus.annotations import rfcx
from dawnchorus.events import Annotation
from dawnchorus.experiment import Experiment
from dawnchorus.training.run import run
from dawnchorus.windows import EventCrops
from training import tiny

RECORDINGS, SPECIES, PRESENT, ABSENT = 4727, 24, 1216, 7781
SECONDS, RATE_HZ = 1.0, 48_000
MOST_MEMORY_GB = 6


def boxes(count: int, present: bool, rng: np.random.Generator) -> list[Annotation]:
    """Boxes of changing recordings and species, none twice."""
    found = []
    for number in range(count):
        start_s = round(float(rng.uniform(0, 0.5)), 4)
        recording = f"{number % 1132 if present else RECORDINGS - 1 - number % 3958:09x}"
        found.append(Annotation(recording, number % SPECIES, start_s, start_s + 0.4, 500.0, 4000.0, present))
    return found


def write_data(folder: Path) -> None:
    rng = np.random.default_rng(0)
    (folder / "train").mkdir(parents=True)
    noise = (rng.standard_normal(RATE_HZ + RECORDINGS) * 3000).astype(np.int16)
    for number in range(RECORDINGS):
        soundfile.write(
            folder / "train" / f"{number:09x}.flac", noise[number : number + int(SECONDS * RATE_HZ)], RATE_HZ
        )
    rfcx.write(folder / "train_tp.csv", boxes(PRESENT, True, rng))
    rfcx.write(folder / "train_fp.csv", boxes(ABSENT, False, rng))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="resource is not there on Windows")
def test_tables_of_the_real_size_train_a_step_in_every_stage(tmp_path: Path) -> None:
    import resource

    write_data(tmp_path / "data")
    data = dataset.load(tmp_path / "data")
    assert (len(data.recordings), len(data.species)) == (RECORDINGS, SPECIES)
    assert sum(box.present for box in data.annotations) == PRESENT
    assert len(data.annotations) == PRESENT + ABSENT
    prepared = dataset.prepare(data, tmp_path / "store", tiny.FRONT_END)
    one_step: Experiment = tiny.experiment((1, 1, 1))
    shorter = replace(one_step.score_windows, columns=32, overlap=0)
    stages = tuple(
        replace(stage, windows=EventCrops(32, (2, 4)) if isinstance(stage.windows, EventCrops) else shorter)
        for stage in one_step.stages
    )
    finished = run(replace(one_step, stages=stages, score_windows=shorter), prepared, tmp_path / "cache")
    assert len(finished.out_of_fold("3")) == RECORDINGS
    used_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # kB on Linux
    assert used_gb < MOST_MEMORY_GB
