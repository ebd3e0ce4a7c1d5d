"""Parquet of this project: detections of `detect`, or rows of any table as `convert` writes them."""

from __future__ import annotations

from pathlib import Path

from dawnchorus.annotations.csv_columns import COLUMNS, NEEDED
from dawnchorus.annotations.marks import NOTHING_TOLD, PRESENT, UNSEEN, WORDS, Mark, Said, Table, Told
from dawnchorus.annotations.problems import AnnotationError, place


def read(path: Path, told: Told = NOTHING_TOLD, named: str = "") -> Table:
    """Read a table in the columns of the plain CSV. Raises AnnotationError if the file is none."""
    import pyarrow
    from pyarrow import parquet

    marks: list[Mark] = []
    try:
        with parquet.ParquetFile(path) as file:
            there = [name for name in COLUMNS.values() if name in file.schema_arrow.names]
            if missing := [COLUMNS[key] for key in NEEDED if COLUMNS[key] not in there]:
                found = ", ".join(file.schema_arrow.names)
                raise AnnotationError(f"{path} has no column {', '.join(missing)}; its columns are {found}")
            otherwise: Said = UNSEEN if "score" in there else PRESENT
            otherwise = otherwise if told.said is None else told.said
            for batch in file.iter_batches(columns=there):
                columns = dict(zip(there, (column.to_pylist() for column in batch.columns), strict=True))
                nothing = [None] * batch.num_rows
                for values in zip(*(columns.get(name, nothing) for name in COLUMNS.values()), strict=True):
                    recording, species, start_s, end_s, low_hz, high_hz, score, channel, song, verdict = values
                    said = otherwise if verdict is None else WORDS[verdict]
                    where = place(path.name, len(marks) + 1)
                    box = recording, species, start_s, end_s, low_hz or 0.0, high_hz or 0.0
                    marks.append(Mark(*box, said, score, channel or 0, song or "", where))
    except (pyarrow.ArrowInvalid, KeyError) as error:
        raise AnnotationError(f"{path} is no Parquet table of ours: {error}") from error
    return Table(marks)
