from __future__ import annotations

import csv
import locale
import shutil
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from pyarrow import parquet

from dawnchorus.annotations import formats as readers
from dawnchorus.annotations import names
from dawnchorus.annotations.marks import ABSENT, PRESENT, UNSEEN, UNSURE, Mark
from dawnchorus.annotations.names import Names
from dawnchorus.events import Recording
from dawnchorus.export import arbimon, audacity, birdnet, cells, crowsetta_seq, kaleidoscope, raven
from dawnchorus.export import formats as writers
from dawnchorus.export.cells import ExportError, Lost
from some_marks import marks, recording

EVERYTHING = ("frequencies", "points", "verdict", "unsure", "unseen", "score", "channel", "song_type")
# Where a format is written, and what it holds.
WRITTEN: dict[str, tuple[str, tuple[str, ...]]] = {
    "csv": ("x.csv", EVERYTHING),
    "raven": ("folder", raven.HOLDS),
    "audacity": ("folder", audacity.HOLDS),
    "arbimon": ("x.csv", arbimon.HOLDS),
    "kaleidoscope": ("x.csv", kaleidoscope.HOLDS),
    "birdnet": ("x.csv", birdnet.HOLDS),
    "crowsetta": ("x.csv", crowsetta_seq.HOLDS),
    "parquet": ("x.parquet", EVERYTHING),
}
BARE = ("raven", "audacity")  # no quoting: tabs and line ends are blanks


def survives(one: Mark, format: str, holds: tuple[str, ...]) -> Mark | None:
    """What a format can hold of a row."""
    if one.said in (ABSENT, UNSURE) and "verdict" not in holds or one.end_s == one.start_s and "points" not in holds:
        return None
    said = one.said if {PRESENT: "verdict", ABSENT: "verdict"}.get(one.said, "unseen") in holds else PRESENT
    if said == UNSURE and "unsure" not in holds:
        said = UNSEEN
    if format == "kaleidoscope":  # it has a duration for the end, a distance for the score
        score = None if one.score is None else round(1 - round(1 - one.score, 12), 12)
        one = one._replace(end_s=one.start_s + (one.end_s - one.start_s), score=score)
    bare = cells.bare if format in BARE else str
    return one._replace(
        species=bare(one.species),
        said=said,
        low_hz=one.low_hz if "frequencies" in holds else 0.0,
        high_hz=one.high_hz if "frequencies" in holds else 0.0,
        score=one.score if "score" in holds else None,
        channel=(one.channel or 1 if format == "raven" else one.channel) if "channel" in holds else 0,
        song_type=bare(one.song_type) if "song_type" in holds else "",
    )


def by_recording(found: list[Mark]) -> dict[str, list[Mark]]:
    return {name: [one for one in found if one.recording == name] for name in {one.recording for one in found}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("round_trips")


@pytest.mark.parametrize("format", WRITTEN)
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=30, deadline=None)
@given(found=marks())
def test_what_is_written_is_read_again_up_to_what_the_format_holds(
    folder: Path, format: str, found: list[Mark]
) -> None:
    name, holds = WRITTEN[format]
    path = folder / format / name
    shutil.rmtree(path.parent, ignore_errors=True)
    writers.write(path, found, format)
    expected = [kept for one in found if (kept := survives(one, format, holds)) is not None]
    if not expected and not path.exists():
        return  # a folder of no recordings
    read = readers.read(path, format)
    assert read.problems == []
    if format == "crowsetta":
        expected.sort(key=lambda one: one.start_s)
    assert by_recording(read.marks) == by_recording(expected)


@pytest.mark.parametrize("format", WRITTEN)
def test_complaint_birdnet_live_207_no_detections_give_a_valid_file(tmp_path: Path, format: str) -> None:
    path = tmp_path / WRITTEN[format][0]
    assert writers.write(path, [], format, [recording("SD01/a"), recording("SD02/a")]) == Lost()
    assert readers.read(path, format).marks == []
    if path.is_dir():
        assert len([file for file in path.rglob("*") if file.is_file()]) == 2
        assert set(readers.read(path, format).empty) == {"SD01/a", "SD02/a"}


