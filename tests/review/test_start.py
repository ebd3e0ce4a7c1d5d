"""The start page: from a folder of recordings to a model that learnt from the answers, without a terminal."""

# ruff: noqa: E402  what an extra brings may be missing, which skips these tests

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

for needed in ("fastapi", "uvicorn", "sqlalchemy"):
    pytest.importorskip(needed, reason="needs the review extra")

import uvicorn

import sounds
from dawnchorus.detect.run import Progress
from dawnchorus.events import Recording
from dawnchorus.feature_store import build_store
from dawnchorus.review import jobs
from dawnchorus.review.jobs import BusyError, Jobs
from dawnchorus.review.serve import _listening
from dawnchorus.review.start import Start, guarded
from dawnchorus.review.verdicts import read_verdicts
from detect import archive, tiny_model
from review import desks
from review.desks import Client
from review.some_bands import SomeBands

WAIT_S = 120
TINY = ("--method", "memo", "--backbone", "test_resnet", "--weights", "none", "--detail", "coarse", "--steps", "2,2,2")


@contextmanager
def serving(start: Start) -> Iterator[Client]:
    """The start page at a free port of this machine, for a block."""
    with _listening("127.0.0.1", 0) as listener:
        settings = uvicorn.Config(guarded(start), log_level="warning", lifespan="off")
        server = uvicorn.Server(settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield Client(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(WAIT_S)
            start.close()


@pytest.fixture
def client() -> Iterator[Client]:
    with serving(Start(reviewers=("Ana",), train_options=(*TINY, "--batch", "4"))) as client:
        yield client


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("start")
    tiny_model.write(home / "model")
    sounds.write_wav(home / "audio" / "a.wav", archive.bursts(12, 1.0, 4.0), archive.RATE_HZ)
    (home / "audio" / "broken.wav").write_bytes(b"no sound at all")
    return home


def post(client: Client, what: str, **given: Any) -> tuple[int, Any]:
    token = client.json("/start/state")["write_token"]
    body = json.dumps({name: str(value) for name, value in given.items()}).encode()
    status, _, told = client.ask("POST", f"/start/{what}", body, x_dawnchorus=token, content_type="application/json")
    return status, json.loads(told)


def over(client: Client) -> dict[str, Any]:
    """The job, when it is no longer at work."""
    ends = time.monotonic() + WAIT_S
    while (job := client.json("/start/state")["job"])["state"] == "running":
        assert time.monotonic() < ends, job
        time.sleep(0.1)
    return dict(job)


def test_recordings_are_heard_and_what_was_found_is_reviewed(client: Client, home: Path, tmp_path: Path) -> None:
    status, headers, _ = client.ask("GET", "/")
    assert (status, headers["location"]) == (303, "/start")
    assert b"start.js" in client.ask("GET", "/start")[2]
    where = {"audio": home / "audio", "model": home / "model", "found": tmp_path / "found"}
    assert post(client, "detect", **where)[0] == 200
    job = over(client)
    assert (job["kind"], job["state"], job["out"]) == ("detection", "done", str(tmp_path / "found"))
    assert job["words"].endswith(" detections in 1 recording")
    assert any(line.startswith("broken.wav: ") for line in job["lines"])

    assert post(client, "open", **where)[0] == 200
    session = client.json("/api/session")
    assert session["started"] and session["clips"] > 0 and session["species"] == ["low frog", "high bird"]
    clip = client.json("/api/clips")["clips"][0]["clip"]
    one = {"key": os.urandom(8).hex(), "answer": "present", "by": "Ana", "clip": clip}
    assert client.post("/api/verdicts", {"content": session["content"], "answers": [one]})[0] == 200
    assert len(read_verdicts(tmp_path / "found" / "reviews.db")) == 1

    state = client.json("/start/state")  # as after a reload, or in another tab
    assert state["typed"] == {name: str(path) for name, path in where.items()} | {"store": ""}
    assert state["job"] == job and state["opened"] == {"detections": session["clips"], "answers": 1}


def test_similar_calls_are_found_by_the_embeddings_that_are_named(client: Client, home: Path, tmp_path: Path) -> None:
    audio, store = home / "audio", tmp_path / "features"
    build_store([Recording("a", audio / "a.wav", 12.0, archive.RATE_HZ)], store, SomeBands())
    found = desks.write(tmp_path / "found", desks.detections(["a"]))
    status, told = post(client, "open", audio=audio, found=found, store=audio)
    assert status == 422 and f"{audio}: no embeddings here" in told["detail"]
    assert post(client, "open", audio=audio, found=found, store=store)[0] == 200
    content, token = (client.json("/api/session")[name] for name in ("content", "write_token"))
    body = json.dumps({"content": content, "recording": 0, "start_s": 1.0, "end_s": 2.0, "low_hz": 0, "high_hz": 0})
    status, _, begun = client.ask(
        "POST", "/api/similar", body.encode(), x_dawnchorus=token, content_type="application/json"
    )
    assert status == 200, begun
    assert "some bands" in client.json(f"/api/similar/{json.loads(begun)['search']}")["by"]


def test_a_training_learns_from_the_answers(client: Client, forest: Path, tmp_path: Path) -> None:
    audio = forest / "train"
    found = desks.write(tmp_path / "found", desks.detections(sorted(path.stem for path in audio.iterdir())))
    assert post(client, "open", audio=audio, found=found)[0] == 200
    session = client.json("/api/session")
    one = {"key": os.urandom(8).hex(), "answer": "absent", "by": "Ana", "clip": 0}
    assert client.post("/api/verdicts", {"content": session["content"], "answers": [one]})[0] == 200
    run = tmp_path / "run"
    assert post(client, "train", data=forest, run=run, audio=audio, found=found, effort="quick")[0] == 200
    status, told = post(client, "detect", audio=audio, model=found, found=tmp_path / "other")
    assert status == 409 and told["detail"].startswith("a training is at work in ")
    job = over(client)
    assert job["state"] == "done", job
    assert "verdicts on 1 clip: 0 present, 1 absent, 0 unsure" in job["lines"]
    assert job["words"] == f"the model is in {run / 'model'}" and (run / "model").is_dir()


def test_what_a_command_refuses_is_told_in_its_sentence(client: Client, home: Path, tmp_path: Path) -> None:
    where = {"audio": home / "audio", "model": home / "audio", "found": tmp_path / "found"}
    assert post(client, "detect", **where)[0] == 200
    job = over(client)
    assert job["state"] == "failed" and str(home / "audio") in job["words"]
    assert post(client, "train", data=home / "audio", run=tmp_path / "run")[0] == 200
    job = over(client)
    assert job["state"] == "failed" and "train_tp.csv: no such file" in job["words"]
    status, told = post(client, "open", audio=home / "audio", found=tmp_path)
    assert status == 422 and "no detections here" in told["detail"]
    assert client.json("/start/state")["opened"] is None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"audio": "nowhere"}, "expected the whole path of the recordings"),
        ({"audio": "/nowhere/at/all"}, "/nowhere/at/all: no such folder; expected that of the recordings"),
        ({"audio": "s3://bucket/cards"}, "expected the whole path"),
        ({"model": ""}, "say which folder is that of the model"),
        ({"model": "/tmp\0/x"}, "letters that can't be printed"),
        ({"model": "~nobody-of-that-name/x"}, ""),
        ({"found": "/nowhere/at/all"}, "/nowhere/at: no such folder"),
        ({"found": "/" + 300 * "x"}, ""),
    ],
)
def test_folders_that_are_none_are_refused(
    client: Client, home: Path, tmp_path: Path, wrong: dict[str, str], sentence: str
) -> None:
    where = {"audio": home / "audio", "model": home / "model", "found": tmp_path / "found"}
    status, told = post(client, "detect", **(where | wrong))
    assert status == 422 and sentence in told["detail"], told
    assert client.json("/start/state")["job"] is None


