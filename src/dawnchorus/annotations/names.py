"""A table of species names: a row a species, a column a kind of name, whatever their number.

`code`, `scientific` and `common` are usual; codes of GBIF or eBird may be others.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

from dawnchorus.annotations import sheet
from dawnchorus.annotations.problems import AnnotationError


def read(path: Path, wanted: str = "scientific") -> Callable[[str], str]:
    """Give what makes any name of a species the one in the column `wanted`; a name that is not in the table stays.

    Names are the same whatever the case of their letters, with blanks or underscores between, and `Scientific_Common`,
    as BirdNET joins two, is one, too. Raises AnnotationError when there is no such column, a species has no name in it,
    or a name is that of two species.
    """
    table = sheet.read(path)
    column = table.needed(wanted)
    scientific, common = table.column("scientific"), table.column("common")
    known: dict[str, str] = {}
    for line, cells in table.rows:
        name = sheet.plain(cells[column])
        if not name:
            raise AnnotationError(f"{path} line {line}: the species has no name in the column {wanted}")
        for other in {*cells, f"{cells[scientific]}_{cells[common]}"} - {"", "_"}:
            if known.setdefault(plain(sheet.plain(other)), name) != name:
                also = known[plain(sheet.plain(other))]
                raise AnnotationError(f"{path} line {line}: {other!r} is a name of {also!r} and of {name!r}")
    return lambda name: known.get(plain(name), name)


def plain(name: str) -> str:
    """Make spellings of one name equal."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())
