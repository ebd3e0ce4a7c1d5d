"""Detections, and rows of any table, as Parquet with typed columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from dawnchorus.annotations.csv_columns import COLUMNS as MARK_COLUMNS
from dawnchorus.annotations.marks import Mark
from dawnchorus.annotations.names import NO_NAMES, Names
from dawnchorus.events import Detection, Recording, Species
from dawnchorus.export.cells import Lost, further_names
from dawnchorus.export.csv_table import NOWHERE
from dawnchorus.export.files_table import stamp
from dawnchorus.files import whole
from dawnchorus.recorders.origin import Origin

SCHEMA_VERSION = "4"  # 2: `channel` at the end; 3: behind it `site` to `longitude`; 4: `spread`
MARKS_VERSION = "1"
ROWS_AT_ONCE = 1 << 16  # of a row group; memory holds no more, however many there are


def schema(facts: dict[str, str] | None = None) -> Any:
    """Columns and types; the version of the schema stands in the metadata, with other `facts`."""
    import pyarrow as pa

    columns = {
        "recording_id": pa.string(),
        "species_id": pa.int32(),
        "species": pa.string(),
        "t_min": pa.float64(),
        "t_max": pa.float64(),
        "f_min": pa.float32(),
        "f_max": pa.float32(),
        "score": pa.float32(),
        "channel": pa.int32(),
        "site": pa.string(),
        "time_utc": pa.timestamp("ms", "UTC"),
        "time_local": pa.string(),
        "latitude": pa.float64(),
        "longitude": pa.float64(),
        "spread": pa.float32(),
    }
    return pa.schema(list(columns.items()), {"dawnchorus_schema": SCHEMA_VERSION, **(facts or {})})


def write(
    path: Path,
    detections: Iterable[Detection],
    species: Sequence[Species],
    facts: dict[str, str] | None = None,
    origins: Mapping[str, Origin] | None = None,
) -> int:
    """Write detections, as they come, in the columns of the CSV table, and give their number.

    What is not known of where and when is null; the site is empty, as in the CSV table.
    """
    import pyarrow as pa
    from pyarrow import parquet

    coming, rows, kinds = iter(detections), 0, schema(facts)
    with whole(path) as temporary, parquet.ParquetWriter(temporary, kinds) as writer:
        while some := list(islice(coming, ROWS_AT_ONCE)):
            places = [(origins or {}).get(one.recording, NOWHERE) for one in some]
            times = [origin.at(one.start_s) for origin, one in zip(places, some, strict=True)]
            columns = [
                [one.recording for one in some],
                [one.species for one in some],
                [species[one.species].name for one in some],
                [one.start_s for one in some],
                [one.end_s for one in some],
                [one.low_hz for one in some],
                [one.high_hz for one in some],
                [one.score for one in some],
                [one.channel for one in some],
                [origin.site for origin in places],
                [at and _milliseconds(at) for at in times],
                [stamp(at) or None for at in times],
                [origin.place and origin.place[0] for origin in places],
                [origin.place and origin.place[1] for origin in places],
                [one.spread for one in some],
            ]
            arrays = [pa.array(values, kind) for values, kind in zip(columns, kinds.types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=kinds))
            rows += len(some)
    return rows


def _milliseconds(at: datetime) -> datetime:
    utc = at.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def write_marks(
    path: Path, marks: Iterable[Mark], recordings: Sequence[Recording] = (), names: Names = NO_NAMES
) -> Lost:
    """Write what tables said in the columns of the plain CSV; nothing of it is lost."""
    import pyarrow as pa
    from pyarrow import parquet

    text, real = pa.string(), pa.float64()
    ours = list(MARK_COLUMNS.values())
    more = further_names(path, ours, names)
    types = [text, text, real, real, real, real, real, pa.int32(), text, text, *(text for _ in more)]
    kinds = pa.schema(list(zip([*ours, *more], types, strict=True)), {"dawnchorus_marks_schema": MARKS_VERSION})
    coming = iter(marks)
    with whole(path) as temporary, parquet.ParquetWriter(temporary, kinds) as writer:
        while some := list(islice(coming, ROWS_AT_ONCE)):
            columns = [
                [one.recording for one in some],
                [one.species for one in some],
                [one.start_s for one in some],
                [one.end_s for one in some],
                [one.low_hz for one in some],
                [one.high_hz for one in some],
                [one.score for one in some],
                [one.channel for one in some],
                [one.song_type for one in some],
                [one.said for one in some],
                *([names.other(one.species, kind) for one in some] for kind in more),
            ]
            arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=kinds))
    return Lost()