def test_writes_of_other_pages_are_refused(client: Client, home: Path, tmp_path: Path) -> None:
    token = client.json("/start/state")["write_token"]
    where = {"audio": str(home / "audio"), "model": str(home / "model"), "found": str(tmp_path / "found")}
    body = json.dumps(where).encode()
    for path in ("detect", "open", "train", "stop"):
        for headers in (
            {},
            {"x_dawnchorus": "guess"},
            {"x_dawnchorus": token, "origin": "http://evil.example"},
            {"x_dawnchorus": token, "sec_fetch_site": "cross-site"},
            {"x_dawnchorus": token, "host": "evil.example"},
        ):
            status = client.ask("POST", f"/start/{path}", body, content_type="application/json", **headers)[0]
            assert status in (403, 421), (path, headers)
    assert client.json("/start/state")["job"] is None and not (tmp_path / "found").exists()
    assert client.ask("GET", "/start/..%2fserver.py")[0] == client.ask("GET", "/start/start.html")[0] == 404


def test_other_machines_need_the_token() -> None:
    with pytest.raises(ValueError, match="a token is required"):
        guarded(Start(), "0.0.0.0")


def test_a_detection_that_is_stopped_goes_on_where_it_was(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()

    def endless(_wanted: object, watch: Any) -> None:
        while True:
            watch(Progress(3, 300, 1, files_done=1, bytes_done=100, sound_s=60.0))
            begun.set()
            time.sleep(0.01)

    monkeypatch.setattr(jobs.detecting, "run", endless)
    at_work = Jobs()
    wanted = jobs.Wanted(home / "model", (home / "audio",), tmp_path)
    at_work.detect(wanted)
    assert begun.wait(WAIT_S)
    told = at_work.as_record()
    assert (
        told is not None and told["share"] == pytest.approx(1 / 3) and told["words"].startswith("1 of 3 files, 0.02 h")
    )
    with pytest.raises(BusyError, match="a detection is at work in "):
        at_work.train(tmp_path, tmp_path)
    at_work.end()
    told = at_work.as_record()
    assert told is not None and told["state"] == "stopped" and "go on from here" in told["words"]


def test_a_training_that_is_stopped_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "COMMAND", "import time; print('begun'); time.sleep(600)")
    at_work = Jobs()
    at_work.train(tmp_path, tmp_path / "run")
    ends = time.monotonic() + WAIT_S
    while (told := at_work.as_record()) is None or told["words"] != "begun":
        assert time.monotonic() < ends
        time.sleep(0.02)
    at_work.end()
    told = at_work.as_record()
    assert told is not None and told["state"] == "stopped"


