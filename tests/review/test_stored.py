"""Embeddings in a store are found for the files of an archive, whatever they are called there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sounds
from dawnchorus.audio.faults import AudioError
from dawnchorus.events import Recording
from dawnchorus.feature_store import build_store
from dawnchorus.features import FrontEnd
from dawnchorus.review import stored
from review.some_bands import SomeBands


def recordings(folder: Path, *names: str) -> list[Recording]:
    made = [sounds.write_wav(folder / f"{name}.wav", sounds.noise(10.0, seed=n)) for n, name in enumerate(names)]
    return [Recording(path.stem, path, 10.0, 32_000) for path in made]


def test_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    built = build_store(recordings(tmp_path / "a", "one", "two"), tmp_path / "store", SomeBands())
    its = stored.embeddings(tmp_path / "store")
    assert its is not None and (its.name, its.per_second) == ("some bands", 4.0)
    copy = shutil.copy(tmp_path / "a" / "two.wav", tmp_path / "renamed.wav")
    blocks, wanted = its.blocks(Path(copy)), built.blocks["two"]
    assert [(one.start_s, one.end_s, one.columns) for one in blocks] == [(0.0, 8.0, 32), (8.0, 10.0, 8)]
    for one, other in zip(blocks, wanted, strict=True):
        np.testing.assert_array_equal(one.db(), other.db())
    assert its.blocks(sounds.write_wav(tmp_path / "strange.wav", sounds.noise(3.0, seed=9))) == []
    with pytest.raises(AudioError):
        its.blocks(tmp_path / "gone.wav")


def test_a_changed_file_is_another_one(tmp_path: Path) -> None:
    (one,) = recordings(tmp_path / "a", "one")
    build_store([one], tmp_path / "store", SomeBands())
    its = stored.embeddings(tmp_path / "store")
    assert its is not None and its.blocks(one.path)
    sounds.write_wav(one.path, sounds.noise(11.0, seed=5))
    assert its.blocks(one.path) == []


def test_spectrograms_are_no_embeddings_and_of_several_encoders_that_of_most_recordings_counts(tmp_path: Path) -> None:
    its = recordings(tmp_path / "a", "one", "two", "three")
    assert stored.embeddings(tmp_path / "store") is None
    build_store(its, tmp_path / "store", FrontEnd(n_fft=512, hop=256, n_mels=32))
    assert stored.embeddings(tmp_path / "store") is None
    build_store(its[:1], tmp_path / "store", SomeBands())
    build_store(its[:2], tmp_path / "store", SomeBands(0.5))
    build_store(its, tmp_path / "store", replace(SomeBands(0.5), denoised=True))
    found = stored.embeddings(tmp_path / "store")
    assert found is not None and found.per_second == 2.0 and found.blocks(its[1].path) and not found.blocks(its[2].path)


def test_reading_a_store_needs_no_torch() -> None:
    asked = "import sys, dawnchorus.review.stored, dawnchorus.review.embedded; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
