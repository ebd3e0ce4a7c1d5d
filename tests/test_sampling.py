from __future__ import annotations

import sys
from collections import Counter

import pytest

from dawnchorus.sampling import UnderSample

pytest.importorskip("imblearn")

# 5 recordings of species 0, 3 of species 1, 2 of species 7: the rarest has 2
UNEVEN = {"a1": [0], "a2": [0], "a3": [0], "a4": [0], "a5": [0], "b1": [1], "b2": [1], "b3": [1], "c1": [7], "c2": [7]}


def counts(recordings: list[str]) -> Counter[str]:
    return Counter(recording[0] for recording in recordings)


def test_every_species_is_cut_to_the_count_of_the_rarest_one():
    for lap in range(20):
        drawn = UnderSample().draw(UNEVEN, lap, 416)
        assert counts(drawn) == {"a": 2, "b": 2, "c": 2}
        assert drawn == sorted(set(drawn))  # each has one species here, so none is there twice


def test_a_recording_counts_once_for_each_of_its_species():
    # species 0 is in 3 recordings, species 1 and 2 in one
    for lap in range(20):
        drawn = UnderSample().draw({"m": [0, 1, 2], "n": [0], "o": [0]}, lap, 0)
        assert drawn in (["m", "m", "m"], ["m", "m", "n"], ["m", "m", "o"])


def test_all_species_alike_lose_nothing():
    assert UnderSample().draw({"b": [1, 0], "a": [2]}, 0, 0) == ["a", "b", "b"]


def test_being_known_twice_is_not_being_there_twice():
    assert UnderSample().draw({"a": [0, 0, 0], "b": [1]}, 0, 0) == ["a", "b"]


def test_recordings_without_any_species_are_never_drawn():
    assert UnderSample().draw({"a": [0], "b": [], "c": [4]}, 0, 0) == ["a", "c"]


def test_one_species_alone_stays_whole():
    assert UnderSample().draw({"b": [3], "a": [3], "c": []}, 0, 0) == ["a", "b"]


def test_no_species_gives_no_recordings():
    assert UnderSample().draw({"a": [], "b": []}, 0, 0) == []


def test_laps_differ_and_a_lap_is_always_the_same():
    laps = [UnderSample().draw(UNEVEN, lap, 416) for lap in range(10)]
    assert laps == [UnderSample().draw(dict(reversed(UNEVEN.items())), lap, 416) for lap in range(10)]
    assert len({tuple(drawn) for drawn in laps}) > 5


def test_the_constant_draw_is_that_of_the_first_lap_in_all_laps():
    first = UnderSample().draw(UNEVEN, 0, 416)
    assert all(UnderSample(faithful_constant_draw=True).draw(UNEVEN, lap, 416) == first for lap in range(10))


def test_stale_labels_are_those_of_the_last_recording_with_a_tp_box():
    # c is the last one with a TP box; y has FP boxes alone, z a pseudo-label besides: both get species 1 of c
    positives = {"a": [0], "b": [0], "c": [1], "z": [2]}
    laps = [UnderSample(faithful_stale_labels=True).draw(positives, lap, 0, ["y", "z"]) for lap in range(30)]
    # species 0: a, b; species 1: c, y, z; species 2: z, the rarest -> one of each
    assert {len(drawn) for drawn in laps} == {3}
    assert all("z" in drawn for drawn in laps)
    assert {recording for drawn in laps for recording in drawn} == {"a", "b", "c", "y", "z"}
    assert any(drawn.count("z") == 2 for drawn in laps)  # for its own species and for that of c


def test_without_the_slip_recordings_with_fp_boxes_alone_have_their_own_species():
    positives = {"a": [0], "c": [1], "y": [], "z": [2]}
    assert UnderSample().draw(positives, 0, 0, absent_only=["y", "z"]) == ["a", "c", "z"]


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "imblearn.under_sampling", None)
    with pytest.raises(ImportError, match=r'pip install "dawnchorus\[train\]"'):
        UnderSample().draw(UNEVEN, 0, 0)
