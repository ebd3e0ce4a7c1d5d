"""How fast is detection? dawnchorus and OpenSoundscape in turns over the same minutes, and what the parts cost.

    python benchmarks/detect_speed.py [--audio FOLDER] [--pairs 5] [--docs docs]

Makes, in a temporary folder, 60 one-minute 48 kHz FLAC files (of the recordings under --audio, or simulated), a model
package with an untrained ResNet18, its int8 networks (where NNCF is installed), and an environment for OpenSoundscape
(`--venvs` keeps it). Then the peer and `dawnchorus detect` in each precision run one after the other, `--pairs` times,
in turns forwards and backwards. Their seconds are those of the whole command, start and tables included; the peer's are
those of `predict()` alone, and the ratios are of these two, pair by pair. Needs a machine that does nothing else.

Weights are random, so nothing here says how well anything hears. `--docs DIR` writes DIR/performance/speed.csv and the
table in DIR/performance.md. With the default options it takes about ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SPEED_PEERS = Path(__file__).parent / "speed_peers"
RATE_HZ, MINUTE_S = 48_000, 60
PRECISIONS = ("f32", "bf16", "int8")
GOALS = {"f32": 2.3, "bf16": 6.5, "int8": 7.5}
BEGIN, END = "<!-- speed: made by benchmarks/detect_speed.py -->", "<!-- speed: end -->"
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, the median, its range, and what it should be."""

    figure: str
    unit: str
    median: float
    low: float
    high: float
    goal: str = ""


def row(figure: str, unit: str, values: Sequence[float], goal: str = "") -> Row:
    return Row(figure, unit, statistics.median(values), min(values), max(values), goal)


def ratios(theirs: Sequence[float], ours: Sequence[float]) -> list[float]:
    """How many times faster, pair by pair: what slows the machine for minutes slows both of a pair."""
    return [slow / fast for slow, fast in zip(theirs, ours, strict=True)]


def turns(names: Sequence[str], pairs: int) -> Iterator[list[str]]:
    """The order of each round: forwards, then backwards."""
    for number in range(pairs):
        yield list(names) if number % 2 == 0 else list(reversed(names))


def markdown(rows: Sequence[Row]) -> str:
    lines = ["| figure | median | lowest to highest | goal |", "|---|---|---|---|"]
    for one in rows:
        digits = 0 if one.high >= 100 else 1 if one.high >= 20 else 2
        spread = f"{one.low:.{digits}f} to {one.high:.{digits}f}" if one.low != one.high else ""
        lines.append(f"| {one.figure} | {one.median:.{digits}f} {one.unit} | {spread} | {one.goal} |")
    return "\n".join(lines)


