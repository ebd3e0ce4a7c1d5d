from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import sounds
from dawnchorus.audio.faults import Fault
from dawnchorus.audio.reading import read
from dawnchorus.feature_store import build_store
from dawnchorus.features import FrontEnd, frozen_settings, heard
from small_features import SMALL, SMALL_PCEN, fail, noise_file, recording


def test_what_is_in_the_store_is_not_computed_again(tmp_path, monkeypatch):
    listed = [noise_file(tmp_path, "a", 4.5, seed=1), noise_file(tmp_path, "b", seed=2)]
    first = build_store(listed, tmp_path / "store", SMALL)
    monkeypatch.setattr(FrontEnd, "to_db", fail)
    second = build_store(listed, tmp_path / "store", SMALL)
    assert [len(first.blocks[key]) for key in ("a", "b")] == [3, 1]
    for key, blocks in first.blocks.items():
        for one, other in zip(blocks, second.blocks[key], strict=True):
            assert (one.source, one.range, one.columns, one.start_s) == (
                other.source, other.range, other.columns, other.start_s,
            )  # fmt: skip


def test_an_interrupted_store_goes_on_where_it_stopped(tmp_path, monkeypatch):
    listed = [noise_file(tmp_path, name, 4.5, seed) for seed, name in enumerate("abc")]
    to_db, calls = FrontEnd.to_db, []

    def stops_at_the_fifth(self, x):
        calls.append(len(x))
        if len(calls) == 5:
            raise KeyboardInterrupt
        return to_db(self, x)

    monkeypatch.setattr(FrontEnd, "to_db", stops_at_the_fifth)
    with pytest.raises(KeyboardInterrupt):
        build_store(listed, tmp_path / "store", SMALL, workers=1)
    calls_before = len(calls)
    built = build_store(listed, tmp_path / "store", SMALL, workers=1)
    assert {key: len(blocks) for key, blocks in built.blocks.items()} == {"a": 3, "b": 3, "c": 3}
    assert len(calls) - calls_before <= 6  # `a` was complete; `b` was not, and begins again
    straight = build_store(listed, tmp_path / "other", SMALL)
    for key, blocks in built.blocks.items():
        for one, other in zip(blocks, straight.blocks[key], strict=True):
            np.testing.assert_array_equal(one.db(), other.db())
    assert not list((tmp_path / "store").rglob(".*"))


def test_equal_files_are_stored_once_under_whatever_names(tmp_path):
    same = [noise_file(tmp_path, "a"), noise_file(tmp_path, "b/c")]
    built = build_store(same, tmp_path / "store", SMALL)
    assert built.blocks["a"][0].source == built.blocks["c"][0].source
    assert [built.blocks[key][0].recording for key in ("a", "c")] == ["a", "c"]
    assert len(list((tmp_path / "store").rglob("*.npy"))) == 1


def test_other_settings_are_stored_apart(tmp_path):
    listed = [noise_file(tmp_path, "a")]
    rows = [
        build_store(listed, tmp_path / "store", front_end).blocks["a"][0].db().shape[0]
        for front_end in (SMALL, replace(SMALL, n_mels=16), SMALL)
    ]
    assert rows == [32, 16, 32]


def test_pcen_is_stored_apart_and_heard_as_it_is_stored(tmp_path):
    listed = [noise_file(tmp_path, "a", 2.0)]
    (plain,) = build_store(listed, tmp_path / "store", SMALL).blocks["a"]
    (stored,) = build_store(listed, tmp_path / "store", SMALL_PCEN).blocks["a"]
    (detected,) = heard(listed[0], SMALL_PCEN, [])
    assert stored.source != plain.source
    assert stored.range == detected.range != plain.range
    np.testing.assert_array_equal(stored.plane(10, 100), detected.plane(10, 100))


def test_a_store_made_before_there_was_pcen_is_still_found():
    assert "pcen" not in frozen_settings(FrontEnd())
    assert frozen_settings(SMALL_PCEN)["pcen"]["seconds"] == 0.4


def test_denoised_sound_is_stored_apart(tmp_path):
    pytest.importorskip("noisereduce")
    listed = [noise_file(tmp_path, "a")]
    plain, denoised = (
        build_store(listed, tmp_path / "store", front_end).blocks["a"][0]
        for front_end in (SMALL, replace(SMALL, denoised=True))
    )
    assert plain.source != denoised.source
    assert np.median(denoised.db()) < np.median(plain.db()) - 10


def test_a_bad_file_is_named_and_the_others_go_on(tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"")
    listed = [
        noise_file(tmp_path, "a"),
        recording(tmp_path / "bad.wav"),
        recording(tmp_path / "gone.wav"),
        noise_file(tmp_path, "z", seed=1),
    ]
    ticks: list[tuple[int, int]] = []
    built = build_store(listed, tmp_path / "store", SMALL, lambda *tick: ticks.append(tick))
    assert list(built.blocks) == ["a", "z"]
    assert [(one.recording, one.fault.code) for one in built.failures] == [("bad", "empty"), ("gone", "unreadable")]
    assert sorted(ticks) == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_what_is_odd_is_told_again_by_the_finished_store(tmp_path, monkeypatch):
    path = sounds.write_wav(tmp_path / "a.wav", np.concatenate([np.zeros(64_000), sounds.noise(2.0)]))
    first = build_store([recording(path)], tmp_path / "store", SMALL)
    monkeypatch.setattr(FrontEnd, "to_db", fail)
    second = build_store([recording(path)], tmp_path / "store", SMALL)
    assert [one.fault.code for one in first.oddities] == ["silent"]
    assert second.oddities == first.oddities
    assert isinstance(first.oddities[0].fault, Fault)


def test_the_store_is_at_most_0_04_db_off(tmp_path):
    loud = sounds.write_wav(tmp_path / "a.wav", np.clip(sounds.noise(1.0, level=0.3) + sounds.tone(900, 1.0), -1, 1))
    (block,) = build_store([recording(loud)], tmp_path / "store", SMALL).blocks["a"]
    exact = SMALL.to_db(read(loud))
    assert block.db().dtype == np.float16
    assert np.abs(block.db().astype(np.float64) - exact).max() <= 0.04
