"""An object store on this machine, which speaks S3: moto's server, in a thread."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dawnchorus.detect import store

NAME = "recordings"


@contextmanager
def served() -> Iterator[Any]:
    """The file system of a store with one empty bucket; the environment points to it for the block."""
    server = pytest.importorskip("moto.server", reason="moto's server is not installed")
    from pyarrow import fs

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    thread = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    thread.start()
    try:
        host, port = thread.get_host_and_port()
        with pytest.MonkeyPatch.context() as patch:
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                patch.setenv(name, "of-a-test")
            patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
            patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
            store._files.cache_clear()  # a server of another test was at another address
            files = fs.S3FileSystem(endpoint_override=f"{host}:{port}", scheme="http", allow_bucket_creation=True)
            files.create_dir(NAME)
            yield files
            files.delete_dir_contents(NAME)  # all servers of a process have the same store
    finally:
        thread.stop()


def fill(files: Any, folder: Path, prefix: str) -> str:
    """Put a folder of recordings into the bucket: their URL."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with files.open_output_stream(f"{NAME}/{prefix}/{path.relative_to(folder).as_posix()}") as out:
                out.write(path.read_bytes())
    return f"s3://{NAME}/{prefix}"
