"""A table of species names: a row a species, a column a kind of name, whatever their number.

`code`, `scientific` and `common` are usual; codes of GBIF or eBird may be others.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dawnchorus.annotations import sheet
from dawnchorus.annotations.problems import AnnotationError


@dataclass(frozen=True)
class Names:
    """The table: `wanted` is the kind of name that species go by, `kinds` are all kinds in the order of its columns.

    The case of their letters does not matter.
    """

    wanted: str
    kinds: tuple[str, ...]
    rows: Mapping[str, Mapping[str, str]]  # by plain spelling of any name in them

    def __call__(self, name: str) -> str:
        """Give any name of a species as the wanted one; a name that is not in the table stays."""
        return self.other(name, self.wanted) or name

    def other(self, name: str, kind: str) -> str:
        """Give another kind of name of a species; empty where the table has none."""
        return self.rows.get(plain(name), {}).get(kind.casefold(), "") if self.rows else ""

    @property
    def more(self) -> tuple[str, ...]:
        """The kinds of names beside the wanted one."""
        return tuple(kind for kind in self.kinds if kind.casefold() != self.wanted.casefold())


NO_NAMES = Names("", (), {})


def read(path: Path, wanted: str = "scientific", otherwise: str = "") -> Names:
    """Read the table; any name of a species stands for the one in the column `wanted`.

    Names are the same whatever the case of their letters, with blanks or underscores between, and `Scientific_Common`,
    as BirdNET joins two, is one, too. Raises AnnotationError when there is no such column, a species has no name in it,
    or a name is that of two species. `otherwise` is the encoding of a table that is not UTF-8.
    """
    table = sheet.read(path, otherwise=otherwise)
    column = table.needed(wanted)
    kinds = [kind.casefold() for kind in table.header]
    known: dict[str, dict[str, str]] = {}
    for line, raw in table.rows:
        cells = [sheet.plain(cell) for cell in raw]
        row = dict(zip(kinds, cells, strict=False))
        name = row[kinds[column]]
        if not name:
            raise AnnotationError(f"{path} line {line}: the species has no name in the column {wanted}")
        joined = f"{row.get('scientific', '')}_{row.get('common', '')}"
        for other in {*cells, joined} - {"", "_"}:
            also = known.setdefault(plain(other), row)[kinds[column]]
            if also != name:
                raise AnnotationError(f"{path} line {line}: {other!r} is a name of {also!r} and of {name!r}")
    return Names(kinds[column], tuple(dict.fromkeys(filter(None, table.header))), known)


def plain(name: str) -> str:
    """Make spellings of one name equal."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())
