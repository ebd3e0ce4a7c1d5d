"""A simulated data set: the same every time, true to its own truth, and written only where it may be."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

import sounds
from dawnchorus.annotations import rfcx, species
from dawnchorus.events import Annotation
from dawnchorus.simulate import Simulation, simulate

SMALL = Simulation(
    recordings=6, test_recordings=3, species=4, seconds=20, tp_per_species=4, fp_per_species=6, sites=4, seed=5
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated") / "out"
    simulate(out, SMALL)
    return out


def samples(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="int16")[0]


def everything(out: Path) -> dict[str, bytes]:
    """The samples of every recording and the text of every table, by name."""
    sound = {p.relative_to(out).as_posix(): samples(p).tobytes() for p in out.rglob("*.flac")}
    return sound | {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*.csv")}


def boxes(path: Path, present: bool = True) -> list[Annotation]:
    found, problems = rfcx.read(path, present)
    assert not problems
    return found


def rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_same_settings_same_data(made: Path, tmp_path: Path) -> None:
    simulate(tmp_path, SMALL)
    assert everything(tmp_path) == everything(made)


def test_another_seed_is_another_world(made: Path, tmp_path: Path) -> None:
    simulate(tmp_path, replace(SMALL, seed=6, recordings=1, test_recordings=1))
    assert not np.array_equal(samples(tmp_path / "train/train0000.flac"), samples(made / "train/train0000.flac"))


def test_a_recording_does_not_depend_on_how_many_there_are(tmp_path: Path) -> None:
    short = replace(SMALL, seconds=8, test_recordings=1, species=2)
    for count in (10, 12):
        simulate(tmp_path / str(count), replace(short, recordings=count))
    ten, twelve = everything(tmp_path / "10"), everything(tmp_path / "12")
    recordings = [name for name in ten if name.startswith("train/")]
    assert len(recordings) == 10 and all(ten[name] == twelve[name] for name in recordings)


def test_tables_have_their_columns_and_rows(made: Path) -> None:
    names = ["train_tp.csv", "train_fp.csv", "truth/train.csv", "truth/test.csv"]
    header = ["recording_id", "species_id", "songtype_id", "t_min", "f_min", "t_max", "f_max"]
    assert all(rows(made / name)[0] == header for name in names)
    assert len({one.name for one in species.read(made / "species.csv")}) == SMALL.species
    submission = rows(made / "sample_submission.csv")
    assert submission[0] == ["recording_id", "s0", "s1", "s2", "s3"]
    assert [row[0] for row in submission[1:]] == ["test0000", "test0001", "test0002"]
    assert rows(made / "recordings.csv")[0] == ["recording_id", "site"]
    assert len(rows(made / "recordings.csv")) == 1 + 6 + 3


def test_recordings_are_as_long_as_said_and_do_not_clip(made: Path) -> None:
    for path in [*made.glob("train/*.flac"), *made.glob("test/*.flac")]:
        info = soundfile.info(path)
        assert (info.frames, info.samplerate, info.channels) == (20 * 32000, 32000, 1)
        assert info.subtype == "PCM_16"
        assert 100 < np.abs(samples(path).astype(int)).max() <= 0.951 * 32767


def test_events_lie_within_recordings_and_calls_of_a_species_do_not_overlap(made: Path) -> None:
    for part in ("train", "test"):
        truth = boxes(made / f"truth/{part}.csv")
        for box in truth:
            assert 0 <= box.start_s < box.end_s <= SMALL.seconds
            assert 0 <= box.low_hz < box.high_hz <= SMALL.rate_hz / 2
        for i, box in enumerate(truth):
            assert not any(box.overlaps(other) for other in truth[i + 1 :] if other.species == box.species)


def test_every_species_calls_in_both_parts(made: Path) -> None:
    for part in ("train", "test"):
        assert {box.species for box in boxes(made / f"truth/{part}.csv")} == set(range(SMALL.species))


def test_calls_are_louder_in_their_boxes_than_the_place_is_without_them(made: Path) -> None:
    """Over revealed boxes: power in the box's band during the call, and in the two seconds with the least power."""
    ratios = []
    for box in boxes(made / "train_tp.csv"):
        x = samples(made / f"train/{box.recording}.flac").astype(float)
        hz = np.fft.rfftfreq(len(x), 1 / SMALL.rate_hz)
        spectrum = np.where((hz >= box.low_hz) & (hz <= box.high_hz), np.fft.rfft(x), 0)
        power = np.fft.irfft(spectrum, len(x)) ** 2
        within = power[round(box.start_s * SMALL.rate_hz) : round(box.end_s * SMALL.rate_hz)].mean()
        ratios.append(within / np.quantile(power.reshape(-1, 3200).mean(axis=1), 0.1))
    assert np.median(ratios) > 3 and min(ratios) > 1