# ---- in a browser --------------------------------------------------------------------------------------------


def test_a_person_detects_and_opens_with_the_page(home: Path, tmp_path: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs the dev extra")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no chromium on this machine: Debian has it as `chromium`")
    with serving(Start(reviewers=("Ana",))) as client, sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.set_default_timeout(1000 * WAIT_S)
        faults: list[str] = []
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.goto(f"http://127.0.0.1:{client.port}/")
        tab.fill("[name=audio]", "/nowhere")
        tab.click("[data-do=detect]")
        tab.wait_for_selector("#trouble:not([hidden])")
        assert tab.locator("#trouble").inner_text() == "/nowhere: no such folder; expected that of the recordings"
        for name, path in {"audio": home / "audio", "model": home / "model", "found": tmp_path / "found"}.items():
            tab.fill(f"[name={name}]", str(path))
        tab.click("[data-do=detect]")
        tab.wait_for_selector("body[data-job=done]")
        tab.reload()
        tab.wait_for_selector("body[data-job=done]")
        assert tab.locator("#words").inner_text().endswith(" detections in 1 recording")
        assert tab.locator("[name=found]").input_value() == str(tmp_path / "found")
        tab.click("[data-do=open]")
        tab.wait_for_selector(".clip[aria-current=true]")
        tab.click("#start")
        tab.wait_for_selector("[data-do=train]")
        assert faults == []
        browser.close()
