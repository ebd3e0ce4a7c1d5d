from __future__ import annotations

import pytest

from dawnchorus.annotations import AnnotationError, formats
from dawnchorus.annotations.marks import PRESENT, UNSEEN, Mark, Told

WREN = Mark("a.wav", "Wren", 1.0, 2.0)


def table(folder, header: str, row: str = "a.wav,1,2,Wren"):
    path = folder / "x.csv"
    path.write_text(f"{header}\n{row}\n")
    return path


@pytest.mark.parametrize(
    "header",
    ["Filename,Start,End,Species", "recording,start_time,end_time,label", "file,onset_s,offset_s,annotation"],
)
def test_usual_names_of_columns_are_plain_csv(tmp_path, header: str) -> None:
    (mark,) = formats.read(table(tmp_path, header)).marks
    assert mark == WREN and mark.said == PRESENT


def test_a_confidence_is_a_score_that_nobody_looked_at(tmp_path) -> None:
    path = table(tmp_path, "file,start,end,species,confidence", "a.wav,1,2,Wren,0.5")
    assert formats.read(path).marks == [WREN._replace(said=UNSEEN, score=0.5)]


def test_columns_that_the_user_names_make_it_plain_csv(tmp_path) -> None:
    told = Told(columns={"recording": "Sound", "start": "From", "end": "To", "species": "Bird"})
    assert formats.read(table(tmp_path, "Sound,From,To,Bird"), told=told).marks == [WREN]
    assert formats.read(table(tmp_path, "file,start,end,Bird"), told=Told(species="Bird")).marks == [WREN]


def test_what_fits_nothing_is_said_with_what_was_looked_for(tmp_path) -> None:
    message = "which it is: csv, raven.*no column for species: name them as in --column species=NAME; its columns are"
    with pytest.raises(AnnotationError, match=message):
        formats.read(table(tmp_path, "file,start,end,Bird"))
    with pytest.raises(AnnotationError, match="no column for recording"):  # which of the two?
        formats.read(table(tmp_path, "file,recording,start,end,species"))


@pytest.mark.parametrize("column", ["validated", "Present", "review_status"])
def test_a_column_that_may_say_absent_is_never_left_unread_by_a_guess(tmp_path, column: str) -> None:
    path = table(tmp_path, f"file,start,end,species,{column}", "a.wav,1,2,Wren,0")
    with pytest.raises(AnnotationError, match=f"its {column.lower()} would not be read"):
        formats.read(path)
    assert formats.read(path, "csv").marks == [WREN]