def filled(page: str, text: str) -> str:
    """A page with `text` between the two marks. Raises ValueError when it has no marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no place for the table; expected {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


# ------------------------------------------------------------------------------------------------- what is listened to


def minutes(source: Path, out: Path, count: int) -> None:
    """Cut recordings into `count` minutes of 48 kHz, 16 bits; when they are too few, they come again, turned round."""
    import numpy as np
    import soundfile

    from dawnchorus.audio.folders import scan
    from dawnchorus.audio.reading import blocks

    length, made, rest = RATE_HZ * MINUTE_S, [], np.zeros(0, np.float32)
    for recording in scan([source])[0]:
        for block in blocks(recording.path, RATE_HZ):
            rest = np.concatenate([rest, block.samples])
            while len(rest) >= length and len(made) < count:
                made.append(np.clip(rest[:length] * 32767, -32768, 32767).astype(np.int16))
                rest = rest[length:]
        if len(made) == count:
            break
    if not made:
        raise SystemExit(f"{source}: less than a minute of sound")
    out.mkdir()
    for number in range(count):
        turned = np.roll(made[number % len(made)], number // len(made) * 7 * RATE_HZ)
        soundfile.write(out / f"{number:03d}.flac", turned, RATE_HZ)


def simulated(home: Path) -> Path:
    from dawnchorus.simulate import Simulation, simulate

    simulate(home, Simulation(recordings=1, test_recordings=10, rate_hz=RATE_HZ))
    return home / "test"


def repeated(minutes: Path, out: Path, hours: int) -> Path:
    """A folder of hours, of the minutes again and again; hard links, because a link is known to be the same file."""
    out.mkdir()
    for hour in range(hours):
        for path in sorted(minutes.glob("*.flac")):
            os.link(path, out / f"{hour:04d}-{path.name}")
    return out


def long_file(minutes: Path, out: Path, hours: float) -> Path:
    """One file of so many hours, of the minutes again and again."""
    import soundfile

    paths = sorted(minutes.glob("*.flac"))
    with soundfile.SoundFile(out, "w", RATE_HZ, 1, "PCM_16", format="FLAC") as file:
        for number in range(round(60 * hours)):
            file.write(soundfile.read(paths[number % len(paths)], dtype="int16")[0])
    return out


def untrained(folder: Path) -> None:
    """A model package with random weights: what is computed doesn't depend on them."""
    import numpy as np
    import torch

    from dawnchorus import package
    from dawnchorus.events import Species
    from dawnchorus.features import FrontEnd
    from dawnchorus.networks.backbones import Backbone
    from dawnchorus.networks.sed import SedNetwork
    from dawnchorus.package import ModelPackage
    from dawnchorus.training.ship import export, graph_of
    from dawnchorus.windows import SlidingWindows

    torch.manual_seed(0)
    front_end, windows = FrontEnd(), SlidingWindows()
    network = SedNetwork(Backbone("resnet18", "none")).build(24, windows.columns, front_end.n_mels).eval()
    folder.mkdir()
    planes = np.random.default_rng(0).random((2, front_end.n_mels, windows.columns), np.float32)
    export(network, graph_of(network, "resnet18", folder.parent), folder / "model.0.onnx", planes)
    species = tuple(Species(number, f"species {number}") for number in range(24))
    package.write(
        ModelPackage(
            folder,
            "untrained ResNet18",
            front_end,
            windows,
            32,
            species,
            ((0.0, 16_000.0),) * len(species),
            ("model.0.onnx",),
            {},
        )
    )


# ---------------------------------------------------------------------------------------------------- parts, each alone


def parts(model: Path, minutes: Path, precisions: Sequence[str], rounds: int, files: int) -> dict[str, list[float]]:
    """Core-milliseconds a minute of every part, `(round,)`: decode and resample, mel, network in each precision."""
    from dawnchorus import features, package
    from dawnchorus.audio.reading import blocks
    from dawnchorus.detect.engine import Detector

    read = package.read(model)
    detectors: dict[str, Any] = {name: Detector(read, 1, precision=name) for name in precisions}  # type: ignore[arg-type]
    spent: dict[str, list[float]] = {}
    for _ in range(rounds):
        began: dict[str, float] = {}
        for path in sorted(minutes.glob("*.flac"))[:files]:
            sound = _timed(began, "decode and resample", lambda path=path: list(blocks(path)))
            planes = _timed(
                began,
                "mel",
                lambda sound=sound: [features.of_sound("", block, read.front_end) for block in sound],
            )
            for name, detector in detectors.items():
                _timed(began, name, lambda d=detector, planes=planes: [d.score_block(block) for block in planes])
        for name, seconds in began.items():
            spent.setdefault(name, []).append(1000 * seconds / files)
    return spent


def _timed(spent: dict[str, float], name: str, call: Callable[[], Any]) -> Any:
    began = time.process_time()
    made = call()
    spent[name] = spent.get(name, 0.0) + time.process_time() - began
    return made


def first_window(model: Path) -> None:
    import numpy as np

    import dawnchorus

    loaded = dawnchorus.load(model)
    front_end, windows = loaded.package.front_end, loaded.package.windows
    loaded.detector.networks[0](np.zeros((1, front_end.rows, windows.columns), np.float32))


def memory(model: Path, path: Path) -> float:
    """The most MiB that a worker held while it did one file."""
    from dawnchorus.detect.analyse import Job, Task
    from dawnchorus.detect.precision import native
    from dawnchorus.detect.process import started_ahead

    stat = path.stat()
    with started_ahead() as worker:
        assert worker is not None
        worker.begin(Task(model, precision=native()))
        result = worker.analyse(Job(1, path, stat.st_size, stat.st_mtime_ns), 600.0, lambda _: None)
        assert not result.failed, result.faults
        status = Path(f"/proc/{worker.child.pid}/status")
        lines = status.read_text().splitlines() if status.exists() else []
    for line in lines:  # getrusage would give the peak of the process that started the worker, if higher
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def apart(*arguments: str) -> Any:
    """One of the three above in a process of its own, as a worker is: one thread."""
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **ONE_THREAD})
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else None


