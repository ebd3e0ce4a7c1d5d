"""Members of an ensemble, by chance or as they are wanted, and the folders that they are read from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from dawnchorus.blend import writing
from dawnchorus.blend.member import Member
from dawnchorus.calibration import tables
from dawnchorus.calibration.tables import Calibration, SpeciesCalibration
from dawnchorus.export import scores_parquet, submission
from dawnchorus.files import write_json
from dawnchorus.scores import Scores
from factories import NAMES, by_chance

WAYS = ("mean", "logits", "product", "rank")


def peaked(recording: str, frame_s: float, second: float, height: float = 0.9, others: float = 0.02) -> Scores:
    """Scores with one loud frame of species 0."""
    one = by_chance(recording, frame_s)
    framewise = np.full_like(one.framewise, others)
    framewise[int(second / frame_s), 0] = height
    return replace(one, framewise=framewise)


def member(frame_s: float = 0.5, seed: int = 0, keys: str = "abcd", where: str = "one") -> Member:
    frames = {key: by_chance(key, frame_s, seed) for key in keys}
    return Member(
        Path(where), {key: one.whole_recording() for key, one in frames.items()}, frames, dict(enumerate(NAMES))
    )


def whole(*rows: tuple[float, ...], where: str = "table") -> Member:
    """A member that scored whole recordings alone."""
    return Member(Path(where), {f"r{number}": np.float32(row) for number, row in enumerate(rows)})


def table(of: Member) -> np.ndarray:
    return np.stack(list(of.whole.values()))


def same(one: Member, other: Member, atol: float = 0) -> None:
    np.testing.assert_allclose(table(one), table(other), atol=atol, rtol=0)
    assert list(one.frames) == list(other.frames)
    for key, scores in one.frames.items():
        for name in ("clipwise", "window_maximum", "framewise"):
            np.testing.assert_allclose(getattr(scores, name), getattr(other.frames[key], name), atol=atol, rtol=0)


def keep(folder: Path, heard: Member, channels: tuple[int, ...] = (0,)) -> None:
    """What `detect --keep-scores --submission` leaves of it."""
    submission.write_all(folder / "submission.csv", heard.whole)
    lines = [
        (key, channel, float(one.frame_start_s[-1] + one.frame_s), one.frame_start_s, one.framewise.astype(np.float16))
        for key, one in sorted(heard.frames.items())
        for channel in channels
    ]
    frame_s = next(iter(heard.frames.values())).frame_s
    scores_parquet.write(folder / "scores.parquet", lines, frame_s, heard.species)


def calibrated(folder: Path, key: str, *maps: tuple[float, float]) -> None:
    species = tuple(SpeciesCalibration(a, b, 0.5, "mixture", 1, 1) for a, b in maps)
    tables.write(folder, Calibration(key, species))


def predicted(folder: Path, of: Member, key: str = "k") -> Path:
    """A folder as a study leaves it."""
    writing.write(folder, of)
    write_json(folder / "result.json", {"key": key, "network": "a small one"})
    return folder
