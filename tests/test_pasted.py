from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

import sounds
from dawnchorus.audio.reading import read
from dawnchorus.events import Annotation, Recording
from dawnchorus.pasted import Pasted, PastedEvents, in_band, rhythm

RATE_HZ = 16_000
ONE = PastedEvents(count=1, level_db=(15, 15), spread_db=0, speed=(1, 1), clean=False)


def recording(folder: Path, key: str, x: np.ndarray, rate_hz: int = RATE_HZ, site: str = "") -> Recording:
    return Recording(key, sounds.write_wav(folder / f"{key}.wav", x, rate_hz), len(x) / rate_hz, rate_hz, site)


def box(key: str = "source", species: int = 0, start_s: float = 1.0, end_s: float = 1.5, **more) -> Annotation:
    values = {"low_hz": 2500.0, "high_hz": 3500.0, "present": True} | more
    return Annotation(key, species, start_s, end_s, **values)


def source(folder: Path, key: str = "source", hz: float = 3000.0, noise: float = 0.0) -> Recording:
    """3 s with a tone from 1.0 s to 1.5 s."""
    x = sounds.noise(3.0, RATE_HZ, noise, seed=7)
    x[RATE_HZ : RATE_HZ * 3 // 2] += sounds.tone(hz, 0.5, RATE_HZ, level=0.3)
    return recording(folder, key, x)


def host(folder: Path, key: str = "host", duration_s: float = 10.0, level: float = 0.02, seed: int = 1) -> Recording:
    return recording(folder, key, sounds.noise(duration_s, RATE_HZ, level, seed), site=f"at {key}")


def make(
    settings: PastedEvents,
    folder: Path,
    hosts: Sequence[Recording],
    boxes: Sequence[Annotation],
    sources: Sequence[Recording],
    seed: int = 0,
    name: str = "pasted",
) -> Pasted:
    return settings.make(hosts, boxes, {one.key: one for one in sources}, folder, name, seed)


def added(pasted: Pasted, onto: Recording) -> np.ndarray:
    """What was laid over the host in the first made recording `(sample,)`."""
    return read(pasted.recordings[0].path, RATE_HZ) - read(onto.path, RATE_HZ)


def inside(pasted: Pasted, x: np.ndarray) -> np.ndarray:
    """Which samples are in a box."""
    within = np.zeros(len(x), bool)
    for one in pasted.annotations:
        within[round(one.start_s * RATE_HZ) : round(one.end_s * RATE_HZ)] = True
    return within


def power_db(x: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(x**2) + 1e-20))


def band_power(x: np.ndarray, low_hz: float, high_hz: float, rate_hz: int = RATE_HZ) -> float:
    spectrum = np.abs(np.fft.rfft(x)) ** 2 * 2 / len(x) ** 2
    hz = np.fft.rfftfreq(len(x), 1 / rate_hz)
    return float(spectrum[(hz >= low_hz) & (hz <= high_hz)].sum())


# ---- where, how high, how loud -------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_a_call_is_where_its_annotation_says_and_nowhere_else(tmp_path, seed):
    forest = host(tmp_path)
    pasted = make(replace(ONE, per_minute=30), tmp_path / "made", [forest], [box()], [source(tmp_path)], seed)
    x = added(pasted, forest)
    within = inside(pasted, x)
    assert not x[~within].any()  # to the last bit
    for one in pasted.annotations:
        call = x[round(one.start_s * RATE_HZ) : round(one.end_s * RATE_HZ)]
        assert len(call) == RATE_HZ // 2
        tenths = [power_db(part) for part in np.array_split(call, 10)]
        assert max(tenths) - min(tenths) < 3  # it sounds from one end to the other


def test_nothing_is_added_outside_the_band(tmp_path):
    forest = host(tmp_path)
    noisy = recording(tmp_path, "noisy", sounds.noise(3.0, RATE_HZ, 0.1))  # loud at every frequency
    pasted = make(ONE, tmp_path / "made", [forest], [box("noisy")], [noisy])
    x = added(pasted, forest)
    in_box = band_power(x, 2500, 3500)
    assert band_power(x, 0, 2500 - ONE.margin_hz - 50) < 1e-4 * in_box
    assert band_power(x, 3500 + ONE.margin_hz + 50, 8000) < 1e-4 * in_box