# --------------------------------------------------------------------------------------------------------- end to end


def detect(model: Path, audio: Path, out: Path, precision: str) -> float:
    """Wall seconds of the command."""
    command = [sys.executable, "-c", "from dawnchorus.cli import main; main()", "detect", str(model), str(audio)]
    command += ["--out", str(out), "--precision", precision, "--force", "--restart", "--json"]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"dawnchorus failed:\n{done.stderr}")
    return seconds


def peer(python: Path, audio: Path) -> float:
    """Seconds of the peer's `predict()`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [str(python), str(SPEED_PEERS / "opensoundscape_predict.py"), str(audio)]
    done = subprocess.run(command, capture_output=True, text=True, env=clean)
    if done.returncode:
        raise SystemExit(f"OpenSoundscape failed:\n{done.stderr}")
    return float(json.loads(done.stdout.splitlines()[-1])["predict_s"])


def run(args: argparse.Namespace, home: Path) -> list[Row]:
    from dawnchorus.detect.pool import cores
    from dawnchorus.detect.precision import native

    python = None
    if not args.without_peer:
        # Here, because it imports torch: what is measured in processes of its own starts with this script, too.
        from accuracy import PEERS, InstallError, environment

        try:
            python = environment(PEERS["opensoundscape"], args.venvs or home / "venvs")
        except InstallError as error:
            raise SystemExit(f"OpenSoundscape can't be installed: {error}; or leave it out: --without-peer") from error
    model, sound = home / "model", home / "minutes"
    say(f"making {args.files} minutes and a model")
    minutes(args.audio or simulated(home / "data"), sound, args.files)
    untrained(model)
    precisions = [name for name in PRECISIONS if name in args.precisions and (name != "int8" or integers(model, sound))]
    rows = end_to_end(args, home, model, sound, python, precisions)
    spent = apart("parts", str(model), str(sound), ",".join(precisions), str(args.rounds), str(min(10, args.files)))
    front = [decode + mel for decode, mel in zip(spent["decode and resample"], spent["mel"], strict=True)]
    rows.append(row("front end: decode, resample, mel", "core-ms a minute", front, "<= 70"))
    rows += [row(f"part: {name}", "core-ms a minute", values) for name, values in spent.items()]
    for name in precisions:
        best = min(spent["decode and resample"]) + min(spent["mel"]) + min(spent[name])
        floor_s = best / 1000 * args.files / min(cores(), args.files)
        measured = rows[[one.figure for one in rows].index(f"{name}, whole command")]
        share = [100 * floor_s / seconds for seconds in (measured.median, measured.high, measured.low)]
        rows.append(Row(f"{name}, share of the sum of its parts at their best", "%", *share, ">= 85"))
    say("start")
    first = []
    for _ in range(5):
        began = time.perf_counter()
        apart("first", str(model))
        first.append(time.perf_counter() - began)
    rows.append(row("import and load to the first window, Python's start included", "s", first, "<= 1.0"))
    say(f"memory, a file of {args.long_hours:g} h")
    short = [float(apart("memory", str(model), str(sound / "000.flac"))) for _ in range(3)]
    rows.append(row("peak memory of a process, a file of 60 s", "MiB", short, "<= 300"))
    if args.long_hours:
        long = float(apart("memory", str(model), str(long_file(sound, home / "long.flac", args.long_hours))))
        more = 100 * (long / statistics.median(short) - 1)
        rows.append(row(f"peak memory of a process, a file of {args.long_hours:g} h", "MiB", [long], "<= 300"))
        rows.append(row("the same, more than for 60 s", "%", [more], "<= 5"))
    if args.scale_hours:
        say(f"{args.scale_hours} h")
        name = native()
        hours = args.files / 60
        small = next(one.median for one in rows if one.figure == f"{name}, whole command") / hours
        many = repeated(sound, home / "many", args.scale_hours)
        large = detect(model, many, home / "out-many", name) / (args.scale_hours * hours)
        rows.append(row(f"{name}, seconds an hour of sound, of {hours:.3g} h", "s", [small]))
        rows.append(row(f"the same, of {args.scale_hours * hours:.3g} h", "s", [large]))
        rows.append(row("the same, more than of the fewer hours", "%", [100 * (large / small - 1)], "<= 5"))
    return rows


def end_to_end(
    args: argparse.Namespace, home: Path, model: Path, sound: Path, python: Path | None, precisions: Sequence[str]
) -> list[Row]:
    """The peer and every precision in turns."""
    seconds: dict[str, list[float]] = {}
    for number, order in enumerate(turns([*(["peer"] if python else []), *precisions], args.pairs), 1):
        for name in order:
            if name == "peer" and python:
                took = peer(python, sound)
            else:
                took = detect(model, sound, home / f"out-{name}", name)
            seconds.setdefault(name, []).append(took)
            say(f"pair {number} of {args.pairs}: {name} {took:.1f} s")
    rows = []
    if python:
        for name in precisions:
            times = ratios(seconds["peer"], seconds[name])
            rows.append(row(f"{name}: times as fast as OpenSoundscape", "x", times, f">= {GOALS[name]}"))
        rows.append(row("OpenSoundscape, predict() alone", "s", seconds["peer"]))
    rows += [row(f"{name}, whole command", "s", seconds[name]) for name in precisions]
    rows += [
        row(f"{name}, hours of sound a minute", "h", [args.files / took for took in seconds[name]])
        for name in precisions
    ]
    return rows


def integers(model: Path, sound: Path) -> bool:
    """Make the int8 networks, calibrated on the minutes; False where NNCF is not installed."""
    try:
        from dawnchorus import package, quantise

        quantise.quantise(package.read(model), [sound], 64)
    except ImportError as error:
        say(f"no int8: {error}")
        return False
    return True


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def machine() -> str:
    """What it ran on."""
    name = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).exists():
        lines = [line.partition(":")[2].strip() for line in info.read_text().splitlines()]
        models = [
            one.partition(":")[2].strip() for one in info.read_text().splitlines() if one.startswith("model name")
        ]
        name = models[0] if models else name
        has = {flag for line in lines for flag in line.split()} & {"amx_bf16", "amx_int8", "avx512_bf16", "avx512_vnni"}
        name += f" ({', '.join(sorted(has)) or 'neither bf16 nor int8 units'})"
    return f"{name}, {os.cpu_count()} cores, Python {platform.python_version()}"


def write_docs(docs: Path, rows: Sequence[Row], note: str) -> None:
    table = docs / "performance" / "speed.csv"
    table.parent.mkdir(exist_ok=True)
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(asdict(rows[0])))
        writer.writeheader()
        writer.writerows(
            {k: round(v, 3) if isinstance(v, float) else v for k, v in asdict(one).items()} for one in rows
        )
    page = docs / "performance.md"
    page.write_text(filled(page.read_text(encoding="utf-8"), f"{note}\n\n{markdown(rows)}"), encoding="utf-8")


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] in ("parts", "first", "memory"):  # in a process of their own
        kind, *rest = sys.argv[1:]
        if kind == "parts":
            made = parts(Path(rest[0]), Path(rest[1]), rest[2].split(","), int(rest[3]), int(rest[4]))
            print(json.dumps(made))
        elif kind == "first":
            first_window(Path(rest[0]))
        else:
            print(memory(Path(rest[0]), Path(rest[1])))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, help="recordings to cut the minutes from; simulated if not given")
    parser.add_argument("--files", type=int, default=60, help="minutes")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5, help="of the parts alone, over ten minutes")
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--long-hours", type=float, default=6.0, help="the long file for memory; 0: none")
    parser.add_argument("--scale-hours", type=int, default=10, help="the minutes so many times, for the cost; 0: not")
    parser.add_argument("--venvs", type=Path, help="where the peer's environment is, or is made and kept")
    parser.add_argument("--without-peer", action="store_true")
    parser.add_argument("--docs", type=Path, help="write performance/speed.csv and fill performance.md in this folder")
    args = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as home:
        rows = run(args, Path(home))
    took_min = (time.perf_counter() - began) / 60
    note = (
        f"{args.pairs} pairs in turns, {args.files} minutes of 48 kHz FLAC, {time.strftime('%Y-%m-%d')}, {machine()}; "
        f"{took_min:.0f} minutes in all."
    )
    print(note)
    print(markdown(rows))
    if args.docs:
        write_docs(args.docs, rows, note)


if __name__ == "__main__":
    main()
