"""`generic-seq` of crowsetta: segments of sequences, in seconds or in samples."""

from __future__ import annotations

from pathlib import Path

from dawnchorus.annotations import sheet
from dawnchorus.annotations.door import Names
from dawnchorus.annotations.marks import NOTHING_TOLD, PRESENT, Bad, Mark, Table, Told, collected, mark, number

IN_SECONDS = ("label", "onset_s", "offset_s", "notated_path", "annot_path", "sequence", "annotation")
IN_SAMPLES = ("label", "onset_sample", "offset_sample", "notated_path", "annot_path", "sequence", "annotation")


def read(path: Path, told: Told = NOTHING_TOLD, named: str = "") -> Table:
    """Read segments; those in samples alone need `told.recordings`, which know how many samples a second has.

    Raises AnnotationError if the file is no such table.
    """
    table = sheet.read(path, otherwise=told.encoding)
    label, onset, offset = table.needed(told.species or "label"), table.column("onset_s"), table.column("offset_s")
    samples = table.column("onset_sample"), table.column("offset_sample")
    if sheet.NOT_THERE in (onset, offset):
        samples = table.needed("onset_sample"), table.needed("offset_sample")
    notated = table.needed("notated_path")
    names = Names(told.recordings)
    said = PRESENT if told.said is None else told.said

    def marks(cells: list[str], where: str) -> tuple[Mark]:
        recording = sheet.recording(cells[notated]) or named
        ends = cells[onset], cells[offset]
        if all(ends):
            start_s, end_s = (number(text, "a time", table.comma) for text in ends)
        else:
            known = names.candidates(recording)
            if len(known) != 1:
                raise Bad("not_a_number", "the times are in samples", "in seconds, where the recording is not known")
            start_s, end_s = (number(cells[at], "a time in samples") / known[0].rate_hz for at in samples)
        return (mark(recording, sheet.plain(cells[label]), start_s, end_s, said=said, where=where),)

    return collected(path, table.rows, marks)