def test_true_positives_are_true_events_and_balanced(made: Path) -> None:
    revealed, truth = boxes(made / "train_tp.csv"), boxes(made / "truth/train.csv")
    assert set(revealed) <= set(truth)
    assert len(set(revealed)) == len(revealed)
    of_truth = Counter(box.species for box in truth)
    counts = Counter(box.species for box in revealed)
    assert max(of_truth.values()) > 3 * SMALL.tp_per_species  # there was something to balance
    assert all(counts[number] == SMALL.tp_per_species for number, many in of_truth.items() if many > 6)
    assert all(1 <= counts[number] <= min(SMALL.tp_per_species, many) for number, many in of_truth.items())


def test_false_positives_overlap_no_event_of_their_species(made: Path) -> None:
    wrong, truth = boxes(made / "train_fp.csv", present=False), boxes(made / "truth/train.csv")
    assert 0 < max(Counter(box.species for box in wrong).values()) <= SMALL.fp_per_species
    for box in wrong:
        assert 0 <= box.start_s < box.end_s <= SMALL.seconds
        assert not any(box.overlaps(event) for event in truth if event.species == box.species)


def test_sites_of_train_and_test_are_disjoint(made: Path) -> None:
    sites = {"train": set(), "test": set()}
    for recording, site in rows(made / "recordings.csv")[1:]:
        sites[recording[:-4]].add(site)
    assert sites["train"] and sites["test"] and not sites["train"] & sites["test"]


def test_progress_counts_to_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    simulate(tmp_path, replace(SMALL, recordings=2, test_recordings=1), lambda done, total: seen.append((done, total)))
    assert seen == [(i + 1, 5) for i in range(5)]


@pytest.mark.parametrize("setting", ["recordings", "species", "seconds", "rate_hz", "sites", "tp_per_species"])
def test_settings_that_cannot_be_are_refused(setting: str) -> None:
    with pytest.raises(ValueError, match=setting):
        replace(SMALL, **{setting: 0})


# ---- the folder ----


