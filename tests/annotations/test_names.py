from __future__ import annotations

import pytest

from dawnchorus.annotations import AnnotationError, names

TABLE = "code,scientific,common,ebird,gbif\nPAMA,Parus major,Great Tit,gretit1,9705453\nXX,Hyla arborea,,,2427601\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "names.csv"
    path.write_text(TABLE)
    return path


@pytest.mark.parametrize(
    "spelling",
    ["PAMA", "pama", "Parus major", "parus_major", " Great  tit", "Parus major_Great Tit", "gretit1", "9705453"],
)
def test_any_spelling_is_the_wanted_name(table, spelling) -> None:
    assert names.read(table)(spelling) == "Parus major"
    assert names.read(table, "gbif")(spelling) == "9705453"
    assert names.read(table, "code")(spelling) == "PAMA"


def test_a_name_that_is_not_there_stays(table) -> None:
    assert names.read(table)("Great Tot") == "Great Tot"


def test_tables_that_say_two_things_are_refused(table) -> None:
    with pytest.raises(AnnotationError, match="line 3: the species has no name in the column ebird"):
        names.read(table, "ebird")
    with pytest.raises(AnnotationError, match="no column 'latin'"):
        names.read(table, "latin")
    table.write_text("code,scientific\nA,Parus major\na,Parus minor\n")
    with pytest.raises(AnnotationError, match="'a' is a name of 'Parus major' and of 'Parus minor'"):
        names.read(table)


def test_a_species_has_its_other_names_and_codes(table) -> None:
    found = names.read(table)
    assert found.more == ("code", "common", "ebird", "gbif")
    assert found.other("great tit", "eBird") == "gretit1"
    assert found.other("Hyla arborea", "ebird") == found.other("Great Tot", "ebird") == ""
