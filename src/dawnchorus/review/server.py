"""The server of the review page: parse, call, answer. What it calls is importable and tested without it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, Field

from dawnchorus.audio.faults import AudioError
from dawnchorus.audio.header import inspect
from dawnchorus.files import value_hash
from dawnchorus.plots.marks import Box, Track
from dawnchorus.review import clips
from dawnchorus.review.desk import Desk, Wanted
from dawnchorus.review.guard import App, Guard, new_token
from dawnchorus.review.similar import Searches
from dawnchorus.review.verdicts import Kept, Row, StoreError

HERE = Path(__file__).parent
PAGE = {"": "text/html", "css": "text/css", "js": "text/javascript"}
PAGE_CLIPS = 50
PICTURES = 2_000  # kept in memory, some 50 kB each
LONGEST_S = 120.0  # of what is shown or played at once
MEDIA = {"cache-control": "private, max-age=86400, immutable"}  # addresses hold what the content depends on

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{8,64}$")]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Seconds = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)]
Hertz = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Number = Annotated[int, Field(ge=0, lt=1 << 53)]


class Marked(BaseModel):
    """A stretch that nobody asked about, and the name of its species."""

    recording: Number
    start_s: Seconds
    end_s: Seconds
    low_hz: Hertz
    high_hz: Hertz
    name: Name
    asked: Literal["marked", "similar"] = "marked"


class Pressed(BaseModel):
    """One answer: on a clip, on a stretch, or one that takes back the answer of another key."""

    key: Key
    answer: Literal["present", "absent", "unsure", "undo"]
    by: Name
    clip: Number | None = None
    marked: Marked | None = None
    takes_back: Key | None = None


class Answers(BaseModel):
    """Answers in the order in which they were given; `content` says of which detections."""

    content: str
    answers: Annotated[list[Pressed], Field(max_length=200)]


class Sample(BaseModel):
    """A call of which the like is looked for."""

    content: str
    recording: Number
    start_s: Seconds
    end_s: Seconds
    low_hz: Hertz
    high_hz: Hertz


def app(
    desk: Desk, host: str = "127.0.0.1", names: Sequence[str] = (), token: str = "", reviewers: Sequence[str] = ()
) -> App:
    """The application behind its guard. Raises ValueError when other machines could reach it without a token."""
    write_token = new_token()
    inner = pages(desk, write_token, reviewers)
    return Guard(inner, host, frozenset(name.lower() for name in names), token, write_token)


def pages(desk: Desk, write_token: str, reviewers: Sequence[str] = (), started: bool = False) -> FastAPI:
    """The application without its guard; `started` where there is a start page to go back to."""
    inner = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    content = value_hash([desk.found.content, desk.sounds.content])
    searches = Searches(desk.sounds, desk.embeddings)
    picture_of = lru_cache(maxsize=PICTURES)(lambda clip, wide: _clip_picture(desk, clip, wide))

    @inner.exception_handler(AudioError)
    async def no_sound(_request: Request, error: AudioError) -> JSONResponse:
        return JSONResponse({"detail": error.fault.detail}, 404, {"cache-control": "no-store"})

    @inner.exception_handler(StoreError)
    async def not_written(_request: Request, error: StoreError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 503)

    def same(given: str) -> None:
        if given != content:
            raise HTTPException(409, "these are other detections than the page shows; reload it")

    def clip_number(number: int) -> int:
        if not 0 <= number < len(desk.found):
            raise HTTPException(404, "there is no such clip")
        return number

    def recording_number(number: int) -> int:
        if not 0 <= number < len(desk.sounds):
            raise HTTPException(404, "there is no such recording")
        return number

    @inner.get("/")
    def page() -> FileResponse:
        return FileResponse(HERE / "page.html", media_type="text/html", headers={"cache-control": "no-store"})

    @inner.get("/page.{kind}")
    def part(kind: Literal["css", "js"]) -> FileResponse:
        return FileResponse(HERE / f"page.{kind}", media_type=PAGE[kind], headers={"cache-control": "no-cache"})

    @inner.get("/favicon.ico")
    def no_icon() -> Response:
        return Response(status_code=204)

    @inner.get("/api/session")
    def session() -> dict[str, Any]:
        return {
            "content": content,
            "write_token": write_token,
            "started": started,
            "species": [one.name for one in desk.species()],
            "reviewers": list(reviewers),
            "order": desk.order,
            "clips": len(desk.found),
            "recordings": len(desk.sounds),
            "dated": bool(np.isfinite(desk.found.began_s).any()),
        }

    @inner.get("/api/clips")
    def questions(
        species: Annotated[int | None, Query(ge=0)] = None,
        least: Annotated[float, Query(ge=0, le=1)] = 0.0,
        most: Annotated[float, Query(ge=0, le=1)] = 1.0,
        first_day: date | None = None,
        last_day: date | None = None,
        from_hour: Annotated[int | None, Query(ge=0, le=24)] = None,
        to_hour: Annotated[int | None, Query(ge=0, le=24)] = None,
        skip: Annotated[int, Query(ge=0)] = 0,
        number: Annotated[int, Query(ge=1, le=200)] = PAGE_CLIPS,
        show: Literal["open", "judged", "disputed"] = "open",
    ) -> dict[str, Any]:
        desk.refresh()
        days = [day.isoformat() if day else None for day in (first_day, last_day)]
        wanted = Wanted(species, least, most, days[0], days[1], from_hour, to_hour)
        listed, counts = desk.page(wanted, skip, number)
        if show != "open":
            listed = desk.judged(wanted, skip, number, show == "disputed")
        return {"clips": [_clip(desk, one) for one in listed], "counts": counts}

    @inner.post("/api/verdicts")
    def answer(given: Answers) -> dict[str, Any]:
        same(given.content)
        rows: list[Row] = []
        for one in given.answers:
            rows.append(_row(desk, one, rows))
        numbers = desk.add(rows)
        return {"numbers": numbers, "species": [one.name for one in desk.species()]}

    @inner.get("/clip/{of}/{number}.svg")
    def clip_picture(of: str, number: int, wide: bool = False) -> Response:
        same(of)
        return Response(picture_of(clip_number(number), wide), media_type="image/svg+xml", headers=MEDIA)

    @inner.get("/clip/{of}/{number}.wav")
    def clip_sound(request: Request, of: str, number: int, wide: bool = False) -> Response:
        same(of)
        path, start_s, end_s = _shown(desk, clip_number(number), wide)
        return _playable(clips.wav(path, start_s, end_s), request)

    @inner.get("/api/recordings")
    def recordings(search: Annotated[str, Query(max_length=200)] = "") -> list[dict[str, Any]]:
        wanted = search.lower()
        fitting = ((number, key) for number, key in enumerate(desk.sounds.keys) if wanted in key.lower())
        return [{"number": number, "name": key} for (number, key), _ in zip(fitting, range(50), strict=False)]

    @inner.get("/api/recordings/{of}/{number}")
    def recording(of: str, number: int) -> dict[str, Any]:
        same(of)
        its = desk.sounds.keys[recording_number(number)]
        inspected = inspect(desk.sounds.path(number))
        top_hz = min(inspected.rate_hz, clips.USUAL_HZ) / 2
        return {"name": its, "duration_s": inspected.duration_s, "top_hz": top_hz}

    @inner.get("/recording/{of}/{number}.svg")
    def recording_picture(of: str, number: int, start_s: float, end_s: float, large: bool = True) -> Response:
        same(of)
        path, size = desk.sounds.path(recording_number(number)), (900, 340) if large else (360, 240)
        svg = clips.picture(path, *_span(start_s, end_s), size_px=size, description=desk.sounds.keys[number])
        return Response(svg, media_type="image/svg+xml", headers=MEDIA)

    @inner.get("/recording/{of}/{number}.wav")
    def recording_sound(request: Request, of: str, number: int, start_s: float, end_s: float) -> Response:
        same(of)
        path = desk.sounds.path(recording_number(number))
        return _playable(clips.wav(path, *_span(start_s, end_s)), request)

    @inner.post("/api/similar")
    def look_for_similar(sample: Sample) -> dict[str, Any]:
        same(sample.content)
        box = (sample.start_s, sample.end_s, sample.low_hz, sample.high_hz)
        try:
            return {"search": searches.begin(recording_number(sample.recording), *box)}
        except ValueError as error:
            raise HTTPException(422, str(error)) from error

    @inner.get("/api/similar/{search}")
    def similar(search: int) -> dict[str, Any]:
        try:
            return searches.state(search)
        except KeyError as error:
            raise HTTPException(404, "there is no such search") from error

    return inner


def _span(start_s: float, end_s: float) -> tuple[float, float]:
    if not 0 <= start_s < end_s <= start_s + LONGEST_S:
        raise HTTPException(422, f"a stretch begins at 0 or later and lasts up to {LONGEST_S:g} s")
    return start_s, end_s


def _clip(desk: Desk, number: int) -> dict[str, Any]:
    """What the page says of a clip."""
    one = desk.found.detection(number)
    return {
        "clip": number,
        "species": one.species,
        "name": desk.found.species[one.species].name,
        "recording": one.recording,
        "recording_number": int(desk.recording[desk.found.candidates.recording[number]]),
        "start_s": round(one.start_s, 3),
        "end_s": round(one.end_s, 3),
        "low_hz": one.low_hz,
        "high_hz": one.high_hz,
        "score": round(one.score, 4),
        "answers": [{"by": said.row.by, "answer": said.row.answer} for said in desk.standing(number)],
    }


def _row(desk: Desk, one: Pressed, before: Sequence[Row]) -> Row:
    """The row that an answer becomes; `before` are those that came with it. Raises HTTPException for what is none."""
    by = _plain(one.by)
    if one.answer == "undo":
        known: Kept | None = desk.answers.of_key.get(one.takes_back or "")
        undone = known.row if known else next((row for row in before if row.key == one.takes_back), None)
        if undone is None or undone.answer == "undo":
            raise HTTPException(422, "there is no such answer to take back")
        return Row(**{**vars(undone), "key": one.key, "answer": "undo", "by": by, "takes_back": undone.key})
    if one.clip is not None and one.clip < len(desk.found):
        return desk.row_of_clip(one.clip, one.key, one.answer, by)
    marked = one.marked
    if marked is None or marked.recording >= len(desk.sounds) or marked.end_s <= marked.start_s:
        raise HTTPException(422, "an answer needs a clip, or a stretch of a recording")
    return Row(
        one.key,
        desk.sounds.keys[marked.recording],
        None,
        _plain(marked.name),
        marked.start_s,
        marked.end_s,
        marked.low_hz,
        marked.high_hz,
        one.answer,
        by,
        asked=marked.asked,
    )


def _plain(name: str) -> str:
    """A name of a person or species as it may be stored and shown. Raises HTTPException for one that may not."""
    name = name.strip()
    if not name or not name.isprintable():
        raise HTTPException(422, "a name has letters that can be printed")
    if name[0] in "=+-@":
        raise HTTPException(422, f"a name can't begin with {name[0]}: a spreadsheet would take it for a formula")
    return name


def _shown(desk: Desk, number: int, wide: bool) -> tuple[Path, float, float]:
    """Which stretch of which file is shown of a clip."""
    its = desk.found.candidates
    recording = int(desk.recording[its.recording[number]])
    if recording < 0:
        raise HTTPException(404, "its recording is not in the audio folder")
    start_s, end_s = float(its.start_s[number]), float(its.end_s[number])
    shown = clips.around(start_s, min(end_s, start_s + LONGEST_S - 30), clips.WIDE_S if wide else clips.LEAST_S)
    return desk.sounds.path(recording), *shown


def _clip_picture(desk: Desk, number: int, wide: bool) -> str:
    one = desk.found.detection(number)
    path, start_s, end_s = _shown(desk, number, wide)
    name = desk.found.species[one.species].name
    box = Box(one.start_s, one.end_s, one.low_hz, one.high_hz, name, "present")
    frames = desk.found.frames
    curve = frames.between(one.recording, one.species, start_s, end_s) if frames else None
    track = Track(name, *curve) if curve is not None else None
    says = f"{name}, {one.start_s:.1f} to {one.end_s:.1f} s of {one.recording}, score {one.score:.2f}"
    return clips.picture(path, start_s, end_s, box, track, says, (900, 380) if wide else (360, 240))


def _playable(wav: bytes, request: Request) -> Response:
    """A sound as browsers ask for it: some of them want a part first."""
    headers = dict(MEDIA) | {"accept-ranges": "bytes"}
    asked = request.headers.get("range", "")
    first, dash, last = asked.removeprefix("bytes=").partition("-")
    if not (asked.startswith("bytes=") and dash and first.isascii() and first.isdigit() and int(first) < len(wav)):
        return Response(wav, media_type="audio/wav", headers=headers)
    end = min(int(last), len(wav) - 1) if last.isascii() and last.isdigit() else len(wav) - 1
    headers["content-range"] = f"bytes {first}-{end}/{len(wav)}"
    return Response(wav[int(first) : end + 1], 206, headers, "audio/wav")