@pytest.mark.parametrize("format", WRITTEN)
def test_the_format_of_what_is_written_is_guessed(tmp_path: Path, format: str) -> None:
    path = tmp_path / WRITTEN[format][0]
    one = Mark("a", "frog", 1.0, 2.0, 100.0, 200.0)
    writers.write(path, [one], format)
    file = path if path.is_file() else next(file for file in path.rglob("*") if file.is_file())
    assert readers.guess(file) == format


# Scripts of other people rely on these: a column is added at the end alone.
HEADERS = {
    "csv": "recording_id,species,t_min,t_max,f_min,f_max,score,channel,song_type,verdict",
    "raven": "Selection,View,Channel,Begin Time (s),End Time (s),Low Freq (Hz),High Freq (Hz),Species,Begin Path,"
    "File Offset (s),Score",
    "arbimon": "recording,site,species,songtype,x1,x2,y1,y2,validated,score",
    "kaleidoscope": "INDIR,FOLDER,IN FILE,OFFSET,DURATION,TOP1MATCH,TOP1DIST,MANUAL ID",
    "birdnet": "Start (s),End (s),Scientific name,Common name,Confidence,File",
    "opensoundscape": "file,start_time,end_time,Wren",
    "crowsetta": "label,onset_s,offset_s,notated_path,annot_path,sequence,annotation",
}


@pytest.mark.parametrize("format", HEADERS)
def test_complaint_24_trap_3_3_the_names_and_the_order_of_columns_stay(tmp_path: Path, format: str) -> None:
    path = tmp_path / ("x.selections.txt" if format == "raven" else "x.csv")
    heard = Recording("SD1/a", Path("/x/SD1/a.WAV"), 60.0, 48_000)
    writers.write(path, [Mark("SD1/a", "Wren", 1.0, 2.0, 100.0, 200.0, UNSEEN, 0.5)], format, [heard])
    assert path.read_text().splitlines()[0].replace("\t", ",") == HEADERS[format]


@pytest.mark.parametrize("format", WRITTEN)
def test_trap_3_12_numbers_have_a_point_in_every_locale_and_no_exponent(tmp_path: Path, format: str) -> None:
    path, before = tmp_path / WRITTEN[format][0], locale.setlocale(locale.LC_NUMERIC)
    try:
        for name in ("de_DE.UTF-8", "fr_FR.UTF-8", ""):
            try:
                locale.setlocale(locale.LC_NUMERIC, name)
                break
            except locale.Error:
                continue
        writers.write(path, [Mark("a", "frog", 1e-9, 1.5e16, 0.0, 1e-7, score=2.5e-5)], format)
    finally:
        locale.setlocale(locale.LC_NUMERIC, before)
    if format == "parquet":
        return
    text = "".join(file.read_text() for file in [path, *path.rglob("*")] if file.is_file())
    assert "0.000000001" in text and "15000000000000000" in text
    assert not any(cell.lower().count("e-") for cell in text.replace("\t", ",").split(","))


