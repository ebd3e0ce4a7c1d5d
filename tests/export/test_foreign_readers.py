"""Programs of others read what is written here, and what they write is read here.

Each runs in an environment of its own, since they bring much that the project does without. crowsetta and soundevent
are installed by the tests; OpenSoundscape is too large for that: DAWNCHORUS_OPENSOUNDSCAPE may name a Python with it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dawnchorus.annotations import formats as readers
from dawnchorus.annotations.marks import UNSEEN, Mark, Told
from dawnchorus.audio.folders import scan
from dawnchorus.events import Recording
from dawnchorus.export import formats as writers
from some_marks import recording as nowhere

pytestmark = pytest.mark.slow

SAID = [
    Mark("SD01/a", 'frog "big"', 1.5, 2.25, 500.0, 3000.0, channel=1),
    Mark("SD01/a", "鳥", 3.0, 4.0, 0.0, 1000.0, channel=1),
]
BOXES = [[one.species, one.start_s, one.end_s, one.low_hz, one.high_hz] for one in SAID]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with crowsetta and soundevent."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    command = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "crowsetta>=5", "soundevent>=2.10"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"crowsetta and soundevent can't be installed: {done.stderr.strip().splitlines()[-1]}")
    return python


@pytest.fixture(scope="module")
def opensoundscape() -> Path:
    named = os.environ.get("DAWNCHORUS_OPENSOUNDSCAPE", "")
    if not named or not Path(named).is_file():
        pytest.skip("DAWNCHORUS_OPENSOUNDSCAPE names no Python that has OpenSoundscape")
    return Path(named)


@pytest.fixture
def sound(tmp_path: Path) -> list[Recording]:
    (tmp_path / "audio" / "SD01").mkdir(parents=True)
    soundfile.write(tmp_path / "audio" / "SD01" / "a.WAV", np.zeros(80_000), 8000)
    return scan([tmp_path / "audio"])[0]


def told(python: Path, folder: Path, code: str) -> object:
    """What a program prints last, as JSON."""
    start = "import json, warnings\nwarnings.filterwarnings('ignore')\n"
    environment = {**os.environ, "PYTHONPATH": "", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [python, "-c", start + code], cwd=folder, capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


CROWSETTA_BOXES = """
import crowsetta.formats.bbox as bbox
boxes = bbox.{reader}.to_bbox()
print(json.dumps([[one.label, *map(float, (one.onset, one.offset, one.low_freq, one.high_freq))] for one in boxes]))
"""


@pytest.mark.parametrize(
    ("path", "format", "file", "reader"),
    [
        ("out", "raven", "out/SD01/a.selections.txt", "Raven.from_file({file!r}, annot_col='Species')"),
        ("x.selections.txt", "raven", "x.selections.txt", "Raven.from_file({file!r}, annot_col='Species')"),
        ("out", "audacity", "out/SD01/a.txt", "AudBBox.from_file({file!r})"),
    ],
)
def test_crowsetta_reads_boxes(installed, tmp_path, sound, path, format, file, reader) -> None:
    writers.write(tmp_path / path, SAID, format, sound)
    assert told(installed, tmp_path, CROWSETTA_BOXES.format(reader=reader.format(file=file))) == BOXES


def test_crowsetta_reads_sequences_and_its_own_are_read(installed, tmp_path, sound) -> None:
    writers.write(tmp_path / "x.csv", SAID, "crowsetta", sound)
    code = """
from crowsetta.formats.seq import GenericSeq
found = GenericSeq.from_file("x.csv")
found.to_file("theirs.csv")
print(json.dumps([[one.label, float(one.onset_s), float(one.offset_s)] for one in found.to_seq()[0].segments]))
"""
    assert told(installed, tmp_path, code) == [box[:3] for box in BOXES]
    expected = [Mark("SD01/a.WAV", one.species, one.start_s, one.end_s) for one in SAID]
    assert readers.read(tmp_path / "theirs.csv").marks == expected


def test_the_raven_tables_of_crowsetta_are_read(installed, tmp_path) -> None:
    writers.write(tmp_path / "out", SAID, "raven")
    code = """
