"""Archives as they come: day-long files, very many files, and headers and streams with any bytes in them.

The slow ones take minutes to an hour. `DAWNCHORUS_SCALE=0.01` makes them a hundred times smaller.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

import sounds
from dawnchorus.detect.run import Progress, Wanted, check, run
from detect import archive, tiny_model

SCALE = float(os.environ.get("DAWNCHORUS_SCALE", "1"))
R = archive.RATE_HZ

linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")

# ---- any bytes -----------------------------------------------------------------------------------------------

FORMATS = [
    ("WAV", "PCM_16"),
    ("WAV", "FLOAT"),
    ("WAV", "IMA_ADPCM"),
    ("RF64", "PCM_16"),
    ("W64", "PCM_24"),
    ("AIFF", "PCM_16"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("MP3", "MPEG_LAYER_III"),
]


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Other bytes in the header or in the stream, pieces that are gone, doubled or moved, and a cut."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        header = rng.random() < 0.6
        at = int(rng.integers(min(len(changed), 120) if header else len(changed)))
        match int(rng.integers(5)):
            case 0:
                changed[at] = int(rng.integers(256))
            case 1:
                changed[at : at + 4] = int(rng.choice([0, 1, 2**31 - 1, 2**31, 2**32 - 1])).to_bytes(4, "little")
            case 2:
                del changed[at : at + int(rng.integers(1, 64))]
            case 3:
                changed[at:at] = changed[at : at + int(rng.integers(1, 64))]
            case 4:
                changed[at : at + 200] = rng.bytes(min(200, len(changed) - at))
        if len(changed) < 2:
            return bytes(changed)
    return bytes(changed[: int(rng.integers(1, len(changed)))]) if rng.random() < 0.2 else bytes(changed)


def fuzz(folder: Path, files: int, seed: int) -> None:
    """Mutated sound files must not kill, hang or bloat a worker, nor find an error of ours."""
    rng = np.random.default_rng(seed)
    originals = []
    for number, (format, subtype) in enumerate(FORMATS):
        path = sounds.write(folder / f"original{number}", sounds.noise(0.3, R, seed=number), R, subtype, format)
        originals.append(path.read_bytes())
        path.unlink()
    for number in range(files):
        which = number % len(FORMATS)
        (folder / f"{FORMATS[which][0]}-{number:05d}.wav").write_bytes(mutated(originals[which], rng))
    memory = Memory()
    checked = check([folder], workers=2, stall_s=60.0, watch=memory)
    assert checked.files == files
    ours = [(file, str(fault)) for file, fault in checked.faults if fault.code in ("crashed", "stalled", "internal")]
    assert ours == []
    if sys.platform == "linux":
        assert memory.most < 300


class Memory:
    """The most MiB that a worker, and this process, ever held; `early` is that of the first tenth of the files."""

    def __init__(self) -> None:
        self.most = self.early = self.main = self.main_early = 0.0

    def __call__(self, progress: Progress) -> None:
        workers = [resident_mib(pid) for pid in children()]
        self.most = max(self.most, *workers, 0.0)
        self.main = max(self.main, resident_mib(os.getpid()))
        if progress.files_done <= progress.files // 10:
            self.early, self.main_early = self.most, self.main


def children() -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.append(int(path.parent.name))
        except (OSError, ValueError):
            continue
    return found


def resident_mib(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError, ValueError):
        return 0.0


def test_some_mutated_files_do_no_harm(tmp_path: Path) -> None:
    fuzz(tmp_path, 90, seed=0)


@pytest.mark.slow
def test_ten_thousand_mutated_files_do_no_harm(tmp_path: Path) -> None:
    for part in range(10):
        folder = tmp_path / str(part)
        folder.mkdir()
        fuzz(folder, max(50, round(1000 * SCALE)), seed=part + 1)


# ---- long files ----------------------------------------------------------------------------------------------

PEAK = """
import os, resource, sys
from pathlib import Path
from dawnchorus.detect.analyse import Analyser, Job, Task
path = Path(sys.argv[2])
stat = path.stat()
result = Analyser(Task(Path(sys.argv[1])))(Job(1, path, stat.st_size, stat.st_mtime_ns))
assert not result.failed, result.faults
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, result.coverage.analysed_s, result.coverage.lost_s,
      *sorted({round(one.start_s) for one in result.detections}))
