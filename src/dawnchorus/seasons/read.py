"""A run's tables, as `detect` left them and people may have mended them, read as a season."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path

from dawnchorus.annotations import table
from dawnchorus.export import files_table
from dawnchorus.files import read_json
from dawnchorus.seasons.season import Believed, Heard, Season, gather


def season(run: Path, zone: tzinfo | None = None, threshold: float = 0.0, species: tuple[str, ...] = ()) -> Season:
    """Read RUN/files.csv, RUN/detections.parquet and, where the model is calibrated, RUN/recordings.csv.

    Raises ValueError when a table is missing or broken, or when no file has a start time.
    """
    for name in ("files.csv", "detections.parquet"):
        if not (run / name).is_file():
            raise ValueError(f"{run / name}: no such file; expected the folder that `dawnchorus detect` wrote")
    _check_species(run / "summary.json", species)
    files = files_table.read(run / "files.csv")
    if not any(row.origin.start for row in files):
        raise ValueError(
            f"{run / 'files.csv'}: none of {len(files)} files has a start time; its column warnings says why. "
            "Run the same `detect` again with --clock, --pattern or both: nothing is analysed twice"
        )
    recordings = run / "recordings.csv"
    believed = _believed(recordings) if recordings.is_file() else None
    return gather(files, _heard(run / "detections.parquet"), believed, zone, threshold, species)


def _check_species(summary: Path, wanted: tuple[str, ...]) -> None:
    known = read_json(summary)["detections"] if summary.is_file() else wanted
    if strangers := [name for name in wanted if name not in known]:
        raise ValueError(f"{strangers[0]!r} is no species of this run; its species are {', '.join(known)}")


def _heard(path: Path) -> Iterator[Heard]:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=["recording_id", "species", "t_min", "score"]):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _believed(path: Path) -> Iterator[Believed]:
    for line, row in table.read(path, ("recording_id", "species", "probability")):
        try:
            yield row["recording_id"], row["species"], float(row["probability"])
        except ValueError:
            raise ValueError(f"{path} line {line}: probability is {row['probability']!r}, not a number") from None
