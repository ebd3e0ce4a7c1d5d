"""The difference between runs on the same recordings, by seed, with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dawnchorus.export import submission
from dawnchorus.files import value_hash
from dawnchorus.study.judge import SUBMISSION


class CompareError(ValueError):
    """Runs that can't be compared; the message says why."""


@dataclass(frozen=True)
class Difference:
    """A difference of cmAP, its 95 % interval, and the number of seeds that both sides have."""

    mean: float
    low: float
    high: float
    seeds: int


def paired(
    positives: Mapping[str, set[int]],
    folders: Mapping[int, Path],
    against: Mapping[int, Path],
    times: int = 400,
) -> Difference:
    """Test cmAP of some runs minus that of others, by seed: the mean over the seeds that both have.

    `positives` are the species in each recording, as a judge says. The 95 % interval comes from drawing recordings and
    seeds `times` times, the same for both sides; with one seed only recordings are drawn. It covers neither other
    places nor other call sources. Raises CompareError when there is no seed in common, or when the recordings differ.
    """
    folders, against = with_predictions(folders), with_predictions(against)
    seeds = [seed for seed in folders if seed in against]
    if not seeds:
        raise CompareError(f"no seed in common: {sorted(folders)} and {sorted(against)}")
    one, other = _aligned([folders[seed] for seed in seeds], [against[seed] for seed in seeds])
    recordings, scores, scores_against = one[0], one[1], other[1]
    species = sorted({each for recording in recordings for each in positives.get(recording, ())})
    if not species:
        raise CompareError(f"nothing is known to sound in any of the {len(recordings)} recordings")
    if species[-1] >= scores[0].shape[1]:
        raise CompareError(f"species {species[-1]} sounds in the test recordings; the runs know {scores[0].shape[1]}")
    truth = np.array([[each in positives.get(recording, ()) for each in species] for recording in recordings])
    rng = np.random.default_rng(0)
    drawn = rng.integers(0, len(recordings), (times, len(recordings)))
    counts = np.stack([np.bincount(row, minlength=len(recordings)) for row in drawn])
    counts = np.concatenate([np.ones((1, len(recordings)), counts.dtype), counts])  # the first draw is everything
    gain = np.stack(
        [
            drawn_cmap(new[:, species], truth, counts) - drawn_cmap(old[:, species], truth, counts)
            for new, old in zip(scores, scores_against, strict=True)
        ],
        axis=1,
    )
    picked = rng.integers(0, len(seeds), (times, len(seeds)))
    values = np.take_along_axis(gain[1:], picked, axis=1).mean(axis=1)
    low, high = np.quantile(values[np.isfinite(values)], (0.025, 0.975))
    return Difference(float(gain[0].mean()), float(low), float(high), len(seeds))


def drawn_cmap(
    scores: NDArray[np.floating], truth: NDArray[np.bool_], counts: NDArray[np.integer]
) -> NDArray[np.float64]:
    """CmAP `(draw,)` of draws in which each recording comes as often as `counts` `(draw, recording)` says.

    Equal to `metrics.cmap` on the drawn rows of `scores` and `truth` `(recording, species)`, but each species is ranked
    once for all draws: copies of a recording are ties, and stay side by side.
    """
    total, having = np.zeros(len(counts)), np.zeros(len(counts))
    for species in range(truth.shape[1]):
        order = np.lexsort((truth[:, species], -scores[:, species]))
        right = truth[order, species]
        copies = counts[:, order]
        rank_before = (np.cumsum(copies, axis=1) - copies)[:, right]
        copies = copies[:, right]
        found = np.cumsum(copies, axis=1)
        found_before = found - copies
        precision = np.zeros(copies.shape)
        for copy in range(1, int(copies.max(initial=0)) + 1):
            precision += np.where(copies >= copy, (found_before + copy) / (rank_before + copy), 0)
        positives = found[:, -1] if right.any() else np.zeros(len(counts))
        total += np.where(positives > 0, precision.sum(axis=1) / np.maximum(positives, 1), 0)
        having += positives > 0
    with np.errstate(invalid="ignore"):
        return total / having


Table = tuple[list[str], list[NDArray[np.float64]]]


def _aligned(folders: Sequence[Path], against: Sequence[Path]) -> tuple[Table, Table]:
    """Scores of runs with their recordings in one order."""
    tables, first = [], None
    for folder in [*folders, *against]:
        recordings, scores = submission.read(folder / SUBMISSION)
        order = sorted(range(len(recordings)), key=recordings.__getitem__)
        named = [recordings[row] for row in order]
        first = first or named
        if named != first:
            raise CompareError(f"{folder / SUBMISSION} has other recordings than {folders[0] / SUBMISSION}")
        tables.append(scores[order])
    assert first is not None
    return (first, tables[: len(folders)]), (first, tables[len(folders) :])


def with_predictions(folders: Mapping[int, Path]) -> dict[int, Path]:
    """Those of the folders that hold predictions of test recordings."""
    return {seed: folder for seed, folder in folders.items() if (folder / SUBMISSION).is_file()}


def same_recordings(folders: Mapping[int, Path], against: Mapping[int, Path]) -> bool:
    """Whether there are seeds to compare, all with the same test recordings."""
    one, other = with_predictions(folders), with_predictions(against)
    common = [seed for seed in one if seed in other]
    return bool(common) and len({recordings_key(side[seed]) for seed in common for side in (one, other)}) == 1


def recordings_key(folder: Path) -> str:
    """Stands for the names of the recordings of a submission."""
    return value_hash(sorted(submission.read(folder / SUBMISSION)[0]))