@pytest.mark.parametrize("level_db", [0.0, 10.0, 25.0])
@pytest.mark.parametrize("clean", [False, True])
def test_the_level_over_the_host_is_as_drawn(tmp_path, level_db, clean):
    forest = host(tmp_path)
    settings = replace(ONE, level_db=(level_db, level_db), clean=clean)
    pasted = make(settings, tmp_path / "made", [forest], [box()], [source(tmp_path, noise=0.01)])
    x = added(pasted, forest)
    of_host = band_power(read(forest.path, RATE_HZ), 2500, 3500)
    assert power_db(x[inside(pasted, x)]) - 10 * np.log10(of_host) == pytest.approx(level_db, abs=1)


def test_levels_differ_between_animals_and_a_little_between_calls_of_one(tmp_path):
    forest = host(tmp_path, duration_s=30.0)
    sources = [source(tmp_path, "a", 2000.0), source(tmp_path, "b", 5000.0)]
    boxes = [box("a", 0, low_hz=1800.0, high_hz=2200.0), box("b", 1, low_hz=4800.0, high_hz=5200.0)]
    settings = replace(ONE, per_minute=100, level_db=(0, 40), spread_db=1)
    pasted = make(settings, tmp_path / "made", [forest], boxes, sources, seed=1)
    x = added(pasted, forest)
    levels: dict[int, list[float]] = {0: [], 1: []}
    for one in pasted.annotations:
        call = x[round(one.start_s * RATE_HZ) : round(one.end_s * RATE_HZ)]
        levels[one.species].append(10 * np.log10(band_power(call, one.low_hz, one.high_hz)))
    assert min(len(its) for its in levels.values()) >= 3
    assert all(0.1 < np.ptp(its) < 6 for its in levels.values())
    assert abs(np.mean(levels[0]) - np.mean(levels[1])) > 6


def test_a_speed_moves_the_band_up_and_shortens_the_box(tmp_path):
    forest = host(tmp_path)
    pasted = make(replace(ONE, speed=(1.1, 1.1)), tmp_path / "made", [forest], [box()], [source(tmp_path)])
    one = pasted.annotations[0]
    assert (one.low_hz, one.high_hz) == pytest.approx((2750, 3850))
    assert one.end_s - one.start_s == pytest.approx(0.5 / 1.1, abs=1 / RATE_HZ)
    x = added(pasted, forest)
    assert not x[~inside(pasted, x)].any()
    assert band_power(x, 3290, 3310) > 0.9 * band_power(x, 0, 8000)


def test_a_call_keeps_its_pitch_and_pace_in_a_host_of_another_rate(tmp_path):
    for rate_hz, made_hz in ((32_000, 32_000), (96_000, 48_000)):
        forest = recording(tmp_path, f"host{rate_hz}", sounds.noise(5.0, rate_hz, 0.001), rate_hz)
        pasted = make(replace(ONE, level_db=(30, 30)), tmp_path / "made", [forest], [box()], [source(tmp_path)])
        made, one = pasted.recordings[0], pasted.annotations[0]
        assert (made.rate_hz, made.duration_s) == (made_hz, 5.0)
        assert soundfile.info(made.path).samplerate == made_hz
        assert one.end_s - one.start_s == pytest.approx(0.5, abs=2 / RATE_HZ)
        call = read(made.path, made_hz)[round(one.start_s * made_hz) : round(one.end_s * made_hz)]
        assert band_power(call, 2990, 3010, made_hz) > 0.9 * band_power(call, 0, made_hz / 2, made_hz)


def test_what_would_be_clipped_is_made_quieter_as_a_whole(tmp_path):
    forest = recording(tmp_path, "host", sounds.noise(5.0, RATE_HZ, 0.2))
    pasted = make(replace(ONE, level_db=(30, 30)), tmp_path / "made", [forest], [box()], [source(tmp_path)])
    x, of_host = read(pasted.recordings[0].path, RATE_HZ), read(forest.path, RATE_HZ)
    assert np.abs(x).max() == pytest.approx(1, abs=1e-4)
    assert (np.abs(x) > 0.999).sum() < 5
    outside = ~inside(pasted, x)
    share = float(x[outside] @ of_host[outside] / (of_host[outside] @ of_host[outside]))
    assert share < 0.9
    np.testing.assert_allclose(x[outside], share * of_host[outside], atol=1e-4)


