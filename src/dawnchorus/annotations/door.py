"""At the door: annotations against the recordings that are there. Nothing is dropped or changed in silence."""

from __future__ import annotations

import math
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

from dawnchorus.annotations.marks import Mark
from dawnchorus.annotations.problems import Problem, file_and_line
from dawnchorus.events import Annotation, Recording

EXTENSIONS = frozenset({".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff", ".w64", ".rf64", ".opus", ".wac"})
"""Endings of names that are no part of them; the letters may be capitals."""
END_TOLERANCE_S = 0.05
"""How far a box may reach beyond the end without a word: tables round, and so do lengths of files."""


Said = TypeVar("Said")
Named = TypeVar("Named", Annotation, Mark)
# `replace` asks for the fields of each value again, which a million rows feel.
OTHERS: Mapping[type, Callable[[Any], tuple[Any, ...]]] = {
    Annotation: attrgetter(*(one.name for one in fields(Annotation)[1:])),
    Mark: itemgetter(slice(1, None)),
}


def match(annotations: Iterable[Named], recordings: Sequence[Recording]) -> tuple[list[Named], list[Problem]]:
    """Give annotations the keys of their recordings; those without one are left out, each with a Problem.

    A recording may be named by its key, by its key with the extension in letters of any case, by a path that ends in
    one of these, or by the end of one of these from a folder or the file on, if no other has that end. Nothing outside
    `recordings` is looked at, whatever a name says.
    """
    found = Names(recordings)
    known: dict[str, list[Recording]] = {}
    matched, problems = [], []
    for one in annotations:
        if one.recording not in known:
            known[one.recording] = found.candidates(one.recording)
        candidates = known[one.recording]
        if len(candidates) != 1:
            problems.append(_unmatched(one, candidates))
        else:
            key = candidates[0].key
            matched.append(one if one.recording == key else type(one)(key, *OTHERS[type(one)](one)))
    return matched, problems


class Names:
    """The names that recordings may go by."""

    def __init__(self, recordings: Sequence[Recording]) -> None:
        self.exact = {recording.key + recording.path.suffix: recording for recording in recordings}
        self.exact |= {recording.key: recording for recording in recordings}  # a key comes before another's extension
        self.loose: dict[str, dict[str, Recording]] = defaultdict(dict)
        self.inner: dict[str, dict[str, Recording]] = defaultdict(dict)  # keys, with a folder each
        for recording in recordings:
            key, path = recording.key, recording.path
            names = (key, key + path.suffix, path.stem, path.name)
            for name in names:
                self.loose[_plain(name)][key] = recording
            # What lies right under the audio folder has no folder in its key: the audio folder itself may be a path's.
            for name in names[:2] if "/" in key else [f"{path.parent.name}/{name}" for name in names]:
                self.inner[_plain(name)][key] = recording

    @cached_property
    def ends(self) -> dict[str, dict[str, Recording]]:
        """What keys end in, from any of their folders on: of several audio folders, paths under one have such names."""
        ends: dict[str, dict[str, Recording]] = defaultdict(dict)
        for name, its in self.inner.items():
            parts = name.split("/")
            for first in range(len(parts) - 1):
                ends["/".join(parts[first:])] |= its
        return ends

    def candidates(self, name: str) -> list[Recording]:
        """The recordings that may be meant."""
        if name in self.exact:
            return [self.exact[name]]
        plain = _plain(name)
        if plain in self.loose:
            return list(self.loose[plain].values())
        parts = plain.split("/")
        if ".." in parts:
            return []
        if plain in self.ends:
            return list(self.ends[plain].values())
        for first in range(1, len(parts) - 1):  # the longest end of a path that is a key with its folders
            if (end := "/".join(parts[first:])) in self.inner:
                return list(self.inner[end].values())
        return []


def by_key(values: Mapping[str, Said], recordings: Sequence[Recording]) -> tuple[dict[str, Said], list[str]]:
    """What a table says of recordings by name, by their keys; and the names that are no recording's.

    Of several names of one recording the most exact that has a value counts; a name without folders is that of every
    recording of that name.
    """
    names_of = Names(recordings)
    meant = {name: its[0].key for name in values if len(its := names_of.candidates(name)) == 1}
    by_path = {key: name for name, key in meant.items()}
    found, known = dict[str, Said](), set(meant)
    for recording in recordings:
        key, path = recording.key, recording.path
        names = (key, key + path.suffix, by_path.get(key, key), path.stem, path.name)
        known.update(names)
        if name := next((name for name in names if values.get(name)), ""):
            found[key] = values[name]
    return found, [name for name in values if name not in known]


