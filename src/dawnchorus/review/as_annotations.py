"""Verdicts become annotations that training learns from, and what people disagree about is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dawnchorus.annotations import door
from dawnchorus.annotations.problems import Problem
from dawnchorus.dataset import DataError, DataSet
from dawnchorus.events import Annotation, Recording, Stretch, Verdict
from dawnchorus.words import counted

MOST_FOLDERS = 10  # that a message names


@dataclass(frozen=True)
class Disagreement:
    """The last words of people who differ on one clip, in the order of time; the last of them counts."""

    verdicts: tuple[Verdict, ...]

    def __str__(self) -> str:
        """The clip and who said what."""
        one = self.verdicts[0]
        said = ", ".join(f"{each.by}: {_WORDS[each.present]}" for each in self.verdicts)
        return f"{one.recording}, {one.start_s:g} to {one.end_s:g} s, species {one.species}: {said}; the last counts"


_WORDS = {True: "present", False: "absent", None: "unsure"}


def last_words(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The last verdict on every clip, in the order in which clips were first judged.

    Of two at the same time the later listed counts.
    """
    last: dict[Stretch, Verdict] = {}
    for one in verdicts:
        before = last.get(one.stretch)
        if before is None or one.at >= before.at:
            last[one.stretch] = one
    return list(last.values())


def differ(words: Iterable[bool | None]) -> bool:
    """Whether what people last said of one clip is present and absent; unsure differs from nothing."""
    return {True, False} <= set(words)


def disagreements(verdicts: Iterable[Verdict]) -> list[Disagreement]:
    """The clips on which the last words of people differ."""
    of_clip: dict[Stretch, dict[str, Verdict]] = {}
    for one in verdicts:
        its = of_clip.setdefault(one.stretch, {})
        if one.by not in its or one.at >= its[one.by].at:
            its[one.by] = one
    found = []
    for its in of_clip.values():
        if differ(one.present for one in its.values()):
            found.append(Disagreement(tuple(sorted(its.values(), key=lambda one: one.at))))
    return found


def as_annotations(verdicts: Iterable[Verdict], bands_hz: Sequence[tuple[float, float]]) -> list[Annotation]:
    """A box for the last verdict of every clip; unsure says nothing.

    Where a verdict has no frequencies the box is as high as its species' band in `bands_hz`; a species beyond them
    spans from 0 to 0 Hz, as one without boxes does.
    """
    boxes = []
    for one in last_words(verdicts):
        if one.present is not None:
            low_hz, high_hz = one.low_hz, one.high_hz
            if high_hz <= low_hz and one.species < len(bands_hz):
                low_hz, high_hz = bands_hz[one.species]
            where = f"the verdict of {one.by} at {one.at.isoformat(timespec='seconds')}"
            box = (one.recording, one.species, one.start_s, one.end_s, low_hz, high_hz, one.present)
            boxes.append(Annotation(*box, where=where))
    return boxes


def joined(boxes: Sequence[Annotation], added: Sequence[Annotation]) -> list[Annotation]:
    """Boxes and those of verdicts; a verdict comes before every older box that says otherwise of the same time."""
    of_species: dict[tuple[str, int], list[Annotation]] = {}
    for one in added:
        of_species.setdefault((one.recording, one.species), []).append(one)

    def stands(box: Annotation) -> bool:
        its = of_species.get((box.recording, box.species), ())
        return not any(one.present != box.present and one.overlaps(box) for one in its)

    return [*filter(stands, boxes), *added]


def with_verdicts(data: DataSet, verdicts: Sequence[Verdict], source: str, strict: bool = False) -> DataSet:
    """The data set with the boxes of verdicts, which are checked at the door as those of tables are.

    Verdicts on other recordings, and clips that people disagree about, are named among its problems; `source` says
    where the verdicts came from. Raises DataError with `strict` for any such problem, when no answer fits one of the
    recordings alone, and when nothing says present.
    """
    said = as_annotations(verdicts, data.bands_hz)
    told, unmatched = door.match(said, data.recordings)
    if said and not told and data.recordings:
        raise DataError(
            f"{source}: none of the {counted(len(said), 'answer')}, present or absent, fits one recording alone; "
            f"recordings are named such as {data.recordings[0].key!r} and lie in {_folders(data.recordings)}; name all "
            f"folders with recordings, each with --audio; the first problem:\n{unmatched[0]}"
        )
    added, doubtful = door.check(told, data.recordings, len(data.species))
    differ = [
        Problem(source, 0, "disagreement", str(one), "one answer", left_out=False) for one in disagreements(verdicts)
    ]
    problems = [*unmatched, *doubtful, *differ]
    if strict and problems:
        listed = "\n".join(map(str, problems))
        raise DataError(f"{source}: {counted(len(problems), 'problem')}, and --strict allows none:\n{listed}")
    boxes = tuple(joined(data.annotations, added))
    if not any(box.present for box in boxes):
        listed = "\n".join(map(str, (*data.problems, *problems)))
        raise DataError(
            f"{source}: nobody says of any recording here that a species is present; the problems:\n{listed}"
        )
    return replace(data, annotations=boxes, problems=(*data.problems, *problems))


def _folders(recordings: Iterable[Recording]) -> str:
    """Where recordings lie: of several audio folders these, of one the folders right under it."""
    folders = {str(one.path.absolute().parents[max(one.key.count("/") - 1, 0)]) for one in recordings}
    first = sorted(folders)[:MOST_FOLDERS]
    return ", ".join(first) + (f" and {len(folders) - len(first)} more" if len(folders) > len(first) else "")
