"""A folder of recordings and two tables, checked at the door.

DATA holds `train_tp.csv` and `train_fp.csv`, or annotations are `Tables` of any format, anywhere. The sound lies in
`DATA/train`, else in `DATA/audio`, else anywhere under DATA, unless folders are named. `species.csv` and
`recordings.csv` are optional.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean

from dawnchorus import convert
from dawnchorus.annotations import door, rfcx
from dawnchorus.annotations import recordings as recordings_table
from dawnchorus.annotations import species as species_table
from dawnchorus.annotations.complete import MARGIN_S, complete
from dawnchorus.annotations.marks import NOTHING_TOLD, Told, numbered
from dawnchorus.annotations.names import NO_NAMES, Names
from dawnchorus.annotations.problems import AnnotationError, Problem
from dawnchorus.audio.extensions import audio_folder
from dawnchorus.audio.folders import scan
from dawnchorus.events import Annotation, Recording, Species
from dawnchorus.feature_store import Failure, build_store
from dawnchorus.features import FeatureBlock, Features, denoising
from dawnchorus.recorders.pattern import Pattern
from dawnchorus.words import counted

PRESENT = "train_tp.csv"  # what has it is a data set
LONGEST_CALL_S = 10.0
MOST_SPECIES = 10_000  # more than this, told only by the highest number in a table, is a slip of the keyboard
Progress = Callable[[int, int], None]


class DataError(ValueError):
    """The data can't be trained on; the message says what was found and what was expected."""


