from __future__ import annotations

import pytest

from dawnchorus.annotations import AnnotationError, formats, names, rfcx, sheet
from dawnchorus.annotations.marks import Mark, Told

EXCEL = "recording_id;species;t_min;t_max\r\na;Sönam;1,5;2,5\r\n"


@pytest.mark.parametrize("encoding", ["cp1252", "shift_jis"])
def test_a_table_of_another_encoding_needs_its_name(tmp_path, encoding: str) -> None:
    species = {"cp1252": "Zaunkönig", "shift_jis": "ミソサザイ"}[encoding]
    path = tmp_path / "x.csv"
    path.write_text(EXCEL.replace("Sönam", species), encoding=encoding, newline="")
    with pytest.raises(
        AnnotationError, match=r"x\.csv line 2 is not UTF-8 text \(byte 0x.*pass --encoding, e\.g\. cp1252"
    ):
        formats.read(path)
    assert formats.read(path, told=Told(encoding=encoding)).marks == [Mark("a", species, 1.5, 2.5)]


def test_the_line_is_named_that_is_far_down(tmp_path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(EXCEL.encode() + b"a;frog;1;2\r\n" * 9999 + b"a;gr\xe4s;1;2\r\n")
    with pytest.raises(AnnotationError, match="line 10002 is not UTF-8 text"):
        formats.read(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_another_encoding_is_for_files_that_need_it(tmp_path, encoding: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(EXCEL, encoding=encoding, newline="")
    assert formats.read(path, told=Told(encoding="cp1252")).marks == [Mark("a", "Sönam", 1.5, 2.5)]


def test_what_is_of_neither_encoding_is_refused(tmp_path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(EXCEL.encode("cp1252"))
    with pytest.raises(AnnotationError, match="not ascii text"):
        formats.read(path, told=Told(encoding="ascii"))


def test_labels_and_names_of_species_may_be_of_another_encoding(tmp_path) -> None:
    labels, species = tmp_path / "a.txt", tmp_path / "names.csv"
    labels.write_bytes("1\t2\tZaunkönig\n".encode("cp1252"))
    species.write_bytes("scientific,common\nTroglodytes troglodytes,Zaunkönig\n".encode("cp1252"))
    told = Told(encoding="cp1252")
    assert formats.read(labels, "audacity", told).marks == formats.read(labels, told=told).marks
    assert names.read(species, "scientific", "cp1252")("zaunkönig") == "Troglodytes troglodytes"


def test_tables_of_the_competition_may_be_of_another_encoding_ours_are_utf8(tmp_path) -> None:
    path = tmp_path / "train_tp.csv"
    path.write_bytes((",".join(rfcx.COLUMNS) + "\nñ,0,1,0,0,1,1\n").encode("cp1252"))
    with pytest.raises(AnnotationError, match="line 2 is not UTF-8 text .* save it as UTF-8"):
        formats.read(path, "rfcx")
    assert formats.read(path, told=Told(encoding="cp1252")).marks[0].recording == "ñ"


def test_names_are_kept_once(tmp_path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("recording_id,species,t_min,t_max\n" + r"'=SD1\a,frog,1,2" + "\n" + r"'=SD1\a,frog,3,4" + "\n")
    one, other = formats.read(path).marks
    assert one.recording == "=SD1/a" == sheet.recording(r"'=SD1\a")
    assert one.recording is other.recording and one.species is other.species
