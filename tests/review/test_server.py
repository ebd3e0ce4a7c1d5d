"""The server from outside: what it answers, and what it refuses."""

# ruff: noqa: E402  what an extra brings may be missing, which skips these tests

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

for needed in ("fastapi", "uvicorn", "sqlalchemy"):
    pytest.importorskip(needed, reason="needs the review extra")

import numpy as np
import soundfile

from dawnchorus.review import queue
from dawnchorus.review.verdicts import Store, read_verdicts
from review import desks
from review.desks import Client, Served, serving


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, forest: Path) -> Path:
    home = tmp_path_factory.mktemp("served")
    _, audio = desks.make(home, forest)
    secret = soundfile.SoundFile(home / "secret.wav", "w", 8000, 1)
    secret.write(np.ones(8000 * 12) * 0.5)
    secret.close()
    os.symlink(home / "secret.wav", audio / "linked.wav")
    os.symlink(home, audio / "folder")
    return home


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Served]:
    with serving(home / "detections", home / "audio", "--reviewers", "Ana, Ben") as served:
        yield served


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    yield Client(served.port)
    assert served.alive, "".join(served.said)


def press(clip: int | None, answer: str = "present", by: str = "Ana", **more: Any) -> dict[str, Any]:
    return {"key": os.urandom(8).hex(), "answer": answer, "by": by, "clip": clip} | more


def said(client: Client, *presses: dict[str, Any]) -> tuple[int, Any]:
    content = client.json("/api/session")["content"]
    return client.post("/api/verdicts", {"content": content, "answers": list(presses)})


# ---- what it is for ------------------------------------------------------------------------------------------


def test_clips_come_with_pictures_and_sound(client: Client) -> None:
    session = client.json("/api/session")
    assert session["reviewers"] == ["Ana", "Ben"] and session["species"] == [one.name for one in desks.SPECIES]
    assert session["order"] == queue.FIRST  # nobody said otherwise
    listed = client.json("/api/clips?number=4")
    assert len(listed["clips"]) == 4
    clip = listed["clips"][0]
    status, headers, svg = client.ask("GET", f"/clip/{session['content']}/{clip['clip']}.svg")
    assert status == 200 and headers["content-type"].startswith("image/svg+xml") and b"data:image/png" in svg
    assert "sandbox" in headers["content-security-policy"]
    status, headers, wav = client.ask("GET", f"/clip/{session['content']}/{clip['clip']}.wav")
    assert status == 200 and wav[:4] == b"RIFF"
    status, headers, part = client.ask("GET", f"/clip/{session['content']}/{clip['clip']}.wav", range="bytes=0-99")
    assert (status, part) == (206, wav[:100]) and headers["content-range"] == f"bytes 0-99/{len(wav)}"


def test_filters_and_counts_agree(client: Client) -> None:
    everything = client.json("/api/clips?number=200")
    its = [clip for clip in everything["clips"] if clip["species"] == 1 and 0.3 <= clip["score"] <= 0.8]
    told = client.json("/api/clips?species=1&least=0.3&most=0.8&number=200")
    assert sorted(clip["clip"] for clip in told["clips"]) == sorted(clip["clip"] for clip in its)
    assert told["counts"]["open"] == len(its)


def test_what_is_answered_is_not_asked_again_and_can_be_taken_back(client: Client) -> None:
    before = client.json("/api/clips")
    clip = before["clips"][0]["clip"]
    one = press(clip)
    assert said(client, one)[0] == 200 and said(client, one)[0] == 200
    after = client.json("/api/clips")
    assert clip not in [each["clip"] for each in after["clips"]]
    assert after["counts"]["present"] == before["counts"]["present"] + 1
    (told,) = [each for each in client.json("/api/clips?show=judged")["clips"] if each["clip"] == clip]
    assert told["answers"] == [{"by": "Ana", "answer": "present"}]
    assert said(client, press(None, "undo", takes_back=one["key"]))[0] == 200
    assert client.json("/api/clips")["counts"] == before["counts"]


def test_people_who_disagree_are_shown(client: Client) -> None:
    clip = client.json("/api/clips")["clips"][1]["clip"]
    assert said(client, press(clip), press(clip, "absent", by="Ben"))[0] == 200
    (told,) = client.json("/api/clips?show=disputed")["clips"]
    assert told["clip"] == clip and {one["by"] for one in told["answers"]} == {"Ana", "Ben"}