def test_a_call_in_a_dead_microphone_survives_16_bits(tmp_path):
    forest = recording(tmp_path, "host", np.zeros(5 * RATE_HZ))
    pasted = make(ONE, tmp_path / "made", [forest], [box()], [source(tmp_path)])
    x = added(pasted, forest)
    assert band_power(x, 2900, 3100) > 0.9 * band_power(x, 0, 8000)


# ---- cutting out ---------------------------------------------------------------------------------------------


def test_cleaning_takes_the_halo_away_and_leaves_the_call(tmp_path):
    noisy = recording(tmp_path, "noisy", sounds.noise(4.0, RATE_HZ, 0.02, seed=3))
    x = read(noisy.path, RATE_HZ).astype(float)
    middle = slice(round(1.8 * RATE_HZ), round(2.0 * RATE_HZ))
    x[middle] += sounds.tone(3000, 0.2, RATE_HZ, level=0.3)
    calling = recording(tmp_path, "calling", x)
    wide = box("calling", start_s=1.4, end_s=2.4)  # the call fills a fifth of it
    as_it_is, cleaned = (replace(ONE, clean=clean).cut(wide, calling) for clean in (False, True))
    halo, call = slice(0, round(0.35 * RATE_HZ)), slice(round(0.45 * RATE_HZ), round(0.55 * RATE_HZ))
    assert power_db(cleaned[halo]) < power_db(as_it_is[halo]) - 10
    assert power_db(cleaned[call]) == pytest.approx(power_db(as_it_is[call]), abs=1)
    assert len(cleaned) == len(as_it_is) == RATE_HZ


