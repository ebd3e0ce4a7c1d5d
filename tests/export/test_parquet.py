from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from dawnchorus.events import Detection, Species
from dawnchorus.export import csv_table, parquet
from dawnchorus.recorders.origin import Origin

SPECIES = [Species(0, "frog"), Species(1, "鳥")]
TYPES = [
    pa.string(),
    pa.int32(),
    pa.string(),
    pa.float64(),
    pa.float64(),
    pa.float32(),
    pa.float32(),
    pa.float32(),
    pa.int32(),
    pa.string(),
    pa.timestamp("ms", "UTC"),
    pa.string(),
    pa.float64(),
    pa.float64(),
    pa.float32(),
]
NOWHERE = ("", None, None, None, None)


@pytest.mark.parametrize("detections", [[], [Detection("a", 1, 0.5, 1.5, 0.9)]], ids=["none", "one"])
def test_the_columns_are_those_of_the_csv_table_with_types(tmp_path, detections):
    parquet.write(tmp_path / "d.parquet", detections, SPECIES)
    table = pq.read_table(tmp_path / "d.parquet")
    assert tuple(table.column_names) == csv_table.COLUMNS
    assert table.schema.types == TYPES
    assert table.num_rows == len(detections)
    assert table.schema.metadata[b"dawnchorus_schema"] == b"4"


def test_values_are_kept_as_they_are(tmp_path):
    found = [
        Detection("a/b", 1, 86_399.123456, 86_400.0, 0.25, 200.25, 8000.0),
        Detection("é", 0, 0.0, 0.5, 0.5, spread=0.125),
    ]
    parquet.write(tmp_path / "deep" / "d.parquet", found, SPECIES)
    assert pq.read_table(tmp_path / "deep" / "d.parquet").to_pylist() == [
        dict(zip(csv_table.COLUMNS, row, strict=True))
        for row in [
            ("a/b", 1, "鳥", 86_399.123456, 86_400.0, 200.25, 8000.0, 0.25, 0, *NOWHERE, 0.0),
            ("é", 0, "frog", 0.0, 0.5, 0.0, 0.0, 0.5, 0, *NOWHERE, 0.125),
        ]
    ]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["d.parquet"]


def test_times_are_typed_in_utc_and_written_out_in_local_time(tmp_path):
    start = datetime(2026, 3, 29, 1, 59, 59, tzinfo=ZoneInfo("Europe/Berlin"))
    origins = {"a": Origin("ridge", start, place=(18.25, -65.75))}
    parquet.write(tmp_path / "d.parquet", [Detection("a", 0, 1.2507, 2, 0.5)], SPECIES, origins=origins)
    (row,) = pq.read_table(tmp_path / "d.parquet").to_pylist()
    assert row["time_utc"] == datetime(2026, 3, 29, 1, 0, 0, 250_000, tzinfo=UTC)
    assert row["time_local"] == "2026-03-29T03:00:00.250+02:00"
    assert (row["site"], row["latitude"], row["longitude"]) == ("ridge", 18.25, -65.75)
