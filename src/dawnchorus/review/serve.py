"""What the command `review` does: read, put in order, listen, say where."""

from __future__ import annotations

import ipaddress
import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn

from dawnchorus.review import found as tables
from dawnchorus.review import server
from dawnchorus.review.clips import Sounds
from dawnchorus.review.desk import Desk
from dawnchorus.review.guard import LOCAL
from dawnchorus.review.queue import Order
from dawnchorus.review.verdicts import Store

EVERYWHERE = ("0.0.0.0", "::", "")


@dataclass(frozen=True)
class Served:
    """What is reviewed, where verdicts go, and who may come."""

    found: Path
    audio: tuple[Path, ...]
    verdicts: str
    order: Order = "mix"
    seed: int = 0
    reviewers: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8765
    token: str = ""
    names: tuple[str, ...] = ()


def serve(served: Served, say: Callable[[str], None], browser: bool = False) -> None:
    """Serve the page until the process is asked to end. Raises ValueError or OSError for what can't be used."""
    for folder in served.audio:
        if not folder.is_dir():
            raise ValueError(f"{folder}: no such folder; expected the recordings of {served.found}")
    if served.host not in LOCAL and not served.token:
        served = replace(served, token=secrets.token_urlsafe(16))
    found = tables.read(served.found)
    sounds = Sounds(served.audio)
    with Store(served.verdicts, found.species) as store, _listening(served.host, served.port) as listener:
        desk = Desk(found, sounds, store, served.order, served.seed)
        missing = int((desk.recording < 0).sum())
        if len(found) and missing == len(desk.recording):
            raise ValueError(
                f"{served.audio[0]}: none of the {missing} recordings of {served.found} is here, first "
                f"{found.candidates.names[0]!r}"
            )
        application = server.app(desk, served.host, _names(served), served.token, served.reviewers)
        port = listener.getsockname()[1]
        address = f"http://{_called(served.host)}:{port}/" + (f"?token={served.token}" if served.token else "")
        for line in _opening(desk, sounds, missing, served.verdicts):
            say(line)
        say(f"open {address}    (Ctrl+C ends)")
        if browser:
            threading.Timer(0.5, webbrowser.open, [address]).start()
        settings = uvicorn.Config(application, log_level="warning", server_header=False, lifespan="off")
        uvicorn.Server(settings).run(sockets=[listener])


def _opening(desk: Desk, sounds: Sounds, missing: int, verdicts: str) -> list[str]:
    lines = [
        f"{len(desk.found)} detections, {len(desk.asked)} to ask of (one of each bout of calls), "
        f"{len(desk.answers.of_key)} answers so far in {verdicts.rpartition('@')[2]}"
    ]
    if missing:
        lines.append(f"{missing} recordings are not in the audio folder; nothing is asked of them")
    if sounds.refused:
        lines.append(f"{sounds.refused} files are links that lead out of the audio folder; they are not read")
    return lines


def _listening(host: str, port: int) -> socket.socket:
    """A socket that waits already, so that the address is right and free before it is told. Raises OSError."""
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(kind, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise OSError(f"{host}:{port} can't be listened at ({error.strerror}); try --port 0") from error
    return listener


def _names(served: Served) -> list[str]:
    return [*served.names, *([socket.gethostname()] if served.host not in LOCAL else [])]


def _called(host: str) -> str:
    if host in EVERYWHERE:
        return socket.gethostname()
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host
