"""`species.csv`: the name of each species id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from dawnchorus.annotations import table
from dawnchorus.annotations.problems import AnnotationError
from dawnchorus.events import Species

COLUMNS = ("species_id", "name")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run as a formula; names go into many tables."""


def read(path: Path) -> list[Species]:
    """Read the species in the order of their numbers, which are 0 to n-1, each once.

    Raises AnnotationError, with the line, for anything else: a wrong name here would be wrong everywhere.
    """
    species = []
    for line, row in table.read(path, COLUMNS):
        number, name = row["species_id"], row["name"]
        if not (number.isascii() and number.isdecimal()):
            raise AnnotationError(f"{path} line {line}: species_id is {number!r}, not a whole number from 0 on")
        if trouble := _trouble(name):
            raise AnnotationError(f"{path} line {line}: {trouble}")
        species.append(Species(int(number), name))
    species.sort(key=lambda one: one.number)
    if trouble := _trouble_together(species):
        raise AnnotationError(f"{path}: {trouble}")
    return species


def write(path: Path, species: Iterable[Species]) -> None:
    """Write the species in the order of their numbers; raises AnnotationError for what `read` would not take."""
    ordered = sorted(species, key=lambda one: one.number)
    for trouble in [*map(_trouble, (one.name for one in ordered)), _trouble_together(ordered)]:
        if trouble:
            raise AnnotationError(f"{path}: {trouble}")
    table.write(path, COLUMNS, [(str(one.number), one.name) for one in ordered])


def _trouble(name: str) -> str:
    if not name.strip():
        return "a name is empty"
    if name.startswith(FORMULA):
        return f"the name {name!r} begins with {name[0]!r}; a spreadsheet would take it for a formula"
    if name != name.strip():
        return f"the name {name!r} has blanks round it"
    return ""


def _trouble_together(species: Sequence[Species]) -> str:
    if [one.number for one in species] != list(range(len(species))):
        numbers = ", ".join(str(one.number) for one in species)
        return f"the species ids are {numbers}; they should be 0 to {len(species) - 1}, each once"
    first: dict[str, int] = {}
    for one in species:
        if first.setdefault(one.name, one.number) != one.number:
            return f"the species {first[one.name]} and {one.number} are both named {one.name!r}"
    return ""
