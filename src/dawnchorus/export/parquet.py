"""Detections as Parquet, with typed columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dawnchorus.events import Detection, Species
from dawnchorus.files import whole

SCHEMA_VERSION = "1"


def write(path: Path, detections: Sequence[Detection], species: Sequence[Species]) -> None:
    """Write detections in the columns of the CSV table; the schema's version stands in the file's metadata."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = {
        "recording_id": pa.array([one.recording for one in detections], pa.string()),
        "species_id": pa.array([one.species for one in detections], pa.int32()),
        "species": pa.array([species[one.species].name for one in detections], pa.string()),
        "t_min": pa.array([one.start_s for one in detections], pa.float64()),
        "t_max": pa.array([one.end_s for one in detections], pa.float64()),
        "f_min": pa.array([one.low_hz for one in detections], pa.float32()),
        "f_max": pa.array([one.high_hz for one in detections], pa.float32()),
        "score": pa.array([one.score for one in detections], pa.float32()),
    }
    table = pa.table(columns).replace_schema_metadata({"dawnchorus_schema": SCHEMA_VERSION})
    with whole(path) as temporary:
        parquet.write_table(table, temporary)
