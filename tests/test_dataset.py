from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

import sounds
from dawnchorus import dataset
from dawnchorus.annotations import AnnotationError
from dawnchorus.annotations.complete import MARGIN_S
from dawnchorus.dataset import DataError
from dawnchorus.events import Species
from dawnchorus.features import FrontEnd
from dawnchorus.recorders.pattern import Pattern

HEADER = "recording_id,species_id,songtype_id,t_min,f_min,t_max,f_max"
SMALL = FrontEnd(n_fft=512, hop=256, n_mels=16, block_s=2.0, tail_s=0.5)


def sound(path: Path, seconds: float = 2.0) -> Path:
    return sounds.write_wav(path, sounds.noise(seconds, 8000), 8000)


def table(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def data(folder: Path, audio: str = "train", present: tuple[str, ...] = ("a,0,1,0,100,1,900",)) -> Path:
    """Two recordings `a` and `b`, a table of what is present and one of what is absent."""
    for name in ("a", "b"):
        sound(folder / audio / f"{name}.wav")
    table(folder / "train_tp.csv", *present)
    table(folder / "train_fp.csv", "b,1,1,0,100,1,900")
    return folder


def keys(loaded: dataset.DataSet) -> list[str]:
    return sorted(recording.key for recording in loaded.recordings)


# ---- what is there -------------------------------------------------------------------------------------------


def test_tables_and_sound_make_a_data_set(tmp_path):
    loaded = dataset.load(data(tmp_path))
    assert keys(loaded) == ["a", "b"]
    assert [(box.recording, box.species, box.present) for box in loaded.annotations] == [
        ("a", 0, True),
        ("b", 1, False),
    ]
    assert loaded.by_recording == {"a": [loaded.annotations[0]], "b": [loaded.annotations[1]]}
    assert (loaded.problems, loaded.failures) == ((), ())
    assert {recording.site for recording in loaded.recordings} == {""}


def test_nobody_need_have_said_that_something_is_absent(tmp_path):
    (data(tmp_path) / "train_fp.csv").unlink()
    assert [box.present for box in dataset.load(tmp_path).annotations] == [True]


def test_a_band_spans_the_present_boxes_of_its_species(tmp_path):
    rows = ("a,0,1,0,100,1,900", "b,0,1,0,50,1,700", "a,2,1,0,1000,1,1100")
    loaded = dataset.load(data(tmp_path, present=rows))
    assert loaded.bands_hz == [(50.0, 900.0), (0.0, 0.0), (1000.0, 1100.0)]


def test_how_long_calls_last_is_half_a_species_own_word_and_half_that_of_all(tmp_path):
    rows = ("a,0,1,0.0,100,0.1,900", "b,0,1,0.0,100,0.9,900", "a,2,1,0.0,100,0.3,900", "a,2,1,0.0,100,0.3,900")
    loaded = dataset.load(data(tmp_path, present=rows))  # 0.3 s is the geometric mean of either species
    assert loaded.typical_s == pytest.approx([0.3, 0.3, 0.3])
    rows = ("a,0,1,0.0,100,0.1,900", "b,2,1,0.0,100,0.9,900", "a,2,1,0.0,100,60,900")
    loaded = dataset.load(data(tmp_path / "other", present=rows))  # a box of the whole recording says nothing
    usual = math.sqrt(0.1 * 0.9)
    assert loaded.typical_s == pytest.approx([math.sqrt(0.1 * usual), usual, math.sqrt(0.9 * usual)])
    assert dataset.load(data(tmp_path / "none", present=("a,0,1,0.0,100,60,900",))).typical_s == []


# ---- where the sound is --------------------------------------------------------------------------------------


def test_sound_is_taken_from_train_then_audio_then_anywhere(tmp_path):
    folder = data(tmp_path, audio="deep/down")
    assert keys(dataset.load(folder)) == ["deep/down/a", "deep/down/b"]
    for name in ("a", "c"):
        sound(folder / "audio" / f"{name}.wav")
    assert keys(dataset.load(folder)) == ["a", "c"]
    sound(folder / "train" / "a.wav")
    assert keys(dataset.load(folder)) == ["a"]


def test_named_folders_come_before_any_other(tmp_path):
    folder = data(tmp_path / "data")
    for card in ("card1", "card2"):
        sound(tmp_path / card / f"{card}.wav")
    rows = ("card1,0,1,0,100,1,900", "card2/card2,0,1,0,100,1,900")
    table(folder / "train_tp.csv", *rows)
    loaded = dataset.load(folder, [tmp_path / "card1", tmp_path / "card2"])
    assert keys(loaded) == ["card1/card1", "card2/card2"]
    assert [box.recording for box in loaded.annotations] == ["card1/card1", "card2/card2"]


def test_a_stem_that_two_folders_share_needs_its_folder(tmp_path):
    folder = data(tmp_path, present=("x/1,0,1,0,100,1,900", "y/1,0,1,1,100,2,900", "1,0,1,0,100,1,900"))
    for card in ("x", "y"):
        sound(folder / "train" / card / "1.wav")
    loaded = dataset.load(folder)
    assert keys(loaded) == ["a", "b", "x/1", "y/1"]
    assert [box.recording for box in loaded.annotations if box.present] == ["x/1", "y/1"]
    assert [(problem.kind, problem.line) for problem in loaded.problems] == [("ambiguous_recording", 4)]


# ---- at the door ---------------------------------------------------------------------------------------------


def test_without_the_table_of_true_positives_there_is_nothing_to_learn(tmp_path):
    (data(tmp_path) / "train_tp.csv").unlink()
    with pytest.raises(DataError, match=r"train_tp.csv: no such file; expected a table of true positives"):
        dataset.load(tmp_path)


def test_where_more_is_said_recordings_alone_are_a_data_set(tmp_path):
    sound(tmp_path / "a.wav")
    found = dataset.load(tmp_path, more_is_said=True)
    assert [one.key for one in found.recordings] == ["a"]
    assert (found.annotations, found.species, found.problems) == ((), (), ())
    table(tmp_path / "species.csv", "0,frog", "1,bird", header="species_id,name")
    assert [one.name for one in dataset.load(tmp_path, more_is_said=True).species] == ["frog", "bird"]
    table(tmp_path / "train_fp.csv", "a,0,1,0,100,1,900")
    with pytest.raises(DataError, match=r"train_tp.csv: no such file"):  # half a data set is a slip
        dataset.load(tmp_path, more_is_said=True)
    table(tmp_path / "train_tp.csv")
    assert [box.present for box in dataset.load(tmp_path, more_is_said=True).annotations] == [False]


def test_a_folder_that_is_empty_or_missing_is_named(tmp_path):
    table(tmp_path / "train_tp.csv", "a,0,1,0,100,1,900")
    with pytest.raises(DataError, match=r"no sound files found; expected .wav, .flac"):
        dataset.load(tmp_path)
    with pytest.raises(DataError, match="nowhere: unreadable"):
        dataset.load(tmp_path, [tmp_path / "nowhere"])


def test_a_table_with_other_columns_is_refused(tmp_path):
    table(data(tmp_path) / "train_fp.csv", "b,1,0,1", header="recording_id,species,t_min,t_max")
    with pytest.raises(AnnotationError, match=r"train_fp.csv has no column species_id, f_min, f_max"):
        dataset.load(tmp_path)


def test_every_problem_is_listed_and_the_good_rows_are_kept(tmp_path):
    rows = ("a,0,1,0,100,1,900", "a,0,1,1,100,0.5,900", "gone,0,1,0,100,1,900", "a,0,1,5,100,6,900", "a,x,1,0,1,1,2")
    folder = data(tmp_path, present=rows)
    table(folder / "train_fp.csv", "a,0,1,0.5,100,1,900", "b,1,1,0,100,9,900", "b,1,1,0,100,9,900")
    loaded = dataset.load(folder)
    assert sorted((problem.file, problem.line, problem.kind) for problem in loaded.problems) == [
        ("train_fp.csv", 2, "contradiction"),
        ("train_fp.csv", 3, "beyond_end"),
        ("train_fp.csv", 4, "beyond_end"),
        ("train_fp.csv", 4, "duplicate"),
        ("train_tp.csv", 3, "ends_before_start"),
        ("train_tp.csv", 4, "unknown_recording"),
        ("train_tp.csv", 5, "starts_after_end"),
        ("train_tp.csv", 6, "not_a_number"),
    ]
    assert [(box.recording, box.start_s, box.end_s) for box in loaded.annotations] == [
        ("a", 0.0, 1.0),
        ("a", 0.5, 1.0),
        ("b", 0.0, 2.0),
    ]


def test_strict_makes_any_problem_an_error_that_lists_them_all(tmp_path):
    folder = data(tmp_path, present=("a,0,1,0,100,1,900", "gone,0,1,0,100,1,900", "a,0,1,1,100,0.5,900"))
    (folder / "train" / "bad.wav").write_bytes(b"")
    with pytest.raises(DataError) as error:
        dataset.load(folder, strict=True)
    first, *others = str(error.value).splitlines()
    assert first == "3 problems, and --strict allows none:"
    assert "train_tp.csv line 3" in str(others)
    assert "train_tp.csv line 4" in str(others)
    assert "bad.wav: empty" in str(others)


def test_strict_takes_what_is_in_order(tmp_path):
    assert keys(dataset.load(data(tmp_path), strict=True)) == ["a", "b"]


def test_a_bad_sound_file_is_named_with_its_fault_and_left_out(tmp_path):
    folder = data(tmp_path)
    sounds.write_wav(folder / "train" / "none.wav", sounds.noise(0))
    (folder / "train" / "text.wav").write_text("not a sound " * 100)
    loaded = dataset.load(folder)
    assert keys(loaded) == ["a", "b"]
    faults = {Path(failure.recording).name: failure.fault.code for failure in loaded.failures}
    assert faults == {"none.wav": "no_audio", "text.wav": "not_audio"}


def test_when_nothing_usable_is_left_the_reasons_are_all_said(tmp_path):
    folder = data(tmp_path, present=("gone,0,1,0,100,1,900",))
    (folder / "train" / "gone.wav").write_bytes(b"")
    with pytest.raises(DataError) as error:
        dataset.load(folder)
    assert "no usable true positive is left" in str(error.value)
    assert "recording_id is 'gone'" in str(error.value)
    assert "gone.wav: empty" in str(error.value)


# ---- species and sites ---------------------------------------------------------------------------------------


def test_species_are_numbered_by_the_annotations_where_no_table_names_them(tmp_path):
    loaded = dataset.load(data(tmp_path, present=("a,3,1,0,100,1,900",)))
    assert loaded.species == tuple(Species(number, f"s{number}") for number in range(4))


def test_species_have_the_names_of_their_table(tmp_path):
    folder = data(tmp_path, present=("a,0,1,0,100,1,900", "a,2,1,0,100,1,900"))
    table(folder / "species.csv", "1,bird", "0,frog", header="species_id,name")
    loaded = dataset.load(folder)
    assert loaded.species == (Species(0, "frog"), Species(1, "bird"))
    assert [problem.kind for problem in loaded.problems] == ["bad_species"]


@pytest.mark.parametrize("name", ["x/1", "x/1.wav", "1", "1.wav"])
def test_a_recording_has_its_site_by_any_of_its_names(tmp_path, name):
    folder = data(tmp_path)
    sound(folder / "train" / "x" / "1.wav")
    table(folder / "recordings.csv", f"{name},ridge", "elsewhere,river", header="recording_id,site")
    sites = {recording.key: recording.site for recording in dataset.load(folder).recordings}
    assert sites == {"a": "", "b": "", "x/1": "ridge"}


def test_the_key_comes_before_the_stem_in_the_table_of_sites(tmp_path):
    folder = data(tmp_path)
    sound(folder / "train" / "x" / "a.wav")
    table(folder / "recordings.csv", "a,ridge", "x/a,river", header="recording_id,site")
    sites = {recording.key: recording.site for recording in dataset.load(folder).recordings}
    assert sites == {"a": "ridge", "b": "", "x/a": "river"}


def test_paths_under_one_of_several_audio_folders_name_recordings_in_all_tables(tmp_path: Path) -> None:
    folder = data(tmp_path / "data", present=("plot/1,0,1,0,100,1,900", "site/2,0,1,0,100,1,900"))
    sound(folder / "train" / "plot" / "1.wav")
    sound(tmp_path / "cards" / "site" / "2.wav")
    table(folder / "recordings.csv", "plot/1,ridge", "site/2,river", header="recording_id,site")
    loaded = dataset.load(folder, [folder / "train", tmp_path / "cards"], strict=True)
    assert [box.recording for box in loaded.annotations if box.present] == ["train/plot/1", "cards/site/2"]
    sites = {recording.key: recording.site for recording in loaded.recordings}
    assert sites == {"train/a": "", "train/b": "", "train/plot/1": "ridge", "cards/site/2": "river"}


def test_sites_may_stand_in_another_column_and_in_paths(tmp_path):
    folder = data(tmp_path)
    sound(folder / "train" / "x" / "1.wav")
    table(folder / "recordings.csv", "a,forest,7", header="recording_id,site,plot")
    pattern = Pattern("{site}/*")
    found = dataset.load(folder, site_column="plot", site_pattern=pattern).recordings
    assert {recording.key: recording.site for recording in found} == {"a": "7", "b": "", "x/1": "x"}
    (folder / "recordings.csv").unlink()
    with pytest.raises(DataError, match="expected a table with the columns recording_id, plot"):
        dataset.load(folder, site_column="plot")


# ---- spectrograms --------------------------------------------------------------------------------------------


def test_preparing_names_what_fails_later_beside_what_failed_before(tmp_path):
    folder = data(tmp_path)
    (folder / "train" / "bad.wav").write_bytes(b"")
    loaded = dataset.load(folder)
    (folder / "train" / "b.wav").unlink()
    prepared = dataset.prepare(loaded, tmp_path / "store", SMALL)
    assert prepared.recordings == ["a"]
    assert [(Path(one.recording).name, one.fault.code) for one in prepared.failures] == [
        ("bad.wav", "empty"),
        ("b", "unreadable"),
    ]
    assert {"band_limited"} == {one.fault.code for one in prepared.oddities}


# ---- song types ----------------------------------------------------------------------------------------------


def test_the_rarer_song_types_become_classes_behind_the_last_species(tmp_path: Path) -> None:
    rows = ("a,0,4,0,100,1,900", "a,1,1,0,100,1,900", "b,1,1,0,100,1,900", "b,1,4,1,100,2,900")
    loaded = dataset.load(data(tmp_path, present=rows))
    split, species_of = dataset.by_song_type(loaded)
    # Species 0 has one song type, 4, which keeps its number; species 1 has two 1s and one 4, a class of its own.
    assert species_of == (0, 1, 1)
    assert split.species[2].name == "s1, song type 4"
    present = [(box.recording, box.species) for box in split.annotations if box.present]
    assert sorted(present) == [("a", 0), ("a", 1), ("b", 1), ("b", 2)]
    # An FP box of the common type still says absent of the common class alone.
    assert [box.species for box in split.annotations if not box.present] == [1]


def test_names_in_recordings_csv_that_fit_no_recording_are_told_in_one_line(tmp_path: Path) -> None:
    folder = data(tmp_path)
    table(folder / "recordings.csv", "a,north", "x,north", "y,south", header="recording_id,site")
    (problem,) = [one for one in dataset.load(folder).problems if one.kind == "unknown_recording"]
    wanted = "2 of 3 names, first 'x', are of other recordings, not of those to train on"
    assert str(problem).startswith(f"recordings.csv: {wanted}")


# ---- without annotations -------------------------------------------------------------------------------------


def test_an_archive_is_any_sound_but_the_test_part_of_a_data_set(tmp_path: Path) -> None:
    folder = data(tmp_path / "data", audio="sounds")
    sound(folder / "test" / "secret.wav")
    sound(tmp_path / "elsewhere" / "test" / "mine.wav")
    for root, expected in (
        (folder, ["sounds/a", "sounds/b"]),
        (folder / "sounds", ["a", "b"]),
        (folder / "sounds" / "a.wav", ["a"]),
        (tmp_path, ["data/sounds/a", "data/sounds/b", "elsewhere/test/mine"]),
    ):
        recordings, failures = dataset.archive([root])
        assert sorted(one.key for one in recordings) == expected and not failures
    with pytest.raises(DataError, match="1 test recording of a data set"):
        dataset.archive([folder / "test"])


def test_the_archive_of_a_data_set_is_its_training_recordings(tmp_path: Path) -> None:
    folder = data(tmp_path)
    sound(folder / "lying_about.wav")
    (folder / "train" / "broken.wav").write_bytes(b"nothing of the kind")
    recordings, failures = dataset.archive([folder])
    assert sorted(one.key for one in recordings) == ["a", "b"]
    assert [Path(one.recording).name for one in failures] == ["broken.wav"]


def test_an_archive_without_sound_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no sound files found"):
        dataset.archive([tmp_path])


# ---- tables of other formats -----------------------------------------------------------------------------------


def labels(folder: Path, **tracks: str) -> dataset.Tables:
    """Label tracks of Audacity."""
    (folder / "labels").mkdir()
    for name, text in tracks.items():
        (folder / "labels" / f"{name}.txt").write_text(text)
    return dataset.Tables((folder / "labels",))


def test_tables_of_any_format_are_annotations_of_the_recordings(tmp_path):
    for name in ("SD1/a", "SD2/b"):
        sound(tmp_path / "audio" / f"{name}.wav")
    loaded = dataset.load(tmp_path, tables=labels(tmp_path, a="0\t1\ttoad\n1.5\t2.5\tfrog\n", c="0\t1\ttoad\n"))
    assert loaded.species == (Species(0, "frog"), Species(1, "toad"))
    assert [(box.recording, box.species, box.start_s, box.end_s, box.present) for box in loaded.annotations] == [
        ("SD1/a", 1, 0.0, 1.0, True),
        ("SD1/a", 0, 1.5, 2.0, True),
    ]
    assert [problem.kind for problem in loaded.problems] == ["unknown_recording", "beyond_end"]
    assert loaded.bands_hz == [(0.0, 0.0), (0.0, 0.0)]


def test_only_when_the_user_says_that_all_is_listed_silence_is_absence(tmp_path):
    for name in ("a", "b", "c"):
        sound(tmp_path / "audio" / f"{name}.wav", 12.0)
    tables = labels(tmp_path, a="0\t1\tfrog\n", b="")
    assert all(box.present for box in dataset.load(tmp_path, tables=tables).annotations)
    loaded = dataset.load(tmp_path, tables=replace(tables, complete=True))
    assert [(box.recording, box.start_s, box.end_s) for box in loaded.annotations if not box.present] == [
        ("a", 1 + MARGIN_S, 12.0),
        ("b", 0.0, 12.0),
    ]


def test_names_that_species_csv_does_not_have_are_problems(tmp_path):
    sound(tmp_path / "audio" / "a.wav")
    (tmp_path / "species.csv").write_text("species_id,name\n0,frog\n")
    loaded = dataset.load(tmp_path, tables=labels(tmp_path, a="0\t1\tfrog\n0\t1\tFrog\n"))
    assert len(loaded.annotations) == 1
    assert [problem.kind for problem in loaded.problems] == ["bad_species"]
