"""Folds: whole groups of recordings, with every species spread as evenly as groups allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from dawnchorus.events import Annotation, Recording
from dawnchorus.experiment import Experiment


def groups_of(experiment: Experiment, recordings: Iterable[Recording]) -> dict[str, str]:
    """The group of each recording that folds keep together: its site where sites count and are known, or itself."""
    by_site = experiment.group_by == "site"
    return {one.key: (by_site and one.site) or one.key for one in recordings}


def fitting(experiment: Experiment, recordings: Iterable[Recording]) -> Experiment:
    """The experiment with no more folds than there are groups of recordings for them, and for its audit part.

    Where there are too few sites for two folds, each recording is a group of its own.
    """
    recordings = list(recordings)
    groups = len(set(groups_of(experiment, recordings).values()))
    if groups - experiment.audit < 2 and experiment.group_by == "site":
        return fitting(replace(experiment, group_by="recording"), recordings)
    return replace(experiment, folds=max(2, min(experiment.folds, groups - experiment.audit)))


def assign(
    groups: Mapping[str, str],
    annotations: Sequence[Annotation],
    n_folds: int,
    n_species: int,
    seed: int = 0,
    faithful_stratifier: bool = False,
) -> dict[str, int]:
    """The fold of each recording. `groups` gives the group of each (its site, or itself); a group is never split.

    Groups with the most annotations of the rarest kinds are placed first, each where its kinds (a species' TP or FP)
    are most wanted, ties where fewest recordings are (after Sechidis et al. 2011). Raises ValueError when there are
    fewer groups than folds.

    With `faithful_stratifier` a species with several TP boxes in one recording counts there as if it had none, as in
    the memo.
    """
    names = sorted(set(groups.values()))
    if len(names) < n_folds:
        raise ValueError(
            f"{n_folds} folds need at least {n_folds} groups of recordings (sites where they are known, else "
            f"recordings); found {len(names)}"
        )
    row = {name: number for number, name in enumerate(names)}
    counts = np.zeros((len(names), 2 * n_species + 1))
    for name in groups.values():
        counts[row[name], -1] += 1  # recordings, so that folds become alike in size too
    times = Counter((box.recording, box.species) for box in annotations if box.present)
    for box in annotations:
        if faithful_stratifier and box.present and times[box.recording, box.species] > 1:
            continue
        if box.recording in groups:
            counts[row[groups[box.recording]], 2 * box.species + (not box.present)] += 1
    share = counts / np.maximum(counts.sum(axis=0), 1)
    wanted = np.full((n_folds, counts.shape[1]), 1 / n_folds)
    chance = np.random.default_rng(seed).permutation(len(names))
    fold_of: dict[str, int] = {}
    for group in sorted(range(len(names)), key=lambda number: (-share[number].max(), chance[number])):
        want = wanted @ share[group]
        fold = int(np.lexsort((np.arange(n_folds), -wanted[:, -1], -want.round(12)))[0])
        if len(names) - len(fold_of) <= n_folds - len(set(fold_of.values())):
            fold = next(empty for empty in range(n_folds) if empty not in fold_of.values())
        wanted[fold] -= share[group]
        fold_of[names[group]] = fold
    return {recording: fold_of[group] for recording, group in groups.items()}
