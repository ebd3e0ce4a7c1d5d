"""Boxes, what models say of them, and a run whose models know the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

import sounds
from dawnchorus import package as packages
from dawnchorus import run_folder
from dawnchorus import scores as scoring
from dawnchorus.event_rule import EventRule
from dawnchorus.events import Annotation, Recording, Species
from dawnchorus.features import FeatureBlock, FrontEnd
from dawnchorus.package import ModelPackage
from dawnchorus.run_folder import RunFolder
from dawnchorus.scores import Scores
from dawnchorus.windows import SlidingWindows

SPECIES = (Species(0, "frog"), Species(1, "bird"))
FRONT_END = FrontEnd(rate_hz=8000, n_fft=512, hop=256, n_mels=16, low_hz=50.0, high_hz=4000.0)
SECONDS = 10


def box(recording: str, species: int, at: int, present: bool = True, seconds: int = 1) -> Annotation:
    return Annotation(recording, species, float(at), float(at + seconds), 100.0, 900.0, present)


def heard(recording: str, frames: np.ndarray) -> Scores:
    """Scores whose frames `(frame, species)` are a second long each, seen in one window."""
    frames = np.float32(frames)
    highest = frames.max(axis=0)[None]
    starts = np.arange(len(frames), dtype=np.float32)
    return Scores(recording, starts[:1], np.float32([len(frames)]), highest, highest, starts, 1.0, frames)


def of_truth(boxes: Sequence[Annotation], recordings: Sequence[str]) -> dict[str, Scores]:
    """Scores that are 1 inside the present boxes and 0 elsewhere."""
    frames = {key: np.zeros((SECONDS, 2)) for key in recordings}
    for one in boxes:
        if one.present and one.recording in frames:
            frames[one.recording][int(one.start_s) : int(one.end_s), one.species] = 1
    return {key: heard(key, values) for key, values in frames.items()}


PARTIAL = (
    box("a", 0, 2),
    box("a", 1, 5, present=False),
    box("b", 1, 7),
    box("b", 0, 1, present=False),
    box("c", 0, 4),
    box("c", 1, 4, present=False),
)
FULL = (box("a", 0, 2), box("a", 0, 5), box("b", 1, 7), box("c", 0, 4, seconds=2))
RULE = EventRule(typical_s=(1.0, 1.0))  # as long as the shortest of these


def fit(fold: int) -> dict[str, object]:
    kinds = ("annotated_present", "annotated_absent", "pseudo_present", "pseudo_absent")
    return {"fold": fold, "repeat": 0, "losses": [1.0, 0.5], "labels": {kind: [2, 1] for kind in kinds}}


def a_run(folder: Path, said: Mapping[str, Scores]) -> RunFolder:
    """A run of two stages and two folds whose networks are empty files; stage 1 knows nothing, stage 2 says `said`."""
    recordings = []
    for seed, key in enumerate("abc"):
        path = sounds.write_wav(folder / "audio" / f"{key}.wav", sounds.noise(SECONDS, 8000, seed=seed), 8000)
        recordings.append(Recording(key, path, float(SECONDS), 8000))
    folds = [fit(0), fit(1)]
    stages = [  # the first as runs had them before there were final networks
        {"name": "1", "fits": folds, "pseudo": []},
        {"name": "2", "fits": folds, "finals": [fit(2)], "pseudo": [["a", 1, 0.0, 4.0]]},
    ]
    record = {"stages": stages, "data": str(folder), "failures": [{"recording": "bad", "fault": "empty: no bytes"}],
              "problems": ["train_tp.csv line 3: odd"], "made_with": {"dawnchorus": "0"}}  # fmt: skip
    run_folder.write(folder / "run", recordings, {"a": 0, "b": 1, "c": 0}, PARTIAL, SPECIES, record)
    run = RunFolder(folder / "run")
    nothing = {key: heard(key, np.full((SECONDS, 2), 0.5)) for key in said}
    for name, scores in (("1", nothing), ("2", said)):
        scoring.write(run.path / "scores" / f"{name}.npz", scores.values())
        home = run.path / "stages" / name
        home.mkdir(parents=True)
        (home / "model.0.onnx").write_bytes(b"")
        bands = ((100.0, 900.0),) * 2
        windows = SlidingWindows(256, 16)
        packages.write(ModelPackage(home, name, FRONT_END, windows, 32, SPECIES, bands, ("model.0.onnx",), {}))
    return run


class KnowsTheTruth:
    """Stands in for a Detector: the model of stage 2 says the truth, that of stage 1 the same of everything."""

    def __init__(self, package: ModelPackage) -> None:
        self.package = package

    def score_blocks(self, recording: Recording, blocks: Sequence[FeatureBlock]) -> Scores:
        assert [block.recording for block in blocks] == [recording.key]
        said = of_truth(FULL, "abcd")[recording.key]
        return (
            said
            if self.package.name == "2"
            else replace(said, framewise=said.framewise * 0, window_maximum=said.window_maximum * 0)
        )
