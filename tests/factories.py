"""Small values for tests: windows, blocks, scores, runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dawnchorus import package, run_folder
from dawnchorus import scores as scoring
from dawnchorus.augment.example import Example
from dawnchorus.calibration import tables
from dawnchorus.calibration.tables import Calibration, SpeciesCalibration
from dawnchorus.events import Recording, Species
from dawnchorus.evidence import Evidence, Known
from dawnchorus.features import FeatureBlock, FrontEnd, Range
from dawnchorus.package import ModelPackage
from dawnchorus.scores import Scores
from dawnchorus.windows import SlidingWindows, Window

PER_SECOND = 62.5
NAMES = ("frog", "Pájaro 鳥")


def block(recording: str = "r", columns: int = 3751, index: int = 0, start_s: float = 0.0) -> FeatureBlock:
    """A block without a spectrogram."""
    return FeatureBlock(recording, index, start_s, start_s + columns / PER_SECOND, columns, Range(-80, 0), Path())


def window(start: int, columns: int = 512, recording: str = "r") -> Window:
    """A window of a one-minute block."""
    return Window(block(recording), start, columns, PER_SECOND)


def said(clipwise: float, n_species: int = 1, recording: str = "r", frames: float | None = None) -> Scores:
    """Scores of one minute in which everything has one probability."""
    starts = np.array([463 * n / PER_SECOND for n in range(8)], np.float32)
    highest = clipwise if frames is None else frames
    return Scores(
        recording,
        starts,
        starts + np.float32(512 / PER_SECOND),
        np.full((8, n_species), clipwise, np.float32),
        np.full((8, n_species), highest, np.float32),
        np.arange(118, dtype=np.float32) * np.float32(0.512),
        0.512,
        np.full((118, n_species), highest, np.float32),
    )


def line(*values: float, frame_s: float = 1.0, end_s: float | None = None) -> Scores:
    """Scores of one species whose frames have these values; the recording ends with the last frame."""
    framewise = np.float32(values)[:, None]
    starts = frame_s * np.arange(len(values), dtype=np.float64)
    end = np.float64([len(values) * frame_s if end_s is None else end_s])
    highest = framewise.max(axis=0)[None]
    return Scores("r", np.float64([0]), end, highest, highest, starts, frame_s, framewise)


def by_chance(recording: str, frame_s: float, seed: int = 0, seconds: float = 8.0, window_s: float = 2.0) -> Scores:
    """Scores of two species by chance, in windows and frames side by side."""
    rng = np.random.default_rng([seed, ord(recording[-1])])
    windows, frames = round(seconds / window_s), round(seconds / frame_s)
    starts = window_s * np.arange(windows)
    return Scores(
        recording,
        starts,
        starts + window_s,
        rng.random((windows, 2), np.float32),
        rng.random((windows, 2), np.float32),
        frame_s * np.arange(frames),
        frame_s,
        rng.random((frames, 2), np.float32),
    )


def write_run(
    folder: Path,
    scores: Sequence[Scores],
    licence: str = "",
    names: Sequence[str] = NAMES,
    maps: Sequence[tuple[float, float]] = (),
) -> Path:
    """A finished run whose last stage said `scores`; its networks are not real, and nothing can run them.

    Its species call as long as a frame lasts. With `maps` it is calibrated: slope and height in logits of each species.
    """
    stage = folder / "stages" / "last"
    stage.mkdir(parents=True)
    (stage / "model.0.onnx").write_bytes(b"network")
    species = tuple(Species(number, name) for number, name in enumerate(names))
    made = ModelPackage(
        stage,
        f"network of {folder.name}",
        FrontEnd(),
        SlidingWindows(128, 16),
        32,
        species,
        ((100.0, 900.0),) * len(species),
        ("model.0.onnx",),
        {"licence": licence} if licence else {},
        1.5,
        (scores[0].frame_s,) * len(species),
    )
    if maps:
        tables.write(
            stage, Calibration(made.hash, tuple(SpeciesCalibration(*one, 0.5, "mixture", 1, 0) for one in maps))
        )
    package.write(made)
    scoring.write(folder / "scores" / "last.npz", scores)
    recordings = [Recording(one.recording, folder / f"{one.recording}.wav", 8.0, 32_000) for one in scores]
    fold_of = dict.fromkeys((one.recording for one in scores), 0)
    run_folder.write(folder, recordings, fold_of, [], species, {"stages": [{"name": "first"}, {"name": "last"}]})
    return folder


def example(
    plane: np.ndarray, present: Sequence[float], absent: Sequence[float], frames: int = 2, recording: str = "r"
) -> Example:
    """A window of a block in dB from -80 to 0, known alike as a whole and in each of its frames."""
    columns = plane.shape[1]
    whole = [np.array([weights], np.float32) for weights in (present, absent)]
    parts = [np.repeat(weights[:, None], frames, axis=1) for weights in whole]
    of_block = Window(block(recording, columns), 0, columns, PER_SECOND)
    return Example(plane.astype(np.float32), Known(Evidence(*whole), Evidence(*parts)), of_block)
