from __future__ import annotations

import os
from pathlib import Path

import pytest

from dawnchorus.detect.listing import Shard, entries_of, roots_of


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"12345")


def test_folders_files_patterns_and_lists_become_roots(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.wav", "a/2.wav", "b/3.wav", "[x].wav", "c/d/4.flac")
    (tmp_path / "list.txt").write_text("a/1.wav\n\n  b \n", encoding="utf-8-sig")
    assert roots_of([tmp_path / "a", tmp_path / "nowhere"]) == [tmp_path / "a", tmp_path / "nowhere"]
    assert roots_of([f"{tmp_path}/a/*.wav"]) == [tmp_path / "a" / "1.wav", tmp_path / "a" / "2.wav"]
    assert roots_of([f"{tmp_path}/**/*.flac"]) == [tmp_path / "c" / "d" / "4.flac"]
    assert roots_of([f"{tmp_path}/[x].wav"]) == [tmp_path / "[x].wav"], "a name that is there is no pattern"
    assert roots_of([tmp_path / "list.txt"]) == [tmp_path / "a" / "1.wav", tmp_path / "b"]
    with pytest.raises(ValueError, match="nothing fits this pattern"):
        roots_of([f"{tmp_path}/*.ogg"])
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="not a list of paths in UTF-8"):
        roots_of([tmp_path / "bad.txt"])


def test_a_file_has_one_name_whether_its_folder_is_named_or_the_file(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.wav", "a/2.wav")
    by_folder = entries_of([tmp_path / "a"])
    by_file = entries_of(roots_of([f"{tmp_path}/a/*.wav"]))
    assert by_folder == by_file == entries_of([tmp_path / "a" / "1.wav", tmp_path / "a" / "2.wav"])
    assert [(one.name, one.size) for one in by_folder] == [("1.wav", 5), ("2.wav", 5)]


def test_what_train_left_below_a_folder_is_not_heard_unless_it_is_named(tmp_path: Path, monkeypatch) -> None:
    touch(
        tmp_path,
        "1.wav",
        "cache/2.wav",
        "run/run.json",
        "run/stages/1/s.csv",
        "run/cache/pasted/3.flac",
        "run/4.wav",
        "x/run.json",
        "x/5.wav",
    )
    monkeypatch.chdir(tmp_path)

    def heard(*roots: str) -> list[str]:
        return [one.path.as_posix() for one in entries_of(roots_of(roots))]

    assert heard(".") == ["1.wav", "cache/2.wav", "x/5.wav"]  # another program's run.json is nothing
    assert heard("run") == ["run/4.wav"]
    assert heard("run/cache") == heard("run/cache/pasted/3.flac") == ["run/cache/pasted/3.flac"]
    assert heard("1.wav", "run/cache/pasted/*") == ["1.wav", "run/cache/pasted/3.flac"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_what_cannot_be_looked_at_is_listed_so_that_the_run_says_so(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.wav")
    (tmp_path / "a" / "link.wav").symlink_to(tmp_path / "gone.wav")
    entries = entries_of([tmp_path / "a", tmp_path / "nowhere"])
    assert sorted((one.path.name, one.size) for one in entries) == [("1.wav", 5), ("link.wav", -1), ("nowhere", -1)]


def test_every_file_is_in_one_shard_and_shards_are_alike() -> None:
    names = [f"card{n % 7}/{n:06d}.flac" for n in range(4000)]
    shards = [Shard(number, 40) for number in range(1, 41)]
    sizes = [sum(name in shard for name in names) for shard in shards]
    assert sum(sizes) == len(names)
    assert min(sizes) > 60 and max(sizes) < 150
    assert all(name in Shard() for name in names)


@pytest.mark.parametrize("text", ["", "3", "0/4", "5/4", "a/b", "1/0", "-1/4", "1/4/2"])
def test_other_shards_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="shard"):
        Shard.parse(text)


def test_a_shard_is_read_and_shown() -> None:
    assert Shard.parse("3/40") == Shard(3, 40)
    assert (str(Shard(3, 40)), Shard(3, 40).suffix, Shard().suffix) == ("3/40", "-0003-of-0040", "")
