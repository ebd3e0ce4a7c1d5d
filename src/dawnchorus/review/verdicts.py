"""Verdicts in one table that only grows: a file beside the detections, or a team's PostgreSQL.

A row is never changed or removed. Of several answers of one person on one stretch and species the last counts; an
answer is taken back by a row that names its key. Each answer has a key of its own, made where the button was pressed:
sent twice, it is one row. Columns:

    number              in which order they came
    key                 of this answer
    recording, species  and `name`, the species' name; start_s, end_s, low_hz, high_hz: the box that was judged
    answer              present, absent, unsure; or undo, then `takes_back` is the key of the row that no longer counts
    by, at              who, and when it came (UTC)
    model, score, asked which model raised the question, what it said, how the question was chosen
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sql

from dawnchorus.events import Species, Stretch, Verdict, stretch_of

Answer = Literal["present", "absent", "unsure", "undo"]
ANSWERS: Mapping[str, bool | None] = {"present": True, "absent": False, "unsure": None}
WORDS = {said: word for word, said in ANSWERS.items()}
WAIT_S = 30

VERDICTS = sql.Table(
    "verdict",
    sql.MetaData(),
    sql.Column("number", sql.Integer, primary_key=True, autoincrement=True),
    sql.Column("key", sql.String(64), nullable=False, unique=True),
    sql.Column("recording", sql.Text, nullable=False),
    sql.Column("species", sql.Integer, nullable=False),
    sql.Column("name", sql.Text, nullable=False),
    sql.Column("start_s", sql.Double, nullable=False),
    sql.Column("end_s", sql.Double, nullable=False),
    sql.Column("low_hz", sql.Double, nullable=False),
    sql.Column("high_hz", sql.Double, nullable=False),
    sql.Column("answer", sql.String(16), nullable=False),
    sql.Column("takes_back", sql.String(64), nullable=False),
    sql.Column("by", sql.Text, nullable=False),
    sql.Column("at", sql.String(40), nullable=False),
    sql.Column("model", sql.String(64), nullable=False),
    sql.Column("score", sql.Double, nullable=True),
    sql.Column("asked", sql.String(32), nullable=False),
    sqlite_autoincrement=True,
)


class StoreError(ValueError):
    """A table of verdicts can't be used; the message says which and why."""


@dataclass(frozen=True)
class Row:
    """One row of the table, without its number and the time it came, which the store gives.

    `species` is None for a species that is known by its name alone: the store gives it the number it has there, or the
    next one.
    """

    key: str
    recording: str
    species: int | None
    name: str
    start_s: float
    end_s: float
    low_hz: float
    high_hz: float
    answer: Answer
    by: str
    takes_back: str = ""
    model: str = ""
    score: float | None = None
    asked: str = ""


@dataclass(frozen=True)
class Kept:
    """A row as it stands in the table."""

    number: int
    row: Row
    at: datetime

    @property
    def stretch(self) -> Stretch:
        """What was judged."""
        return stretch_of(self.row.recording, self.row.species or 0, self.row.start_s, self.row.end_s)

    @property
    def verdict(self) -> Verdict:
        """The same as a Verdict; of a row that is none, `undo`, as unsure."""
        row = self.row
        return Verdict(
            row.recording,
            row.species or 0,
            row.start_s,
            row.end_s,
            ANSWERS.get(row.answer),
            row.by,
            self.at,
            row.low_hz,
            row.high_hz,
            row.model,
            row.score,
            row.asked,
        )


class Store:
    """The open table at `where`: a path of an SQLite file, which is made when it isn't there, or a database's URL."""

    def __init__(self, where: Path | str, species: Sequence[Species] = ()) -> None:
        """Open or make it; numbers behind those of `species` are for new names. Raises StoreError when it can't be."""
        self.where = str(where)
        self.named = {one.name: one.number for one in species}
        self.engine = _engine(where)
        try:
            with self.engine.begin() as connection:
                VERDICTS.create(connection, checkfirst=True)
                connection.execute(sql.select(VERDICTS).limit(1)).first()
        except sql.exc.SQLAlchemyError as error:
            self.engine.dispose()
            raise StoreError(f"{_shown(where)}: no table of verdicts can be used here ({_cause(error)})") from error

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file or the database."""
        self.engine.dispose()

    def add(self, rows: Sequence[Row]) -> list[int]:
        """Append rows, all or none, and give the number of each; one whose key is there already keeps its number.

        When this returns, they are on the disk. Raises StoreError when they can't be written.
        """
        try:
            with self._alone() as connection:
                return [self._append(connection, row) for row in rows]
        except sql.exc.SQLAlchemyError as error:
            raise StoreError(f"{_shown(self.where)}: nothing was written ({_cause(error)})") from error

    def _append(self, connection: sql.Connection, row: Row) -> int:
        found = connection.execute(sql.select(VERDICTS.c.number).where(VERDICTS.c.key == row.key)).scalar()
        if found is not None:
            return int(found)
        species = self._number(connection, row.name) if row.species is None else row.species
        values = dict(vars(row)) | {"species": species, "at": datetime.now(UTC).isoformat(timespec="milliseconds")}
        written = connection.execute(VERDICTS.insert().values(values)).inserted_primary_key
        assert written is not None
        return int(written[0])

    def _number(self, connection: sql.Connection, name: str) -> int:
        """The number of a species that is known by name; nobody else writes meanwhile."""
        if name in self.named:
            return self.named[name]
        known = connection.execute(sql.select(VERDICTS.c.species).where(VERDICTS.c.name == name).limit(1)).scalar()
        if known is not None:
            return int(known)
        highest = connection.execute(sql.select(sql.func.max(VERDICTS.c.species))).scalar()
        return max([-1 if highest is None else int(highest), *self.named.values()]) + 1

    @contextmanager
    def _alone(self) -> Iterator[sql.Connection]:
        """A transaction in which nobody else writes: keys, names and numbers are looked up and given in one piece."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(sql.text("LOCK TABLE verdict IN SHARE ROW EXCLUSIVE MODE"))
            yield connection
            connection.commit()

    def rows(self, after: int = 0) -> list[Kept]:
        """All rows that came after the one of this number, in their order."""
        with self.engine.connect() as connection:
            found = connection.execute(
                sql.select(VERDICTS).where(VERDICTS.c.number > after).order_by(VERDICTS.c.number)
            ).mappings()
            return [_kept(dict(one)) for one in found]


