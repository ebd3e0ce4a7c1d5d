from __future__ import annotations

import os
import sys

import pytest

import sounds
from dawnchorus.audio import reading
from dawnchorus.audio.folders import find, scan

NAMES = [
    "voz_ñandú_鸟 [-37.5 141.3].wav",
    "a*b?.wav",
    "two\nlines.wav",
    " blank .wav",
    "-rf.wav",
    "dots...wav",
    "'\".wav",
]


@pytest.mark.skipif(os.name == "nt", reason="Windows takes few of these names")
@pytest.mark.parametrize("name", NAMES)
def test_f17_any_name_is_found_and_read(tmp_path, name):
    path = sounds.write_wav(tmp_path / "[card] 1" / name, sounds.noise(0.1))
    assert find(tmp_path) == [path]
    (recording,), errors = scan([tmp_path])
    assert errors == []
    assert recording.key == f"[card] 1/{name[:-4]}"
    assert len(reading.read(recording.path)) == 3200


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_f17_a_name_that_is_not_utf_8_gets_a_key_that_can_be_stored(tmp_path):
    sounds.write_wav(tmp_path / "a.wav", sounds.noise(0.1)).rename(os.fsdecode(os.fsencode(tmp_path) + b"/\xf1.wav"))
    (recording,), _ = scan([tmp_path])
    assert recording.key == "\\xf1"
    assert len(reading.read(recording.path)) == 3200


def test_f18_equal_names_in_two_folders_have_two_keys(tmp_path):
    for name in ("card1/a.wav", "card2/a.wav"):
        sounds.write_wav(tmp_path / name, sounds.noise(0.1))
    recordings, _ = scan([tmp_path])
    assert [recording.key for recording in recordings] == ["card1/a", "card2/a"]


def test_complaint_3_find_takes_known_endings_in_any_case_sorted_and_no_hidden_files(tmp_path):
    names = ["b.WAV", "a.flac", "sub/c.Ogg", "notes.txt", ".hidden.wav", ".trash/d.wav", "d.mp3"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in find(tmp_path)]
    assert found == ["a.flac", "b.WAV", "d.mp3", "sub/c.Ogg"]
    assert find(tmp_path / "notes.txt") == [tmp_path / "notes.txt"]
    with pytest.raises(FileNotFoundError):
        find(tmp_path / "nowhere")


def test_calls_that_train_pasted_below_a_folder_are_no_recordings_of_it(tmp_path):
    for name in ("1.wav", "run/cache/pasted/2.flac", "run/stages/known.npz", "run/run.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert find(tmp_path) == [tmp_path / "1.wav"]
    assert find(tmp_path / "run" / "cache") == [tmp_path / "run" / "cache" / "pasted" / "2.flac"]


def test_files_that_would_share_a_key_keep_their_extensions(tmp_path):
    for name in ("a.wav", "a.flac", "b.wav", "a.wav.ogg"):
        sounds.write_wav(tmp_path / name, sounds.noise(0.1))
    recordings, _ = scan([tmp_path])
    assert [recording.key for recording in recordings] == ["a.flac", "a.wav", "a.wav.ogg", "b"]


def test_with_several_roots_a_key_begins_with_as_much_of_the_root_as_tells_them_apart(tmp_path):
    for name in ("card1/DATA/a.wav", "card2/DATA/a.wav", "other/a.wav"):
        sounds.write_wav(tmp_path / name, sounds.noise(0.1))
    roots = [tmp_path / "card1" / "DATA", tmp_path / "card2" / "DATA"]
    assert [one.key for one in scan(roots)[0]] == ["card1/DATA/a", "card2/DATA/a"]
    roots = [tmp_path / "card1" / "DATA", tmp_path / "other"]
    assert [one.key for one in scan(roots)[0]] == ["DATA/a", "other/a"]
    assert len(scan([tmp_path, tmp_path / "other"])[0]) == 3


def test_scan_names_bad_files_and_goes_on(tmp_path):
    sounds.write_wav(tmp_path / "good.wav", sounds.noise(0.5, 48_000), 48_000)
    (tmp_path / "bad.wav").touch()
    progress = []
    recordings, errors = scan([tmp_path, tmp_path / "nowhere"], progress=lambda *step: progress.append(step))
    assert [(one.key, one.duration_s, one.rate_hz) for one in recordings] == [(f"{tmp_path.name}/good", 0.5, 48_000)]
    assert sorted((error.path.name, error.fault.code) for error in errors) == [
        ("bad.wav", "empty"),
        ("nowhere", "unreadable"),
    ]
    assert progress == [(1, 2), (2, 2)]
