"""The start page: choose recordings and a model, detect, open what was found, train on the answers.

Folders are typed as they are named on the machine that serves the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from pydantic import BaseModel, Field

from dawnchorus.audio.extensions import audio_folder
from dawnchorus.detect.run import Wanted
from dawnchorus.review import server
from dawnchorus.review.desk import Desk
from dawnchorus.review.guard import Guard, Receive, Send, new_token
from dawnchorus.review.jobs import BusyError, Jobs
from dawnchorus.review.opening import opened, verdicts_of
from dawnchorus.review.queue import FIRST, Order
from dawnchorus.review.verdicts import StoreError

PARTS = {"start.css": "page.css", "start.js": "start.js"}
TYPES = {"start.css": "text/css", "start.js": "text/javascript"}
Effort = Literal["full", "quick"]
EFFORT: Mapping[Effort, tuple[str, ...]] = {"full": (), "quick": ("--budget", "0.1")}

Typed = Annotated[str, Field(max_length=4096)]


class Detection(BaseModel):
    """Folders of a detection: recordings, model, results."""

    audio: Typed
    model: Typed
    found: Typed


class Opening(BaseModel):
    """Folders of a review: recordings and results; a model for thresholds, and embeddings to find similar calls by."""

    audio: Typed
    found: Typed
    model: Typed = ""
    store: Typed = ""


class Training(BaseModel):
    """Folders of a training: the data set, the run; and recordings and results, for the answers to them."""

    data: Typed
    run: Typed
    audio: Typed = ""
    found: Typed = ""
    effort: Effort = "full"


class Start:
    """The start page under /start, and everywhere else the review of what was opened last."""

    def __init__(
        self,
        verdicts: str = "",
        order: Order = FIRST,
        seed: int = 0,
        reviewers: Sequence[str] = (),
        train_options: Sequence[str] = (),
    ) -> None:
        """`verdicts` "" is beside the detections; `train_options` are those of the command `train`."""
        self.verdicts, self.order, self.seed, self.reviewers = verdicts, order, seed, reviewers
        self.train_options = tuple(train_options)
        self.write_token = new_token()
        self.jobs = Jobs()
        self.typed: dict[str, str] = {}
        self.desk: Desk | None = None
        self.review: FastAPI | None = None
        self.inner = _pages(self)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer a request."""
        of_start = scope["type"] != "http" or scope["path"] == "/start" or scope["path"].startswith("/start/")
        app = self.inner if of_start or self.review is None else self.review
        await app(scope, receive, send)

    def detect(self, given: Detection) -> None:
        """Begin a detection. Raises ValueError."""
        audio, model = folder(given.audio, "recordings"), folder(given.model, "model")
        self.jobs.detect(Wanted(model, (audio,), new_folder(given.found, "results")))
        self.typed |= given.model_dump()

    def open(self, given: Opening) -> None:
        """Open what was found. Raises ValueError or OSError."""
        audio, found = folder(given.audio, "recordings"), folder(given.found, "results")
        model = folder(given.model, "model") if given.model.strip() else None
        store = folder(given.store, "embeddings") if given.store.strip() else None
        desk = opened(found, [audio], self.verdicts, self.order, self.seed, model, store)
        before, self.desk = self.desk, desk
        self.review = server.pages(desk, self.write_token, self.reviewers, started=True)
        self.typed |= given.model_dump()
        if before is not None:
            before.store.close()

    def train(self, given: Training) -> None:
        """Begin a training, with the answers to what was found if there are any. Raises ValueError."""
        data, run = folder(given.data, "data"), new_folder(given.run, "run")
        options = [*EFFORT[given.effort], *self.train_options]
        verdicts = self.verdicts
        if given.found.strip() and not verdicts:
            its = verdicts_of(folder(given.found, "results"))
            verdicts = str(its) if its.is_file() else ""
        if verdicts:
            options += ["--verdicts", verdicts]
            # Answers are to recordings of the archive, which DATA need not hold.
            roots = [audio_folder(data), *([folder(given.audio, "recordings")] if given.audio.strip() else [])]
            options += [word for root in dict.fromkeys(map(Path.resolve, roots)) for word in ("--audio", str(root))]
        self.jobs.train(data, run, options)
        self.typed |= given.model_dump(exclude={"effort"})

    def close(self) -> None:
        """End what is at work."""
        self.jobs.end()
        if self.desk is not None:
            self.desk.store.close()


def guarded(start: Start, host: str = "127.0.0.1", names: Sequence[str] = (), token: str = "") -> Guard:
    """The start page behind its guard. Raises ValueError when other machines could reach it without a token."""
    return Guard(start, host, frozenset(name.lower() for name in names), token, start.write_token)


def folder(typed: str, of: str) -> Path:
    """A folder that a person typed. Raises ValueError when it is not there."""
    path = _absolute(typed, of)
    if not path.is_dir():
        raise ValueError(f"{path}: no such folder; expected that of the {of}")
    return path


def new_folder(typed: str, of: str) -> Path:
    """A folder that may still have to be made, in one that is there. Raises ValueError."""
    path = _absolute(typed, of)
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path}: this is a file; expected a folder for the {of}")
    if not path.exists() and not path.parent.is_dir():
        raise ValueError(f"{path.parent}: no such folder; expected one in which to make that of the {of}")
    return path


def _absolute(typed: str, of: str) -> Path:
    words = typed.strip()
    if not words:
        raise ValueError(f"say which folder is that of the {of}")
    if not words.isprintable():
        raise ValueError(f"the folder of the {of} has letters that can't be printed")
    path = Path(words).expanduser()
    if not path.is_absolute():
        raise ValueError(f"{words}: expected the whole path of the {of}, such as {Path.home() / words}")
    return path


def _pages(start: Start) -> FastAPI:
    inner = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @inner.exception_handler(ValueError)
    @inner.exception_handler(OSError)
    @inner.exception_handler(RuntimeError)
    async def can_not(_request: Request, error: Exception) -> JSONResponse:
        status = 409 if isinstance(error, BusyError) else 503 if isinstance(error, StoreError) else 422
        return JSONResponse({"detail": str(error)}, status)

    @inner.get("/")
    def home() -> RedirectResponse:
        return RedirectResponse("/start", 303, {"cache-control": "no-store"})

    @inner.get("/start")
    def page() -> FileResponse:
        return FileResponse(server.HERE / "start.html", media_type="text/html", headers={"cache-control": "no-store"})

    @inner.get("/start/state")
    def state() -> dict[str, Any]:
        its = start.desk
        return {
            "write_token": start.write_token,
            "typed": start.typed,
            "job": start.jobs.as_record(),
            "opened": None if its is None else {"detections": len(its.found), "answers": len(its.answers.of_key)},
        }

    @inner.get("/start/{name}")
    def part(name: str) -> FileResponse:
        if name not in PARTS:
            raise HTTPException(404, "there is no such page")
        return FileResponse(server.HERE / PARTS[name], media_type=TYPES[name], headers={"cache-control": "no-cache"})

    @inner.post("/start/detect")
    def detect(given: Detection) -> dict[str, Any]:
        start.detect(given)
        return state()

    @inner.post("/start/open")
    def open_found(given: Opening) -> dict[str, Any]:
        start.open(given)
        return state()

    @inner.post("/start/train")
    def train(given: Training) -> dict[str, Any]:
        start.train(given)
        return state()

    @inner.post("/start/stop")
    def stop() -> dict[str, Any]:
        start.jobs.stop()
        return state()

    return inner
