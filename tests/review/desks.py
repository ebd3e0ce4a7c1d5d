"""A detection to review: simulated recordings, and what a detector might have found in them."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from dawnchorus.events import Detection, Species
from dawnchorus.export import parquet
from dawnchorus.files import write_json

SPECIES = (Species(0, "Coquí común"), Species(1, "<img src=x onerror=alert(1)>"))


def detections(keys: Sequence[str], seed: int = 0) -> list[Detection]:
    """Four in each recording, two of each species, too far apart to be one bout."""
    rng = np.random.default_rng(seed)
    found = []
    for key in keys:
        for species in (0, 1):
            for start_s in (0.8 + species, 6.2 + species):
                score = round(float(rng.uniform(0.1, 0.99)), 4)
                found.append(Detection(key, species, start_s, start_s + 1.2, score, 500.0, 3000.0))
    return found


def write(folder: Path, found: Sequence[Detection], species: Sequence[Species] = SPECIES) -> Path:
    """What `detect` leaves, as far as the review reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    parquet.write(folder / "detections.parquet", found, species, {"dawnchorus_model": "feedbeef"})
    counts = {one.name: sum(each.species == one.number for each in found) for one in species}
    write_json(folder / "summary.json", {"detections": counts})
    return folder


def make(home: Path, forest: Path) -> tuple[Path, Path]:
    """The folder of a detection, and its recordings: those of the simulated forest."""
    audio = home / "audio"
    shutil.copytree(forest / "train", audio)
    keys = sorted(path.stem for path in audio.iterdir())
    return write(home / "detections", detections(keys)), audio


class Served:
    """A server in a process of its own, as a user starts it; killed and started again at the same port."""

    def __init__(self, *arguments: str) -> None:
        self.command = ["review", *arguments, "--no-browser"]
        self.process: subprocess.Popen[str] | None = None
        self.port = 0
        self.said: list[str] = []

    def start(self) -> str:
        """Begin, and give the address."""
        run = "from dawnchorus.cli import main; main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", run, *self.command, "--port", str(self.port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src"), "PYTHONUNBUFFERED": "1"},
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if address := re.search(r"open (http://\S+)", line):
                self.port = int(re.search(r":(\d+)/", address[1])[1])
                return address[1]
        raise AssertionError("".join(self.said))

    def kill(self) -> None:
        """End at once, as a power cut does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process is not None and self.process.poll() is None


@contextmanager
def serving(found: Path, audio: Path, *options: str) -> Iterator[Served]:
    """A server for a block."""
    served = Served(str(found), "--audio", str(audio), *options)
    served.start()
    try:
        yield served
    finally:
        if served.alive:
            served.kill()


class Client:
    """Requests word by word, as an attacker may send them."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body; header names have _ for -. The path is sent as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, names)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, told, answer.read()
        finally:
            connection.close()

    def json(self, path: str) -> Any:
        """What a GET says."""
        status, _, body = self.ask("GET", path)
        assert status == 200, body
        return json.loads(body)

    def post(self, path: str, value: Any, **headers: str) -> tuple[int, Any]:
        """Status and value of a write that has its token."""
        token = {"x_dawnchorus": self.json("/api/session")["write_token"], "content_type": "application/json"}
        status, _, body = self.ask("POST", path, json.dumps(value).encode(), **(token | headers))
        return status, json.loads(body)
