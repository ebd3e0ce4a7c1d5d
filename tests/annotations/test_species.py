from __future__ import annotations

from pathlib import Path

import pytest

from dawnchorus.annotations import AnnotationError, species
from dawnchorus.events import Species


def table(folder: Path, text: str) -> Path:
    path = folder / "species.csv"
    path.write_text("species_id,name\n" + text, encoding="utf-8")
    return path


def test_species_come_in_the_order_of_their_numbers(tmp_path):
    found = species.read(table(tmp_path, "1,Coquí de la Montaña\n0,Myiarchus antillarum\n"))
    assert found == [Species(0, "Myiarchus antillarum"), Species(1, "Coquí de la Montaña")]


def test_what_is_written_is_read_again(tmp_path):
    names = [Species(1, "b, with comma"), Species(0, 'the "a"'), Species(2, "鸟")]
    species.write(tmp_path / "species.csv", names)
    assert species.read(tmp_path / "species.csv") == sorted(names, key=lambda one: one.number)


@pytest.mark.parametrize("ids", [(0, 2), (1, 2), (0, 0, 1)])
def test_ids_other_than_0_to_n_are_refused(tmp_path, ids):
    text = "".join(f"{number},species {i}\n" for i, number in enumerate(ids))
    with pytest.raises(AnnotationError, match="each once"):
        species.read(table(tmp_path, text))
    with pytest.raises(AnnotationError, match="each once"):
        species.write(tmp_path / "new.csv", [Species(number, f"species {i}") for i, number in enumerate(ids)])
    assert not (tmp_path / "new.csv").exists()


@pytest.mark.parametrize("number", ["-1", "1.5", "x", "", "²"])
def test_an_id_that_is_no_number_is_refused_with_its_line(tmp_path, number):
    with pytest.raises(AnnotationError, match="line 3: species_id"):
        species.read(table(tmp_path, f"0,a\n{number},b\n"))


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)"])
def test_a_name_that_a_spreadsheet_would_run_is_refused(tmp_path, name):
    with pytest.raises(AnnotationError, match="line 2.*formula"):
        species.read(table(tmp_path, f'0,"{name}"\n'))


@pytest.mark.parametrize("name", ["=a", "\ta", "\ra", "", "  ", " a"])
def test_a_name_that_could_not_be_read_again_is_not_written(tmp_path, name):
    with pytest.raises(AnnotationError):
        species.write(tmp_path / "species.csv", [Species(0, name)])


@pytest.mark.parametrize("cell", ["\t=a", "\ra"])
def test_a_tab_or_a_return_hides_no_formula(tmp_path, cell):
    try:
        (one,) = species.read(table(tmp_path, f'0,"{cell}"\n'))
    except AnnotationError:
        return
    assert not one.name.startswith(species.FORMULA)


def test_two_species_of_one_name_are_refused(tmp_path):
    with pytest.raises(AnnotationError, match="the species 0 and 2 are both named 'a'"):
        species.read(table(tmp_path, "0,a\n1,b\n2,a\n"))
