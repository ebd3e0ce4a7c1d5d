"""What stands before the page: only this machine's own pages, or who has the token, get in, and only small requests.

A page of another site that a browser has open at the same time can send requests to this server, too. It can't set
our header, it sends its own name as Origin, and a name of its own that leads here is not our Host.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

MOST_BYTES = 1 << 18  # of a request: a hundred answers are a few kilobytes
COOKIE = "dawnchorus"
WRITE_TOKEN = "x-dawnchorus"
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# A picture holds its spectrogram within itself, and may hold nothing else.
PICTURE_POLICY = "default-src 'none'; img-src data:; frame-ancestors 'none'; sandbox"
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
LINGER_BYTES, LINGER_S = 1 << 22, 2.0  # what is read of a refused request, and for how long
CLOSE = (b"connection", b"close")  # what else of a request is on its way is not read


def new_token() -> str:
    """Letters that nobody guesses."""
    return secrets.token_urlsafe(24)


class TooLarge(Exception):
    """A body grew beyond what is read."""


@dataclass(frozen=True)
class Guard:
    """The application `app` behind the guard.

    `host` is where it listens; `names` are further names that browsers may call it by. `token`, when given, has to be
    shown once, as `?token=…`, and is then kept in a cookie. `write_token` has to come with every write in a header.
    """

    app: App
    host: str = "127.0.0.1"
    names: frozenset[str] = frozenset()
    token: str = ""
    write_token: str = field(default_factory=new_token)

    def __post_init__(self) -> None:
        if self.host not in LOCAL and not self.token:
            raise ValueError(f"who listens at {self.host} is heard by other machines: a token is required")

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        if refusal := self._refusal(scope, headers):
            await _refuse(receive, send, *refusal)
            return
        if shown := self._shown(scope):
            await _welcome(send, shown)
            return
        await self._answer(scope, receive, send)

    def _refusal(self, scope: MutableMapping[str, Any], headers: dict[str, str]) -> tuple[int, str] | None:
        """Status and words for what may not come in."""
        host = headers.get("host", "")
        if not self._is_ours(host):
            return 421, "this server does not answer to that name"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return 403, "requests of other pages are not answered"
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "requests of other pages are not answered"
        if self.token and not self._shown(scope) and not self._has_token(headers):
            return 403, "open the address that the terminal shows, with its token"
        if scope["method"] not in ("GET", "HEAD"):
            given = headers.get(WRITE_TOKEN, "")
            if not hmac.compare_digest(given.encode(), self.write_token.encode()):
                return 403, "stale"
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > MOST_BYTES:
            return 413, f"a request has at most {MOST_BYTES} bytes"
        return None

    def _is_ours(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        if name in LOCAL | self.names | {self.host}:
            return True
        # Who listens on all addresses of a machine is called by any of them; a name of somebody else is no address.
        return self.host not in LOCAL and _is_address(name)

    def _shown(self, scope: MutableMapping[str, Any]) -> str:
        """The token in the address, when it is the right one."""
        if not self.token or scope["path"] != "/":
            return ""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return given if hmac.compare_digest(given.encode(), self.token.encode()) else ""

    def _has_token(self, headers: dict[str, str]) -> bool:
        cookies = (part.strip().partition("=") for part in headers.get("cookie", "").split(";"))
        given = next((value for name, _, value in cookies if name == COOKIE), "")
        return hmac.compare_digest(given.encode(), self.token.encode())

    async def _answer(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        heard, began = 0, False

        async def small() -> Message:
            nonlocal heard
            message = await receive()
            heard += len(message.get("body", b""))
            if heard > MOST_BYTES:
                raise TooLarge
            return message

        async def safe(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                kind = dict(message["headers"]).get(b"content-type", b"")
                policy = PICTURE_POLICY if kind.startswith(b"image/svg") else POLICY
                message["headers"] = [
                    *message["headers"],
                    *HEADERS,
                    (b"content-security-policy", policy.encode()),
                    *([CLOSE] if heard > MOST_BYTES else []),
                ]
            await send(message)

        try:
            await self.app(scope, small, safe)
        except TooLarge:
            if not began:
                await _refuse(receive, send, 413, f"a request has at most {MOST_BYTES} bytes")


def _is_address(name: str) -> bool:
    try:
        return bool(ipaddress.ip_address(name))
    except ValueError:
        return False


async def _refuse(receive: Receive, send: Send, status: int, words: str) -> None:
    """Answer, then read on for a moment: a connection that is closed on unread bytes takes the answer along."""
    body = json.dumps({"detail": words}).encode()
    headers = [
        *HEADERS,
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"content-security-policy", POLICY.encode()),
        CLOSE,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    left = LINGER_BYTES
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while left > 0 and (message := await receive()).get("more_body", False):
                left -= len(message.get("body", b""))
    await send({"type": "http.response.body", "body": b""})


async def _welcome(send: Send, token: str) -> None:
    """Keep the token in a cookie that no script reads, and leave it out of the address from here on."""
    cookie = f"{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/"
    headers = [*HEADERS, (b"location", b"/"), (b"set-cookie", cookie.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
