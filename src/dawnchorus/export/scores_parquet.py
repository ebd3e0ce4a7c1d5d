"""Scores of frames as Parquet: one row a frame, one column a species, to choose other thresholds or labels later.

`recording_id, channel, t_min, t_max`, then a column of float32 for each species, by name. Values are those of float16
(at most 0.0005 off), which makes them small on disk. The metadata hold the version of the schema and the length of a
frame; t_max of a recording's last frame is the end of its sound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dawnchorus.events import Species
from dawnchorus.files import whole
from dawnchorus.scores import Scores

SCHEMA_VERSION = "1"
FIXED = ("recording_id", "channel", "t_min", "t_max")
ROWS_AT_ONCE = 1 << 17

Line = tuple[str, int, float, NDArray[np.float64], NDArray[np.float16]]
"""Recording, channel, end of the sound, starts `(frame,)`, values `(frame, species)`."""


def write(
    path: Path,
    lines: Iterable[Line],
    frame_s: float,
    species: Sequence[Species],
    facts: dict[str, str] | None = None,
) -> int:
    """Write the frames of recordings as they come, `frame_s` seconds each, and give their number."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = pa.schema(
        [
            ("recording_id", pa.string()),
            ("channel", pa.int32()),
            ("t_min", pa.float64()),
            ("t_max", pa.float64()),
            *((one.name, pa.float32()) for one in species),
        ],
        {"dawnchorus_scores_schema": SCHEMA_VERSION, "frame_s": repr(frame_s), **(facts or {})},
    )
    rows, held, waiting = 0, 0, list[Any]()
    with whole(path) as temporary, parquet.ParquetWriter(temporary, schema, compression="zstd") as writer:
        for line in lines:
            waiting.append(_table(schema, frame_s, *line))
            held += len(line[3])
            rows += len(line[3])
            if held >= ROWS_AT_ONCE:
                writer.write_table(pa.concat_tables(waiting).combine_chunks())
                held, waiting = 0, []
        if waiting:
            writer.write_table(pa.concat_tables(waiting).combine_chunks())
    return rows


def _table(
    schema: Any,
    frame_s: float,
    recording: str,
    channel: int,
    end_s: float,
    start_s: NDArray[np.float64],
    values: NDArray[np.float16],
) -> Any:
    import pyarrow as pa

    frames = len(start_s)
    columns = [
        pa.array([recording] * frames, pa.string()),
        pa.array(np.full(frames, channel, np.int32)),
        pa.array(np.asarray(start_s, np.float64)),
        pa.array(np.minimum(start_s + frame_s, end_s)),
        *(pa.array(column) for column in np.ascontiguousarray(values.T, np.float32)),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def read(path: Path) -> Iterator[tuple[int, Scores]]:
    """Channel and Scores of each recording, for `EventRule.events` and others that need frames alone.

    What windows said is not kept: one window stands for the whole recording, with the highest of its frames.
    """
    from pyarrow import parquet

    held: tuple[Any, ...] | None = None
    parts: list[NDArray[np.float64]] = []
    with parquet.ParquetFile(path) as file:
        frame_s = float(file.schema_arrow.metadata[b"frame_s"])
        for batch in file.iter_batches():
            keys, channels = batch.column(0).to_pylist(), batch.column(1).to_numpy()
            values = np.stack([column.to_numpy() for column in batch.columns[2:]], axis=1).astype(np.float64)
            labels = list(zip(keys, channels.tolist(), strict=True))
            edges = [0, *(at for at in range(1, len(labels)) if labels[at] != labels[at - 1]), len(labels)]
            for first, last in zip(edges, edges[1:], strict=False):
                if held is not None and held != labels[first]:
                    yield _scores(held, frame_s, parts)
                    parts = []
                held = labels[first]
                parts.append(values[first:last])
    if held is not None:
        yield _scores(held, frame_s, parts)


def _scores(label: tuple[Any, ...], frame_s: float, parts: list[NDArray[np.float64]]) -> tuple[int, Scores]:
    rows = np.concatenate(parts)
    framewise = rows[:, 2:].astype(np.float32)
    highest = framewise.max(axis=0, keepdims=True)
    ends = np.array([rows[-1, 1]])
    return label[1], Scores(label[0], np.zeros(1), ends, highest, highest, rows[:, 0].copy(), frame_s, framewise)
