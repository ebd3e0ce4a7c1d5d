"""The guard alone, behind a real server."""

import threading
from collections.abc import Iterator

import pytest

uvicorn = pytest.importorskip("uvicorn")

from dawnchorus.review.guard import LINGER_BYTES, Guard, Message, Receive, Send  # noqa: E402
from dawnchorus.review.serve import _listening  # noqa: E402
from review.desks import Client  # noqa: E402


async def nothing(_scope: Message, _receive: Receive, _send: Send) -> None:
    raise AssertionError("this got in")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with _listening("127.0.0.1", 0) as listener:
        server = uvicorn.Server(uvicorn.Config(Guard(nothing), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield Client(listener.getsockname()[1])
        server.should_exit = True
        thread.join()


@pytest.mark.parametrize("size", [0, 1, 100_000, LINGER_BYTES // 2])
def test_the_answer_arrives_whatever_was_on_its_way(client: Client, size: int) -> None:
    for _ in range(30 if size < 1_000_000 else 3):
        status, headers, told = client.ask("POST", "/anything", b"x" * size)
        assert status == 403 and headers["connection"] == "close" and b"stale" in told


def test_without_a_token_no_other_machine_is_listened_to() -> None:
    with pytest.raises(ValueError, match="a token is required"):
        Guard(nothing, "0.0.0.0")
