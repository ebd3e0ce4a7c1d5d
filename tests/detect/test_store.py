"""Recordings and results in an object store: a local server that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sounds
from dawnchorus.detect import store
from dawnchorus.detect.analyse import Analyser, Job, Task
from dawnchorus.detect.listing import entries_of, roots_of
from dawnchorus.detect.run import Wanted, run
from dawnchorus.detect.store import StoreError
from detect import archive, bucket, tiny_model

FILES = 4


@pytest.fixture(scope="module")
def files() -> Iterator[Any]:
    with bucket.served() as found:
        yield found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    tiny_model.write(folder / "model")
    archive.many(folder / "audio", FILES)
    sounds.write_wav(folder / "audio" / "voz ñandú #1?.wav", archive.bursts(2, 0.5), archive.RATE_HZ)
    (folder / "audio" / "notes.doc").write_text("no sound")
    run(Wanted(folder / "model", (folder / "audio",), folder / "local", workers=1))
    return folder


def test_recordings_in_a_store_give_the_bytes_of_a_folder_and_results_go_there(home: Path, tmp_path: Path, files):
    url = bucket.fill(files, home / "audio", "cards")
    out = tmp_path / "out"
    ran = run(Wanted(home / "model", (url,), out, workers=1, copy_to=f"s3://{bucket.NAME}/results/one"))
    assert archive.outputs(out) == archive.outputs(home / "local")
    assert ran.progress.stages["fetch"] > 0
    for name in ("ledger.sqlite", "detections.csv", "detections.parquet", "summary.json"):
        with files.open_input_stream(f"{bucket.NAME}/results/one/{name}") as copy:
            assert copy.read() == (out / name).read_bytes()
    again = run(Wanted(home / "model", (url + "/",), out, workers=1))
    assert again.progress.files == 0, "times of objects are the same when asked again"


def test_names_are_told_from_one_url_and_from_the_buckets_of_several(home: Path, tmp_path: Path, files) -> None:
    url = bucket.fill(files, home / "audio", "named")
    one = {entry.name for entry in entries_of([url])}
    assert "voz ñandú #1?.wav" in one and "notes.doc" not in one and len(one) == FILES + 2
    two = [entry.name for entry in entries_of([f"{url}/card0", f"{url}/card1", f"{url}/card1/"])]
    assert sorted(two) == sorted(f"recordings/named/{name}" for name in one if name.startswith("card"))
    (single,) = entries_of([f"{url}/card1/00001.flac"])
    assert (single.name, single.path) == ("00001.flac", f"{url}/card1/00001.flac")
    listed = tmp_path / "list.txt"
    listed.write_text(f"{url}/card1\n")
    assert roots_of([listed]) == [f"{url}/card1"]
    with pytest.raises(ValueError, match="not both"):
        entries_of([tmp_path, url])


def test_what_is_not_there_stops_the_run_and_what_changed_or_went_is_a_fault(home: Path, tmp_path: Path, files) -> None:
    for url in (f"s3://{bucket.NAME}/nothing", "s3://no-bucket/a", "nope://a/b"):
        with pytest.raises(StoreError, match=url.rpartition("/")[0]):
            entries_of([url])
    url = bucket.fill(files, home / "audio", "changing")
    analyse = Analyser(Task(None))
    jobs = [Job(0, entry.path, entry.size, entry.mtime_ns) for entry in entries_of([f"{url}/card1"])]
    assert analyse(jobs[0]).faults == ()
    with files.open_output_stream(f"{bucket.NAME}/changing/card1/00001.flac") as out:
        out.write(b"other bytes")
    files.delete_file(f"{bucket.NAME}/changing/card1/00003.flac")
    assert [[fault.code for fault in analyse(job).faults] for job in jobs] == [["changed"], ["unreadable"]]
    with pytest.raises(StoreError, match="no-bucket"):
        store.put([home / "audio" / "notes.doc"], home, "s3://no-bucket/a")
