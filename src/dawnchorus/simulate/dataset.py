"""A folder of simulated recordings with the tables that a project would have, and the truth that it would not."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from dawnchorus import __version__
from dawnchorus.annotations import recordings, rfcx, species, table
from dawnchorus.events import Annotation, Species
from dawnchorus.files import read_json, whole, write_json
from dawnchorus.simulate import matcher
from dawnchorus.simulate.scene import Event, compose
from dawnchorus.simulate.spectra import Power, power_spectrogram
from dawnchorus.simulate.world import Part, Simulation, World, build

BLOCK = 10  # recordings over which each species has its share
RECORD = "simulation.json"
TABLES = ("train_tp.csv", "train_fp.csv", "species.csv", "recordings.csv", "sample_submission.csv")
OWN_FILES = re.compile(  # everything that a simulation writes, and the temporary names of files cut short
    rf"({'|'.join(map(re.escape, (RECORD, *TABLES)))}|truth/(train|test)\.csv|train/train\d+\.flac|test/test\d+\.flac"
    r"|((train|test|truth)/)?\.[0-9a-f]{32}\.(json|csv|flac))"
)


def simulate(
    out: Path,
    settings: Simulation,
    progress: Callable[[int, int], None] | None = None,
    overwrite: bool = False,
) -> None:
    """Write a data set with known truth into the folder `out`.

    `train/` and `test/` hold the recordings (FLAC, mono, 16 bits); `train_tp.csv` and `train_fp.csv` what a project
    would know, in the columns of the RFCX tables; `truth/` every call that was placed; `species.csv`,
    `recordings.csv` (the site of each recording), `sample_submission.csv`; `simulation.json` settings, counts and
    warnings. The same settings give the same samples. `progress(done, total)` is called after every recording, once
    when it is made and, for training recordings, once more when the template matcher has heard it.

    Raises FileExistsError when `out` holds something else, or an earlier simulation and `overwrite` is False;
    ValueError when clips or backgrounds cannot be used or are inside `out`.
    """
    for given in (settings.clips, settings.background):
        if given and given.resolve().is_relative_to(out.resolve()):
            raise ValueError(f"{given} is inside {out}, where the simulation is written")
    world = build(settings)  # before anything is removed or written: it may refuse the user's clips
    _clear(out, overwrite)
    record: dict[str, Any] = {"made_by": f"dawnchorus {__version__}", "complete": False, "settings": _plain(settings)}
    write_json(out / RECORD, record)  # first, so that an interrupted simulation is known as one
    species.write(out / "species.csv", [Species(number, name) for number, name in enumerate(world.names)])
    steps = _Steps(2 * settings.recordings + settings.test_recordings, progress)
    truth = {part.name: _record(out, part, world, settings, steps) for part in (world.train, world.test)}
    present = _reveal(truth["train"], len(world.names), settings)
    absent = _mistakes(out, world.train, truth["train"], present, settings, steps)
    _write_tables(out, world, truth, present, absent)
    write_json(out / RECORD, {**record, "complete": True, **_summary(world, truth, present, absent)})


@dataclass
class _Steps:
    """Counts what is done and shows it."""

    total: int
    show: Callable[[int, int], None] | None
    done: int = 0

    def step(self) -> None:
        self.done += 1
        if self.show:
            self.show(self.done, self.total)


def _plain(settings: Simulation) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(settings).items()}


def _clear(out: Path, overwrite: bool) -> None:
    """Make `out` an empty folder, or refuse: nothing is removed but the files of an earlier simulation."""
    if out.exists() and not out.is_dir():
        raise FileExistsError(f"{out} is a file, not a folder")
    files = [path for path in out.rglob("*") if not path.is_dir()] if out.exists() else []
    foreign = [path for path in files if not OWN_FILES.fullmatch(path.relative_to(out).as_posix())]
    if not files:
        return
    if foreign or not _is_record(out / RECORD):
        example = f" ({foreign[0].relative_to(out)})" if foreign else ""
        raise FileExistsError(f"{out} holds files that are not a simulation's{example}: choose an empty folder")
    if not overwrite:
        raise FileExistsError(f"{out} holds an earlier simulation: choose another folder, or overwrite it on purpose")
    for path in sorted(files, key=lambda path: path.name == RECORD):  # the record last: until then the rest is ours
        path.unlink()


def _is_record(path: Path) -> bool:
    try:
        made_by = read_json(path).get("made_by", "")
    except (OSError, ValueError, AttributeError):
        return False
    return str(made_by).startswith("dawnchorus")


# ---- recordings ----


def _record(out: Path, part: Part, world: World, settings: Simulation, steps: _Steps) -> list[Event]:
    """Write the recordings of a part. Recording i is the same however many there are (from BLOCK on)."""
    events: list[Event] = []
    side = int(part is world.test)
    for index in range(part.count):
        rng = np.random.default_rng([settings.seed, 5, side, index])
        seeds = ([settings.seed, 7, side, s] for s in range(len(world.names)))
        calls = [_calls(index, part.count, p, seed) for p, seed in zip(world.prevalence, seeds, strict=True)]
        singers = [s for s, called in enumerate(calls) if called]
        key, (_, background) = part.key(index), part.site(index)
        scene = compose(key, singers, part.voices, background, settings.seconds, settings.rate_hz, rng)
        with whole(out / part.name / f"{key}.flac") as temporary:
            # Rounded here, so that it is rounded alike wherever the library was built.
            soundfile.write(temporary, np.round(scene.samples * 32767).astype(np.int16), settings.rate_hz)
        events += scene.events
        steps.step()
    return events


def _calls(index: int, count: int, prevalence: float, seed: list[int]) -> bool:
    """Say whether a species calls in recording `index`.

    Every BLOCK recordings hold their share, at random places: plain chance would give a rare species one recording in
    one world and nine in the next. The first block holds every species, so that no class is empty.
    """
    size = min(BLOCK, count)
    share = size * prevalence
    offset = np.random.default_rng(seed).uniform(max(1 - share, 0), 1)
    block, place = divmod(index, size)
    calls = int((block + 1) * share + offset) - int(block * share + offset)
    return place in np.random.default_rng([*seed, block]).permutation(size)[:calls]


# ---- what is revealed ----


def _reveal(events: Sequence[Event], classes: int, settings: Simulation) -> list[Annotation]:
    """Draw the true positives of every species."""
    boxes: list[Annotation] = []
    for s in range(classes):
        mine = [event for event in events if event.box.species == s]
        boxes += matcher.true_positives(mine, settings.tp_per_species, np.random.default_rng([settings.seed, 6, s]))
    return boxes


def _mistakes(
    out: Path,
    part: Part,
    events: Sequence[Event],
    present: Sequence[Annotation],
    settings: Simulation,
    steps: _Steps,
) -> list[Annotation]:
    """The matcher's best wrong answers over the training recordings, heard as they were written."""
    loudness = {event.box: event.snr_db for event in events}
    clearest: dict[int, Annotation] = {}
    for box in sorted(present, key=lambda box: loudness[box]):
        clearest[box.species] = box
    templates = [
        matcher.template(box, _heard(out, part.name, box.recording), settings.rate_hz)
        for _, box in sorted(clearest.items())
    ]
    truth: dict[tuple[str, int], list[Annotation]] = defaultdict(list)
    for event in events:
        truth[event.box.recording, event.box.species].append(event.box)
    found: dict[int, list[tuple[float, Annotation]]] = defaultdict(list)
    for index in range(part.count):
        key = part.key(index)
        power = _heard(out, part.name, key)
        for one in templates:
            peaks = matcher.mistakes(one, key, power, truth[key, one.box.species], settings.seconds, settings.rate_hz)
            found[one.box.species] += peaks[: settings.fp_per_species]
        steps.step()
    best = [sorted(found[s], key=lambda pair: -pair[0])[: settings.fp_per_species] for s in sorted(found)]
    return [box for chosen in best for box in sorted((b for _, b in chosen), key=lambda b: (b.recording, b.start_s))]