@dataclass(frozen=True)
class DataSet:
    """Recordings that can be read, what people said of them, and everything that is wrong with either."""

    recordings: tuple[Recording, ...]
    annotations: tuple[Annotation, ...]
    species: tuple[Species, ...]
    problems: tuple[Problem, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def by_recording(self) -> dict[str, list[Annotation]]:
        """The annotations of each recording that has any."""
        boxes: dict[str, list[Annotation]] = {}
        for annotation in self.annotations:
            boxes.setdefault(annotation.recording, []).append(annotation)
        return boxes

    @property
    def bands_hz(self) -> list[tuple[float, float]]:
        """The frequencies that each species' TP boxes span; (0, 0) without any."""
        bands = []
        for species in self.species:
            boxes = [
                box
                for box in self.annotations
                if box.present and box.species == species.number and box.high_hz > box.low_hz
            ]
            bands.append((min((b.low_hz for b in boxes), default=0.0), max((b.high_hz for b in boxes), default=0.0)))
        return bands

    @property
    def typical_s(self) -> list[float]:
        """How long each species' calls last by its TP boxes, in seconds: half its own boxes' word, half that of all.

        Means are geometric; a species without boxes has the mean of all, and nothing is said where nobody boxed any
        call. Boxes of a whole recording, or longer than LONGEST_CALL_S, say where a call lies, not how long it lasts.
        """
        whole_s = {recording.key: recording.duration_s for recording in self.recordings}
        logs: dict[int, list[float]] = {species.number: [] for species in self.species}
        for box in self.annotations:
            length_s = box.end_s - box.start_s
            if box.present and 0 < length_s < min(LONGEST_CALL_S, whole_s.get(box.recording, math.inf)):
                logs[box.species].append(math.log(length_s))
        everyone = [one for its in logs.values() for one in its]
        if not everyone:
            return []
        usual = fmean(everyone)
        return [math.exp((fmean(its or everyone) + usual) / 2) for its in logs.values()]


@dataclass(frozen=True)
class Tables:
    """Annotations in files of any format, and what the user says of them; `complete`: they list every call."""

    paths: tuple[Path, ...]
    format: str = ""
    told: Told = NOTHING_TOLD
    names: Names = NO_NAMES
    complete: bool = False


def load(
    data: Path,
    audio_folders: Sequence[Path] = (),
    strict: bool = False,
    progress: Progress | None = None,
    site_column: str = "site",
    site_pattern: Pattern | None = None,
    tables: Tables | None = None,
    more_is_said: bool = False,
) -> DataSet:
    """Read DATA, or its recordings and `tables`. Faulty files and rows are left out and listed, each with its reason.

    With `more_is_said` people's words come from elsewhere too: DATA needs no tables, and no box that says present.

    Sites are those of `site_column` in `recordings.csv`; those that it does not know are told by the pattern from the
    paths of the recordings.

    Raises DataError when a table is missing, when nothing is left to train on, or with `strict` for any problem.
    """
    boxes, problems = ([], []) if tables is not None else _own_tables(data, needed=not more_is_said)
    roots = list(audio_folders) or [audio_folder(data)]
    recordings, errors = scan(roots, progress=progress)
    if not recordings and not errors:
        raise DataError(f"{roots[0]}: no sound files found; expected .wav, .flac, .ogg or .mp3")
    recordings, site_problems = _with_sites(recordings, data / "recordings.csv", site_column)
    if site_pattern is not None:
        recordings = [_site_by_path(recording, site_pattern) for recording in recordings]
    if tables is None:
        species = _species(data / "species.csv", boxes, needed=not more_is_said)
        boxes, unmatched = door.match(boxes, recordings)
    else:
        boxes, species, unmatched = _from_tables(tables, recordings, data / "species.csv")
    boxes, doubtful = door.check(boxes, recordings, len(species))
    problems = [*problems, *site_problems, *unmatched, *doubtful]
    failures = tuple(Failure(str(error.path), error.fault) for error in errors)
    listed = [str(problem) for problem in problems] + [f"{one.recording}: {one.fault}" for one in failures]
    if strict and listed:
        raise DataError(f"{counted(len(listed), 'problem')}, and --strict allows none:\n" + "\n".join(listed))
    if not more_is_said and not any(box.present for box in boxes):
        source = tables.paths[0] if tables else data / PRESENT
        why = "; the problems:\n" + "\n".join(listed) if listed else ": no row says that a species is present"
        raise DataError(f"{source}: no usable true positive is left{why}")
    return DataSet(tuple(recordings), tuple(boxes), species, tuple(problems), failures)


def _own_tables(data: Path, needed: bool = True) -> tuple[list[Annotation], list[Problem]]:
    present, absent = data / PRESENT, data / "train_fp.csv"
    if not present.is_file():
        if not needed and not absent.is_file():
            return [], []
        raise DataError(
            f"{present}: no such file; expected a table of true positives in the RFCX columns, "
            "or tables of another format with --annotations"
        )
    boxes, problems = rfcx.read(present, present=True)
    if absent.is_file():
        more, its_problems = rfcx.read(absent, present=False)
        return boxes + more, problems + its_problems
    missing = Problem(absent.name, 0, "missing", "missing", "a table of boxes in which a species is absent", False)
    return boxes, [*problems, missing]


def _from_tables(
    tables: Tables, recordings: Sequence[Recording], species: Path
) -> tuple[list[Annotation], tuple[Species, ...], list[Problem]]:
    """Annotations with the keys of recordings; the species of species.csv, or without one those that are named."""
    table = convert.read(tables.paths, tables.format, replace(tables.told, recordings=recordings), tables.names)
    known = species_table.read(species) if species.is_file() else ()
    marks = table.marks
    if tables.complete:
        marks = complete(marks, recordings, table.empty, [one.name for one in known], MARGIN_S)
    boxes, numbers, problems = numbered(marks, known)
    return boxes, numbers, table.problems + problems


def archive(roots: Sequence[Path], progress: Progress | None = None) -> tuple[list[Recording], list[Failure]]:
    """Recordings without their annotations: of data sets, or of any folders of sound; and what can't be read.

    Of a data set they are its training recordings. What lies in its `test` is never among them, by whatever folder it
    was found. Raises DataError when nothing is left.
    """
    folders = [audio_folder(root) if root.is_dir() else root for root in roots]
    found, errors = scan(folders, progress=progress)
    recordings = [recording for recording in found if not _of_test(recording.path)]
    if not recordings:
        held_back = f"; {counted(len(found), 'test recording')} of a data set" if found else ""
        raise DataError(f"{folders[0]}: no sound files found; expected .wav, .flac, .ogg or .mp3{held_back}")
    failures = [Failure(str(error.path), error.fault) for error in errors if not _of_test(error.path)]
    return recordings, failures


def _of_test(path: Path) -> bool:
    folders = path.resolve().parents
    return any(folder.name == "test" and (folder.parent / PRESENT).is_file() for folder in folders)


def _site_by_path(recording: Recording, pattern: Pattern) -> Recording:
    return recording if recording.site else replace(recording, site=pattern.read(recording.key).site)


def _with_sites(recordings: list[Recording], table: Path, site_column: str) -> tuple[list[Recording], list[Problem]]:
    if not table.is_file():
        if site_column != "site":
            raise DataError(f"{table}: no such file; expected a table with the columns recording_id, {site_column}")
        return recordings, []
    sites, problems = recordings_table.read(table, site_column)
    site_of, strangers = door.by_key(sites, recordings)
    if strangers:
        # Often they are test recordings: one line says it, not one each.
        found = f"{len(strangers)} of {len(sites)} names, first {strangers[0]!r}, are of other recordings"
        problems.append(Problem(table.name, 0, "unknown_recording", found, "of those to train on", False))
    return [replace(recording, site=site_of.get(recording.key, "")) for recording in recordings], problems


def _species(table: Path, boxes: Sequence[Annotation], needed: bool = True) -> tuple[Species, ...]:
    """The species of the table; without one, as many as the highest number in the annotations says."""
    if table.is_file():
        return tuple(species_table.read(table))
    if not boxes and not needed:
        return ()
    if not boxes:
        raise AnnotationError(f"{table}: no such file, and no annotation to tell the species from")
    highest = max(boxes, key=lambda box: box.species)
    if highest.species >= MOST_SPECIES:
        raise DataError(
            f"{highest.where}: species_id is {highest.species}; without a species.csv at most {MOST_SPECIES - 1}"
        )
    return tuple(Species(number, f"s{number}") for number in range(highest.species + 1))


@dataclass(frozen=True)
class Prepared:
    """A data set whose spectrograms are in the store.

    `unlabelled` holds sets of recordings that nobody annotated, by the name of the set; their keys begin with it.
    `denoised` is the same with the sound denoised, where it was asked for.
    """

    data: DataSet
    front_end: Features
    blocks: dict[str, list[FeatureBlock]]
    failures: tuple[Failure, ...]
    oddities: tuple[Failure, ...]
    unlabelled: Mapping[str, Mapping[str, list[FeatureBlock]]] = field(default_factory=dict)
    denoised: Prepared | None = None

    @property
    def recordings(self) -> list[str]:
        """Keys of the recordings that can be heard, sorted."""
        return sorted(self.blocks)


def prepare(
    data: DataSet,
    store: Path,
    front_end: Features,
    progress: Progress | None = None,
    unlabelled: Mapping[str, Sequence[Recording]] | None = None,
    denoised: bool = False,
) -> Prepared:
    """Build or reuse the store of dB spectrograms; recordings that fail are named and left out.

    `unlabelled` names sets of recordings without annotations; with `denoised` everything is prepared a second time,
    denoised.
    """
    built = build_store(data.recordings, store, front_end, progress)
    failures, sets = [*data.failures, *built.failures], {}
    for name, recordings in (unlabelled or {}).items():
        named = [replace(recording, key=f"{name}:{recording.key}") for recording in recordings]
        its = build_store(named, store, front_end, progress)
        sets[name] = its.blocks
        failures += its.failures
    quiet = prepare(data, store, denoising(front_end), progress, unlabelled) if denoised else None
    return Prepared(data, front_end, built.blocks, tuple(failures), tuple(built.oddities), sets, quiet)


def by_song_type(data: DataSet) -> tuple[DataSet, tuple[int, ...]]:
    """The data set with the rarer song types of a species as classes of their own, and the species of each class.

    The commonest song type among a species' TP boxes keeps the species' number; the others get numbers behind the
    last, in the order of species and song type.
    """
    counts: dict[int, Counter[int]] = {}
    for box in data.annotations:
        if box.present:
            counts.setdefault(box.species, Counter())[box.song_type] += 1
    common = {species: min(count, key=lambda kind: (-count[kind], kind)) for species, count in counts.items()}
    own = sorted((species, kind) for species, count in counts.items() for kind in count if kind != common[species])
    number = {pair: len(data.species) + place for place, pair in enumerate(own)}
    boxes = [replace(box, species=number.get((box.species, box.song_type), box.species)) for box in data.annotations]
    names = [Species(number[pair], f"{data.species[pair[0]].name}, song type {pair[1]}") for pair in own]
    species_of = (*range(len(data.species)), *(species for species, _ in own))
    return replace(data, annotations=tuple(boxes), species=(*data.species, *names)), species_of