def _engine(where: Path | str) -> sql.Engine:
    text = str(where)
    if "://" not in text:
        path = Path(where)
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = sql.create_engine(f"sqlite:///{path}", connect_args={"timeout": WAIT_S})
        sql.event.listen(engine, "connect", _prepare_sqlite)
        return engine
    if text.startswith(("postgres://", "postgresql://")):
        text = "postgresql+psycopg://" + text.partition("://")[2]
    try:
        return sql.create_engine(text, pool_pre_ping=True)
    except ImportError as error:
        raise StoreError(
            f'{_shown(where)}: needs {error.name}; install it with: pip install "dawnchorus[review,postgres]"'
        ) from error
    except sql.exc.SQLAlchemyError as error:
        raise StoreError(f"{_shown(where)}: {_cause(error)}; expected a path or postgresql://…") from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where `_alone` says so, not where the driver thinks
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")


def _shown(where: Path | str) -> str:
    """The place without its password."""
    text = str(where)
    if "://" not in text:
        return text
    scheme, _, rest = text.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _cause(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]


def _kept(found: Mapping[str, Any]) -> Kept:
    values = {name: value for name, value in found.items() if name not in ("number", "at")}
    return Kept(found["number"], Row(**values), datetime.fromisoformat(found["at"]))


# ---- what counts ---------------------------------------------------------------------------------------------


def counting(rows: Sequence[Kept]) -> dict[Stretch, dict[str, Kept]]:
    """What counts of rows in their order: by stretch, then by person, the last that was not taken back.

    The persons of a stretch stand in the order of their answers, the latest last.
    """
    undone = {one.row.takes_back for one in rows if one.row.answer == "undo"}
    counts: dict[Stretch, dict[str, Kept]] = {}
    for one in rows:
        if one.row.answer != "undo" and one.row.key not in undone:
            of_stretch = counts.setdefault(one.stretch, {})
            of_stretch.pop(one.row.by, None)
            of_stretch[one.row.by] = one
    return counts


def standing(rows: Sequence[Kept]) -> list[Verdict]:
    """The Verdicts that count, in the order they came: of each stretch and species one a person."""
    counts = [one for by_person in counting(rows).values() for one in by_person.values()]
    return [one.verdict for one in sorted(counts, key=lambda one: one.number)]


def read_verdicts(where: Path | str) -> list[Verdict]:
    """The Verdicts that count, in the order they came: of each stretch and species one a person.

    Where people differ, the last one counts (`as_annotations`). Raises StoreError when there is no such file or it
    holds no verdicts.
    """
    return standing(_rows(where))


def _rows(where: Path | str) -> list[Kept]:
    if "://" not in str(where) and not Path(where).is_file():
        raise StoreError(f"{where}: no such file; expected the verdicts of `dawnchorus review`")
    with Store(where) as store:
        return store.rows()


class Numbers:
    """The species of a model or of data, and behind them those that rows name: a name says which species a row means.

    The numbers in a table are those of the models that were reviewed, and models differ. Where one side has no name
    but such as `s3`, the number counts.
    """

    def __init__(self, species: Sequence[Species]) -> None:
        self.species = list(species)
        self.numbers = {one.name: one.number for one in species}

    def __call__(self, kept: Kept) -> Kept:
        """The row with the number that its species has here; a new name gets the next one."""
        row = kept.row
        told = row.species or 0
        number = self.numbers.get(row.name)
        if number is None and told < len(self.species) and _nameless(told) in (row.name, self.species[told].name):
            number = told
        if number is None:
            number = self.numbers[row.name] = len(self.species)
            self.species.append(Species(number, row.name))
        return kept if number == row.species else replace(kept, row=replace(row, species=number))


def _nameless(number: int) -> str:
    return f"s{number}"


def read_named(where: Path | str, species: Sequence[Species]) -> tuple[list[Verdict], list[Species]]:
    """The Verdicts that count, with the numbers of `species` by name, and the species: behind those the new ones.

    New is a name that somebody said is present somewhere; of others there is nothing to learn, and their verdicts have
    numbers behind all species. Raises StoreError as `read_verdicts` does.
    """
    rows = _rows(where)
    counts = [one.row for by_person in counting(rows).values() for one in by_person.values()]
    heard = {row.name for row in counts if row.answer == "present"}
    numbers = Numbers(species)
    # As they are numbered in the table, those that are nowhere present behind all others.
    for one in sorted(rows, key=lambda one: (one.row.name not in heard, one.row.species or 0, one.number)):
        numbers(one)
    known = len(species) + sum(one.name in heard for one in numbers.species[len(species) :])
    return standing([numbers(one) for one in rows]), numbers.species[:known]


def species_named(rows: Sequence[Kept], species: Sequence[Species]) -> list[Species]:
    """The species of a model, and behind them those that people named."""
    names = {one.number: one.name for one in species}
    for kept in rows:
        names.setdefault(kept.row.species or 0, kept.row.name)
    return [Species(number, names.get(number, f"s{number}")) for number in range(max(names, default=-1) + 1)]
