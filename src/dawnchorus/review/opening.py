"""What is reviewed, opened: detections, their recordings and the answers so far, as a desk."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dawnchorus.review import found as tables
from dawnchorus.review import stored
from dawnchorus.review.clips import Sounds
from dawnchorus.review.desk import Desk
from dawnchorus.review.queue import FIRST, Order
from dawnchorus.review.stored import Stored
from dawnchorus.review.verdicts import Store


def verdicts_of(found: Path) -> Path:
    """Where the answers lie when nobody says otherwise: beside the detections."""
    return (found if found.is_dir() else found.parent) / "reviews.db"


def opened(
    found: Path | None,
    audio: Sequence[Path],
    verdicts: str = "",
    order: Order = FIRST,
    seed: int = 0,
    model: Path | None = None,
    features: Path | None = None,
) -> Desk:
    """Open detections; its store is to be closed by who asked. Raises ValueError or OSError for what can't be used.

    Without `found` there are recordings alone, on which people mark what they hear; `verdicts` is needed then.
    `features` is a folder with embeddings to search in; without one, that of a run which has them.
    """
    for folder in audio:
        if not folder.is_dir():
            raise ValueError(f"{folder}: no such folder; expected a folder of recordings")
    its = tables.nothing() if found is None else tables.read(found, model)
    if order == "disagreement" and len(its) and not its.candidates.spread.any():
        raise ValueError(
            f"{found}: nothing here says how far networks disagree, so --order disagreement has no order: the "
            "scores are those of one network alone, or of an older version; try threshold, where the model hesitates"
        )
    embeddings = _embeddings(found, features)
    place = verdicts or (str(verdicts_of(found)) if found else "")
    if not place:
        raise ValueError("without detections, say where the answers go: --verdicts")
    store = Store(place, its.species)
    try:
        sounds = Sounds(audio)
        if found is None and not len(sounds):
            raise ValueError(f"{audio[0]}: no sound files found; expected .wav, .flac, .ogg or .mp3")
        desk = Desk(its, sounds, store, order, seed, embeddings)
        if len(its) and missing(desk) == len(desk.recording):
            raise ValueError(
                f"{audio[0]}: none of the {missing(desk)} recordings of {found} is here, first "
                f"{its.candidates.names[0]!r}"
            )
    except BaseException:
        store.close()
        raise
    return desk


def _embeddings(found: Path | None, told: Path | None) -> Stored | None:
    if told is None:
        return stored.embeddings(found / "features") if found and (found / "run.json").is_file() else None
    its = stored.embeddings(told)
    if its is None:
        raise ValueError(f"{told}: no embeddings here; expected the store of a training with --encoder: RUN/features")
    return its


def missing(desk: Desk) -> int:
    """How many recordings have detections and are not in the audio folders."""
    return int((desk.recording < 0).sum())
