"""What the command `review` does: read, put in order, listen, say where."""

from __future__ import annotations

import ipaddress
import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn

from dawnchorus.review import server
from dawnchorus.review.desk import Desk
from dawnchorus.review.guard import LOCAL, App
from dawnchorus.review.opening import missing, opened, verdicts_of
from dawnchorus.review.queue import FIRST, Order
from dawnchorus.review.start import Start, guarded
from dawnchorus.words import counted

EVERYWHERE = ("0.0.0.0", "::", "")


@dataclass(frozen=True)
class Served:
    """What is reviewed, where verdicts go, and who may come.

    Without `found` recordings alone are, on which people mark what they hear; without `audio` as well it is the start
    page, on which people choose. `verdicts` "" is beside the detections, and needed where there are none; `model`
    is the folder of the model that found them, whose thresholds are asked about; `features` one with embeddings, by
    which the like of a call is searched for.
    """

    found: Path | None
    audio: tuple[Path, ...]
    verdicts: str = ""
    order: Order = FIRST
    seed: int = 0
    reviewers: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8765
    token: str = ""
    names: tuple[str, ...] = ()
    model: Path | None = None
    features: Path | None = None


def serve(served: Served, say: Callable[[str], None], browser: bool = False) -> None:
    """Serve the page until the process is asked to end. Raises ValueError or OSError for what can't be used."""
    if served.host not in LOCAL and not served.token:
        served = replace(served, token=secrets.token_urlsafe(16))
    with ExitStack() as stack:
        application, lines = _application(served, stack)
        listener = stack.enter_context(_listening(served.host, served.port))
        port = listener.getsockname()[1]
        address = f"http://{_called(served.host)}:{port}/" + (f"?token={served.token}" if served.token else "")
        for line in lines:
            say(line)
        say(f"open {address}    (Ctrl+C ends)")
        if browser:
            threading.Timer(0.5, webbrowser.open, [address]).start()
        settings = uvicorn.Config(application, log_level="warning", server_header=False, lifespan="off")
        uvicorn.Server(settings).run(sockets=[listener])


def _application(served: Served, stack: ExitStack) -> tuple[App, list[str]]:
    """What answers requests, closed with `stack`, and what is said of it in the terminal."""
    if served.found is None and not served.audio:
        start = Start(served.verdicts, served.order, served.seed, served.reviewers)
        stack.callback(start.close)
        return guarded(start, served.host, _names(served), served.token), []
    desk = opened(served.found, served.audio, served.verdicts, served.order, served.seed, served.model, served.features)
    stack.callback(desk.store.close)
    application = server.app(desk, served.host, _names(served), served.token, served.reviewers)
    verdicts = served.verdicts or str(verdicts_of(served.found)) if served.found else served.verdicts
    return application, _opening(desk, verdicts)


def _opening(desk: Desk, verdicts: str) -> list[str]:
    what = f"{counted(len(desk.found), 'detection')}, {len(desk.asked)} to ask of (one of each bout of calls)"
    if not len(desk.found):
        what = f"no detections, {counted(len(desk.sounds), 'recording')} to mark calls on"
    lines = [f"{what}, {counted(len(desk.answers.of_key), 'answer')} so far in {verdicts.rpartition('@')[2]}"]
    if without := missing(desk):
        lines.append(f"nothing is asked of {counted(without, 'recording')} not in the audio folder")
    if desk.sounds.refused:
        lines.append(f"not read: {counted(desk.sounds.refused, 'link')} out of the audio folder")
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
