from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings

from dawnchorus.annotations import AnnotationError, aoef, formats
from dawnchorus.annotations.marks import ABSENT, UNSEEN, UNSURE, Mark, Told
from dawnchorus.audio.folders import scan
from dawnchorus.events import Recording
from dawnchorus.export import aoef as out
from dawnchorus.export.cells import ExportError
from dawnchorus.files import read_json, write_json
from some_marks import marks


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("aoef")


@pytest.fixture(scope="module")
def recordings(folder: Path) -> list[Recording]:
    for name in ("a", "SD01/20260401_050000", "SD02/20260401_050000", "deep/er/ñandú [x] 1"):
        path = folder / "audio" / f"{name}.WAV"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, np.zeros((800, 2)), 8000)
    return scan([folder / "audio"])[0]


@settings(max_examples=30, deadline=None)
@given(found=marks())
def test_people_s_words_and_predictions_are_read_again(folder, recordings, found) -> None:
    predicted = not any(one.said == "present" for one in found)
    out.write(folder / "x.json", found, recordings)
    expected = []
    for one in found:
        if one.said == "present" or (predicted and one.said in (UNSEEN, UNSURE)):
            score = (1.0 if one.score is None else one.score) if predicted else None
            said = UNSEEN if predicted else one.said
            name = one.recording + ".WAV"
            expected.append(one._replace(recording=name, said=said, score=score, channel=0, song_type=""))
    key = lambda one: (one.recording, one.start_s, one.end_s, one.species, str(one))  # noqa: E731
    assert sorted(aoef.read(folder / "x.json").marks, key=key) == sorted(expected, key=key)


def test_trap_3_9_complaint_2_whombat_61_recordings_have_hashes_and_all_of_them_are_there(folder, recordings) -> None:
    out.write(folder / "x.json", [Mark("a", "frog", 1.0, 2.0, 100.0, 200.0), Mark("a", "x", 1.0, 2.0, said=ABSENT)], recordings)  # fmt: skip # noqa: E501
    data = read_json(folder / "x.json")["data"]
    assert {one["path"] for one in data["recordings"]} == {one.key + ".WAV" for one in recordings}
    for one in data["recordings"]:
        assert one["hash"] == hashlib.md5((folder / "audio" / one["path"]).read_bytes()).hexdigest()
        assert (one["duration"], one["channels"], one["samplerate"]) == (0.1, 2, 8000)
    assert set(formats.read(folder / "x.json").empty) == {one.key + ".WAV" for one in recordings if one.key != "a"}


def test_the_same_rows_have_the_same_ids(folder, recordings) -> None:
    files = [folder / f"{n}.json" for n in range(2)]
    for file in files:
        out.write(file, [Mark("a", "frog", 1.0, 2.0)], recordings)
    one, other = (read_json(file)["data"] for file in files)
    assert one["uuid"] == other["uuid"]
    assert one["sound_events"] == other["sound_events"]


def test_without_the_sound_nothing_is_written(folder, recordings) -> None:
    with pytest.raises(ExportError, match="'elsewhere' is not there; give the folder of the recordings"):
        out.write(folder / "none.json", [Mark("elsewhere", "x", 1.0, 2.0)], recordings)
    assert not (folder / "none.json").exists()


def test_tags_of_several_keys_must_be_chosen_and_all_geometries_are_boxes(folder, recordings) -> None:
    out.write(folder / "x.json", [Mark("a", "frog", 1.0, 2.0)], recordings)
    content = read_json(folder / "x.json")
    content["data"]["tags"].append({"id": 1, "key": "call", "value": "song"})
    content["data"]["sound_event_annotations"][0]["tags"].append(1)
    content["data"]["sound_events"][0]["geometry"] = {"type": "Polygon", "coordinates": [[[1, 5], [2, 9], [1.5, 7]]]}
    write_json(folder / "x.json", content)
    with pytest.raises(AnnotationError, match="tags with the keys call, dwc:scientificName: say which"):
        aoef.read(folder / "x.json")
    assert aoef.read(folder / "x.json", Told(species="call")).marks == [Mark("a.WAV", "song", 1.0, 2.0, 5.0, 9.0)]


def test_other_json_is_refused(folder) -> None:
    for text, said in (("{", "is no JSON"), ("[]", "is no AOEF"), ('{"data": {}}', "is no AOEF")):
        (folder / "bad.json").write_text(text)
        with pytest.raises(AnnotationError, match=said):
            aoef.read(folder / "bad.json")