def test_a_neighbouring_call_is_not_taken_for_noise(tmp_path):
    x = sounds.noise(4.0, RATE_HZ, 0.002)
    for start_s in (1.3, 2.0, 2.7):
        x[round(start_s * RATE_HZ) :][: RATE_HZ // 4] += sounds.tone(3000, 0.25, RATE_HZ, level=0.3)
    calling = recording(tmp_path, "calling", x)
    one = box("calling", start_s=2.0, end_s=2.25)
    assert power_db(replace(ONE, clean=True).cut(one, calling)) == pytest.approx(power_db(ONE.cut(one, calling)), abs=1)


def test_a_box_at_the_ends_of_its_recording_is_cut_as_it_is(tmp_path):
    whole = recording(tmp_path, "whole", sounds.tone(3000, 0.5, RATE_HZ))
    call = replace(ONE, clean=True).cut(box("whole", start_s=0.0, end_s=0.5), whole)
    np.testing.assert_allclose(call[800:-800], read(whole.path, RATE_HZ)[800:-800], atol=0.02)


def test_a_call_rises_from_nothing_and_falls_to_nothing(tmp_path):
    call = replace(ONE, fade_s=0.1).cut(box(), source(tmp_path))
    assert np.abs(call[:16]).max() < 1e-3 and np.abs(call[-16:]).max() < 1e-3
    assert np.abs(call[1600:3200]).max() == pytest.approx(0.3, abs=0.01)


@given(hz=st.floats(300, 7700), level=st.floats(0.01, 1))
def test_a_tone_in_the_band_stays_and_one_outside_vanishes(hz, level):
    x = sounds.tone(hz, 1.0, RATE_HZ, level).astype(np.float32)
    kept = in_band(x, RATE_HZ, 2000.0, 4000.0, margin_hz=200.0)[2000:-2000]
    if 2010 <= hz <= 3990:
        np.testing.assert_allclose(kept, x[2000:-2000], atol=0.02 * level)
    elif not 1790 <= hz <= 4210:
        assert np.abs(kept).max() < 0.02 * level


# ---- rhythm and choice ---------------------------------------------------------------------------------------


@given(count=st.integers(1, 6), size=st.integers(1, 50_000), share=st.floats(0, 30), seed=st.integers(0, 2**32 - 1))
def test_an_animal_never_calls_over_itself_nor_beyond_the_end(count, size, share, seed):
    room = int(share * size)
    first = rhythm(count, size, room, RATE_HZ, np.random.default_rng(seed))
    assert 1 <= len(first) <= count
    assert first.min() >= 0 and first.max() <= room
    assert (np.diff(first) >= size).all()


def test_there_is_always_a_call_and_never_more_than_six_of_an_animal(tmp_path):
    forest, calling = host(tmp_path, duration_s=30.0), source(tmp_path)
    few = make(replace(ONE, count=5, per_minute=0.01), tmp_path / "few", [forest], [box()], [calling])
    assert [one.recording for one in few.annotations] == [f"pasted:{number:04d}" for number in range(5)]
    many = make(replace(ONE, count=3, per_minute=100), tmp_path / "many", [forest], [box()], [calling])
    assert max(Counter(one.recording for one in many.annotations).values()) == 6


def test_calls_are_as_many_as_asked_for_and_of_four_species_at_most(tmp_path):
    hz = np.arange(6) * 1000.0 + 1500
    sources = [source(tmp_path, f"s{number}", hz[number]) for number in range(6)]
    boxes = [box(f"s{n}", n, low_hz=hz[n] - 200, high_hz=hz[n] + 200) for n in range(6)]
    forest = host(tmp_path, duration_s=30.0)
    pasted = make(replace(ONE, count=40, per_minute=12), tmp_path / "made", [forest], boxes, sources)
    assert 40 * 6 * 0.8 < len(pasted.annotations) < 40 * 6 * 1.2
    species = [{one.species for one in pasted.annotations if one.recording == made.key} for made in pasted.recordings]
    assert {len(its) for its in species} == {1, 2, 3, 4}


def test_a_rare_species_is_as_frequent_as_a_common_one_and_so_is_each_box_of_a_species(tmp_path):
    calling = source(tmp_path)
    common = [box(species=0, where=f"common {number}", low_hz=2500.0 + number) for number in range(4)]
    rare = box(species=1, where="rare")
    forest = host(tmp_path, duration_s=2.0)
    settings = replace(ONE, count=160, per_minute=0.01)
    pasted = make(settings, tmp_path / "made", [forest], [*common, rare], [calling])
    times = Counter(one.where for one in pasted.annotations)
    assert times["pasted from rare"] == pytest.approx(80, abs=20)  # three standard deviations
    assert all(times[f"pasted from common {number}"] == pytest.approx(20, abs=13) for number in range(4))


def test_hosts_without_a_tp_box_come_first(tmp_path):
    labelled, free = host(tmp_path, "labelled"), host(tmp_path, "free", seed=2)
    boxes = [box(), box("labelled"), box("free", 1, present=False)]
    settings = replace(ONE, count=12)
    sources = [source(tmp_path), labelled]
    pasted = make(settings, tmp_path / "made", [labelled, free], boxes, sources)
    assert {one.site for one in pasted.recordings} == {"at free"}
    alike = replace(settings, unlabelled_first=False)
    pasted = make(alike, tmp_path / "made", [labelled, free], boxes, sources)
    assert {one.site for one in pasted.recordings} == {"at free", "at labelled"}


# ---- what is known -------------------------------------------------------------------------------------------


def test_an_annotation_names_its_box_and_keeps_species_and_song_type(tmp_path):
    told = box(species=0, song_type=4, where="train_tp.csv line 7")
    one = make(ONE, tmp_path / "made", [host(tmp_path)], [told], [source(tmp_path)]).annotations[0]
    assert (one.recording, one.species, one.song_type, one.present) == ("pasted:0000", 0, 4, True)
    assert one.where == "pasted from train_tp.csv line 7"


def test_a_host_keeps_its_own_boxes_but_for_an_absence_that_is_no_longer_true(tmp_path):
    forest = host(tmp_path, duration_s=3.0)
    everywhere = {"start_s": 0.0, "end_s": 3.0, "low_hz": 100.0, "high_hz": 200.0}
    untrue = box("host", 0, present=False, **everywhere)
    still_true = box("host", 1, present=False, where="fp", **everywhere)
    heard = box("host", 2, present=True, where="tp", start_s=1.0, end_s=2.0)
    boxes = [box(), untrue, still_true, heard]
    settings = replace(ONE, per_minute=1)
    for seed in range(5):
        pasted = make(settings, tmp_path / "made", [forest], boxes, [source(tmp_path)], seed)
        own = [one for one in pasted.annotations if not one.where.startswith("pasted")]
        assert own == [replace(one, recording="pasted:0000") for one in (still_true, heard)]
        assert [one.where for one in own] == ["fp", "tp"]
        assert {one.species for one in pasted.annotations if one not in own} == {0}


def test_an_absence_at_another_time_stays(tmp_path):
    forest = host(tmp_path, duration_s=20.0)
    thirds = [box("host", 0, present=False, start_s=n * 2.0, end_s=n * 2.0 + 2) for n in range(10)]
    pasted = make(replace(ONE, per_minute=1), tmp_path / "made", [forest], [box(), *thirds], [source(tmp_path)])
    (call,) = (one for one in pasted.annotations if one.present)
    absent = [one for one in pasted.annotations if not one.present]
    assert absent == [moved for one in thirds if not (moved := replace(one, recording=call.recording)).overlaps(call)]
    assert 8 <= len(absent) < 10


def test_of_a_long_host_a_stretch_is_used_and_its_boxes_move_along(tmp_path):
    x = sounds.noise(10.0, RATE_HZ, 0.001)
    x[5 * RATE_HZ : 6 * RATE_HZ] += sounds.tone(6000, 1.0, RATE_HZ)
    forest = recording(tmp_path, "host", x)
    heard = box("host", 1, start_s=5.0, end_s=6.0, low_hz=5500.0, high_hz=6500.0, where="own")
    settings = replace(ONE, count=20, longest_s=2.0, per_minute=1, level_db=(0, 0))
    pasted = make(settings, tmp_path / "made", [forest], [box(), heard], [source(tmp_path)])
    assert {one.duration_s for one in pasted.recordings} == {2.0}
    sound = {one.key: read(one.path, RATE_HZ) for one in pasted.recordings}
    own = {one.recording: one for one in pasted.annotations if one.where == "own"}
    assert 2 < len(own) < 20
    for key, x in sound.items():
        tone = in_band(x, RATE_HZ, 5500, 6500, 200)
        within = np.zeros(len(x), bool)
        if key in own:
            within[round(own[key].start_s * RATE_HZ) : round(own[key].end_s * RATE_HZ)] = True
            assert own[key].start_s >= 0 and own[key].end_s <= 2 and own[key].end_s - own[key].start_s >= 0.5
            assert power_db(tone[within]) == pytest.approx(power_db(sounds.tone(6000, 1.0)), abs=1)
            assert power_db(tone[~within]) < power_db(tone[within]) - 20
        else:  # less than half of the call is in it
            assert (tone**2).sum() < 0.55 * 0.125 * RATE_HZ


# ---- once, and by chance alone -------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_or_name_others(tmp_path):
    hosts = [host(tmp_path, "h1", 3.0), host(tmp_path, "h2", 3.0, seed=2)]
    sources = [source(tmp_path, "a"), source(tmp_path, "b", 5000.0)]
    boxes = [box("a"), box("b", 1, low_hz=4500.0, high_hz=5500.0)]
    settings = replace(PastedEvents(), count=4)
    first = make(settings, tmp_path / "first", hosts, boxes, sources)
    make(settings, tmp_path / "second", hosts[::-1], boxes[::-1], sources[::-1])
    assert contents(tmp_path / "first") == contents(tmp_path / "second")
    assert sorted(contents(tmp_path / "first")) == sorted(
        f"{first.recordings[0].path.parent.name}/{name}"
        for name in ("0000.flac", "0001.flac", "0002.flac", "0003.flac", "annotations.json")
    )
    sound = {one.path.read_bytes() for one in first.recordings}
    for seed, name in ((1, "pasted"), (0, "other")):
        others = make(settings, tmp_path / "first", hosts, boxes, sources, seed, name)
        assert sound.isdisjoint(one.path.read_bytes() for one in others.recordings)


def test_a_made_recording_does_not_depend_on_how_many_are_made(tmp_path):
    world = ([host(tmp_path, duration_s=3.0)], [box()], [source(tmp_path)])
    few = make(replace(PastedEvents(), count=2), tmp_path / "made", *world)
    many = make(replace(PastedEvents(), count=4), tmp_path / "made", *world)
    assert [one.path.read_bytes() for one in few.recordings] == [one.path.read_bytes() for one in many.recordings[:2]]
    assert len({one.path.read_bytes() for one in many.recordings}) == 4


def test_a_second_call_finds_what_the_first_one_wrote(tmp_path, monkeypatch):
    world = ([host(tmp_path), host(tmp_path, "far", seed=5)], [box(where="w")], [source(tmp_path)])
    settings = replace(PastedEvents(), count=3)
    first = make(settings, tmp_path / "made", *world)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    monkeypatch.setattr(soundfile, "write", None)
    again = make(settings, tmp_path / "made", *world)
    assert again == first
    assert [one.where for one in again.annotations] == [one.where for one in first.annotations]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_what_was_not_finished_is_made_again(tmp_path):
    world = ([host(tmp_path, duration_s=3.0)], [box()], [source(tmp_path)])
    first = make(ONE, tmp_path / "made", *world)
    whole = contents(tmp_path / "made")
    first.recordings[0].path.write_bytes(b"")
    (first.recordings[0].path.parent / "annotations.json").unlink()
    make(ONE, tmp_path / "made", *world)
    assert contents(tmp_path / "made") == whole


def test_other_sound_or_other_boxes_make_a_new_folder(tmp_path):
    forest, calling = host(tmp_path, duration_s=3.0), source(tmp_path)
    folders = {make(ONE, tmp_path / "made", [forest], [box()], [calling]).recordings[0].path.parent}
    folders.add(make(ONE, tmp_path / "made", [forest], [box(end_s=1.4)], [calling]).recordings[0].path.parent)
    calling = source(tmp_path, hz=3100.0)
    folders.add(make(ONE, tmp_path / "made", [forest], [box()], [calling]).recordings[0].path.parent)
    forest = host(tmp_path, duration_s=3.0, seed=9)
    folders.add(make(ONE, tmp_path / "made", [forest], [box()], [calling]).recordings[0].path.parent)
    folders.add(
        make(replace(ONE, fade_s=0.02), tmp_path / "made", [forest], [box()], [calling]).recordings[0].path.parent
    )
    assert len(folders) == 5


# ---- what can't be used --------------------------------------------------------------------------------------


def test_a_host_that_cannot_be_read_is_skipped_and_named(tmp_path):
    broken = Recording("broken", sounds.write_wav(tmp_path / "broken.wav", sounds.noise(1.0)), 1.0, RATE_HZ)
    broken.path.write_bytes(b"no sound")
    gone = Recording("gone", tmp_path / "gone.wav", 1.0, RATE_HZ)
    hosts = [broken, gone, host(tmp_path, duration_s=3.0)]
    pasted = make(replace(ONE, count=10), tmp_path / "made", hosts, [box()], [source(tmp_path)])
    assert len(pasted.recordings) == 10
    assert {one.site for one in pasted.recordings} == {"at host"}
    assert [problem.split(":")[0] for problem in pasted.problems] == ["host broken", "host gone"]
    with pytest.raises(ValueError, match="into any host; the problems:\nhost broken: .*not_audio.*\nhost gone: "):
        make(ONE, tmp_path / "made", hosts[:2], [box()], [source(tmp_path)])


def test_a_box_that_is_empty_or_silent_or_lost_is_skipped_and_named(tmp_path):
    dead = recording(tmp_path, "dead", np.zeros(3 * RATE_HZ))
    bad = [
        box("dead", 0, where="silent"),
        box("lost", 0, where="lost"),
        box("source", 1, start_s=2.0, end_s=2.0, where="no time"),
        box("source", 1, low_hz=3000.0, high_hz=3000.0, where="no band"),
        box("source", 2, start_s=7.0, end_s=8.0, where="after the end"),
    ]
    world = [host(tmp_path)], [source(tmp_path), dead]
    settings = replace(ONE, count=10)
    pasted = make(settings, tmp_path / "made", world[0], [*bad, box(where="good")], world[1])
    assert {one.where for one in pasted.annotations} == {"pasted from good"}
    assert [problem.partition(":")[0] for problem in pasted.problems] == [
        f"box {which}" for which in ("after the end", "lost", "no band", "no time", "silent")
    ]
    with pytest.raises(
        ValueError, match="no call can be pasted into any host(.|\n)*box silent: its box is empty or silent"
    ):
        make(settings, tmp_path / "made", world[0], bad, world[1])


def test_a_call_without_frequencies_is_all_that_sounds_in_its_time(tmp_path):
    onto, settings = host(tmp_path), replace(ONE, level_db=(20, 20))
    narrow, whole = (
        make(settings, tmp_path / "made", [onto], [box(low_hz=low, high_hz=high)], [source(tmp_path, noise=0.05)])
        for low, high in ((2500.0, 3500.0), (0.0, 0.0))
    )
    (pasted,) = whole.annotations
    assert (pasted.low_hz, pasted.high_hz) == (0.0, 0.0)  # it says no more than the box did
    calls = [added(one, onto)[inside(one, added(one, onto))] for one in (narrow, whole)]
    power = [np.abs(np.fft.rfft(call)) ** 2 for call in calls]
    hz = [np.fft.rfftfreq(len(call), 1 / RATE_HZ) for call in calls]
    beside = [one[at > 5000].sum() / one.sum() for one, at in zip(power, hz, strict=True)]
    assert beside[0] < 0.001 < 0.01 < beside[1]
    assert 10 * np.log10((calls[1] ** 2).mean() / 0.02**2) == pytest.approx(
        20, abs=1.5
    )  # above all that the host holds


def test_a_call_as_long_as_its_host_is_pasted_at_any_speed(tmp_path):
    onto = host(tmp_path, duration_s=3.0)
    for speed in (0.85, 1.0, 1.18):
        settings = replace(ONE, speed=(speed, speed), count=2)
        pasted = make(settings, tmp_path / "made", [onto], [box(start_s=0.0, end_s=3.0)], [source(tmp_path)])
        assert {one.start_s for one in pasted.annotations} == {0.0} or speed > 1
        for one in pasted.annotations:
            assert one.end_s - one.start_s == pytest.approx(min(3.0, 3.0 / speed), abs=0.01)


def test_without_a_tp_box_or_a_host_there_is_nothing_to_make(tmp_path):
    with pytest.raises(ValueError, match="no TP box"):
        make(ONE, tmp_path / "made", [host(tmp_path)], [box(present=False)], [source(tmp_path)])
    with pytest.raises(ValueError, match="no host"):
        make(ONE, tmp_path / "made", [], [box()], [source(tmp_path)])
    assert not (tmp_path / "made").exists()


def test_a_call_that_a_host_cannot_hold_goes_into_another(tmp_path):
    short = host(tmp_path, "short", 0.4)
    slow = recording(tmp_path, "slow", sounds.noise(3.0, 4000, 0.01), 4000)  # holds nothing above 2 kHz
    settings = replace(ONE, count=8)
    pasted = make(settings, tmp_path / "made", [short, slow, host(tmp_path)], [box()], [source(tmp_path)])
    assert {one.site for one in pasted.recordings} == {"at host"}
    assert pasted.problems == ()
    half_there = box(low_hz=1000.0, high_hz=3500.0)  # of the box, but not of the call in it
    with pytest.raises(ValueError, match="no call can be pasted"):
        make(ONE, tmp_path / "made", [slow], [half_there], [source(tmp_path)])


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="count must be above 0, not 0"):
        PastedEvents(count=0)
    with pytest.raises(ValueError, match="from low to high, not speed"):
        PastedEvents(speed=(1.1, 0.9))
    with pytest.raises(ValueError, match="from low to high"):
        PastedEvents(level_db=(3, 0))