def test_a_call_that_was_missed_gets_a_new_species(client: Client, home: Path) -> None:
    (recording,) = client.json("/api/recordings?search=train0001")
    marked = {"recording": recording["number"], "start_s": 2.0, "end_s": 3.0, "low_hz": 400, "high_hz": 900}
    one = {"key": os.urandom(8).hex(), "answer": "present", "by": "Ana", "marked": marked | {"name": "New frog"}}
    status, told = said(client, one)
    assert status == 200 and told["species"] == [*[each.name for each in desks.SPECIES], "New frog"]
    last = read_verdicts(home / "detections" / "reviews.db")[-1]
    assert (last.recording, last.species, last.start_s, last.high_hz) == ("train0001", 2, 2.0, 900.0)
    assert (last.asked, last.model, last.score) == ("marked", "", None)


def test_a_page_of_other_detections_is_told_to_reload(client: Client) -> None:
    status, told = client.post("/api/verdicts", {"content": "other", "answers": [press(0)]})
    assert status == 409 and "reload" in told["detail"]
    assert client.ask("GET", "/clip/other/0.svg")[0] == 409


# ---- attacks -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/../../../../etc/passwd",
        "/..%2f..%2f..%2fetc%2fpasswd",
        "/page.css/../../../verdicts.py",
        "/page.py",
        "/page.html/../verdicts.py",
        "/clip/{of}/../../secret.wav",
        "/clip/{of}/..%2f..%2fsecret.wav",
        "/clip/{of}//etc/passwd.svg",
        "/clip/{of}/-1.wav",
        "/clip/{of}/999999999999999999999999.wav",
        "/recording/{of}/folder%2fsecret.wav?start_s=0&end_s=1",
        "/recording/{of}/-1.wav?start_s=0&end_s=1",
        "/recording/{of}/0.wav?start_s=0&end_s=1e9",
        "/recording/{of}/0.wav?start_s=nan&end_s=1",
        "/api/recordings/{of}/%00",
        "/file:///etc/passwd",
    ],
)
def test_nothing_is_read_by_path(client: Client, path: str) -> None:
    of = client.json("/api/session")["content"]
    status, _, body = client.ask("GET", path.replace("{of}", of))
    assert status in (400, 404, 409, 422), (status, body[:200])
    assert b"root:" not in body and b"RIFF" not in body


def test_links_that_lead_out_are_no_recordings(client: Client, served: Served) -> None:
    names = [one["name"] for one in client.json("/api/recordings")]
    assert not [name for name in names if "linked" in name or "secret" in name or "folder" in name]
    assert "not read: 1 link out of the audio folder" in "".join(served.said)


def test_a_recording_that_becomes_a_link_is_read_no_more(client: Client, home: Path) -> None:
    of = client.json("/api/session")["content"]
    (recording,) = client.json("/api/recordings?search=train0007")
    path = home / "audio" / "train0007.flac"
    address = f"/recording/{of}/{recording['number']}.wav?start_s=0&end_s=1"
    assert client.ask("GET", address)[0] == 200
    path.rename(home / "kept.flac")
    try:
        os.symlink(home / "secret.wav", path)
        status, _, body = client.ask("GET", address)
        assert status == 404 and b"RIFF" not in body
        path.unlink()
        assert client.ask("GET", address)[0] == 404
    finally:
        path.unlink(missing_ok=True)
        (home / "kept.flac").rename(path)


def test_writes_without_the_token_or_from_other_pages_are_refused(client: Client, home: Path) -> None:
    session = client.json("/api/session")
    body = json.dumps({"content": session["content"], "answers": [press(3)]}).encode()
    token, own = session["write_token"], f"http://127.0.0.1:{client.port}"
    with Store(home / "detections" / "reviews.db") as store:
        before = len(store.rows())

    def send(**headers: str) -> int:
        return client.ask("POST", "/api/verdicts", body, content_type="application/json", **headers)[0]

    assert send() == 403
    assert send(x_dawnchorus="guess") == 403
    assert send(x_dawnchorus=token, origin="http://evil.example") == 403
    assert send(x_dawnchorus=token, origin="null") == 403
    assert send(x_dawnchorus=token, origin=f"http://127.0.0.1:{client.port + 1}") == 403
    assert send(x_dawnchorus=token, sec_fetch_site="cross-site") == 403
    assert send(x_dawnchorus=token, host="evil.example") == 421
    assert client.ask("POST", "/api/verdicts", body, content_type="text/plain", origin="http://evil.example")[0] == 403
    with Store(home / "detections" / "reviews.db") as store:
        assert len(store.rows()) == before
    assert send(x_dawnchorus=token, origin=own) == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "evil.example:8765", "[::bad"])