def test_a_folder_with_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    for overwrite in (False, True):
        with pytest.raises(FileExistsError, match="thesis.txt"):
            simulate(tmp_path, SMALL, overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_tables_of_a_real_project_are_not_taken_for_a_simulation(tmp_path: Path) -> None:
    (tmp_path / "train_tp.csv").write_text("recording_id\n")
    with pytest.raises(FileExistsError, match="not a simulation's"):
        simulate(tmp_path, SMALL, overwrite=True)
    assert (tmp_path / "train_tp.csv").exists()


def test_an_earlier_simulation_is_replaced_only_on_purpose(tmp_path: Path) -> None:
    tiny = replace(SMALL, recordings=2, test_recordings=1, species=1)
    simulate(tmp_path, tiny)
    with pytest.raises(FileExistsError, match="earlier simulation"):
        simulate(tmp_path, tiny)
    simulate(tmp_path, replace(tiny, recordings=1), overwrite=True)
    assert [path.name for path in sorted(tmp_path.glob("train/*"))] == ["train0000.flac"]


def test_an_earlier_simulation_with_a_note_added_is_not_replaced(tmp_path: Path) -> None:
    tiny = replace(SMALL, recordings=1, test_recordings=1, species=1)
    simulate(tmp_path, tiny)
    (tmp_path / "train/notes.txt").write_text("heard it!")
    with pytest.raises(FileExistsError, match="notes.txt"):
        simulate(tmp_path, tiny, overwrite=True)
    assert (tmp_path / "train/train0000.flac").exists()


# ---- the user's own sounds ----


@pytest.fixture
def own(tmp_path: Path) -> Simulation:
    """Two clips of a riser at another rate, one of a faller, and two backgrounds, one of them short."""
    silence = np.zeros(4000)
    for name, low in (("a.wav", 1000), ("b.wav", 1200)):
        call = np.concatenate([silence, sounds.chirp(low, 2 * low, 0.5, 16000), silence])
        sounds.write(tmp_path / "clips/riser" / name, call, 16000)
    sounds.write(tmp_path / "clips/faller/c.wav", sounds.chirp(6000, 4000, 0.4))
    sounds.write(tmp_path / "places/dusk.wav", sounds.noise(20, level=0.01, seed=1))
    sounds.write(tmp_path / "places/dawn.wav", sounds.noise(3, level=0.01, seed=2))
    (tmp_path / "clips/readme.txt").write_text("recorded by us")
    return replace(SMALL, seconds=10, clips=tmp_path / "clips", background=tmp_path / "places")


def test_own_clips_are_what_is_placed(own: Simulation, tmp_path: Path) -> None:
    out = tmp_path / "out"
    simulate(out, own)
    assert [one.name for one in species.read(out / "species.csv")] == ["faller", "riser"]
    call = sounds.chirp(6000, 4000, 0.4)
    found = []
    for box in boxes(out / "train_tp.csv"):
        if box.species == 0:
            first = round(box.start_s * 32000)
            heard = samples(out / f"train/{box.recording}.flac").astype(float)[first - 4 : first + len(call) + 4]
            scores = np.correlate(heard, call, "valid") / np.linalg.norm(call)
            found.append(np.abs(scores).max() / np.linalg.norm(heard))
            assert 3800 < box.low_hz < 4300 and 5700 < box.high_hz < 6200
    assert found and min(found) > 0.4


def test_own_clips_and_places_are_split_between_train_and_test(own: Simulation, tmp_path: Path) -> None:
    out = tmp_path / "out"
    simulate(out, own)
    bands = {
        part: {box.low_hz for box in boxes(out / f"truth/{part}.csv") if box.species == 1} for part in ("train", "test")
    }
    assert len(bands["train"]) == len(bands["test"]) == 1 and bands["train"] != bands["test"]
    sites = dict(rows(out / "recordings.csv")[1:])
    assert {sites["train0000"], sites["test0000"]} == {"dawn.wav", "dusk.wav"}


def test_one_clip_for_both_parts_is_warned_of(own: Simulation, tmp_path: Path) -> None:
    (tmp_path / "places/dawn.wav").unlink()
    simulate(tmp_path / "out", own)
    record = json.loads((tmp_path / "out/simulation.json").read_text(encoding="utf-8"))
    assert record["complete"] and len(record["warnings"]) == 2
    assert "faller has one clip" in record["warnings"][0] and "dusk.wav" in record["warnings"][1]


@pytest.mark.parametrize("broken", ["no clip", "silent", "not audio", "quiet place", "inside"])
def test_own_sounds_that_cannot_be_used_are_named(own: Simulation, tmp_path: Path, broken: str) -> None:
    out = tmp_path / "out"
    if broken == "no clip":
        (tmp_path / "clips/empty").mkdir()
        said = "empty holds no audio"
    elif broken == "silent":
        sounds.write(tmp_path / "clips/faller/c.wav", np.zeros(8000))
        said = "every clip of faller is silent"
    elif broken == "not audio":
        (tmp_path / "clips/faller/c.wav").write_text("no sound")
        said = "cannot read .*c.wav"
    elif broken == "quiet place":
        sounds.write(tmp_path / "places/dusk.wav", np.zeros(320000))
        said = "dusk.wav cannot serve"
    else:
        out, said = tmp_path, "inside"
    with pytest.raises(ValueError, match=said):
        simulate(out, own)