@pytest.mark.parametrize("dangerous", ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", '=HYPERLINK("http://x")'])
def test_cells_that_a_spreadsheet_would_run_are_harmless_and_are_read_as_they_were(tmp_path, dangerous: str) -> None:
    one = Mark(dangerous, dangerous, 1.0, 2.0)
    writers.write(tmp_path / "x.csv", [one])
    with (tmp_path / "x.csv").open() as file:
        assert [cell[0] for cell in list(csv.reader(file))[1][:2]] == ["'", "'"]
    assert readers.read(tmp_path / "x.csv").marks == [one]
    writers.write(tmp_path / "x.selections.txt", [one._replace(recording="a")])
    assert f"'{dangerous}\t" in (tmp_path / "x.selections.txt").read_text()


def test_what_a_format_cannot_hold_is_counted(tmp_path: Path) -> None:
    said = [Mark("a", "x", 0.0, 1.0, said=word, score=0.5) for word in (ABSENT, ABSENT, UNSURE, UNSEEN, PRESENT)]
    assert writers.write(tmp_path / "folder", said, "audacity") == Counter(
        {
            "say absent: left out": 2,
            "say unsure: left out": 1,
            "were not looked at, and read as present": 1,
            "lose their scores": 2,
        }
    )


@pytest.mark.parametrize("name", ["../../etc/x", "..", "a/../../b"])
def test_a_recording_never_names_a_file_outside_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError, match="can be no file under"):
        writers.write(tmp_path / "out", [Mark(name, "x", 0.0, 1.0)], "raven")
    writers.write(tmp_path / "out", [Mark("/etc/x", "x", 0.0, 1.0)], "raven")
    assert (tmp_path / "out" / "etc" / "x.selections.txt").is_file()


def test_an_unknown_format_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no format is named 'xml'; there are csv, raven"):
        writers.write(tmp_path / "x", [], "xml")
    with pytest.raises(ExportError, match=r"x\.doc: its name does not tell the format"):
        writers.write(tmp_path / "x.doc", [])


@pytest.fixture
def named(tmp_path: Path) -> Names:
    (tmp_path / "names.csv").write_text(
        "code,Scientific,common,eBird,GBIF\n'=PA,Parus major,Great Tit,gretit1,009705453\nHY,Hyla arborea,,,\n"
    )
    return names.read(tmp_path / "names.csv")


ROWS = [Mark("a", "Parus major", 1.0, 2.0), Mark("a", "Hyla arborea", 2.0, 3.0), Mark("a", "frog", 3.0, 4.0)]


def cells_of(path: Path) -> list[list[str]]:
    if path.suffix == ".csv":
        return list(csv.reader(path.read_text().splitlines()))
    table = parquet.read_table(path)
    return [table.column_names, *(list(row.values()) for row in table.to_pylist())]


@pytest.mark.parametrize("file", ["x.csv", "x.parquet"])
def test_codes_of_species_pass_through_as_columns_behind_ours(tmp_path: Path, named: Names, file: str) -> None:
    writers.write(tmp_path / file, ROWS, names=named)
    assert readers.read(tmp_path / file).marks == ROWS
    writers.write(tmp_path / f"bare_{file}", ROWS)
    (header, *rows), (bare, *_) = cells_of(tmp_path / file), cells_of(tmp_path / f"bare_{file}")
    assert header == [*bare, "code", "common", "eBird", "GBIF"]
    harmless = "'" if file == "x.csv" else ""
    assert [row[-4:] for row in rows] == [
        [f"{harmless}=PA", "Great Tit", "gretit1", "009705453"],
        ["HY", "", "", ""],
        ["", "", "", ""],
    ]


def test_a_column_of_the_names_table_never_hides_one_of_ours(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text("scientific,Score\nParus major,high\n")
    table = names.read(tmp_path / "names.csv")
    for file in ("x.csv", "x.parquet"):
        with pytest.raises(ExportError, match="the table of names has a column 'Score', and so has this format"):
            writers.write(tmp_path / file, ROWS, names=table)
        assert not (tmp_path / file).exists()
    writers.write(tmp_path / "y.csv", ROWS, "birdnet", names=table)


def test_birdnet_has_scientific_and_common_names_where_the_table_knows_them(tmp_path: Path, named: Names) -> None:
    writers.write(tmp_path / "x.csv", ROWS, "birdnet", names=named)
    rows = list(csv.DictReader((tmp_path / "x.csv").read_text().splitlines()))
    assert [(row["Scientific name"], row["Common name"]) for row in rows] == [
        ("Parus major", "Great Tit"),
        ("Hyla arborea", "Hyla arborea"),
        ("frog", "frog"),
    ]
