"""How quick the review page is with a million detections behind it: ready, and from a key to the next clip.

    python benchmarks/review_page.py [--detections 1000000] [--recordings 20000] [--chromium /usr/bin/chromium]

Makes its own archive in a temporary folder: ten minutes of noise under many names. Needs the extras review and dev, and
a Chromium. Prints one JSON value: seconds to start, seconds until a page of 50 clips is there with all of its pictures
(at first, the next page, again after a reload), milliseconds from a key to the picture of the next clip being current.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from playwright.sync_api import sync_playwright

from dawnchorus.events import Detection, Species
from dawnchorus.export import parquet

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from review.desks import serving  # noqa: E402

RATE_HZ, SECONDS, SPECIES = 48_000, 60, tuple(Species(number, f"species {number}") for number in range(24))
READY = """[...document.querySelectorAll(".clip img")].length === 50
    && [...document.querySelectorAll(".clip img")].every((image) => image.complete && image.naturalWidth)"""
# From the key to the end of the frame in which the next clip is the current one.
PRESS = """(key) => new Promise((done) => {
    const began = performance.now();
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    const handled = performance.now() - began;
    requestAnimationFrame(() => setTimeout(() => done([handled, performance.now() - began]), 0));
})"""


def archive(home: Path, recordings: int, detections: int) -> tuple[Path, Path]:
    audio, rng = home / "audio", np.random.default_rng(0)
    audio.mkdir()
    for number in range(10):
        noise = (0.05 * rng.standard_normal(SECONDS * RATE_HZ) * 32767).astype(np.int16)
        soundfile.write(home / f"{number}.flac", noise, RATE_HZ)
    keys = [f"card{number % 40:02d}/20260401_{number:06d}" for number in range(recordings)]
    for number, key in enumerate(keys):
        path = audio / f"{key}.flac"
        path.parent.mkdir(exist_ok=True)
        os.link(home / f"{number % 10}.flac", path)
    each = detections // recordings
    start = rng.uniform(0, SECONDS - 3, (recordings, each))
    species, score = rng.integers(0, len(SPECIES), start.shape), rng.beta(1, 3, start.shape)
    found = (
        Detection(
            key, int(species[at, n]), float(start[at, n]), float(start[at, n]) + 1.5, float(score[at, n]), 500, 4000
        )
        for at, key in enumerate(sorted(keys))
        for n in range(each)
    )
    parquet.write(home / "found" / "detections.parquet", found, SPECIES)
    return home / "found", audio


def until_ready(tab: Any) -> None:
    while not tab.evaluate(READY):
        tab.wait_for_timeout(5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detections", type=int, default=1_000_000)
    parser.add_argument("--recordings", type=int, default=20_000)
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        found, audio = archive(Path(folder), args.recordings, args.detections)
        began = time.monotonic()
        with serving(found, audio, "--reviewers", "Ana") as served:
            told: dict[str, Any] = {"start_s": time.monotonic() - began, "said": served.said[0].strip()}
            browser = playwright.chromium.launch(executable_path=args.chromium, args=["--no-sandbox"])
            tab = browser.new_page()
            address = f"http://127.0.0.1:{served.port}/"
            for name in ("first_view_s", "again_s"):
                began = time.monotonic()
                tab.goto(address)
                until_ready(tab)
                told[name] = time.monotonic() - began
            tab.wait_for_timeout(
                15_000
            )  # a person looks at fifty clips for longer; meanwhile the next ones are fetched
            began = time.monotonic()
            tab.click("#next-page")
            until_ready(tab)
            told["next_page_s"] = time.monotonic() - began
            tab.locator(".clip[aria-current=true]").focus()
            keys = [tab.evaluate(PRESS, key) for key in "papauppaaupapapauppapapauppaau"]
            handled, painted = zip(*keys, strict=True)
            told["key_handled_ms"] = {"median": statistics.median(handled), "most": max(handled)}
            told["key_painted_ms"] = {"median": statistics.median(painted), "most": max(painted)}
            browser.close()
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