from crowsetta.formats.bbox import Raven
Raven.from_file("out/SD01/a.selections.txt", annot_col="Species").to_file("theirs.txt")
print(0)
"""
    told(installed, tmp_path, code)
    found = readers.read(tmp_path / "theirs.txt", "raven").marks
    assert [(one.start_s, one.end_s, one.low_hz, one.high_hz) for one in found] == [tuple(box[1:]) for box in BOXES]


SOUNDEVENT = """
from soundevent import io
found = io.load("x.json", audio_dir="audio")
io.save(found, "theirs.json", audio_dir="audio")
print(json.dumps([
    [tag.value if hasattr(tag, "value") else tag.tag.value, *one.sound_event.geometry.coordinates]
    for clip in found.{clips} for one in clip.sound_events for tag in one.tags
]))
"""


@pytest.mark.parametrize("predicted", [False, True])
def test_soundevent_reads_and_its_own_are_read(installed, tmp_path, sound, predicted) -> None:
    said = [one._replace(said=UNSEEN, score=0.75) for one in SAID] if predicted else SAID
    writers.write(tmp_path / "x.json", said, "aoef", sound)
    found = told(installed, tmp_path, SOUNDEVENT.format(clips="clip_predictions" if predicted else "clip_annotations"))
    assert found == [[box[0], box[1], box[3], box[2], box[4]] for box in BOXES]
    expected = [one._replace(recording="SD01/a.WAV", channel=0) for one in said]
    key = lambda one: one.start_s  # noqa: E731
    assert sorted(readers.read(tmp_path / "theirs.json").marks, key=key) == expected


def test_soundevent_reads_a_set_of_nothing(installed, tmp_path, sound) -> None:
    writers.write(tmp_path / "x.json", [], "aoef", sound)
    assert told(installed, tmp_path, SOUNDEVENT.format(clips="clip_predictions")) == []


def test_opensoundscape_reads_raven_and_its_own_are_read(opensoundscape, tmp_path, sound) -> None:
    writers.write(tmp_path / "out", SAID, "raven", sound)
    code = """
from opensoundscape.annotations import BoxedAnnotations
found = BoxedAnnotations.from_raven_files(
    ["out/SD01/a.selections.txt"], annotation_column="Species", audio_files=["audio/SD01/a.WAV"]
)
found.to_csv("boxes.csv")
import pathlib; pathlib.Path("theirs").mkdir(); found.to_raven_files("theirs")
columns = ["annotation", "start_time", "end_time", "low_f", "high_f"]
print(json.dumps(found.df[columns].values.tolist()))
"""
    assert told(opensoundscape, tmp_path, code) == BOXES
    found = readers.read(tmp_path / "boxes.csv").marks
    assert found == [one._replace(recording="audio/SD01/a.WAV", channel=0) for one in SAID]
    table = next((tmp_path / "theirs").iterdir())
    found = readers.read(table, "raven", Told(species="annotation")).marks
    assert [(one.start_s, one.end_s) for one in found] == [(1.5, 2.25), (3.0, 4.0)]


def test_opensoundscape_and_pandas_have_the_index(opensoundscape, tmp_path) -> None:
    said = [one._replace(said=UNSEEN, score=0.5) for one in SAID]
    writers.write(tmp_path / "x.csv", said, "opensoundscape", [nowhere("SD01/a")])
    code = """
import pandas
frame = pandas.read_csv("x.csv", index_col=[0, 1, 2])
print(json.dumps([list(frame.index.names), [list(row) for row in frame.index], frame.fillna(-1).values.tolist()]))
"""
    assert told(opensoundscape, tmp_path, code) == [
        ["file", "start_time", "end_time"],
        [["SD01/a.WAV", 1.5, 2.25], ["SD01/a.WAV", 3.0, 4.0]],
        [[0.5, -1], [-1, 0.5]],
    ]
