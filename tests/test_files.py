from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dawnchorus import files
from dawnchorus.files import LATER, recorded

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


def reordered(value: object) -> object:
    """The same value, the keys of every object in the other order."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(one) for one in value] if isinstance(value, list) else value


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ---- whole or not at all -------------------------------------------------------------------------------------


def test_a_file_appears_when_it_is_whole_and_not_before(tmp_path):
    path = tmp_path / "new" / "a.csv"
    with files.whole(path) as temporary:
        temporary.write_text("half")
        assert not path.exists()
        assert (temporary.parent, temporary.suffix) == (path.parent, ".csv")
    assert path.read_text() == "half"
    assert names(path.parent) == ["a.csv"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError])
def test_after_a_failure_the_old_file_stays_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(error), files.whole(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.csv"]


def test_a_failure_before_the_first_byte_leaves_nothing(tmp_path):
    with pytest.raises(ValueError), files.whole(tmp_path / "a.csv"):
        raise ValueError
    assert names(tmp_path) == []


def test_two_writers_at_once_do_not_meet(tmp_path):
    path = tmp_path / "a.csv"
    with files.whole(path) as one, files.whole(path) as other:
        assert one != other
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"  # the last to finish
    assert names(tmp_path) == ["a.csv"]


def test_text_has_the_same_bytes_on_every_system(tmp_path):
    files.write_text(tmp_path / "a.txt", "é\nb\n")
    assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xa9\nb\n"


# ---- JSON ----------------------------------------------------------------------------------------------------


@given(value=values)
@settings(deadline=None, max_examples=30)
def test_json_is_read_as_it_was_written(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("json") / "a.json"
    files.write_json(path, value)
    assert files.read_json(path) == value


@pytest.mark.parametrize("value", [math.nan, math.inf, {"deep": [1.0, -math.inf]}])
def test_what_is_no_number_is_refused_and_the_old_file_stays(tmp_path, value):
    path = tmp_path / "a.json"
    files.write_json(path, 1)
    with pytest.raises(ValueError):
        files.write_json(path, value)
    with pytest.raises(ValueError):
        files.value_hash(value)
    assert files.read_json(path) == 1
    assert names(tmp_path) == ["a.json"]


# ---- hashes --------------------------------------------------------------------------------------------------


def test_the_hash_of_a_file_stands_for_its_bytes(tmp_path):
    for name, content in (("a", b"x" * 100_000), ("b", b"x" * 100_000), ("c", b"x" * 99_999 + b"y"), ("d", b"")):
        (tmp_path / name).write_bytes(content)
    a, b, c, d = (files.content_hash(tmp_path / name) for name in "abcd")
    assert a == b
    assert len({a, c, d}) == 3
    assert all(len(one) == 32 and int(one, 16) >= 0 for one in (a, c, d))


@given(values)
@settings(deadline=None)
def test_the_order_of_keys_does_not_change_a_hash(value):
    assert files.value_hash(reordered(value)) == files.value_hash(value)


def test_values_that_differ_have_other_hashes():
    different = [{}, [], None, 0, False, "", "0", {"a": 1}, {"a": 2}, {"b": 1}, [1, 2], [2, 1], 1.5]
    assert len({files.value_hash(value) for value in different}) == len(different)
    assert len(files.value_hash(different)) == 16


@dataclass(frozen=True)
class Setting:
    old: int = 1
    new: bool = field(default=False, metadata=LATER)


def test_a_field_that_came_later_is_recorded_where_it_says_something() -> None:
    assert recorded(Setting()) == ["old"]
    assert recorded(Setting(new=True)) == ["old", "new"]


# ---- one at a time -------------------------------------------------------------------------------------------


def test_a_lock_is_held_by_one_process_and_let_go_when_it_is_killed(tmp_path):
    holds = "import sys, time; from pathlib import Path; from dawnchorus.files import locked\n"
    holds += "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    other = subprocess.Popen([sys.executable, "-c", holds, tmp_path / "a.lock"], stdout=subprocess.PIPE)
    assert other.stdout is not None and other.stdout.readline().strip() == b"held"
    with pytest.raises(files.InUseError, match="a.lock: another run"), files.locked(tmp_path / "a.lock"):
        pass
    other.kill()
    other.communicate()
    with files.locked(tmp_path / "a.lock"):
        pass


def test_what_a_killed_process_left_half_written_is_swept(tmp_path):
    half = tmp_path / f".{'0a' * 16}.csv"
    for path in (half, tmp_path / "a.csv", tmp_path / ".hidden.csv"):
        path.write_text("x")
    files.sweep(tmp_path)
    files.sweep(tmp_path / "nowhere")
    assert names(tmp_path) == [".hidden.csv", "a.csv"]


def test_settled_files_are_what_they_were(tmp_path):
    (tmp_path / "a").write_text("x")
    files.settle([tmp_path / "a"])
    assert (tmp_path / "a").read_text() == "x"