def _heard(out: Path, part: str, key: str) -> Power:
    samples, _ = soundfile.read(out / part / f"{key}.flac", dtype="float32")
    return power_spectrogram(samples)


# ---- tables ----


def _write_tables(
    out: Path, world: World, truth: dict[str, list[Event]], present: list[Annotation], absent: list[Annotation]
) -> None:
    boxes = {"train_tp.csv": present, "train_fp.csv": absent}
    boxes |= {f"truth/{part}.csv": [event.box for event in events] for part, events in truth.items()}
    for name, chosen in boxes.items():
        rfcx.write(out / name, chosen)
    places = [(part.key(i), part.site(i)[0]) for part in (world.train, world.test) for i in range(part.count)]
    table.write(out / "recordings.csv", recordings.COLUMNS, places)
    columns = ["recording_id", *(f"s{number}" for number in range(len(world.names)))]
    nothing = ["0"] * len(world.names)
    rows = [[world.test.key(i), *nothing] for i in range(world.test.count)]
    table.write(out / "sample_submission.csv", columns, rows)


def _summary(
    world: World, truth: dict[str, list[Event]], present: list[Annotation], absent: list[Annotation]
) -> dict[str, Any]:
    tp, fp = Counter(box.species for box in present), Counter(box.species for box in absent)
    found = []
    for s, name in enumerate(world.names):
        boxes = {part: [e.box for e in events if e.box.species == s] for part, events in truth.items()}
        counts = {f"{part}_events": len(mine) for part, mine in boxes.items()}
        counts |= {f"{part}_recordings": len({box.recording for box in mine}) for part, mine in boxes.items()}
        found.append({"name": name, "prevalence": world.prevalence[s], **counts, "tp": tp[s], "fp": fp[s]})
    return {"warnings": world.warnings, "species": found}
