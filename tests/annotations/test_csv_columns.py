from __future__ import annotations

import pytest

from dawnchorus.annotations import AnnotationError, csv_columns, formats
from dawnchorus.annotations.marks import UNSEEN, Mark, Told

THEIRS = Told(columns={"recording": "File", "species": "Call", "start": "From", "end": "To"})


def table(folder, text: str, encoding: str = "utf-8"):
    path = folder / "x.csv"
    path.write_text(text, encoding=encoding, newline="")
    return path


def test_the_user_names_the_columns(tmp_path) -> None:
    path = table(tmp_path, "To,note,From,Call,File\n2.5,hi,1,frog,SD1/a.WAV\n")
    assert csv_columns.read(path, THEIRS).marks == [Mark("SD1/a.WAV", "frog", 1.0, 2.5)]
    with pytest.raises(AnnotationError, match="its format is not certain"):
        formats.read(path)
    with pytest.raises(AnnotationError, match="no column 'species'; its columns are To, note, From"):
        csv_columns.read(path)
    with pytest.raises(AnnotationError, match="a column can be recording, .* not begin"):
        csv_columns.read(path, Told(columns={"begin": "From"}))


@pytest.mark.parametrize("separator", [";", "\t"])
def test_spreadsheets_of_other_languages(tmp_path, separator) -> None:
    lines = [["File", "From", "To", "Call"], ["a", "1,5", "2,5", "frog"]]
    text = "\r\n".join(separator.join(line) for line in lines)
    for encoding in ("utf-8-sig", "utf-16"):
        assert csv_columns.read(table(tmp_path, text, encoding), THEIRS).marks == [Mark("a", "frog", 1.5, 2.5)]


def test_times_of_a_clock_are_refused_with_the_seconds_that_are_meant(tmp_path) -> None:
    path = table(tmp_path, "File,From,To,Call\na,00:01:05,00:01:07.5,frog\n")
    (problem,) = csv_columns.read(path, THEIRS).problems
    assert str(problem).endswith("x.csv line 2: From is '00:01:05', not a number of seconds, such as 65; left out")


def test_a_decimal_comma_between_commas_is_one_only_when_the_user_says_so(tmp_path) -> None:
    path = table(tmp_path, 'File,From,To,Call\na,"1,5","2,5",frog\n')
    assert csv_columns.read(path, THEIRS).problems[0].kind == "not_a_number"
    told = Told(columns=THEIRS.columns, decimal_comma=True)
    assert csv_columns.read(path, told).marks == [Mark("a", "frog", 1.5, 2.5)]


def test_the_tables_of_detections_are_what_nobody_looked_at(tmp_path) -> None:
    path = table(
        tmp_path, "recording_id,species_id,species,t_min,t_max,f_min,f_max,score,channel\na,0,frog,1,2,,,0.5,0\n"
    )
    assert formats.read(path).marks == [Mark("a", "frog", 1.0, 2.0, said=UNSEEN, score=0.5)]
