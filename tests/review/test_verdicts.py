"""The table of verdicts: nothing is lost, nothing counts twice, the last answer counts; on SQLite and PostgreSQL."""

# ruff: noqa: E402  what an extra brings may be missing, which skips these tests

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy", reason="needs the review extra")

from dawnchorus.events import Species, stretch_of
from dawnchorus.review import verdicts
from dawnchorus.review.as_annotations import disagreements
from dawnchorus.review.verdicts import Row, Store, StoreError

SPECIES = (Species(0, "Frog"), Species(1, "Bird"))


def row(key: str, answer: Any = "present", by: str = "Ana", **changes: Any) -> Row:
    asked = Row(key, "card/a", 0, "Frog", 1.0, 2.5, 300.0, 900.0, answer, by, model="abc", score=0.8, asked="highest")
    return replace(asked, **changes)


def postgres_bin() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The URL of a server that lives as long as these tests."""
    pytest.importorskip("psycopg", reason="needs the postgres extra")
    home_of = postgres_bin()
    if home_of is None:
        pytest.skip("no PostgreSQL server on this machine: Debian has it as `postgresql`")
    user: dict[str, Any] = {}
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if os.getuid() == 0:  # the server refuses to run as root
        name = next((name for name in ("postgres", "nobody") if _has_user(name)), None)
        if name is None:
            pytest.skip("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
        user = {"user": name, "cwd": folder}
        shutil.chown(folder, name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    made = subprocess.run(
        [home_of / "initdb", "-D", data, "-U", "review", "-A", "trust", "--no-sync"], capture_output=True, **user
    )
    assert made.returncode == 0, made.stderr
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    control = [home_of / "pg_ctl", "-D", data, "-l", folder / "log", "-w"]
    subprocess.run([*control, "-o", options, "start"], check=True, stdout=subprocess.DEVNULL, **user)
    try:
        yield f"postgresql://review@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL, **user)
        shutil.rmtree(folder, ignore_errors=True)


def _has_user(name: str) -> bool:
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    if request.param == "sqlite":
        yield tmp_path / "reviews.db"
        return
    url = request.getfixturevalue("postgres")
    yield url
    with Store(url) as store, store.engine.begin() as connection:
        verdicts.VERDICTS.drop(connection)


def test_what_is_written_is_read_by_whoever_opens_it_next(where: Path | str) -> None:
    with Store(where) as store:
        assert store.add([row("1"), row("2", "absent", start_s=4.0, end_s=5.0)]) == [1, 2]
    first, second = verdicts.read_verdicts(where)
    assert (first.recording, first.species, first.start_s, first.end_s, first.present) == ("card/a", 0, 1.0, 2.5, True)
    assert (first.low_hz, first.high_hz, first.model, first.score) == (300.0, 900.0, "abc", 0.8)
    assert (first.by, first.asked, second.present) == ("Ana", "highest", False)
    assert first.at.utcoffset() is not None and first.at <= second.at


def test_a_key_sent_twice_is_one_row(where: Path | str) -> None:
    with Store(where) as store:
        assert store.add([row("1")]) == store.add([row("1"), row("1", "absent")])[:1]
        assert [kept.row.answer for kept in store.rows()] == ["present"]


def test_of_several_answers_the_last_counts_and_all_of_them_stay(where: Path | str) -> None:
    with Store(where) as store:
        store.add([row("1"), row("2", "absent"), row("3", "unsure")])
        (verdict,) = verdicts.standing(store.rows())
        assert verdict.present is None
        assert len(store.rows()) == 3


def test_what_was_taken_back_counts_no_more_and_what_came_before_it_counts_again(where: Path | str) -> None:
    with Store(where) as store:
        store.add([row("1"), row("2", "absent"), row("3", "undo", takes_back="2")])
        assert [one.present for one in verdicts.standing(store.rows())] == [True]
        store.add([row("4", "undo", takes_back="1")])
        assert verdicts.standing(store.rows()) == []
        assert len(store.rows()) == 4


def test_people_who_disagree_are_shown_and_both_stand(where: Path | str) -> None:
    with Store(where) as store:
        store.add([row("1"), row("2", "absent", by="Ben"), row("3", "unsure", start_s=7.0, end_s=8.0)])
        (found,) = disagreements(verdicts.standing(store.rows()))
        assert [one.by for one in found.verdicts] == ["Ana", "Ben"]
        assert [verdict.present for verdict in verdicts.standing(store.rows())] == [True, False, None]
        store.add([row("4", "absent")])
        assert disagreements(verdicts.standing(store.rows())) == []


def test_seconds_that_a_table_rounded_are_the_same_question() -> None:
    assert stretch_of("a", 0, 1.0004, 2) == stretch_of("a", 0, 1.0, 1.9996)


def test_new_species_get_the_next_numbers_and_keep_them(where: Path | str) -> None:
    with Store(where, SPECIES) as store:
        new = [
            row("1", species=None, name="Bat"),
            row("2", species=None, name="Owl"),
            row("3", species=None, name="Bat"),
            row("4", species=None, name="Bird"),
        ]
        store.add(new)
        assert [kept.row.species for kept in store.rows()] == [2, 3, 2, 1]
        names = [one.name for one in verdicts.species_named(store.rows(), SPECIES)]
    assert names == ["Frog", "Bird", "Bat", "Owl"]


def test_a_name_says_which_species_is_meant_whatever_number_it_has_in_the_table(where: Path | str) -> None:
    with Store(where) as store:  # two models with other numbers, and names that people gave
        store.add([row("1"), row("2", species=0, name="Bird", start_s=4.0, end_s=5.0)])
        store.add([row("3", species=None, name="Bat", start_s=6.0, end_s=7.0)])
        store.add([row("4", species=None, name="Owl", answer="absent", start_s=8.0, end_s=9.0)])
    said, species = verdicts.read_named(where, [Species(0, "Bird"), Species(1, "Newt")])
    assert [one.name for one in species] == ["Bird", "Newt", "Frog", "Bat"]
    assert [one.species for one in said] == [2, 0, 3, 4]  # of Owls there is nothing to learn
    alone, species = verdicts.read_named(where, ())
    assert [one.name for one in species] == ["Frog", "Bird", "Bat"] and [one.species for one in alone] == [0, 1, 2, 3]


def test_species_without_names_are_known_by_their_numbers(where: Path | str) -> None:
    with Store(where) as store:
        store.add([row("1", species=1, name="Bird"), row("2", species=0, name="s0", start_s=4.0, end_s=5.0)])
    for species in ((Species(0, "s0"), Species(1, "s1")), (Species(0, "Frog"), Species(1, "Bird"))):
        said, same = verdicts.read_named(where, species)
        assert [one.species for one in said] == [1, 0] and tuple(same) == species


def test_two_models_words_for_one_species_are_one_question(where: Path | str) -> None:
    with Store(where) as store:
        store.add([row("1", "absent"), row("2", "present", species=5)])
    (said,), _ = verdicts.read_named(where, SPECIES)
    assert (said.species, said.present) == (0, True)


def test_a_name_that_was_taken_back_is_no_species(where: Path | str) -> None:
    with Store(where) as store:
        store.add([row("1"), row("2", species=None, name="Forg"), row("3", "undo", name="Forg", takes_back="2")])
    said, species = verdicts.read_named(where, ())
    assert [one.name for one in species] == ["Frog"] and len(said) == 1


def test_names_are_kept_as_they_are(where: Path | str) -> None:
    names = ["'; DROP TABLE verdict; --", "<script>alert(1)</script>", "Pájaro 鳥 🐸", "a\nb"]
    with Store(where) as store:
        store.add([row(str(number), name=name, by=name) for number, name in enumerate(names)])
        assert [kept.row.name for kept in store.rows()] == names


def write_many(where: Path | str, who: int, rows: int) -> None:
    with Store(where) as store:
        for number in range(rows):
            store.add([row(f"{who}-{number}", by=f"person {who}", start_s=number, end_s=number + 1.0)])


def test_several_servers_at_once_lose_nothing(where: Path | str) -> None:
    Store(where).close()
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(where, who, 10)) for who in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    with Store(where) as store:
        kept = store.rows()
    assert len({one.row.key for one in kept}) == 30
    for who in range(3):
        assert [one.row.start_s for one in kept if one.row.by == f"person {who}"] == list(range(10))


def test_the_file_has_a_write_ahead_log(tmp_path: Path) -> None:
    with Store(tmp_path / "reviews.db") as store, store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_what_is_no_table_of_verdicts_is_told(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("no database at all, and long enough to be none" * 100)
    with pytest.raises(StoreError, match="notes.txt: no table of verdicts"):
        Store(other)
    with pytest.raises(StoreError, match="no such file"):
        verdicts.read_verdicts(tmp_path / "nothing.db")
    with pytest.raises(StoreError, match="expected a path or postgresql"):
        Store("what://is.this/")


def test_a_password_is_never_told() -> None:
    pytest.importorskip("psycopg", reason="needs the postgres extra")
    with pytest.raises(StoreError) as told:
        Store("postgresql://ana:secret@127.0.0.1:1/reviews")
    assert "secret" not in str(told.value) and "127.0.0.1:1/reviews" in str(told.value)