def test_a_name_that_was_bent_to_this_machine_is_not_answered(client: Client, host: str) -> None:
    status, _, body = client.ask("GET", "/api/session", host=host)
    assert status in (400, 421) and b"write_token" not in body


def test_pages_may_not_run_what_is_not_theirs(client: Client) -> None:
    _, headers, page = client.ask("GET", "/")
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert b"http://" not in page and b"https://" not in page and b"<script>" not in page
    assert client.ask("GET", "/docs")[0] == client.ask("GET", "/openapi.json")[0] == 404
    of = client.json("/api/session")["content"]
    svg = client.ask("GET", f"/clip/{of}/2.svg")[2]
    assert b"<img" not in svg and b"&lt;img src=x onerror=alert(1)&gt;" in svg


def test_a_body_of_100_mb_is_not_read(client: Client) -> None:
    token = client.json("/api/session")["write_token"]
    head = (
        f"POST /api/verdicts HTTP/1.1\r\nHost: 127.0.0.1:{client.port}\r\nX-Dawnchorus: {token}\r\n"
        "Content-Type: application/json\r\n"
    )
    for how in ("Content-Length: 104857600", "Transfer-Encoding: chunked"):
        with socket.create_connection(("127.0.0.1", client.port), timeout=30) as connection:
            connection.sendall(f"{head}{how}\r\n\r\n".encode())
            sent, piece = 0, b"x" * (1 << 16)
            frame = b"10000\r\n" + piece + b"\r\n" if "chunked" in how else piece
            try:
                while sent < 100 << 20:
                    connection.sendall(frame)
                    sent += len(piece)
            except OSError:  # the server hung up
                pass
            assert sent < 20 << 20, how


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"content": 1}', b"\xff\xfe", b'{"content": "x", "answers": ' + b"[" * 50_000, b"null"],
)
def test_what_is_no_json_of_ours_is_refused(client: Client, body: bytes) -> None:
    token = client.json("/api/session")["write_token"]
    status, _, _ = client.ask("POST", "/api/verdicts", body, content_type="application/json", x_dawnchorus=token)
    assert status in (400, 409, 422)


@pytest.mark.parametrize(
    "wrong",
    [
        {"answer": "maybe"},
        {"by": ""},
        {"by": "a\u202eb"},
        {"by": "=HYPERLINK()"},
        {"by": "x" * 81},
        {"key": "short"},
        {"key": "'; DROP TABLE verdict"},
        {"clip": -1},
        {"clip": 10**9},
        {"clip": None},
        {"answer": "undo", "takes_back": "no-such-key-there"},
    ],
)
def test_answers_that_make_no_sense_are_refused(client: Client, wrong: dict[str, Any]) -> None:
    assert said(client, press(0) | wrong)[0] == 422


def test_many_requests_at_once_are_answered(client: Client) -> None:
    failed: list[object] = []

    def ask_many() -> None:
        import http.client

        connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=60)
        for number in range(250):
            connection.request("GET", "/api/clips" if number % 50 == 0 else "/nothing")
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 404):
                failed.append(answer.status)
        connection.close()

    askers = [threading.Thread(target=ask_many) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert failed == []
    assert client.json("/api/session")["clips"] > 0


@pytest.mark.slow
def test_ten_thousand_requests_are_answered(client: Client) -> None:
    for _ in range(5):
        test_many_requests_at_once_are_answered(client)


# ---- other machines ------------------------------------------------------------------------------------------


def test_who_comes_from_other_machines_needs_the_token(home: Path, tmp_path: Path) -> None:
    options = ("--host", "0.0.0.0", "--verdicts", str(tmp_path / "reviews.db"))
    with serving(home / "detections", home / "audio", *options) as served:
        client, (line,) = Client(served.port), [line for line in served.said if "token=" in line]
        token = line.split("token=")[1].split()[0]
        assert len(token) > 20
        assert client.ask("GET", "/")[0] == client.ask("GET", "/api/session")[0] == 403
        assert client.ask("GET", "/?token=guess")[0] == 403
        status, headers, _ = client.ask("GET", f"/?token={token}")
        assert status == 303 and headers["location"] == "/"
        cookie = headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
        own = cookie.partition(";")[0]
        assert client.ask("GET", "/api/session", cookie=own)[0] == 200
        assert client.ask("GET", "/api/session", cookie=own, host="evil.example")[0] == 421
        assert client.ask("GET", "/api/session", cookie="dawnchorus=guess")[0] == 403