"""


def peak_mib(model: Path, path: Path) -> tuple[float, float, float, list[float]]:
    """Most memory, seconds heard, seconds lost, and starts of detections, of a process that hears one file."""
    done = subprocess.run([sys.executable, "-c", PEAK, model, path], capture_output=True, text=True, check=True)
    peak, heard_s, lost_s, *starts = map(float, done.stdout.split())
    return peak, heard_s, lost_s, starts


def day_of_wav(path: Path, seconds: int, rate_hz: int) -> None:
    """An RF64 with holes: silence but for a burst after the first minute and one in the last."""
    size = 2 * rate_hz * seconds
    with path.open("wb") as file:
        file.write(b"RF64\xff\xff\xff\xffWAVE" + b"ds64" + struct.pack("<IQQQI", 28, size + 72, size, size // 2, 0))
        file.write(b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate_hz, 2 * rate_hz, 2, 16))
        file.write(b"data\xff\xff\xff\xff")
        start = file.tell()
        for at_s in (90, seconds - 30):
            file.seek(start + 2 * rate_hz * at_s)
            file.write(np.round(32767 * sounds.noise(0.5, rate_hz, 0.1)).astype("<i2").tobytes())
        file.truncate(start + size)


def day_of_flac(path: Path, seconds: int, rate_hz: int) -> None:
    """A FLAC of faint noise with a burst in the middle of every minute."""
    minute = np.round(32767 * archive.bursts(60, 30.0, rate_hz=rate_hz)).astype(np.int16)
    with soundfile.SoundFile(path, "w", rate_hz, 1, "PCM_16", format="FLAC") as file:
        for _ in range(seconds // 60):
            file.write(minute)


@pytest.mark.slow
@linux
@pytest.mark.parametrize(("kind", "rate_hz"), [("wav", 32_000), ("flac", R)])
def test_a_day_in_one_file_takes_the_memory_of_a_minute(tmp_path: Path, kind: str, rate_hz: int) -> None:
    tiny_model.write(tmp_path / "model")
    seconds = max(180, round(86_400 * SCALE) // 60 * 60)
    make = day_of_wav if kind == "wav" else day_of_flac
    make(tmp_path / f"day.{kind}", seconds, rate_hz)
    make(tmp_path / f"short.{kind}", 180, rate_hz)
    short_mib, *_ = peak_mib(tmp_path / "model", tmp_path / f"short.{kind}")
    day_mib, heard_s, lost_s, starts = peak_mib(tmp_path / "model", tmp_path / f"day.{kind}")
    assert (heard_s, lost_s) == (seconds, 0)
    assert starts == ([90, seconds - 30] if kind == "wav" else list(range(30, seconds, 60)))
    print(f"{kind}: {short_mib:.0f} MiB on 3 minutes, {day_mib:.0f} MiB on {seconds / 3600:.1f} h")
    assert day_mib < 300 and day_mib < 1.05 * short_mib + 5 * seconds / 86_400


@pytest.mark.slow
@linux
def test_fifty_thousand_files_of_a_second_take_no_more_memory_than_the_first(tmp_path: Path) -> None:
    tiny_model.write(tmp_path / "model")
    files = round(50_000 * SCALE)
    original = sounds.write_flac(tmp_path / "original.flac", archive.bursts(1, 0.2), R)
    for number in range(files):
        folder = tmp_path / "audio" / f"{number // 1000:02d}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:05d}.flac").write_bytes(original.read_bytes())
    memory = Memory()
    detected = run(Wanted(tmp_path / "model", (tmp_path / "audio",), tmp_path / "out"), memory).detected
    assert (detected.heard, detected.analysed_s, detected.lost) == (files, files, {})
    print(f"workers {memory.early:.0f} then {memory.most:.0f} MiB, main {memory.main_early:.0f} then {memory.main:.0f}")
    assert memory.most < 1.05 * memory.early + 5
    assert memory.main < 1.1 * memory.main_early + 20
