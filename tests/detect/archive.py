"""Small archives of sound for tests of detection: quiet noise with bursts in it, whole and damaged."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np

import sounds

RATE_HZ = 8_000


def bursts(duration_s: float, *at_s: float, rate_hz: int = RATE_HZ, seed: int = 0) -> sounds.Sound:
    """Very quiet noise, with half a second of loud noise at each of some seconds: the tiny model hears those."""
    x = sounds.noise(duration_s, rate_hz, 0.0005, seed)
    for at in at_s:
        first = round(at * rate_hz)
        x[first : first + rate_hz // 2] += sounds.noise(0.5, rate_hz, 0.1, seed + 1)[: max(0, len(x) - first)]
    return x


def many(folder: Path, files: int, duration_s: float = 2.0) -> Path:
    """So many short FLAC files, each with one burst, in two folders, and one that is broken."""
    for number in range(files):
        x = bursts(duration_s, 0.25 + (number % 5) * 0.2, seed=number)
        sounds.write_flac(folder / f"card{number % 2}" / f"{number:05d}.flac", x, RATE_HZ)
    (folder / "card0" / "broken.wav").write_bytes(b"no sound at all")
    return folder


def rows(ledger: Path) -> dict[str, dict[str, object]]:
    """The rows of a ledger by file name."""
    with sqlite3.connect(ledger) as db:
        db.row_factory = sqlite3.Row
        found = {row["name"]: dict(row) for row in db.execute("SELECT * FROM file")}
    db.close()
    return found


TABLES = ("detections.csv", "detections.parquet", "files.csv", "summary.json", "scores.parquet")


def outputs(out: Path) -> dict[str, bytes]:
    """The bytes of every table that a run left, and names of anything that should not be there."""
    extra = [p.name for p in out.iterdir() if p.name not in TABLES and not p.name.startswith(("ledger", "lock"))]
    assert extra == []
    return {name: (out / name).read_bytes() for name in TABLES if (out / name).exists()}


def same_frames(a: np.ndarray, b: np.ndarray) -> None:
    """Equal within what the order of sums may change."""
    assert a.shape == b.shape
    np.testing.assert_allclose(a, b, atol=1e-5)