def check(
    annotations: Iterable[Annotation], recordings: Iterable[Recording], n_species: int | None
) -> tuple[list[Annotation], list[Problem]]:
    """Check boxes, whose recordings are keys, against the lengths of the recordings, the species, and each other.

    A box of an unknown recording, of a species from `n_species` on, from after the end, or that is there already is
    left out; a box beyond the end is cut; contradictions are kept. The order stays.
    """
    durations_s = {recording.key: recording.duration_s for recording in recordings}
    limit = math.inf if n_species is None else n_species
    kept: dict[Annotation, Annotation] = {}  # each under itself: equal boxes may come from different lines
    problems: list[Problem] = []
    for one in annotations:
        box = _check_one(one, durations_s.get(one.recording), limit, problems)
        if box is None:
            continue
        if box in kept:
            found = f"the box is the same as that of {kept[box].where}"
            problems.append(_problem(one, "duplicate", found, "a new one"))
        else:
            kept[box] = box
    return list(kept), problems + _contradictions(kept)


def _plain(name: str) -> str:
    """Make names equal that systems write differently: the slashes, composed letters, extensions in capitals."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/"))
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}.{suffix.casefold()}" if dot and f".{suffix.casefold()}" in EXTENSIONS else name


def _problem(one: Annotation | Mark, kind: str, found: str, expected: str, left_out: bool = True) -> Problem:
    file, line = file_and_line(one.where)
    return Problem(file, line, kind, found, expected, left_out)


def _unmatched(one: Annotation | Mark, candidates: Sequence[Recording]) -> Problem:
    if not candidates:
        return _problem(one, "unknown_recording", f"recording_id is {one.recording!r}", "one of the recordings")
    names = [str(recording.path) for recording in candidates]
    said = " and ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
    return _problem(one, "ambiguous_recording", f"recording_id {one.recording!r} may be {said}", "one file alone")


def _check_one(
    one: Annotation, duration_s: float | None, n_species: float, problems: list[Problem]
) -> Annotation | None:
    """Give the box as it can be used, or None."""
    if duration_s is None:
        problems.append(_unmatched(one, []))
        return None
    if one.species >= n_species:
        problems.append(_problem(one, "bad_species", f"species_id is {one.species}", f"below {n_species}"))
        return None
    within = f"within the {duration_s:g} s of the recording"
    if one.start_s >= duration_s:
        problems.append(_problem(one, "starts_after_end", f"t_min is {one.start_s:g}", within))
        return None
    if one.end_s <= duration_s:
        return one
    if one.end_s > duration_s + END_TOLERANCE_S:
        problems.append(_problem(one, "beyond_end", f"t_max is {one.end_s:g}", within, left_out=False))
    return replace(one, end_s=duration_s)


def _contradictions(annotations: Iterable[Annotation]) -> list[Problem]:
    """Report boxes that say present and absent of one species at one time; each such box in at least one Problem."""
    groups: dict[tuple[str, int], list[Annotation]] = defaultdict(list)
    for one in annotations:
        groups[one.recording, one.species].append(one)
    problems = []
    for group in groups.values():
        if len({one.present for one in group}) == 2:
            problems += _contradictions_of(group)
    return problems


def _contradictions_of(group: list[Annotation]) -> list[Problem]:
    """Pair each box that is contradicted with one box that does: as many pairs as boxes at most, not all pairs."""
    ordered = sorted(group, key=lambda one: (one.start_s, one.end_s))
    pairs: list[tuple[Annotation, Annotation]] = []
    latest: dict[bool, Annotation] = {}  # by verdict, of the boxes so far the one that ends last
    for one in ordered:
        other = latest.get(not one.present)
        if other is not None and other.overlaps(one):
            pairs.append((other, one))
        if one.present not in latest or one.end_s > latest[one.present].end_s:
            latest[one.present] = one
    named = {box for pair in pairs for box in pair}
    following: dict[bool, Annotation] = {}  # by verdict, of the boxes from here on the one that starts first
    for one in reversed(ordered):
        other = following.get(not one.present)
        if one not in named and other is not None and other.overlaps(one):
            pairs.append((one, other))
        following[one.present] = one
    return [_contradiction(*pair) for pair in pairs]


def _contradiction(one: Annotation, other: Annotation) -> Problem:
    present, absent = (one, other) if one.present else (other, one)
    found = f"species {absent.species} is absent here and present at the same time in {present.where}"
    return _problem(absent, "contradiction", found, "one or the other", left_out=False)
