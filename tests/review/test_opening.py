"""What is reviewed is opened with all that lies beside it."""

from __future__ import annotations

# ruff: noqa: E402  what an extra brings may be missing, which skips these tests
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs the review extra")

import sounds
from dawnchorus.events import Recording
from dawnchorus.feature_store import build_store
from dawnchorus.review.opening import opened
from factories import by_chance, write_run
from review import desks as desk_files
from review.some_bands import SomeBands


def test_a_run_brings_its_embeddings_and_others_are_told_where_some_are(tmp_path: Path) -> None:
    one = sounds.write_wav(tmp_path / "audio" / "a.wav", sounds.noise(10.0))
    run = write_run(tmp_path / "run", [by_chance("a", 0.5)])
    desks = [opened(run, [one.parent])]
    build_store([Recording("a", one, 10.0, 32_000)], run / "features", SomeBands())
    found = desk_files.write(tmp_path / "found", desk_files.detections(["a"]))
    desks += [opened(run, [one.parent]), opened(found, [one.parent], features=run / "features")]
    without, own, told = desks
    assert without.embeddings is None
    for desk in (own, told):
        assert desk.embeddings is not None and len(desk.embeddings.blocks(one)) == 2
    for desk in desks:
        desk.store.close()
