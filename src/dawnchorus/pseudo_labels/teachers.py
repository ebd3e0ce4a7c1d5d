"""Teachers, of other runs too, and what they say of windows: the common ground of the pseudo-label policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from dawnchorus.blend.joining import on_one_grid
from dawnchorus.blend.member import BlendError, check_species
from dawnchorus.blend.reading import member
from dawnchorus.evidence import Known
from dawnchorus.scores import Scores
from dawnchorus.windows import Window

Teachers = Mapping[str, Sequence[Scores]]  # by recording key: one Scores for each model that never heard it
Source = Literal["clipwise", "framewise"]


@dataclass(frozen=True)
class OutsideTeacher:
    """A teacher of another run, perhaps of another network that hears with another front end.

    `name` is what stages call it, `origin` says where its Scores come from, `licence` is that of the weights behind
    them, which its pupils inherit. Teachers of one name teach together: what is given to a run under that name are the
    Scores of all of them.
    """

    name: str
    origin: str = ""
    licence: str = ""


@dataclass(frozen=True)
class Said:
    """What teachers of one name say of recordings that they never heard.

    `probabilities` `(species,)` are of whole recordings, from the teachers' own calibration; none where not every
    recording has some. `names` are those of the species, by number, as far as they are known.
    """

    scores: Teachers
    names: Mapping[int, str] = field(default_factory=dict)
    probabilities: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


def of_folders(folders: Sequence[Path], name: str = "teacher") -> tuple[tuple[OutsideTeacher, ...], Said]:
    """What finished runs, or blends of them, say of recordings that their models never heard: teachers of one name.

    Of a run its last stage counts. Where they cut a recording otherwise, all are brought to the finest frames among
    them, so that policies can take their mean; a blend is one teacher, whose members count as it weighs them. Of
    probabilities the mean of those teachers counts that have them, if each recording has some. Raises BlendError when
    they know other species, or when one is no blend of runs alone, or of whole recordings alone.
    """
    members = [member(folder) for folder in folders]
    check_species(members)
    for one in members:
        if not one.held_out or not one.frames:
            raise BlendError(
                f"{one.where}: it can't teach, its models may have heard what they say, or frames are missing; "
                "expected a run, or a blend of runs"
            )
    said: dict[str, list[Scores]] = {}
    told: dict[str, list[NDArray[np.float64]]] = {}
    for one in members:
        for recording, scores in one.frames.items():
            said.setdefault(recording, []).append(scores)
        for recording, probabilities in one.probabilities.items():
            told.setdefault(recording, []).append(probabilities)
    if said.keys() - told.keys():
        told = {}
    return tuple(OutsideTeacher(name, one.origin, one.licence) for one in members), Said(
        {recording: on_one_grid(its) for recording, its in said.items()},
        {number: name for one in reversed(members) for number, name in one.names.items()},
        {recording: np.mean(its, axis=0) for recording, its in told.items()},
    )


class PseudoLabels(Protocol):
    """Anything that turns what teachers say into evidence."""

    def __call__(self, teachers: Teachers, windows: Sequence[Window], n_species: int, columns_per_frame: int) -> Known:
        """Evidence of the windows from the teachers of their recordings."""
        ...


def said_of_window(scores: Scores, window: Window, source: Source) -> NDArray[np.float32]:
    """One teacher's probabilities for a window `(species,)`.

    `clipwise` takes the scored window that shares most time with it, `framewise` its highest frame.
    """
    if source == "framewise":
        return scores.highest_between(window.start_s, window.end_s)
    said: NDArray[np.float32] = scores.clipwise[scores.window_at(window.start_s, window.end_s)]
    return said


def said_of_frames(scores: Scores, window: Window, columns_per_frame: int) -> NDArray[np.float32]:
    """One teacher's probabilities for the frames of a window `(frame, species)`.

    Each is the mean of the teacher's frames, by the time that they share with it; behind the teacher's last frame, the
    last counts. What a short recording is filled up with no teacher heard: label policies pass over it.
    """
    frame_s = columns_per_frame / window.columns_per_second
    edges_s = window.start_s + frame_s * np.arange(window.columns // columns_per_frame + 1)
    # Where an edge lies on the teacher's line of frames, which may start anew with every block.
    nearest = (np.searchsorted(scores.frame_start_s, edges_s, side="right") - 1).clip(min=0)
    inside = ((edges_s - scores.frame_start_s[nearest]) / scores.frame_s).clip(0, 1)
    # Of a day-long recording only what lies under the window.
    line = scores.framewise[nearest[0] : nearest[-1] + 1]
    nearest -= nearest[0]
    before = np.cumsum(line, axis=0, dtype=np.float64) - line
    total = before[nearest] + inside[:, None] * line[nearest]
    shared = np.diff(nearest + inside)[:, None]
    said = np.diff(total, axis=0) / np.maximum(shared, 1e-9)
    return np.where(shared > 1e-6, said, line[nearest[:-1]]).astype(np.float32)
